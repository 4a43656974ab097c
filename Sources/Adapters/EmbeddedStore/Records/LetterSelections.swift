import EnergyModel
import Foundation
import GRDB
import Ports

extension EmbeddedRecordStore {
    package func letterNumbers(
        of selection: LetterSelection, in states: Set<DeadLetter.State>, after: Int64, limit: Int
    ) async throws(PortError) -> [Int64] {
        let filter = try SelectionFilter(selection, states)
        let limit = max(0, min(limit, Self.maximumRows))
        return try await file.reader.read { database in
            var arguments = filter.arguments
            arguments += [after, limit]
            return try Int64.fetchAll(
                database,
                sql: "SELECT number FROM dead_letters WHERE \(filter.condition) AND number > ? ORDER BY number LIMIT ?",
                arguments: arguments)
        }
    }

    package func count(
        of selection: LetterSelection, in states: Set<DeadLetter.State>
    ) async throws(PortError) -> Int {
        let filter = try SelectionFilter(selection, states)
        return try await file.reader.read { database in
            try Int.fetchOne(
                database, sql: "SELECT count(*) FROM dead_letters WHERE \(filter.condition)",
                arguments: filter.arguments) ?? 0
        }
    }

    package func edit(deadLetter number: Int64, _ edit: DeadLetter.Edit) async throws(PortError) -> LetterEditing {
        try await file.writer.write { database in
            guard
                let row = try Row.fetchOne(
                    database, sql: "SELECT * FROM dead_letters WHERE number = ?", arguments: [number])
            else { return .missing }
            let current = try letter(row)
            if let refusal = current.refusal(of: edit) { return refusal }
            try database.execute(
                sql: """
                    UPDATE dead_letters SET edit_payload = ?, edit_author = ?, edit_at = ?, edit_edition = ?
                    WHERE number = ?
                    """,
                arguments: [Data(edit.payload), whole(edit.author), edit.at.milliseconds, edit.edition, number])
            return .stored
        }
    }

    package func settle(_ results: [LetterResult]) async throws(PortError) -> [Int64] {
        guard !results.isEmpty else { return [] }
        return try await file.writer.write { database in try settleLetters(results, database) }
    }
}

/// Settles in the open transaction; returns the numbers that changed.
func settleLetters(_ results: [LetterResult], _ database: Database) throws -> [Int64] {
    let statement = try database.cachedStatement(
        sql: """
            UPDATE dead_letters SET state = ?, note = coalesce(?, note), attempts = attempts + 1
            WHERE number = ? AND state = ? AND coalesce(edit_edition, 0) = ?
            """)
    var changed: [Int64] = []
    for result in results {
        try statement.execute(arguments: [
            result.newState.rawValue, whole(result.note), result.number, result.state.rawValue, result.edition,
        ])
        if database.changesCount > 0 { changed.append(result.number) }
    }
    return changed
}

private struct SelectionFilter {
    var condition: String
    var arguments: StatementArguments

    init(_ selection: LetterSelection, _ states: Set<DeadLetter.State>) throws(PortError) {
        switch selection {
        case .numbers(let numbers):
            condition = "number IN (SELECT value FROM json_each(?))"
            arguments = [try RecordJSON.text(numbers, of: "the selection")]
        case .matching(let query, let through):
            let filter = DeadLetterFilter(query)
            condition = "\(filter.condition) AND number <= ?"
            arguments = filter.arguments
            arguments += [through]
        }
        let names = states.map(\.rawValue).sorted()
        condition += " AND state IN (\(names.map { _ in "?" }.joined(separator: ", ")))"
        arguments += StatementArguments(names)
    }
}
