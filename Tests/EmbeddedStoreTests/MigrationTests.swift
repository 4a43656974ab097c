import EmbeddedStore
import GRDB
import Testing

@Suite("Migrations")
struct MigrationTests {
    private let one = Migration(1, "one", up: "CREATE TABLE a (x INTEGER NOT NULL);", down: "DROP TABLE a;")
    private let two = Migration(2, "two", up: "ALTER TABLE a ADD COLUMN y TEXT;", down: "ALTER TABLE a DROP COLUMN y;")

    private func applied(_ migrations: Migration...) -> [AppliedMigration] {
        migrations.map { AppliedMigration(number: $0.number, name: $0.name, checksum: $0.checksum) }
    }

    @Test("only what is missing is pending, in order")
    func pending() throws {
        #expect(try pendingMigrations(known: [two, one], applied: []).map(\.number) == [1, 2])
        #expect(try pendingMigrations(known: [one, two], applied: applied(one)).map(\.number) == [2])
        #expect(try pendingMigrations(known: [one, two], applied: applied(one, two)).isEmpty)
    }

    @Test("a newer schema, an edited migration and a gap are refused")
    func refusals() {
        #expect(throws: MigrationRefusal.newerSchema(applied: 2, known: 1)) {
            try pendingMigrations(known: [one], applied: applied(one, two))
        }
        let edited = Migration(1, "one", up: "CREATE TABLE a (z INTEGER);", down: "DROP TABLE a;")
        #expect(throws: MigrationRefusal.edited(number: 1, name: "one")) {
            try pendingMigrations(known: [edited, two], applied: applied(one))
        }
        #expect(throws: MigrationRefusal.gap(number: 1)) {
            try pendingMigrations(known: [one, two], applied: applied(two))
        }
    }

    @Test("our own schemas pass the linter", arguments: [Schema.log, .series, .records, .traces].map(\.file))
    func ownSchemas(file: String) throws {
        let schema = try #require([Schema.log, .series, .records, .traces].first { $0.file == file })
        #expect(lintMigrations(schema.migrations).isEmpty)
    }

    @Test(
        "the linter refuses what the release before could not live with",
        arguments: [
            ("ALTER TABLE a RENAME COLUMN x TO y;", "renames"),
            ("ALTER TABLE a DROP COLUMN x;", "drops a column"),
            ("DROP TABLE a;", "drops something"),
            ("alter table a add column y text not null default '';", "NOT NULL"),
            ("CREATE UNIQUE INDEX i ON a (x);", "unique"),
            ("DELETE FROM a;", "deletes rows"),
        ])
    func breaches(up: String, word: String) {
        let findings = lintMigrations([one, Migration(2, "bad", up: up, down: "SELECT 1;")])
        #expect(findings.count == 1)
        #expect(findings.first?.contains(word) == true)
    }

    @Test("a contract migration may drop what an earlier expand replaced, and only that")
    func contract() {
        let drop = Migration(3, "drop", .contract(after: 2), up: "ALTER TABLE a DROP COLUMN x;", down: "SELECT 1;")
        #expect(lintMigrations([one, two, drop]).isEmpty)
        let early = Migration(2, "drop", .contract(after: 2), up: "ALTER TABLE a DROP COLUMN x;", down: "SELECT 1;")
        #expect(lintMigrations([one, early]).count == 1)
    }

    @Test("numbers have no holes and every migration has its way back")
    func order() {
        #expect(lintMigrations([one, Migration(3, "three", up: "SELECT 1;", down: "SELECT 1;")]).count == 1)
        #expect(lintMigrations([Migration(1, "one", up: "SELECT 1;", down: " \n")]).count == 1)
        #expect(lintMigrations([one, Migration(2, "x", up: "-- DROP TABLE a\nSELECT 1;", down: "SELECT 1;")]).isEmpty)
    }
}

@Suite("Schemas on real files")
struct SchemaTests {
    @Test(
        "every schema goes up, back to nothing, and up again",
        arguments: ["log.sqlite", "series.sqlite", "records.sqlite", "traces.sqlite"])
    func bothWays(file: String) throws {
        let schema = try #require([Schema.log, .series, .records, .traces].first { $0.file == file })
        let database = try DatabaseQueue()
        func tables() throws -> [String] {
            try database.read { database in
                try String.fetchAll(
                    database,
                    sql: "SELECT name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' AND name <> 'schema_migrations'"
                )
            }
        }
        try database.writeWithoutTransaction { try schema.migrate($0) }
        let first = try tables()
        #expect(!first.isEmpty)
        try database.writeWithoutTransaction { try schema.revert($0, to: 0) }
        #expect(try tables().isEmpty)
        try database.writeWithoutTransaction { try schema.migrate($0) }
        #expect(try tables() == first)
    }
}
