import EnergyModel
import GatewayWire
import HTTPTypes
import Ports

/// Who sends a request, found out before the endpoint sees it.
struct Caller: Sendable, Hashable {
    /// What it was known by.
    enum Credential: String, Sendable, Hashable { case token, apiKey, local, session }
    let identity: OperatorIdentity
    let credential: Credential
    /// When the credential ends by itself; nil for never.
    var expiresAt: UTCInstant?
    /// When it was known by one.
    var session: StoredSession?
    /// A meter's key: it brings readings of its scope and may nothing else.
    var bringsReadings = false
}

/// Finds out who sends a request.
struct AccessControl: Sendable {
    /// Throws the 401 or 403 to answer with. Nil only where the rule lets anybody pass.
    let caller: @Sendable (_ head: HTTPTypes.HTTPRequest, _ client: String, _ rule: AccessRule) async throws -> Caller?

    /// Nobody is known: only what is open to anybody is answered.
    static let none = AccessControl { _, client, rule in
        switch rule {
        case .open, .meter: return nil
        case .near where isLoopback(client): return nil
        case .near, .role: throw Problem.noAccess
        }
    }
}
