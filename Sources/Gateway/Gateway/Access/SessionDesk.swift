import Crypto
import EnergyModel
import Foundation
import Logging
import Ports
import Resilience
import Synchronization

/// How long sessions live.
package struct SessionRules: Sendable, Hashable {
    /// A session that is not used this long is over.
    package var idle = Duration.seconds(12 * 3600)
    /// From its beginning, however much it is used.
    package var longest = Duration.seconds(7 * 86_400)
    /// The same for one that was begun with a token: what its issuer takes back meanwhile is felt only then.
    package var longestByToken = Duration.seconds(86_400)
    /// Of one name; the one used longest ago makes room.
    package var mostPerName = 50
    package init() {}
}

/// Sessions: an opaque token that stands for an identity, so that a token of the issuer need not be sent or stored with every
/// request. The token's text is given out once; only its digest is kept.
package final class SessionDesk: Sendable {
    /// Begins every session token.
    package static let prefix = "sws_"
    /// What was read stays this long: a session ended by another instance is felt that much later.
    private static let remembered = Duration.seconds(5)
    private static let mostRemembered = 4096
    /// Use is stored at most this often.
    private static let storedEvery = Duration.seconds(60)
    private static let expiredBatch = 100

    private struct Known {
        var session: StoredSession
        var readAt: MonotonicTime
    }

    private let records: any SessionRecords
    private let rules: SessionRules
    private let randomness: @Sendable () -> UInt64
    private let uptime: @Sendable () -> MonotonicTime
    private let logger: Logger
    private let known = Mutex<[String: Known]>([:])

    /// - Parameter randomness: 64 unpredictable bits a call.
    package init(
        records: any SessionRecords, rules: SessionRules, randomness: @escaping @Sendable () -> UInt64,
        uptime: @escaping @Sendable () -> MonotonicTime, logger: Logger
    ) {
        self.records = records
        self.rules = rules
        self.randomness = randomness
        self.uptime = uptime
        self.logger = logger
    }

    /// The token goes to the caller and is never seen again.
    func begin(for caller: Caller, now: UTCInstant) async throws(PortError) -> (token: String, StoredSession) {
        let token = Self.prefix + opaqueText(randomness)
        let longest = caller.credential == .token ? min(rules.longest, rules.longestByToken) : rules.longest
        let end = now.advanced(by: longest)
        let session = StoredSession(
            digest: digest(token), identity: caller.identity, origin: caller.credential.rawValue, begunAt: now,
            usedAt: now, expiresAt: min(now.advanced(by: rules.idle), end), endsAt: end)
        _ = try await records.dropSessions(expiredBefore: now, batch: Self.expiredBatch)
        try await records.begin(session, keeping: rules.mostPerName)
        logger.notice(
            "session begun", metadata: ["name": "\(session.identity.name)", "origin": "\(session.origin)"])
        return (token, session)
    }

    /// The session of a token, its expiry moved on; nil when there is none or it is over.
    func session(of token: String, now: UTCInstant) async throws(PortError) -> StoredSession? {
        let digest = digest(token)
        guard var session = try await read(digest), now < session.expiresAt, now < session.endsAt else { return nil }
        let isDue = now.since(session.usedAt) >= min(Self.storedEvery, rules.idle / 10)
        session.usedAt = now
        session.expiresAt = max(session.expiresAt, min(now.advanced(by: rules.idle), session.endsAt))
        if isDue {
            remember(session)
            await store(use: session)
        }
        return session
    }

    /// False when there was none.
    func end(_ session: StoredSession) async throws(PortError) -> Bool {
        known.withLock { $0[session.digest] = nil }
        let wasThere = try await records.end(session: session.digest)
        // Once more: a request of the session may have read it in between.
        known.withLock { $0[session.digest] = nil }
        logger.notice("session ended", metadata: ["name": "\(session.identity.name)"])
        return wasThere
    }

    private func read(_ digest: String) async throws(PortError) -> StoredSession? {
        let now = uptime()
        if let known = known.withLock({ $0[digest] }), now - known.readAt < Self.remembered { return known.session }
        let session = try await records.session(digest)
        if let session { remember(session, at: now) } else { known.withLock { $0[digest] = nil } }
        return session
    }

    private func remember(_ session: StoredSession, at moment: MonotonicTime? = nil) {
        known.withLock { known in
            if known.count >= Self.mostRemembered { known.removeAll(keepingCapacity: true) }
            known[session.digest] = Known(
                session: session, readAt: moment ?? known[session.digest]?.readAt ?? uptime())
        }
    }

    /// A use that is not stored shortens the session and refuses nobody.
    private func store(use session: StoredSession) async {
        do throws(PortError) {
            let isThere = try await records.extend(
                session: session.digest, usedAt: session.usedAt, expiresAt: session.expiresAt)
            if !isThere { known.withLock { $0[session.digest] = nil } }
        } catch {
            logger.warning("the use of a session is not stored", metadata: ["error": "\(error)"])
        }
    }
}

private func digest(_ token: String) -> String {
    SHA256.hash(data: Data(token.utf8)).map { byte in
        let digits = String(byte, radix: 16)
        return byte < 16 ? "0" + digits : digits
    }.joined()
}
