import EnergyModel
import GRDB
import Ports

extension Migration {
    /// Sessions at the gateway. `facilities` is a JSON list, NULL for all of them.
    static let sessions = Migration(
        8, "sessions at the gateway",
        up: """
            CREATE TABLE sessions (
                digest TEXT PRIMARY KEY, name TEXT NOT NULL, role TEXT NOT NULL, facilities TEXT, origin TEXT NOT NULL,
                begun_at INTEGER NOT NULL, used_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
                ends_at INTEGER NOT NULL) WITHOUT ROWID;
            CREATE INDEX sessions_by_name ON sessions (name, used_at);
            CREATE INDEX sessions_by_expiry ON sessions (expires_at);
            """,
        down: "DROP TABLE sessions;")
}

extension EmbeddedRecordStore: SessionRecords {
    package func begin(_ session: StoredSession, keeping most: Int) async throws(PortError) {
        let facilities: String? =
            switch session.identity.scope {
            case .all: nil
            case .only(let facilities): jsonList(facilities)
            }
        try await file.writer.write { database in
            try database.execute(
                sql: "INSERT INTO sessions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                arguments: [
                    whole(session.digest), whole(session.identity.name), session.identity.role.rawValue, facilities,
                    whole(session.origin), session.begunAt.milliseconds, session.usedAt.milliseconds,
                    session.expiresAt.milliseconds, session.endsAt.milliseconds,
                ])
            guard database.changesCount > 0 else {
                throw PortError(.invalid, "a session has this digest already; make another token")
            }
            try database.execute(
                sql: """
                    DELETE FROM sessions WHERE digest IN (
                        SELECT digest FROM sessions WHERE name = ? AND digest <> ?
                        ORDER BY used_at DESC, digest DESC LIMIT -1 OFFSET ?)
                    """,
                arguments: [whole(session.identity.name), whole(session.digest), max(0, most - 1)])
        }
    }

    package func session(_ digest: String) async throws(PortError) -> StoredSession? {
        try await file.reader.read { database in
            try Row.fetchOne(database, sql: "SELECT * FROM sessions WHERE digest = ?", arguments: [whole(digest)])
                .map(storedSession)
        }
    }

    package func extend(
        session digest: String, usedAt: UTCInstant, expiresAt: UTCInstant
    ) async throws(PortError) -> Bool {
        try await file.writer.write { database in
            try database.execute(
                sql: """
                    UPDATE sessions SET used_at = max(used_at, ?1), expires_at = max(expires_at, min(?2, ends_at))
                    WHERE digest = ?3
                    """, arguments: [usedAt.milliseconds, expiresAt.milliseconds, whole(digest)])
            return database.changesCount > 0
        }
    }

    package func end(session digest: String) async throws(PortError) -> Bool {
        try await file.writer.write { database in
            try database.execute(sql: "DELETE FROM sessions WHERE digest = ?", arguments: [whole(digest)])
            return database.changesCount > 0
        }
    }

    package func dropSessions(expiredBefore moment: UTCInstant, batch: Int) async throws(PortError) -> Int {
        guard batch > 0 else { return 0 }
        return try await file.writer.write { database in
            try database.execute(
                sql: """
                    DELETE FROM sessions WHERE digest IN (
                        SELECT digest FROM sessions WHERE expires_at < ? ORDER BY expires_at, digest LIMIT ?)
                    """, arguments: [moment.milliseconds, batch])
            return database.changesCount
        }
    }
}

private func storedSession(_ row: Row) throws -> StoredSession {
    let (role, facilities): (String, String?) = (row["role"], row["facilities"])
    guard let role = OperatorRole(rawValue: role) else { throw unreadable("sessions") }
    let scope: FacilityScope =
        if let facilities {
            .only(try RecordJSON.value(Set<FacilityID>.self, from: facilities, in: "sessions"))
        } else {
            .all
        }
    func moment(_ column: String) -> UTCInstant { UTCInstant(milliseconds: row[column]) }
    return StoredSession(
        digest: row["digest"], identity: OperatorIdentity(name: row["name"], role: role, scope: scope),
        origin: row["origin"], begunAt: moment("begun_at"), usedAt: moment("used_at"),
        expiresAt: moment("expires_at"), endsAt: moment("ends_at"))
}
