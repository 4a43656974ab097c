import CoreMetrics
import EnergyModel
import GatewayWire
import HTTPTypes
import Logging
import Ports
import Resilience

/// Who may ask: what `AccessDesk` is made of. Everything that is not configured is nil or empty and lets nobody in.
package struct AccessParts: Sendable {
    package var tokens: TokenRules?
    /// Fetches the issuer's keys; needed with `tokens`.
    package var send: HTTPSend?
    package var keys: [ProgramKey] = []
    package var local: LocalToken?
    package var sessions: (any SessionRecords)?
    package var sessionRules = SessionRules()
    package init() {}
}

/// Finds out who sends a request: by a token of the configured issuer, a session, an API key, or the local token (ledger
/// SEC-01..04).
package final class AccessDesk: Sendable {
    private let tokens: TokenVerifier?
    private let keys: [ProgramKey]
    private let local: LocalToken?
    let sessions: SessionDesk?
    private let metrics: AccessMetrics
    private let now: @Sendable () -> UTCInstant

    /// - Parameters:
    ///   - keys: distinct (see `ProgramKey.distinct`).
    ///   - randomness: 64 unpredictable bits a call.
    package init(
        _ parts: AccessParts, metrics: any MetricsFactory, logger: Logger, now: @escaping @Sendable () -> UTCInstant,
        randomness: @escaping @Sendable () -> UInt64, clock: any Clock<Duration> = ContinuousClock()
    ) {
        let uptime = stopwatch(clock)
        if let rules = parts.tokens, let send = parts.send {
            let keys = KeySetService(rules, send: send, uptime: uptime, logger: logger)
            tokens = TokenVerifier(rules, keys: keys, uptime: uptime)
        } else {
            tokens = nil
        }
        keys = parts.keys
        local = parts.local
        sessions = parts.sessions.map { records in
            SessionDesk(
                records: records, rules: parts.sessionRules, randomness: randomness, uptime: uptime, logger: logger)
        }
        self.metrics = AccessMetrics(factory: metrics, logger: logger, uptime: uptime)
        self.now = now
    }

    var control: AccessControl {
        AccessControl { head, client, rule in try await self.caller(head, client, rule) }
    }

    /// Why the issuer's keys could not be had last; nil when they could, or none were needed.
    package var fault: PortError? { tokens?.keys.fault }

    /// Fetches keys when they are needed, until cancelled. Once.
    func run() async { await tokens?.keys.run() }

    private func caller(
        _ head: HTTPTypes.HTTPRequest, _ client: String, _ rule: AccessRule
    ) async throws -> Caller? {
        do throws(AccessRefusal) {
            switch rule {
            case .open: return nil
            case .near(let role): return isLoopback(client) ? nil : try await person(head, client, atLeast: role)
            case .meter:
                guard keys.contains(where: { $0.rights == .meter }) else { return nil }
                let caller = try await identified(head, client)
                guard caller.bringsReadings || caller.identity.role >= .operator else { throw .role }
                return caller
            case .role(let role): return try await person(head, client, atLeast: role)
            }
        } catch {
            metrics.refused(error, client: client)
            throw error.problem
        }
    }

    private func person(
        _ head: HTTPTypes.HTTPRequest, _ client: String, atLeast role: OperatorRole
    ) async throws(AccessRefusal) -> Caller {
        let caller = try await identified(head, client)
        guard !caller.bringsReadings, caller.identity.role >= role else { throw .role }
        return caller
    }

    private func identified(
        _ head: HTTPTypes.HTTPRequest, _ client: String
    ) async throws(AccessRefusal) -> Caller {
        let (authorization, key) = (head.headerFields[values: .authorization], head.headerFields[values: .apiKey])
        guard authorization.count + key.count <= 1 else { throw .ambiguous }
        if let text = key.first { return try program(text) }
        guard let text = authorization.first else { throw .missing }
        let parts = text.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].lowercased() == "bearer", !parts[1].isEmpty else { throw .ambiguous }
        let bearer = String(parts[1])
        if bearer.hasPrefix(SessionDesk.prefix) { return try await session(bearer) }
        if bearer.hasPrefix(LocalToken.prefix) { return try neighbour(bearer, client) }
        guard let tokens else { throw .malformed }
        let claims = try await tokens.claims(of: bearer, now: now())
        return Caller(identity: claims.identity, credential: .token, expiresAt: claims.expiresAt)
    }

    private func program(_ text: String) throws(AccessRefusal) -> Caller {
        guard let key = ProgramKey.find(text, among: keys) else { throw .apiKey }
        return Caller(key)
    }

    private func neighbour(_ text: String, _ client: String) throws(AccessRefusal) -> Caller {
        guard let local, local.matches(text), isLoopback(client) else { throw .local }
        return Caller(identity: local.identity, credential: .local)
    }

    private func session(_ text: String) async throws(AccessRefusal) -> Caller {
        guard let sessions else { throw .session }
        let found: StoredSession?
        do throws(PortError) {
            found = try await sessions.session(of: text, now: now())
        } catch {
            throw .sessionsUnavailable
        }
        guard let session = found, let identity = current(session) else { throw .session }
        return Caller(identity: identity, credential: .session, expiresAt: session.expiresAt, session: session)
    }

    /// What a session's identity is today: one begun with a key ends with the key, and may what the key may now.
    private func current(_ session: StoredSession) -> OperatorIdentity? {
        guard session.origin == Caller.Credential.apiKey.rawValue else { return session.identity }
        guard let key = keys.first(where: { $0.identity.name == session.identity.name }), key.rights != .meter else {
            return nil
        }
        return key.identity
    }
}

extension HTTPField.Name {
    static let apiKey = HTTPField.Name("X-API-Key")!
}

extension Caller {
    fileprivate init(_ key: ProgramKey) {
        self.init(identity: key.identity, credential: .apiKey, bringsReadings: key.rights == .meter)
    }
}
