import EnergyModel
import GRDB
import Ports

extension EmbeddedEventLog {
    /// Ages by the moment of appending: what was back-filled lives here as long as what came in time (ledger LOG-02).
    /// Works in short transactions, so that appends go on in between.
    package func enforceRetention(
        of topic: Topic, olderThan: UTCInstant, maximumBytes: Int64, evenUnconsumed: Bool
    ) async throws(PortError) -> RetentionOutcome {
        var outcome = RetentionOutcome(droppedItems: 0, droppedUnconsumedItems: 0, remainingBytes: 0)
        let limits = LogRetention(
            topic: topic, olderThan: olderThan, maximumBytes: maximumBytes, evenUnconsumed: evenUnconsumed)
        var spaceSteps = 0
        while true {
            let step = try await commits.submit(bytes: 0) { database in try limits.step(database) }
            outcome.droppedItems += step.droppedItems
            outcome.droppedUnconsumedItems += step.droppedUnconsumedItems
            outcome.remainingBytes = step.remainingBytes
            let freed = try await commits.submit(bytes: 0) { database in
                try FreeSpace(database: database).release(atMost: FreeSpace.pagesInStep)
            }
            guard step.droppedItems == 0 else { continue }
            // What is left to release then waits for the next call.
            spaceSteps += 1
            if freed == 0 || spaceSteps == FreeSpace.stepsInCall { return outcome }
        }
    }
}

/// One step of retention: drops at most `maximumRows` of the oldest records.
struct LogRetention: Sendable {
    static let maximumRows = 512

    private struct Head {
        var partition: Int64
        var start: Int64
        var end: Int64
        /// The lowest offset a group still needs; all of it while no group has come.
        var needed: Int64
        var items: Int64
        var appendedAt: Int64
        var bytesBefore: Int64
    }

    let topic: Topic
    let olderThan: UTCInstant
    let maximumBytes: Int64
    let evenUnconsumed: Bool

    func step(_ database: Database) throws -> RetentionOutcome {
        var outcome = RetentionOutcome(droppedItems: 0, droppedUnconsumedItems: 0, remainingBytes: 0)
        guard let row = try TopicRow.find(topic, database) else { return outcome }
        outcome.remainingBytes = try remainingBytes(row, database)
        var heads = try self.heads(row, database)
        for _ in 0..<Self.maximumRows {
            let isOverCap = outcome.remainingBytes > maximumBytes
            guard let index = oldestDroppable(heads, isOverCap: isOverCap) else { break }
            let head = heads[index]
            outcome.droppedItems += head.items
            if head.start + head.items > head.needed { outcome.droppedUnconsumedItems += head.items }
            let freed = try drop(head, database)
            outcome.remainingBytes -= freed
            heads[index].start += head.items
            if try !load(&heads[index], database) { heads.remove(at: index) }
        }
        return outcome
    }

    private func oldestDroppable(_ heads: [Head], isOverCap: Bool) -> Int? {
        heads.indices.filter { index in
            let head = heads[index]
            guard isOverCap || head.appendedAt < olderThan.milliseconds else { return false }
            return evenUnconsumed || head.start + head.items <= head.needed
        }.min { heads[$0].appendedAt < heads[$1].appendedAt }
    }

    private func remainingBytes(_ row: TopicRow, _ database: Database) throws -> Int64 {
        let sum = try RawStatement(
            database, "SELECT sum(appended_bytes - dropped_bytes) FROM partitions WHERE topic = ?")
        sum.bind(1, row.id)
        defer { sum.reset() }
        return try sum.step() ? sum.integer(0) : 0
    }

    private func heads(_ row: TopicRow, _ database: Database) throws -> [Head] {
        let statement = try RawStatement(
            database,
            """
            SELECT p.id, p.start_offset, p.end_offset, (
                SELECT min(coalesce(o.committed_offset, 0)) FROM consumer_groups g
                LEFT JOIN group_offsets o ON o.consumer_group = g.id AND o.partition = p.id WHERE g.topic = p.topic)
            FROM partitions p WHERE p.topic = ? AND p.start_offset < p.end_offset
            """)
        statement.bind(1, row.id)
        var heads: [Head] = []
        while try statement.step() {
            heads.append(
                Head(
                    partition: statement.integer(0), start: statement.integer(1), end: statement.integer(2),
                    needed: statement.isNull(3) ? 0 : statement.integer(3), items: 0, appendedAt: 0, bytesBefore: 0))
        }
        return try heads.compactMap { head -> Head? in
            var head = head
            return try load(&head, database) ? head : nil
        }
    }

    /// Fills in the record at the head's start; false when the partition is empty.
    private func load(_ head: inout Head, _ database: Database) throws -> Bool {
        let first = try RawStatement(
            database, "SELECT items, appended_at, bytes_before FROM log_records WHERE position = ?")
        first.bind(1, LogPosition.pack(partition: head.partition, offset: head.start))
        defer { first.reset() }
        guard head.start < head.end, try first.step() else { return false }
        head.items = first.integer(0)
        head.appendedAt = first.integer(1)
        head.bytesBefore = first.integer(2)
        return true
    }

    /// Deletes the head's record; returns the bytes it counted.
    private func drop(_ head: Head, _ database: Database) throws -> Int64 {
        let delete = try RawStatement(database, "DELETE FROM log_records WHERE position = ?")
        delete.bind(1, LogPosition.pack(partition: head.partition, offset: head.start))
        try delete.run()
        let next = try RawStatement(
            database,
            """
            UPDATE partitions SET start_offset = ?1, dropped_bytes = coalesce(
                (SELECT bytes_before FROM log_records WHERE position = ?2), appended_bytes)
            WHERE id = ?3 RETURNING dropped_bytes
            """)
        next.bind(1, head.start + head.items)
        next.bind(2, LogPosition.pack(partition: head.partition, offset: head.start + head.items))
        next.bind(3, head.partition)
        guard try next.step() else { return 0 }
        let dropped = next.integer(0)
        while try next.step() {}
        return dropped - head.bytesBefore
    }
}
