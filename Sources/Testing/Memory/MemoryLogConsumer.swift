import EnergyModel
import Ports
import Synchronization

final class MemoryLogConsumer: LogConsumer, Sendable {
    private struct State {
        var generation: Int
        var isClosed = false
        /// Next offset to read by partition.
        var positions: [Int: Int64]
        /// End offsets of batches handed out and not acknowledged, by partition, in order.
        var unacknowledged: [Int: [Int64]] = [:]
        var turn = -1
        var nextWaiter = 0
    }

    /// Names one wait of one consumer.
    struct Waiter: Hashable, Sendable {
        var consumer: ObjectIdentifier
        var number: Int
    }

    static let maximumUnacknowledged = 512

    private let log: MemoryEventLog
    private let topic: Topic
    private let group: String
    private let state: Mutex<State>

    init(log: MemoryEventLog, topic: Topic, group: String, startingAt offsets: [Partition: Int64]) {
        self.log = log
        self.topic = topic
        self.group = group
        var (generation, positions) = Self.join(log, topic, group)
        for (partition, offset) in offsets where partition.topic == topic {
            positions[partition.index] = min(offset, positions[partition.index] ?? 0)
        }
        state = Mutex(State(generation: generation, positions: positions))
    }

    /// Takes the group over: a new generation, from the committed offsets.
    private static func join(_ log: MemoryEventLog, _ topic: Topic, _ group: String) -> (Int, [Int: Int64]) {
        log.topics.withLock { topics in
            var members = topics[topic, default: .init()].groups[group] ?? .init()
            members.generation += 1
            topics[topic, default: .init()].groups[group] = members
            return (members.generation, members.committed)
        }
    }

    func next(items: Int, wait: Duration) async throws(PortError) -> LogBatch? {
        try await log.faults.pass()
        let start = log.topics.withLock { $0[topic]?.appends ?? 0 }
        if let batch = try take(items: items) { return batch }
        guard wait > .zero else { return nil }
        await waitForAppend(after: start, at: wait)
        return try take(items: items)
    }

    func acknowledge(_ batch: LogBatch) async throws(PortError) {
        try await log.faults.pass(storing: true)
        let generation = try check(batch.generation)
        let isCurrent = log.topics.withLock { topics in
            var members = topics[topic, default: .init()].groups[group] ?? .init()
            guard members.generation == generation else { return false }
            members.committed[batch.partition.index] = max(
                batch.nextOffset, members.committed[batch.partition.index] ?? 0)
            topics[topic, default: .init()].groups[group] = members
            return true
        }
        guard isCurrent else { throw superseded }
        state.withLock { $0.unacknowledged[batch.partition.index]?.removeAll { $0 <= batch.nextOffset } }
    }

    func rewind() async throws(PortError) {
        try await log.faults.pass()
        let (generation, positions) = Self.join(log, topic, group)
        state.withLock {
            $0.generation = generation
            $0.positions = positions
            $0.unacknowledged = [:]
        }
    }

    func close() async { state.withLock { $0.isClosed = true } }

    private var superseded: PortError {
        PortError(.superseded, "the batch is of an older assignment; read it again from the committed offset")
    }

    private func check(_ generation: Int) throws(PortError) -> Int {
        let (current, isClosed) = state.withLock { ($0.generation, $0.isClosed) }
        if isClosed { throw PortError(.invalid, "the consumer is closed; open another") }
        if generation != current { throw superseded }
        return current
    }

    private func take(items: Int) throws(PortError) -> LogBatch? {
        if state.withLock({ $0.isClosed }) { throw PortError(.invalid, "the consumer is closed; open another") }
        return log.topics.withLock { topics in
            let partitions = topics[topic]?.partitions ?? [:]
            return state.withLock { state in
                guard state.unacknowledged.values.reduce(0, { $0 + $1.count }) < Self.maximumUnacknowledged else {
                    return nil
                }
                let indices = partitions.keys.sorted()
                let order = indices.filter { $0 > state.turn } + indices.filter { $0 <= state.turn }
                for index in order {
                    let position = state.positions[index] ?? 0
                    guard let partition = partitions[index], position < partition.endOffset else { continue }
                    let records = prefix(of: partition.records.drop { $0.offset < position }, items: items)
                    guard let last = records.last else { continue }
                    state.positions[index] = last.endOffset
                    state.unacknowledged[index, default: []].append(last.endOffset)
                    state.turn = index
                    return LogBatch(
                        partition: Partition(topic: topic, index: index), records: records,
                        generation: state.generation)
                }
                return nil
            }
        }
    }

    /// Returns at the next append after number `seen`, when the time is up, or when the task is cancelled.
    private func waitForAppend(after seen: Int, at most: Duration) async {
        let id = state.withLock { state in
            state.nextWaiter += 1
            return Waiter(consumer: ObjectIdentifier(self), number: state.nextWaiter)
        }
        await withTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                await withTaskCancellationHandler {
                    await withCheckedContinuation { self.enter($0, as: id, after: seen) }
                } onCancel: {
                    self.leave(id)
                }
            }
            tasks.addTask { [clock = log.clock] in
                // Cancelled when a record came first: nothing to tell then.
                do { try await clock.sleep(for: most, tolerance: nil) } catch {}
            }
            await tasks.next()
            tasks.cancelAll()
        }
    }

    private func enter(_ wake: CheckedContinuation<Void, Never>, as id: Waiter, after seen: Int) {
        // Asked under the lock: a cancellation after it finds the waiter in `leave`, one before it is seen here.
        let waits = log.topics.withLock { topics in
            guard !Task.isCancelled, topics[topic]?.appends ?? 0 == seen else { return false }
            topics[topic, default: .init()].waiters[id] = wake
            return true
        }
        if !waits { wake.resume() }
    }

    private func leave(_ id: Waiter) {
        log.topics.withLock { $0[topic]?.waiters.removeValue(forKey: id) }?.resume()
    }
}

/// Records up to about `items` items, at least one.
private func prefix(of records: ArraySlice<StoredRecord>, items: Int) -> [StoredRecord] {
    var taken: [StoredRecord] = []
    var count = 0
    for record in records {
        if !taken.isEmpty, count + record.record.items > items { break }
        taken.append(record)
        count += record.record.items
    }
    return taken
}
