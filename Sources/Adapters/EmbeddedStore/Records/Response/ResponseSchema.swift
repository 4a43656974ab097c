extension Migration {
    /// Demand response (ledger DR-05, DR-10): what happened is in `dr_event_transitions` and is never changed; events and
    /// commands are its summaries, `dr_notices` what is still to be told. `minimum_hold` is in milliseconds.
    static let demandResponse = Migration(
        3, "demand response: events, transitions, command outbox, points, participation reports",
        up: """
            CREATE TABLE dr_events (
                id TEXT PRIMARY KEY, kind TEXT NOT NULL, utility_request_id TEXT, program TEXT NOT NULL,
                name TEXT NOT NULL, priority INTEGER, source TEXT NOT NULL, window_start INTEGER NOT NULL,
                window_end INTEGER NOT NULL, status TEXT NOT NULL, ordinal INTEGER NOT NULL,
                is_settled INTEGER NOT NULL, awaits_approval INTEGER NOT NULL, received_at INTEGER NOT NULL,
                modified_at INTEGER NOT NULL, target_kw REAL, expected_kw REAL, achieved_reduction_kw REAL,
                forecast_quality TEXT, trace_id TEXT) WITHOUT ROWID;
            CREATE INDEX dr_events_by_window ON dr_events (window_start, id);
            CREATE INDEX dr_events_open ON dr_events (id) WHERE is_settled = 0;
            CREATE INDEX dr_events_by_request ON dr_events (utility_request_id, received_at, id)
                WHERE utility_request_id IS NOT NULL;
            CREATE TABLE dr_event_documents (
                event TEXT PRIMARY KEY REFERENCES dr_events (id), received_at INTEGER NOT NULL, body BLOB NOT NULL);
            CREATE TABLE dr_event_facilities (
                facility TEXT NOT NULL, event TEXT NOT NULL REFERENCES dr_events (id),
                PRIMARY KEY (facility, event)) WITHOUT ROWID;
            CREATE TABLE dr_event_transitions (
                number INTEGER PRIMARY KEY, event TEXT NOT NULL REFERENCES dr_events (id), ordinal INTEGER NOT NULL,
                from_state TEXT NOT NULL, to_state TEXT NOT NULL, at INTEGER NOT NULL, actor TEXT NOT NULL,
                trace_id TEXT, reason TEXT NOT NULL, change TEXT NOT NULL, notices TEXT,
                UNIQUE (event, ordinal));
            CREATE TRIGGER dr_event_transition_changed BEFORE UPDATE ON dr_event_transitions BEGIN
                SELECT RAISE(ABORT, 'dr_event_transitions is append-only');
            END;
            CREATE TRIGGER dr_event_transition_removed BEFORE DELETE ON dr_event_transitions BEGIN
                SELECT RAISE(ABORT, 'dr_event_transitions is append-only');
            END;
            CREATE TABLE dr_notices (
                number INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT NOT NULL, ordinal INTEGER NOT NULL,
                place INTEGER NOT NULL, at INTEGER NOT NULL, trace_id TEXT, notice TEXT NOT NULL,
                UNIQUE (event, ordinal, place));
            CREATE TABLE bms_commands (
                event TEXT NOT NULL REFERENCES dr_events (id), sequence INTEGER NOT NULL, facility TEXT NOT NULL,
                step INTEGER NOT NULL, point TEXT NOT NULL, kind TEXT NOT NULL, value REAL NOT NULL,
                slot INTEGER NOT NULL, starts_at INTEGER NOT NULL, ends_at INTEGER NOT NULL,
                expires_at INTEGER NOT NULL, minimum_hold INTEGER NOT NULL, expected_kw REAL NOT NULL,
                replaces INTEGER, phase TEXT NOT NULL, due INTEGER, attempts INTEGER NOT NULL,
                generation INTEGER NOT NULL, first_sent_at INTEGER, confirmed_at INTEGER, execution_id TEXT,
                is_ambiguous INTEGER NOT NULL, release_round INTEGER NOT NULL, release_attempts INTEGER NOT NULL,
                PRIMARY KEY (event, sequence)) WITHOUT ROWID;
            CREATE TABLE building_points (
                facility TEXT PRIMARY KEY, read_at INTEGER NOT NULL, points TEXT NOT NULL);
            CREATE TABLE participation_reports (
                number INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT NOT NULL, facility TEXT NOT NULL,
                version INTEGER NOT NULL, at INTEGER NOT NULL, body TEXT NOT NULL, previous_hash TEXT,
                hash TEXT NOT NULL, UNIQUE (event, facility, version));
            CREATE TRIGGER participation_report_changed BEFORE UPDATE ON participation_reports BEGIN
                SELECT RAISE(ABORT, 'participation_reports is append-only');
            END;
            CREATE TRIGGER participation_report_removed BEFORE DELETE ON participation_reports BEGIN
                SELECT RAISE(ABORT, 'participation_reports is append-only');
            END;
            """,
        down: """
            DROP TABLE participation_reports;
            DROP TABLE building_points;
            DROP TABLE bms_commands;
            DROP TABLE dr_notices;
            DROP TABLE dr_event_transitions;
            DROP TABLE dr_event_facilities;
            DROP TABLE dr_event_documents;
            DROP TABLE dr_events;
            """)
}
