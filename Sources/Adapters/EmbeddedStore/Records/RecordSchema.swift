extension Schema {
    /// `records.sqlite`: the relational side (ledger REL-16, as far as this build uses it).
    package static let records = Schema(
        file: "records.sqlite",
        migrations: [
            Migration(
                1, "facilities, meters, dead letters, journal",
                up: """
                    CREATE TABLE facilities (
                        number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, kind TEXT NOT NULL,
                        region TEXT NOT NULL, time_zone TEXT NOT NULL, contract_demand_kw REAL, building_endpoint TEXT,
                        is_described INTEGER NOT NULL);
                    CREATE TABLE meters (
                        number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
                        facility INTEGER NOT NULL REFERENCES facilities (number), register_limit_kwh REAL);
                    CREATE INDEX meters_by_facility ON meters (facility);
                    CREATE TABLE imports (number INTEGER PRIMARY KEY, facilities INTEGER NOT NULL);
                    CREATE TABLE dead_letters (
                        number INTEGER PRIMARY KEY AUTOINCREMENT, topic TEXT NOT NULL, origin TEXT UNIQUE,
                        payload BLOB NOT NULL, headers TEXT NOT NULL, reason TEXT NOT NULL, message TEXT NOT NULL,
                        facility TEXT, first_seen INTEGER NOT NULL, attempts INTEGER NOT NULL, state TEXT NOT NULL,
                        note TEXT);
                    CREATE INDEX dead_letters_by_state ON dead_letters (topic, reason, state, first_seen);
                    CREATE TABLE journal (
                        number INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, kind TEXT NOT NULL,
                        actor TEXT NOT NULL, subject TEXT NOT NULL, text TEXT NOT NULL, facility TEXT,
                        command_key TEXT, trace_id TEXT);
                    CREATE INDEX journal_by_time ON journal (at);
                    CREATE VIEW audit_log AS SELECT * FROM journal WHERE kind = 'audit';
                    CREATE TABLE command_outcomes (
                        command_key TEXT PRIMARY KEY, at INTEGER NOT NULL, outcome TEXT NOT NULL) WITHOUT ROWID;
                    CREATE TABLE leases (
                        name TEXT PRIMARY KEY, owner TEXT NOT NULL, expires INTEGER NOT NULL) WITHOUT ROWID;
                    """,
                down: """
                    DROP TABLE leases;
                    DROP TABLE command_outcomes;
                    DROP VIEW audit_log;
                    DROP TABLE journal;
                    DROP TABLE dead_letters;
                    DROP TABLE imports;
                    DROP TABLE meters;
                    DROP TABLE facilities;
                    """),
            Migration(
                2, "dead letters counted as they change",
                up: """
                    CREATE TABLE dead_letter_counts (
                        topic TEXT NOT NULL, reason TEXT NOT NULL, state TEXT NOT NULL, letters INTEGER NOT NULL,
                        PRIMARY KEY (topic, reason, state)) WITHOUT ROWID;
                    INSERT INTO dead_letter_counts
                        SELECT topic, reason, state, count(*) FROM dead_letters GROUP BY topic, reason, state;
                    CREATE TRIGGER dead_letter_added AFTER INSERT ON dead_letters BEGIN
                        INSERT INTO dead_letter_counts VALUES (new.topic, new.reason, new.state, 1)
                            ON CONFLICT (topic, reason, state) DO UPDATE SET letters = letters + 1;
                    END;
                    CREATE TRIGGER dead_letter_changed AFTER UPDATE OF state ON dead_letters
                        WHEN old.state <> new.state BEGIN
                        UPDATE dead_letter_counts SET letters = letters - 1
                            WHERE topic = old.topic AND reason = old.reason AND state = old.state;
                        INSERT INTO dead_letter_counts VALUES (new.topic, new.reason, new.state, 1)
                            ON CONFLICT (topic, reason, state) DO UPDATE SET letters = letters + 1;
                    END;
                    CREATE TRIGGER dead_letter_removed AFTER DELETE ON dead_letters BEGIN
                        UPDATE dead_letter_counts SET letters = letters - 1
                            WHERE topic = old.topic AND reason = old.reason AND state = old.state;
                    END;
                    """,
                down: """
                    DROP TRIGGER dead_letter_removed;
                    DROP TRIGGER dead_letter_changed;
                    DROP TRIGGER dead_letter_added;
                    DROP TABLE dead_letter_counts;
                    """),
            .demandResponse, .redrives, .reportDeliveries, .weather, .forecasts, .sessions,
        ])
}
