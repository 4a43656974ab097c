extension Schema {
    /// `log.sqlite`. A record's `position` is its partition's id above 44 bits of offset: one B-tree, each partition a
    /// contiguous run of it. `bytes_before` counts the partition's bytes up to the record since it began, so that lag and
    /// size in bytes are one look-up each.
    package static let log = Schema(
        file: "log.sqlite",
        migrations: [
            Migration(
                1, "topics, records, groups",
                up: """
                    CREATE TABLE topics (
                        id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, partitions INTEGER NOT NULL);
                    CREATE TABLE partitions (
                        id INTEGER PRIMARY KEY, topic INTEGER NOT NULL REFERENCES topics (id), number INTEGER NOT NULL,
                        start_offset INTEGER NOT NULL DEFAULT 0, end_offset INTEGER NOT NULL DEFAULT 0,
                        dropped_bytes INTEGER NOT NULL DEFAULT 0, appended_bytes INTEGER NOT NULL DEFAULT 0,
                        UNIQUE (topic, number));
                    CREATE TABLE log_records (
                        position INTEGER PRIMARY KEY, items INTEGER NOT NULL, time INTEGER NOT NULL,
                        appended_at INTEGER NOT NULL, bytes_before INTEGER NOT NULL, key TEXT NOT NULL, headers BLOB,
                        value BLOB NOT NULL);
                    CREATE TABLE consumer_groups (
                        id INTEGER PRIMARY KEY, topic INTEGER NOT NULL REFERENCES topics (id), name TEXT NOT NULL,
                        generation INTEGER NOT NULL, UNIQUE (topic, name));
                    CREATE TABLE group_offsets (
                        consumer_group INTEGER NOT NULL REFERENCES consumer_groups (id),
                        partition INTEGER NOT NULL REFERENCES partitions (id),
                        committed_offset INTEGER NOT NULL, PRIMARY KEY (consumer_group, partition)) WITHOUT ROWID;
                    """,
                down: """
                    DROP TABLE group_offsets;
                    DROP TABLE consumer_groups;
                    DROP TABLE log_records;
                    DROP TABLE partitions;
                    DROP TABLE topics;
                    """)
        ])
}

/// Packs and unpacks `log_records.position`.
enum LogPosition {
    static let offsetBits: Int64 = 44

    static func pack(partition: Int64, offset: Int64) -> Int64 { partition << offsetBits | offset }
    static func offset(_ position: Int64) -> Int64 { position & (1 << offsetBits - 1) }
}
