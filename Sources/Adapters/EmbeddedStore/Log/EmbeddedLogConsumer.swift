import DequeModule
import EnergyModel
import GRDB
import Ports
import Synchronization

/// A member of a consumer group. Positions live in memory; only acknowledgements are stored.
final class EmbeddedLogConsumer: LogConsumer, Sendable {
    static let maximumUnacknowledged = 512
    /// A batch ends at this many bytes even when it holds fewer items than asked for.
    static let maximumBatchBytes = 8 << 20

    fileprivate struct State {
        var membership: GroupMembership
        var isClosed = false
        /// Next offset to hand out by partition number.
        var positions: [Int: Int64]
        /// Read in one transaction with batches already handed out: what one wake-up finds is spread thinly over all
        /// partitions, and a transaction each would cost more than the records.
        var ready: Deque<LogRead.Found> = []
        /// End offsets of batches handed out and not acknowledged, by partition number.
        var unacknowledged: [Int: [Int64]] = [:]
        /// The partition the last batch came from: the others come first next time.
        var turn = -1

        var unacknowledgedCount: Int { unacknowledged.values.reduce(0) { $0 + $1.count } }
    }

    private let log: EmbeddedEventLog
    private let topic: Topic
    private let state: Mutex<State>

    init(
        log: EmbeddedEventLog, topic: Topic, membership: GroupMembership, startingAt offsets: [Partition: Int64]
    ) {
        self.log = log
        self.topic = topic
        var positions = membership.committed
        for (partition, offset) in offsets where partition.topic == topic {
            positions[partition.index] = min(offset, positions[partition.index] ?? 0)
        }
        state = Mutex(State(membership: membership, positions: positions))
    }

    func next(items: Int, wait: Duration) async throws(PortError) -> LogBatch? {
        let clock = ContinuousClock()
        let end = clock.now.advanced(by: wait)
        while true {
            let version = log.arrivals.version
            if let batch = try await take(items: items) { return batch }
            let left = clock.now.duration(to: end)
            guard left > .zero else { return nil }
            // Appends of this process wake it; those of another are found by looking.
            try await log.arrivals.wait(after: version, atMost: min(left, log.options.pollInterval))
        }
    }

    func acknowledge(_ batch: LogBatch) async throws(PortError) { try await acknowledge([batch]) }

    /// One commit for all of them.
    func acknowledge(_ batches: [LogBatch]) async throws(PortError) {
        guard !batches.isEmpty else { return }
        let membership = try state.withLock { state throws(PortError) in
            try state.checkOpen()
            guard batches.allSatisfy({ $0.generation == state.membership.generation }) else {
                throw PortError(.superseded, "the batch was read before the last rewind; it comes again")
            }
            return state.membership
        }
        var ends: [Int: Int64] = [:]
        for batch in batches { ends[batch.partition.index] = max(ends[batch.partition.index] ?? 0, batch.nextOffset) }
        let reached = ends
        try await log.commits.submit(bytes: 0) { database in
            try GroupMembership.acknowledge(
                groupID: membership.groupID, generation: membership.generation, reached, database)
        }
        state.withLock { state in
            for (partition, offset) in reached { state.unacknowledged[partition]?.removeAll { $0 <= offset } }
        }
        log.arrivals.fire()
    }

    func rewind() async throws(PortError) {
        let old = try state.withLock { state throws(PortError) in
            try state.checkOpen()
            return state.membership
        }
        let topic = topic
        let membership = try await log.commits.submit(bytes: 0) { database in
            try GroupMembership.rejoin(old, topic: topic, database)
        }
        state.withLock { state in
            state.membership = membership
            state.positions = membership.committed
            state.ready = []
            state.unacknowledged = [:]
        }
        log.arrivals.fire()
    }

    func close() async {
        state.withLock { state in
            state.isClosed = true
            state.ready = []
        }
        log.arrivals.fire()
    }

    /// The next batch that is there now.
    private func take(items: Int) async throws(PortError) -> LogBatch? {
        let topic = topic
        let (batch, positions, turn, generation) = try state.withLock { state throws(PortError) in
            try state.checkOpen()
            return (state.handOut(items: items, of: topic), state.positions, state.turn, state.membership.generation)
        }
        if let batch { return batch }
        guard state.withLock({ $0.unacknowledgedCount < Self.maximumUnacknowledged }) else { return nil }
        let found = try await log.file.reader.read { database in
            try LogRead(topic: topic, positions: positions, turn: turn).next(items: items, database)
        }
        return state.withLock { state in
            // A rewind or another `next` came in between: what was read is stale.
            guard state.membership.generation == generation, state.positions == positions, !state.isClosed else {
                return nil
            }
            state.ready = Deque(found)
            return state.handOut(items: items, of: topic)
        }
    }
}

extension EmbeddedLogConsumer.State {
    fileprivate func checkOpen() throws(PortError) {
        if isClosed { throw PortError(.invalid, "the consumer is closed; open another") }
    }

