extension Schema {
    /// `traces.sqlite`: finished spans, and what each trace is by what began it. `attributes` is JSON.
    package static let traces = Schema(
        file: "traces.sqlite",
        migrations: [
            Migration(
                1, "spans and traces",
                up: """
                    CREATE TABLE spans (
                        number INTEGER PRIMARY KEY, trace TEXT NOT NULL, id TEXT NOT NULL, parent TEXT,
                        name TEXT NOT NULL, component TEXT NOT NULL, kind TEXT NOT NULL, start INTEGER NOT NULL,
                        microseconds INTEGER NOT NULL, error TEXT, attributes TEXT NOT NULL, UNIQUE (trace, id));
                    CREATE INDEX spans_by_start ON spans (start);
                    CREATE TABLE traces (
                        trace TEXT PRIMARY KEY, name TEXT NOT NULL, component TEXT NOT NULL, start INTEGER NOT NULL,
                        end_microseconds INTEGER NOT NULL, errors INTEGER NOT NULL) WITHOUT ROWID;
                    CREATE INDEX traces_by_start ON traces (start);
                    """,
                down: """
                    DROP TABLE traces;
                    DROP TABLE spans;
                    """)
        ])
}
