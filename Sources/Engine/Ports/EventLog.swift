import EnergyModel

/// A named topic of the event log. The names of the ledger (LOG-01) are constants.
package struct Topic: Hashable, Sendable, Codable, CustomStringConvertible {
    package let name: String
    package init(_ name: String) { self.name = name }
    package var description: String { name }

    package static let sensorReadings = Topic("sensor-readings")
    package static let sensorReadingsDeadLetters = Topic("sensor-readings-dlt")
    package static let seriesWritesDeadLetters = Topic("influx-writes-dlq")
    package static let demandResponseInbound = Topic("dr-events-inbound")
    package static let demandResponseDeadLetters = Topic("dr-events-dlq")
    package static let buildingFailures = Topic("bms-failures")
    package static let forecastBuffer = Topic("forecast-buffer")
}

/// One record to append. Records with the same key land in the same partition, in the order given.
package struct LogRecord: Hashable, Sendable {
    /// The facility id, as bytes of its text; decides the partition.
    package var key: String
    package var value: [UInt8]
    package var headers: [String: String]
    /// Event time of the newest item.
    package var time: UTCInstant
    /// How many messages the record carries (a block of readings counts each reading). Lag is counted in these.
    package var items: Int

    package init(key: String, value: [UInt8], headers: [String: String] = [:], time: UTCInstant, items: Int = 1) {
        self.key = key
        self.value = value
        self.headers = headers
        self.time = time
        self.items = items
    }
}

package struct Partition: Hashable, Sendable, Codable, Comparable {
    package let topic: Topic
    package let index: Int
    package init(topic: Topic, index: Int) {
        self.topic = topic
        self.index = index
    }
    package static func < (left: Self, right: Self) -> Bool {
        (left.topic.name, left.index) < (right.topic.name, right.index)
    }
}

/// A record as it stands in a partition. `offset` counts items: the next record's offset is `offset + record.items`.
package struct StoredRecord: Sendable {
    package let offset: Int64
    package let appendedAt: UTCInstant
    package let record: LogRecord
    package var endOffset: Int64 { offset + Int64(record.items) }

    package init(offset: Int64, appendedAt: UTCInstant, record: LogRecord) {
        self.offset = offset
        self.appendedAt = appendedAt
        self.record = record
    }
}

/// Records of one partition, in order, to be acknowledged together.
package struct LogBatch: Sendable {
    package let partition: Partition
    package let records: [StoredRecord]
    /// Which assignment of the partition the batch was read under; an acknowledgement from an older one is refused.
    package let generation: Int

    package init(partition: Partition, records: [StoredRecord], generation: Int) {
        self.partition = partition
        self.records = records
        self.generation = generation
    }

    /// Where consumption goes on after this batch; the group's committed offset once acknowledged.
    package var nextOffset: Int64 { records.last?.endOffset ?? 0 }
    package var items: Int { records.reduce(0) { $0 + $1.record.items } }
}

/// Lag and size of one partition for one group.
package struct PartitionLag: Sendable, Hashable {
    package var partition: Partition
    package var committedOffset: Int64
    package var endOffset: Int64
    /// Bytes between the committed offset and the end.
    package var unconsumedBytes: Int64
    /// When the oldest record that the group has not acknowledged was appended; nil when there is none.
    package var oldestUnconsumed: UTCInstant?
    package var items: Int64 { max(0, endOffset - committedOffset) }

    package init(
        partition: Partition, committedOffset: Int64, endOffset: Int64, unconsumedBytes: Int64,
        oldestUnconsumed: UTCInstant?
    ) {
        self.partition = partition
        self.committedOffset = committedOffset
        self.endOffset = endOffset
        self.unconsumedBytes = unconsumedBytes
        self.oldestUnconsumed = oldestUnconsumed
    }
}

/// Durable, partitioned, append-only topics. At-least-once: a batch that is never acknowledged comes again, from the
/// committed offset, to the next consumer of the group.
package protocol EventLog: Sendable {
    /// Returns only when every record is durable; on a throw none, some or all may be. Concurrent calls share a commit.
    /// Order is kept inside one call and between calls that follow one another.
    func append(_ records: [LogRecord], to topic: Topic) async throws(PortError)

    /// A member of a group. One engine opens one consumer a (topic, group); opening another supersedes the first.
    /// Reading starts at the committed offsets, or at `offsets` where those are lower: what a sink restored from a backup
    /// lacks comes again. A higher offset is ignored, and one before the oldest record kept means the oldest record.
    func consumer(
        of topic: Topic, group: String, startingAt offsets: [Partition: Int64]
    ) async throws(PortError) -> any LogConsumer

    /// Lag of a group by partition; partitions never written to are left out.
    func lag(of topic: Topic, group: String) async throws(PortError) -> [PartitionLag]

    /// Bytes held for a topic, as they count against its byte cap.
    func storedBytes(of topic: Topic) async throws(PortError) -> Int64

    /// Drops the oldest records that were appended before `olderThan` or lie beyond the byte limit. Never drops what a group
    /// has not acknowledged, nor what no group has come for yet, unless `evenUnconsumed`; tells how many items went and how
    /// many of those were unconsumed (ledger LOG-02, LOG-11).
    func enforceRetention(
        of topic: Topic, olderThan: UTCInstant, maximumBytes: Int64, evenUnconsumed: Bool
    ) async throws(PortError) -> RetentionOutcome
}

extension EventLog {
    package func consumer(of topic: Topic, group: String) async throws(PortError) -> any LogConsumer {
        try await consumer(of: topic, group: group, startingAt: [:])
    }
}

package struct RetentionOutcome: Sendable, Hashable {
    package var droppedItems: Int64
    package var droppedUnconsumedItems: Int64
    package var remainingBytes: Int64
    package init(droppedItems: Int64, droppedUnconsumedItems: Int64, remainingBytes: Int64) {
        self.droppedItems = droppedItems
        self.droppedUnconsumedItems = droppedUnconsumedItems
        self.remainingBytes = remainingBytes
    }
}

package protocol LogConsumer: Sendable {
    /// The next batch of one partition, partitions in turn, at most about `items` items (a record is never split); nil when
    /// none came within `wait`. At most 512 batches may be unacknowledged: beyond that it waits as if there were none.
    func next(items: Int, wait: Duration) async throws(PortError) -> LogBatch?

    /// Commits the group's offset past the batch. Batches of one partition are acknowledged in order; acknowledging one
    /// acknowledges those before it. Throws `.superseded` when the batch is of an older generation.
    func acknowledge(_ batch: LogBatch) async throws(PortError)

    /// Acknowledges batches of several partitions in one commit where the log can; those of one partition in order.
    func acknowledge(_ batches: [LogBatch]) async throws(PortError)

    /// Starts again from the committed offsets: unacknowledged batches come once more.
    func rewind() async throws(PortError)

    func close() async
}

extension LogConsumer {
    package func acknowledge(_ batches: [LogBatch]) async throws(PortError) {
        for batch in batches { try await acknowledge(batch) }
    }
}
