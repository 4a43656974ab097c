import EnergyModel

/// Sessions of people and programs at the gateway (ledger SEC-04). Durable (FULL) before a call returns, so a session
/// outlives a restart and its end does too. Only a token's digest is ever stored.
package protocol SessionRecords: Sendable {
    /// Stores a new session and drops those of the same name that were used longest ago, so that `most` are left.
    /// Throws `.invalid` when its digest is stored already.
    func begin(_ session: StoredSession, keeping most: Int) async throws(PortError)
    /// Also one that is over: whoever asks knows the time.
    func session(_ digest: String) async throws(PortError) -> StoredSession?
    /// Used now, and so over later; never sooner than before. False when there is none.
    func extend(session digest: String, usedAt: UTCInstant, expiresAt: UTCInstant) async throws(PortError) -> Bool
    /// False when there was none.
    func end(session digest: String) async throws(PortError) -> Bool
    /// Drops what expired before `moment`, at most `batch` a call; returns how many went.
    func dropSessions(expiredBefore moment: UTCInstant, batch: Int) async throws(PortError) -> Int
}

package struct StoredSession: Sendable, Hashable, Codable {
    /// SHA-256 of the token, 64 lower-case hex digits.
    package var digest: String
    package var identity: OperatorIdentity
    /// What it was begun with: `token`, `apiKey`, `local`.
    package var origin: String
    package var begunAt: UTCInstant
    package var usedAt: UTCInstant
    /// Moves on with use, never beyond `endsAt`.
    package var expiresAt: UTCInstant
    package var endsAt: UTCInstant

    package init(
        digest: String, identity: OperatorIdentity, origin: String, begunAt: UTCInstant, usedAt: UTCInstant,
        expiresAt: UTCInstant, endsAt: UTCInstant
    ) {
        self.digest = digest
        self.identity = identity
        self.origin = origin
        self.begunAt = begunAt
        self.usedAt = usedAt
        self.expiresAt = expiresAt
        self.endsAt = endsAt
    }
}
