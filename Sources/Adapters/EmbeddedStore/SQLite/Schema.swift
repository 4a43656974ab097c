import GRDB
import Ports

/// The schema of one file: its migrations and how they are applied.
package struct Schema: Sendable {
    package let file: String
    package let migrations: [Migration]

    /// Brings the file up to this build's schema. Each migration is one transaction. Blocks.
    package func migrate(_ database: Database) throws(PortError) {
        do {
            try database.inTransaction(.immediate) {
                try database.execute(
                    sql: """
                        CREATE TABLE IF NOT EXISTS schema_migrations (
                            number INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL)
                        """)
                return .commit
            }
            for migration in try pendingMigrations(known: migrations, applied: applied(database)) {
                try database.inTransaction(.immediate) {
                    // Another process may have been quicker.
                    guard try !applied(database).contains(where: { $0.number == migration.number }) else {
                        return .commit
                    }
                    try database.execute(sql: migration.up)
                    try database.execute(
                        sql: "INSERT INTO schema_migrations (number, name, checksum) VALUES (?, ?, ?)",
                        arguments: [migration.number, migration.name, migration.checksum])
                    return .commit
                }
            }
        } catch let refusal as MigrationRefusal {
            throw PortError(.invalid, "\(file) \(refusal)")
        } catch {
            throw storeError(error, file: file)
        }
    }

    /// Goes back to schema `number`, newest migration first; 0 empties the file.
    package func revert(_ database: Database, to number: Int) throws {
        for migration in migrations.sorted(by: { $0.number > $1.number }) where migration.number > number {
            try database.inTransaction(.immediate) {
                guard try applied(database).contains(where: { $0.number == migration.number }) else { return .commit }
                try database.execute(sql: migration.down)
                try database.execute(
                    sql: "DELETE FROM schema_migrations WHERE number = ?", arguments: [migration.number])
                return .commit
            }
        }
    }

    func applied(_ database: Database) throws -> [AppliedMigration] {
        try Row.fetchAll(database, sql: "SELECT number, name, checksum FROM schema_migrations ORDER BY number").map {
            AppliedMigration(number: $0[0], name: $0[1], checksum: $0[2])
        }
    }
}
