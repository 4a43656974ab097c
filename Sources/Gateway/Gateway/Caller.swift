import GatewayWire
import HTTPTypes
import Ports

/// Who sends a request, found out before the endpoint sees it.
struct Caller: Sendable, Hashable {
    /// What it was known by.
    enum Credential: String, Sendable, Hashable { case token, apiKey, local, none }
    let identity: OperatorIdentity
    let credential: Credential
}

/// Finds out who sends a request.
struct AccessControl: Sendable {
    /// Throws the 401 or 403 to answer with. Nil only where the rule lets anybody pass.
    let caller: @Sendable (_ head: HTTPTypes.HTTPRequest, _ client: String, _ rule: AccessRule) async throws -> Caller?

    /// Nobody is known: only what is open to anybody is answered.
    static let none = AccessControl { _, _, rule in
        switch rule {
        case .open, .meter: nil
        case .role: throw Problem.noAccess
        }
    }
}
