import EnergyModel
import Ports
import Synchronization

/// The event log in memory: the same contract as the durable ones, for tests and the simulator.
package final class MemoryEventLog: EventLog, Sendable {
    struct PartitionState {
        var records: [StoredRecord] = []
        var endOffset: Int64 = 0
        var startOffset: Int64 { records.first?.offset ?? endOffset }
    }

    struct GroupState {
        var generation = 0
        var committed: [Int: Int64] = [:]
    }

    struct TopicState {
        var partitions: [Int: PartitionState] = [:]
        var groups: [String: GroupState] = [:]
        /// Consumers that wait for records.
        var waiters: [MemoryLogConsumer.Waiter: CheckedContinuation<Void, Never>] = [:]
        var appends = 0
    }

    let topics = Mutex<[Topic: TopicState]>([:])
    package let faults: PortFaults
    let clock: any Clock<Duration>
    private let partitions: Int
    private let now: @Sendable () -> UTCInstant

    /// - Parameter now: the wall clock, for `appendedAt`.
    package init(
        partitions: Int = 30, clock: any Clock<Duration> = ContinuousClock(),
        now: @escaping @Sendable () -> UTCInstant = { UTCInstant(seconds: 1_790_000_000) }
    ) {
        self.partitions = partitions
        self.clock = clock
        self.now = now
        faults = PortFaults(clock: clock)
    }

    package func append(_ records: [LogRecord], to topic: Topic) async throws(PortError) {
        guard records.allSatisfy({ $0.items > 0 }) else {
            throw PortError(.invalid, "a log record must carry at least one item")
        }
        try await faults.pass(storing: true)
        let appendedAt = now()
        let waiters = topics.withLock { topics in
            var state = topics[topic] ?? TopicState()
            for record in records {
                let index = partitionIndex(ofKey: record.key, partitions: partitions)
                var partition = state.partitions[index] ?? PartitionState()
                partition.records.append(
                    StoredRecord(offset: partition.endOffset, appendedAt: appendedAt, record: record))
                partition.endOffset += Int64(record.items)
                state.partitions[index] = partition
            }
            state.appends += 1
            let waiters = state.waiters.values
            state.waiters = [:]
            topics[topic] = state
            return waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    package func consumer(
        of topic: Topic, group: String, startingAt offsets: [Partition: Int64]
    ) async throws(PortError) -> any LogConsumer {
        try await faults.pass()
        return MemoryLogConsumer(log: self, topic: topic, group: group, startingAt: offsets)
    }

    package func lag(of topic: Topic, group: String) async throws(PortError) -> [PartitionLag] {
        try await faults.pass()
        return topics.withLock { topics in
            let state = topics[topic] ?? TopicState()
            return state.partitions.sorted { $0.key < $1.key }.map { index, partition in
                let committed = max(state.groups[group]?.committed[index] ?? 0, partition.startOffset)
                let open = partition.records.drop { $0.offset < committed }
                return PartitionLag(
                    partition: Partition(topic: topic, index: index), committedOffset: committed,
                    endOffset: partition.endOffset, unconsumedBytes: open.reduce(0) { $0 + $1.record.storedBytes },
                    oldestUnconsumed: open.first?.appendedAt)
            }
        }
    }

    package func storedBytes(of topic: Topic) async throws(PortError) -> Int64 {
        try await faults.pass()
        return topics.withLock { $0[topic].map(bytes) ?? 0 }
    }

    package func enforceRetention(
        of topic: Topic, olderThan: UTCInstant, maximumBytes: Int64, evenUnconsumed: Bool
    ) async throws(PortError) -> RetentionOutcome {
        try await faults.pass()
        return topics.withLock { topics in
            var state = topics[topic] ?? TopicState()
            var outcome = RetentionOutcome(droppedItems: 0, droppedUnconsumedItems: 0, remainingBytes: bytes(of: state))
            while let (index, record) = oldestDroppable(
                in: state, olderThan: olderThan, isOverCap: outcome.remainingBytes > maximumBytes,
                evenUnconsumed: evenUnconsumed)
            {
                state.partitions[index]?.records.removeFirst()
                outcome.remainingBytes -= record.record.storedBytes
                outcome.droppedItems += Int64(record.record.items)
                if record.endOffset > floor(of: index, in: state) {
                    outcome.droppedUnconsumedItems += Int64(record.record.items)
                }
            }
            topics[topic] = state
            return outcome
        }
    }
}

private func bytes(of state: MemoryEventLog.TopicState) -> Int64 {
    state.partitions.values.reduce(0) { $0 + $1.records.reduce(0) { $0 + $1.record.storedBytes } }
}

/// The lowest offset that some group still needs; all of it while no group has come.
private func floor(of partition: Int, in state: MemoryEventLog.TopicState) -> Int64 {
    state.groups.values.map { $0.committed[partition] ?? 0 }.min() ?? 0
}

private func oldestDroppable(
    in state: MemoryEventLog.TopicState, olderThan: UTCInstant, isOverCap: Bool, evenUnconsumed: Bool
) -> (Int, StoredRecord)? {
    let heads = state.partitions.compactMap { index, partition -> (Int, StoredRecord)? in
        guard let head = partition.records.first, isOverCap || head.appendedAt < olderThan else { return nil }
        guard evenUnconsumed || head.endOffset <= floor(of: index, in: state) else { return nil }
        return (index, head)
    }
    return heads.min { ($0.1.appendedAt, $0.0) < ($1.1.appendedAt, $1.0) }
}
