import EnergyModel
import GRDB
import Ports

extension EmbeddedRecordStore {
    package func append(
        _ transitions: [DRTransition], of event: DemandResponseEvent
    ) async throws(PortError) {
        try checkFinite(event)
        var rows: [TransitionRow] = []
        rows.reserveCapacity(transitions.count)
        for transition in transitions {
            guard transition.event == event.id else {
                throw PortError(.invalid, "a transition of \(transition.event) cannot be stored under \(event.id)")
            }
            rows.append(try TransitionRow(transition))
        }
        let encoded = rows
        let bytes = rows.reduce(1024) { $0 + $1.bytes }
        try await share(bytes: bytes) { database in
            try save(event, database)
            let stored = try Int.fetchOne(
                database.cachedStatement(sql: "SELECT ordinal FROM dr_events WHERE id = ?"), arguments: [event.id.text])
            guard var newest = stored else { throw unreadable("dr_events") }
            for row in encoded {
                try row.transition.mustFollow(newest)
                newest = row.transition.ordinal
                try row.insert(database)
                try fold(row.transition, database)
            }
            guard newest != stored else { return }
            try database.cachedStatement(sql: "UPDATE dr_events SET ordinal = ? WHERE id = ?")
                .execute(arguments: [newest, event.id.text])
        }
    }

    /// Runs `body` in a transaction that it may share with others': one commit for all who come at once. What `body` throws
    /// for reasons of its own takes back its own changes and nobody else's. Returns once it is committed.
    func share<Value: Sendable>(
        bytes: Int, _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(PortError) -> Value {
        try await commits.submit(bytes: bytes) { [name = file.name] database in
            try RawStatement(database, "SAVEPOINT own").run()
            do {
                let value = try body(database)
                try RawStatement(database, "RELEASE own").run()
                return value
            } catch {
                let refusal = storeError(error, file: name)
                let isOwn = error is PortError || refusal.code == .invalid
                // Some errors of the file have ended the transaction already; those are everybody's.
                guard isOwn, database.isInsideTransaction else { throw error }
                try RawStatement(database, "ROLLBACK TO own").run()
                try RawStatement(database, "RELEASE own").run()
                throw refusal
            }
        }
    }

    package func transitions(
        of id: DREventID, after ordinal: Int, limit: Int
    ) async throws(PortError) -> [DRTransition] {
        let rows = try await file.reader.read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT ordinal, from_state, to_state, at, actor, trace_id, reason, change, notices
                    FROM dr_event_transitions WHERE event = ? AND ordinal > ? ORDER BY ordinal LIMIT ?
                    """, arguments: [id.text, ordinal, max(0, limit)]
            ).map { row in
                DRTransition(
                    event: id, ordinal: row[0], from: row[1], to: row[2], at: UTCInstant(milliseconds: row[3]),
                    actor: row[4], traceID: row[5], reason: row[6],
                    change: try RecordJSON.value(DRTransition.Change.self, from: row[7], in: "dr_event_transitions"),
                    notices: try (row[8] as String?).map {
                        try RecordJSON.value([DRNotice].self, from: $0, in: "dr_event_transitions")
                    } ?? [])
            }
        }
        return rows
    }

    package func pendingNotices(limit: Int) async throws(PortError) -> [StoredNotice] {
        try await file.reader.read { database in
            try Row.fetchAll(
                database,
                sql: "SELECT event, ordinal, place, at, trace_id, notice FROM dr_notices ORDER BY number LIMIT ?",
                arguments: [max(0, limit)]
            ).map { row in
                guard let event = DREventID(row[0] as String) else { throw unreadable("dr_notices") }
                return StoredNotice(
                    id: StoredNotice.ID(event: event, ordinal: row[1], index: row[2]),
                    at: UTCInstant(milliseconds: row[3]), traceID: row[4],
                    notice: try RecordJSON.value(DRNotice.self, from: row[5], in: "dr_notices"))
            }
        }
    }

    /// The notices themselves stay with their transitions; only the memory that they are due goes.
    package func markDone(_ notices: [StoredNotice.ID]) async throws(PortError) {
        guard !notices.isEmpty else { return }
        try await file.writer.write { database in
            let statement = try database.cachedStatement(
                sql: "DELETE FROM dr_notices WHERE event = ? AND ordinal = ? AND place = ?")
            for id in notices { try statement.execute(arguments: [id.event.text, id.ordinal, id.index]) }
        }
    }
}

extension DRTransition {
    fileprivate func mustFollow(_ newest: Int) throws(PortError) {
        guard ordinal == newest + 1 else {
            throw PortError(
                .superseded,
                "transition \(ordinal) of \(event) does not follow \(newest), the newest stored: somebody else drives "
                    + "the event; load it again")
        }
    }
}

/// A transition with its JSON made, before the write transaction begins.
private struct TransitionRow: Sendable {
    let transition: DRTransition
    let change: String
    /// One text a notice.
    let notices: [String]

    init(_ transition: DRTransition) throws(PortError) {
        self.transition = transition
        change = try RecordJSON.text(transition.change, of: "transition \(transition.ordinal) of \(transition.event)")
        var notices: [String] = []
        for notice in transition.notices {
            notices.append(try RecordJSON.text(notice, of: "a notice of \(transition.event)"))
        }
        self.notices = notices
    }

    /// About what it holds in memory.
    var bytes: Int { notices.reduce(512 + change.utf8.count) { $0 + $1.utf8.count } }

    func insert(_ database: Database) throws {
        let list = notices.isEmpty ? nil : "[\(notices.joined(separator: ","))]"
        try database.cachedStatement(
            sql: """
                INSERT INTO dr_event_transitions
                    (event, ordinal, from_state, to_state, at, actor, trace_id, reason, change, notices)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            transition.event.text, transition.ordinal, whole(transition.from), whole(transition.to),
            transition.at.milliseconds, whole(transition.actor), whole(transition.traceID), whole(transition.reason),
            whole(change), whole(list),
        ])
        guard !notices.isEmpty else { return }
        let statement = try database.cachedStatement(
            sql: "INSERT INTO dr_notices (event, ordinal, place, at, trace_id, notice) VALUES (?, ?, ?, ?, ?, ?)")
        for (place, notice) in notices.enumerated() {
            try statement.execute(arguments: [
                transition.event.text, transition.ordinal, place, transition.at.milliseconds,
                whole(transition.traceID), whole(notice),
            ])
        }
    }
}
