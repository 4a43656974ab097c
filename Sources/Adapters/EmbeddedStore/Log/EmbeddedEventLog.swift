import EnergyModel
import GRDB
import Ports
import Synchronization

/// The event log in `log.sqlite` (ledger LOG-09): durable group commit, partitions by FNV-1a of the key, consumer groups.
/// Another process may append and read at the same time.
package final class EmbeddedEventLog: EventLog, Sendable {
    let file: StoreFile
    let options: EmbeddedStoreOptions
    let commits: GroupCommit
    let arrivals = ArrivalSignal()
    private let now: @Sendable () -> UTCInstant

    init(file: StoreFile, options: EmbeddedStoreOptions, now: @escaping @Sendable () -> UTCInstant) {
        self.file = file
        self.options = options
        self.now = now
        commits = GroupCommit(connection: file.writer)
    }

    package func append(_ records: [LogRecord], to topic: Topic) async throws(PortError) {
        guard !records.isEmpty else { return }
        guard records.allSatisfy({ $0.items > 0 }) else {
            throw PortError(.invalid, "a log record must carry at least one item")
        }
        let bytes = records.reduce(0) { $0 + Int($1.storedBytes) }
        let partitions = options.partitions
        try await commits.submit(bytes: bytes) { [now] database in
            let row = try TopicRow.findOrAdd(topic, partitions: partitions, database)
            try LogAppend(topic: row, appendedAt: now()).run(records, database)
        }
        arrivals.fire()
    }

    package func consumer(
        of topic: Topic, group: String, startingAt offsets: [Partition: Int64]
    ) async throws(PortError) -> any LogConsumer {
        let partitions = options.partitions
        let membership = try await commits.submit(bytes: 0) { database in
            let row = try TopicRow.findOrAdd(topic, partitions: partitions, database)
            return try GroupMembership.join(topic: row, group: group, database)
        }
        return EmbeddedLogConsumer(log: self, topic: topic, membership: membership, startingAt: offsets)
    }

    package func lag(of topic: Topic, group: String) async throws(PortError) -> [PartitionLag] {
        try await file.reader.read { database in try partitionLags(of: topic, group: group, database) }
    }

    package func storedBytes(of topic: Topic) async throws(PortError) -> Int64 {
        try await file.reader.read { database in
            let statement = try RawStatement(
                database,
                """
                SELECT sum(p.appended_bytes - p.dropped_bytes) FROM partitions p JOIN topics t ON t.id = p.topic
                WHERE t.name = ?
                """)
            statement.bind(1, topic.name)
            defer { statement.reset() }
            return try statement.step() ? statement.integer(0) : 0
        }
    }
}

/// A row of `topics`.
struct TopicRow: Sendable {
    var id: Int64
    var partitions: Int

    static func find(_ topic: Topic, _ database: Database) throws -> TopicRow? {
        let statement = try RawStatement(database, "SELECT id, partitions FROM topics WHERE name = ?")
        statement.bind(1, topic.name)
        defer { statement.reset() }
        guard try statement.step() else { return nil }
        return TopicRow(id: statement.integer(0), partitions: Int(statement.integer(1)))
    }

    static func findOrAdd(_ topic: Topic, partitions: Int, _ database: Database) throws -> TopicRow {
        if let found = try find(topic, database) { return found }
        let insert = try RawStatement(database, "INSERT INTO topics (name, partitions) VALUES (?, ?)")
        insert.bind(1, topic.name)
        insert.bind(2, Int64(partitions))
        try insert.run()
        return TopicRow(id: database.lastInsertedRowID, partitions: partitions)
    }
}

/// Appends records to their partitions, inside a transaction.
struct LogAppend {
    private struct End {
        var id: Int64
        var offset: Int64
        var bytes: Int64
    }

    let topic: TopicRow
    let appendedAt: UTCInstant

    init(topic: TopicRow, appendedAt: UTCInstant) {
        self.topic = topic
        self.appendedAt = appendedAt
    }

    func run(_ records: [LogRecord], _ database: Database) throws {
        let insert = try RawStatement(
            database,
            """
            INSERT INTO log_records (position, items, time, appended_at, bytes_before, key, headers, value)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """)
        var ends: [Int: End] = [:]
        for record in records {
            let index = partitionIndex(ofKey: record.key, partitions: topic.partitions)
            var end = try ends[index] ?? self.end(of: index, database)
            try Self.insert(record, at: end, appendedAt, insert)
            end.offset += Int64(record.items)
            end.bytes += record.storedBytes
            ends[index] = end
        }
        let update = try RawStatement(database, "UPDATE partitions SET end_offset = ?, appended_bytes = ? WHERE id = ?")
        for end in ends.values {
            update.bind(1, end.offset)
            update.bind(2, end.bytes)
            update.bind(3, end.id)
            try update.run()
        }
    }

    private static func insert(
        _ record: LogRecord, at end: End, _ appendedAt: UTCInstant, _ statement: RawStatement
    ) throws {
        statement.bind(1, LogPosition.pack(partition: end.id, offset: end.offset))
        statement.bind(2, Int64(record.items))
        statement.bind(3, record.time.milliseconds)
        statement.bind(4, appendedAt.milliseconds)
        statement.bind(5, end.bytes)
        statement.bind(6, record.key)
        statement.bindNull(7)
        try (LogHeaders.encode(record.headers) ?? []).withUnsafeBytes { headers in
            if !headers.isEmpty { statement.bind(7, borrowing: headers) }
            try record.value.withUnsafeBytes { value in
                statement.bind(8, borrowing: value)
                try statement.run()
            }
        }
    }

    private func end(of index: Int, _ database: Database) throws -> End {
        let find = try RawStatement(
            database, "SELECT id, end_offset, appended_bytes FROM partitions WHERE topic = ? AND number = ?")
        find.bind(1, topic.id)
        find.bind(2, Int64(index))
        defer { find.reset() }
        if try find.step() { return End(id: find.integer(0), offset: find.integer(1), bytes: find.integer(2)) }
        let insert = try RawStatement(database, "INSERT INTO partitions (topic, number) VALUES (?, ?)")
        insert.bind(1, topic.id)
        insert.bind(2, Int64(index))
        try insert.run()
        return End(id: database.lastInsertedRowID, offset: 0, bytes: 0)
    }
}
