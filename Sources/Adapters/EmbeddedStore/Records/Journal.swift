import EnergyModel
import Foundation
import GRDB
import Ports

extension EmbeddedRecordStore {
    package func append(_ entries: [JournalEntry]) async throws(PortError) {
        guard !entries.isEmpty else { return }
        try await file.writer.write { database in
            let statement = try database.cachedStatement(
                sql: """
                    INSERT INTO journal (at, kind, actor, subject, text, facility, command_key, trace_id)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                    """)
            for entry in entries {
                try statement.execute(arguments: [
                    entry.at.milliseconds, entry.kind.rawValue, whole(entry.actor), whole(entry.subject),
                    whole(entry.text), entry.facility?.text, whole(entry.commandKey), whole(entry.traceID),
                ])
            }
        }
    }

    package func journal(_ query: JournalQuery) async throws(PortError) -> [JournalEntry] {
        var conditions = ["number < ?"]
        var values: [(any DatabaseValueConvertible)?] = [query.before ?? .max]
        if query.kinds != Set(JournalEntry.Kind.allCases) {
            let kinds = query.kinds.map(\.rawValue).sorted()
            conditions.append("kind IN (\(kinds.map { _ in "?" }.joined(separator: ", ")))")
            for kind in kinds { values.append(kind) }
        }
        if let facility = query.facility {
            conditions.append("facility = ?")
            values.append(facility.text)
        }
        if let among = query.among {
            conditions.append("facility IN (SELECT value FROM json_each(?))")
            values.append(jsonList(among))
        }
        if let text = query.text {
            conditions.append("instr(lower(text || char(10) || subject || char(10) || actor), lower(?))")
            values.append(whole(text))
        }
        if let range = query.range {
            conditions.append("at >= ? AND at < ?")
            values.append(range.start.milliseconds)
            values.append(range.end.milliseconds)
        }
        values.append(max(0, min(query.limit, Self.maximumRows)))
        let sql = "SELECT * FROM journal WHERE \(conditions.joined(separator: " AND ")) ORDER BY number DESC LIMIT ?"
        let arguments = StatementArguments(values)
        return try await file.reader.read { database in
            try Row.fetchAll(database, sql: sql, arguments: arguments).map(entry)
        }
    }

    package func outcome(ofCommand key: String) async throws(PortError) -> CommandOutcome? {
        try await file.reader.read { database in
            try String.fetchOne(
                database, sql: "SELECT outcome FROM command_outcomes WHERE command_key = ?", arguments: [whole(key)]
            ).map { try JSONDecoder().decode(CommandOutcome.self, from: Data($0.utf8)) }
        }
    }

    /// The first outcome of a key stays.
    package func record(outcome: CommandOutcome, ofCommand key: String, at: UTCInstant) async throws(PortError) {
        try await file.writer.write { database in
            let text = String(decoding: try JSONEncoder().encode(outcome), as: UTF8.self)
            try database.execute(
                sql: """
                    INSERT INTO command_outcomes (command_key, at, outcome) VALUES (?, ?, ?)
                    ON CONFLICT (command_key) DO NOTHING
                    """, arguments: [whole(key), at.milliseconds, text])
        }
    }
}

private func entry(_ row: Row) throws -> JournalEntry {
    guard let kind = JournalEntry.Kind(rawValue: row["kind"]) else { throw unreadable("journal") }
    let facility: String? = row["facility"]
    return JournalEntry(
        number: row["number"], at: UTCInstant(milliseconds: row["at"]), kind: kind, actor: row["actor"],
        subject: row["subject"], text: row["text"], facility: facility.flatMap(FacilityID.init),
        commandKey: row["command_key"], traceID: row["trace_id"])
}
