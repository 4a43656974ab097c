import EnergyModel
import Ports
import Synchronization

/// Sessions in memory: the same contract as the durable records.
package final class MemorySessionRecords: SessionRecords, Sendable {
    private let sessions = Mutex<[String: StoredSession]>([:])
    package let faults: PortFaults

    package init(clock: any Clock<Duration> = ContinuousClock()) { faults = PortFaults(clock: clock) }

    package func begin(_ session: StoredSession, keeping most: Int) async throws(PortError) {
        try await faults.pass(storing: true)
        let isNew = sessions.withLock { sessions in
            guard sessions[session.digest] == nil else { return false }
            sessions[session.digest] = session
            let own = sessions.values.filter { $0.identity.name == session.identity.name }
                .sorted { ($0.usedAt, $0.digest) > ($1.usedAt, $1.digest) }
            for old in own.filter({ $0.digest != session.digest }).dropFirst(max(0, most - 1)) {
                sessions[old.digest] = nil
            }
            return true
        }
        guard isNew else { throw PortError(.invalid, "a session has this digest already; make another token") }
    }

    package func session(_ digest: String) async throws(PortError) -> StoredSession? {
        try await faults.pass()
        return sessions.withLock { $0[digest] }
    }

    package func extend(
        session digest: String, usedAt: UTCInstant, expiresAt: UTCInstant
    ) async throws(PortError) -> Bool {
        try await faults.pass(storing: true)
        return sessions.withLock { sessions in
            guard var session = sessions[digest] else { return false }
            session.usedAt = max(session.usedAt, usedAt)
            session.expiresAt = max(session.expiresAt, min(expiresAt, session.endsAt))
            sessions[digest] = session
            return true
        }
    }

    package func end(session digest: String) async throws(PortError) -> Bool {
        try await faults.pass(storing: true)
        return sessions.withLock { $0.removeValue(forKey: digest) != nil }
    }

    package func dropSessions(expiredBefore moment: UTCInstant, batch: Int) async throws(PortError) -> Int {
        try await faults.pass(storing: true)
        return sessions.withLock { sessions in
            let old = sessions.values.filter { $0.expiresAt < moment }
                .sorted { ($0.expiresAt, $0.digest) < ($1.expiresAt, $1.digest) }.prefix(max(0, batch))
            for session in old { sessions[session.digest] = nil }
            return old.count
        }
    }
}
