import EnergyModel
import Foundation
import GRDB
import Ports

extension EmbeddedRecordStore {
    package func add(_ letters: [DeadLetter]) async throws(PortError) -> Int {
        guard !letters.isEmpty else { return 0 }
        return try await file.writer.write { database in
            var added = 0
            let statement = try database.cachedStatement(
                sql: """
                    INSERT INTO dead_letters (topic, origin, payload, headers, reason, message, facility, first_seen,
                        attempts, state, note) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (origin) DO NOTHING
                    """)
            for letter in letters {
                try statement.execute(arguments: [
                    whole(letter.topic), whole(origin(of: letter)), Data(letter.payload), json(letter.headers),
                    whole(letter.reason),
                    whole(letter.message), letter.facility?.text, letter.firstSeen.milliseconds, letter.attempts,
                    letter.state.rawValue, whole(letter.note),
                ])
                added += database.changesCount
            }
            return added
        }
    }

    package func deadLetter(_ number: Int64) async throws(PortError) -> DeadLetter? {
        try await file.reader.read { database in
            try Row.fetchOne(database, sql: "SELECT * FROM dead_letters WHERE number = ?", arguments: [number])
                .map(letter)
        }
    }

    /// The text is sought in message and headers, and in the first 64 kB of each payload.
    package func deadLetters(_ query: DeadLetterQuery) async throws(PortError) -> DeadLetterPage {
        let filter = DeadLetterFilter(query)
        let limit = max(0, min(query.limit, Self.maximumRows))
        return try await file.reader.read { database in
            let matching =
                try Int.fetchOne(
                    database, sql: "SELECT count(*) FROM dead_letters WHERE \(filter.condition)",
                    arguments: filter.arguments) ?? 0
            var arguments = filter.arguments
            arguments += [query.before ?? .max, limit]
            let letters = try Row.fetchAll(
                database,
                sql: """
                    SELECT * FROM dead_letters WHERE \(filter.condition) AND number < ?
                    ORDER BY number DESC LIMIT ?
                    """, arguments: arguments
            ).map(letter)
            return DeadLetterPage(letters: letters, matching: matching)
        }
    }

    /// Counted by triggers, in the transaction that changes a letter: O(reasons), however many letters there are.
    package func deadLetterCounts() async throws(PortError) -> [DeadLetterCount] {
        try await file.reader.read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT topic, reason, state, letters, (
                        SELECT max(first_seen) FROM dead_letters d
                        WHERE d.topic = c.topic AND d.reason = c.reason AND d.state = c.state) AS newest
                    FROM dead_letter_counts c WHERE letters > 0 ORDER BY topic, reason, state
                    """
            ).map { row in
                guard let state = DeadLetter.State(rawValue: row["state"]) else { throw unreadable("dead_letters") }
                return DeadLetterCount(
                    topic: row["topic"], reason: row["reason"], state: state, count: row["letters"],
                    newest: UTCInstant(milliseconds: row["newest"]))
            }
        }
    }

    package func changeDeadLetters(
        _ numbers: [Int64], from: Set<DeadLetter.State>, to state: DeadLetter.State, note: String?,
        countsAsAttempt: Bool
    ) async throws(PortError) -> [Int64] {
        let states = from.map(\.rawValue).sorted()
        guard !numbers.isEmpty, !states.isEmpty else { return [] }
        return try await file.writer.write { database in
            let marks = states.map { _ in "?" }.joined(separator: ", ")
            let statement = try database.cachedStatement(
                sql: """
                    UPDATE dead_letters SET state = ?, note = coalesce(?, note), attempts = attempts + ?
                    WHERE number = ? AND state IN (\(marks))
                    """)
            var changed: [Int64] = []
            for number in numbers {
                var arguments: StatementArguments = [state.rawValue, whole(note), countsAsAttempt ? 1 : 0, number]
                arguments += StatementArguments(states)
                try statement.execute(arguments: arguments)
                if database.changesCount > 0 { changed.append(number) }
            }
            return changed
        }
    }
}

struct DeadLetterFilter {
    var condition: String
    var arguments: StatementArguments

    init(_ query: DeadLetterQuery) {
        var conditions = ["1"]
        var values: [(any DatabaseValueConvertible)?] = []
        func require(_ condition: String, _ value: String?) {
            guard let value else { return }
            conditions.append(condition)
            values.append(whole(value))
        }
        require("topic = ?", query.topic)
        require("reason = ?", query.reason)
        require("state = ?", query.state?.rawValue)
        require("facility = ?", query.facility?.text)
        require("facility IN (SELECT value FROM json_each(?))", query.among.map(jsonList))
        require(
            "instr(lower(message || char(10) || headers || char(10) || CAST(substr(payload, 1, 65536) AS TEXT)), lower(?))",
            query.text)
        condition = conditions.joined(separator: " AND ")
        arguments = StatementArguments(values)
    }
}

/// What makes two dead letters the same one; nil when the letter does not say where it came from.
private func origin(of letter: DeadLetter) -> String? {
    guard let topic = letter.headers[DeadLetterHeader.topic],
        let partition = letter.headers[DeadLetterHeader.partition],
        let offset = letter.headers[DeadLetterHeader.offset]
    else { return nil }
    // A unit separator cannot be confused with any part of a partition or offset number.
    return [letter.topic, topic, partition, offset].joined(separator: "\u{1F}")
}

private func json(_ headers: [String: String]) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(headers), as: UTF8.self)
}

func letter(_ row: Row) throws -> DeadLetter {
    let headers: String = row["headers"]
    let payload: Data = row["payload"]
    let facility: String? = row["facility"]
    guard let state = DeadLetter.State(rawValue: row["state"]) else { throw unreadable("dead_letters") }
    return DeadLetter(
        number: row["number"], topic: row["topic"], payload: [UInt8](payload),
        headers: try JSONDecoder().decode([String: String].self, from: Data(headers.utf8)), reason: row["reason"],
        message: row["message"], facility: facility.flatMap(FacilityID.init),
        firstSeen: UTCInstant(milliseconds: row["first_seen"]), attempts: row["attempts"], state: state,
        note: row["note"], edit: edit(row))
}

private func edit(_ row: Row) -> DeadLetter.Edit? {
    guard let edition: Int = row["edit_edition"], let payload: Data = row["edit_payload"] else { return nil }
    return DeadLetter.Edit(
        payload: [UInt8](payload), author: row["edit_author"] ?? "",
        at: UTCInstant(milliseconds: row["edit_at"] ?? 0), edition: edition)
}