    /// The next batch already read. One that is larger than asked for is read again.
    fileprivate mutating func handOut(items: Int, of topic: Topic) -> LogBatch? {
        guard unacknowledgedCount < EmbeddedLogConsumer.maximumUnacknowledged, let found = ready.popFirst(),
            let last = found.records.last
        else { return nil }
        guard found.items <= items || found.records.count == 1 else {
            ready = []
            return nil
        }
        positions[found.partition] = last.endOffset
        unacknowledged[found.partition, default: []].append(last.endOffset)
        turn = found.partition
        return LogBatch(
            partition: Partition(topic: topic, index: found.partition), records: found.records,
            generation: membership.generation)
    }
}

extension GroupMembership {
    /// The same group again under a new generation. Throws `.superseded` when another consumer took it over meanwhile.
    fileprivate static func rejoin(
        _ old: GroupMembership, topic: Topic, _ database: Database
    ) throws -> GroupMembership {
        let find = try RawStatement(database, "SELECT name, generation FROM consumer_groups WHERE id = ?")
        find.bind(1, old.groupID)
        guard try find.step() else { throw PortError(.notFound, "the consumer group is gone; open the consumer again") }
        let (name, generation) = (find.text(0), Int(find.integer(1)))
        find.reset()
        guard generation == old.generation, let row = try TopicRow.find(topic, database) else {
            throw PortError(.superseded, "another consumer took the group over; open the consumer again")
        }
        return try join(topic: row, group: name, database)
    }
}

/// Finds and reads the next records of the partitions, in turn.
private struct LogRead {
    struct Found: Sendable {
        var partition: Int
        var records: [StoredRecord]
        var items: Int
        var bytes: Int
    }

    private struct Candidate {
        var id: Int64
        var number: Int
        var from: Int64
        var end: Int64
    }

    let topic: Topic
    let positions: [Int: Int64]
    let turn: Int

    init(topic: Topic, positions: [Int: Int64], turn: Int) {
        self.topic = topic
        self.positions = positions
        self.turn = turn
    }

    /// A batch each of the partitions after the last one's turn, all together at most about `items` and the bytes of one batch.
    func next(items: Int, _ database: Database) throws -> [Found] {
        let partitions = try RawStatement(
            database,
            """
            SELECT p.id, p.number, p.start_offset, p.end_offset FROM partitions p JOIN topics t ON t.id = p.topic
            WHERE t.name = ? ORDER BY p.number
            """)
        partitions.bind(1, topic.name)
        var candidates: [Candidate] = []
        while try partitions.step() {
            let number = Int(partitions.integer(1))
            let from = max(positions[number] ?? 0, partitions.integer(2))
            guard from < partitions.integer(3) else { continue }
            candidates.append(
                Candidate(id: partitions.integer(0), number: number, from: from, end: partitions.integer(3)))
        }
        var found: [Found] = []
        var (left, bytes) = (items, 0)
        for candidate in candidates.filter({ $0.number > turn }) + candidates.filter({ $0.number <= turn }) {
            let batch = try read(candidate, items: left, database)
            // Its first record alone may be more than is left: then it begins the next read.
            guard !batch.records.isEmpty, found.isEmpty || batch.items <= left else { break }
            found.append(batch)
            (left, bytes) = (left - batch.items, bytes + batch.bytes)
            guard left > 0, bytes <= EmbeddedLogConsumer.maximumBatchBytes else { break }
        }
        return found
    }

    private func read(_ chosen: Candidate, items: Int, _ database: Database) throws -> Found {
        let rows = try RawStatement(
            database,
            """
            SELECT position, items, time, appended_at, key, headers, value FROM log_records
            WHERE position >= ? AND position < ? ORDER BY position
            """)
        rows.bind(1, LogPosition.pack(partition: chosen.id, offset: chosen.from))
        rows.bind(2, LogPosition.pack(partition: chosen.id, offset: chosen.end))
        defer { rows.reset() }
        var found = Found(partition: chosen.number, records: [], items: 0, bytes: 0)
        while try rows.step() {
            let size = Int(rows.integer(1))
            let isFull = found.items + size > items || found.bytes > EmbeddedLogConsumer.maximumBatchBytes
            if !found.records.isEmpty, isFull { break }
            let record = try Self.record(rows, items: size)
            found.records.append(record)
            found.items += size
            found.bytes += record.record.value.count
        }
        return found
    }

    private static func record(_ row: RawStatement, items: Int) throws -> StoredRecord {
        guard let headers = LogHeaders.decode(row.bytes(5)) else {
            throw PortError(.corrupt, "a record of log.sqlite has unreadable headers: run doctor, restore a backup")
        }
        return StoredRecord(
            offset: LogPosition.offset(row.integer(0)), appendedAt: UTCInstant(milliseconds: row.integer(3)),
            record: LogRecord(
                key: row.text(4), value: [UInt8](row.bytes(6)), headers: headers,
                time: UTCInstant(milliseconds: row.integer(2)), items: items))
    }
}
