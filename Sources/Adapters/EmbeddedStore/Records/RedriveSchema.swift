extension Migration {
    /// Edits beside dead letters, and redrives. `selection` and `failures` are JSON.
    static let redrives = Migration(
        4, "edits of dead letters, redrives",
        up: """
            ALTER TABLE dead_letters ADD COLUMN edit_payload BLOB;
            ALTER TABLE dead_letters ADD COLUMN edit_author TEXT;
            ALTER TABLE dead_letters ADD COLUMN edit_at INTEGER;
            ALTER TABLE dead_letters ADD COLUMN edit_edition INTEGER;
            CREATE TABLE redrives (
                number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, selection TEXT NOT NULL,
                per_second INTEGER NOT NULL, author TEXT NOT NULL, reason TEXT NOT NULL, begun_at INTEGER NOT NULL,
                state TEXT NOT NULL, note TEXT, changed_at INTEGER NOT NULL, reached INTEGER NOT NULL,
                total INTEGER NOT NULL, replayed INTEGER NOT NULL, failed INTEGER NOT NULL,
                quarantined INTEGER NOT NULL, passed_over INTEGER NOT NULL, failures TEXT NOT NULL);
            CREATE INDEX redrives_by_state ON redrives (state, number);
            """,
        down: """
            DROP TABLE redrives;
            ALTER TABLE dead_letters DROP COLUMN edit_edition;
            ALTER TABLE dead_letters DROP COLUMN edit_at;
            ALTER TABLE dead_letters DROP COLUMN edit_author;
            ALTER TABLE dead_letters DROP COLUMN edit_payload;
            """)
}
