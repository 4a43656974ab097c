import EnergyModel
import GRDB
import Ports

extension EmbeddedRecordStore {
    package func enforceRetention(_ limits: RecordRetention, batch: Int) async throws(PortError) -> Int {
        guard batch > 0 else { return 0 }
        let dropped = try await file.writer.write { database in
            var dropped = 0
            for (sql, moment) in [
                (journalSQL("kind <> 'audit'"), limits.journalBefore),
                (journalSQL("kind = 'audit'"), limits.auditBefore),
                (lettersSQL, limits.lettersBefore), (outcomesSQL, limits.journalBefore),
                (redrivesSQL, limits.journalBefore),
            ] {
                guard dropped < batch else { break }
                try database.execute(sql: sql, arguments: [moment.milliseconds, batch - dropped])
                dropped += database.changesCount
            }
            return dropped
        }
        let pages = dropped + FreeSpace.pagesInStep
        _ = try await file.writer.write { database in try FreeSpace(database: database).release(atMost: pages) }
        return dropped
    }
}

private func journalSQL(_ kind: String) -> String {
    "DELETE FROM journal WHERE number IN (SELECT number FROM journal WHERE at < ? AND \(kind) ORDER BY at LIMIT ?)"
}

private let lettersSQL = """
    DELETE FROM dead_letters WHERE number IN (SELECT number FROM dead_letters
        WHERE first_seen < ? AND state IN ('replayed', 'discarded') ORDER BY number LIMIT ?)
    """

private let outcomesSQL = """
    DELETE FROM command_outcomes WHERE command_key IN (SELECT command_key FROM command_outcomes WHERE at < ? LIMIT ?)
    """

private let redrivesSQL = """
    DELETE FROM redrives WHERE number IN (SELECT number FROM redrives
        WHERE changed_at < ? AND state IN ('cancelled', 'done') ORDER BY number LIMIT ?)
    """
