import EnergyModel
import GRDB
import Ports

/// A consumer's place in its group, as it was when it joined or rewound.
struct GroupMembership: Sendable {
    var groupID: Int64
    var generation: Int
    /// Committed offsets by partition number.
    var committed: [Int: Int64]

    /// Takes the group over, adding it if it is new: the generation goes up, so older members' acknowledgements are refused.
    static func join(topic: TopicRow, group: String, _ database: Database) throws -> GroupMembership {
        let insert = try RawStatement(
            database,
            """
            INSERT INTO consumer_groups (topic, name, generation) VALUES (?, ?, 1)
            ON CONFLICT (topic, name) DO UPDATE SET generation = generation + 1 RETURNING id, generation
            """)
        insert.bind(1, topic.id)
        insert.bind(2, group)
        guard try insert.step() else { throw PortError(.corrupt, "log.sqlite did not keep the group; run doctor") }
        var membership = GroupMembership(
            groupID: insert.integer(0), generation: Int(insert.integer(1)), committed: [:])
        while try insert.step() {}
        let offsets = try RawStatement(
            database,
            """
            SELECT p.number, o.committed_offset FROM group_offsets o JOIN partitions p ON p.id = o.partition
            WHERE o.consumer_group = ?
            """)
        offsets.bind(1, membership.groupID)
        while try offsets.step() { membership.committed[Int(offsets.integer(0))] = offsets.integer(1) }
        return membership
    }

    /// Moves committed offsets, by partition number, forward; never back. Throws `.superseded` when another took the group.
    static func acknowledge(
        groupID: Int64, generation: Int, _ offsets: [Int: Int64], _ database: Database
    ) throws {
        let check = try RawStatement(database, "SELECT generation FROM consumer_groups WHERE id = ?")
        check.bind(1, groupID)
        let current = try check.step() ? check.integer(0) : -1
        check.reset()
        guard current == Int64(generation) else {
            throw PortError(.superseded, "another consumer took the group over; read again from the committed offset")
        }
        let update = try RawStatement(
            database,
            """
            INSERT INTO group_offsets (consumer_group, partition, committed_offset)
            SELECT g.id, p.id, ? FROM consumer_groups g JOIN partitions p ON p.topic = g.topic
            WHERE g.id = ? AND p.number = ?
            ON CONFLICT (consumer_group, partition)
            DO UPDATE SET committed_offset = max(committed_offset, excluded.committed_offset)
            """)
        for (partition, offset) in offsets {
            update.bind(1, offset)
            update.bind(2, groupID)
            update.bind(3, Int64(partition))
            try update.run()
        }
    }
}

/// Lag of a group by partition, by number. A group that never committed lags from the oldest record.
func partitionLags(of topic: Topic, group: String, _ database: Database) throws -> [PartitionLag] {
    let partitions = try RawStatement(
        database,
        """
        SELECT p.id, p.number, p.start_offset, p.end_offset, p.appended_bytes, coalesce(o.committed_offset, 0)
        FROM partitions p JOIN topics t ON t.id = p.topic
        LEFT JOIN consumer_groups g ON g.topic = t.id AND g.name = ?
        LEFT JOIN group_offsets o ON o.consumer_group = g.id AND o.partition = p.id
        WHERE t.name = ? ORDER BY p.number
        """)
    partitions.bind(1, group)
    partitions.bind(2, topic.name)
    let first = try RawStatement(
        database,
        """
        SELECT bytes_before, appended_at FROM log_records WHERE position >= ? AND position < ?
        ORDER BY position LIMIT 1
        """)
    var lags: [PartitionLag] = []
    while try partitions.step() {
        let (id, end) = (partitions.integer(0), partitions.integer(3))
        let committed = max(partitions.integer(5), partitions.integer(2))
        var lag = PartitionLag(
            partition: Partition(topic: topic, index: Int(partitions.integer(1))), committedOffset: committed,
            endOffset: end, unconsumedBytes: 0, oldestUnconsumed: nil)
        first.bind(1, LogPosition.pack(partition: id, offset: committed))
        first.bind(2, LogPosition.pack(partition: id, offset: end))
        if try first.step() {
            lag.unconsumedBytes = partitions.integer(4) - first.integer(0)
            lag.oldestUnconsumed = UTCInstant(milliseconds: first.integer(1))
        }
        first.reset()
        lags.append(lag)
    }
    return lags
}
