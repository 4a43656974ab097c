import Ports

/// Which batches of the topic have been worked through, so that each is acknowledged when its last notification has its
/// effect stored, and not before. Batches of one partition are acknowledged in order. Pure.
struct IntakeTracker {
    struct Place: Hashable, Sendable {
        var batch: Int
        var offset: Int64
    }

    private struct Open {
        var batch: LogBatch
        var left: Int
    }

    private var batches: [Int: Open] = [:]
    private var next = 0

    /// One place a record, in order.
    mutating func open(_ batch: LogBatch) -> [Place] {
        defer { next += 1 }
        guard !batch.records.isEmpty else { return [] }
        batches[next] = Open(batch: batch, left: batch.records.count)
        return batch.records.map { Place(batch: next, offset: $0.offset) }
    }

    /// One notification of the batch is done. Returns the batches that can be acknowledged now.
    mutating func done(_ place: Place) -> [LogBatch] {
        batches[place.batch]?.left -= 1
        var ready: [LogBatch] = []
        var blocked: Set<Partition> = []
        for (number, open) in batches.sorted(by: { $0.key < $1.key }) {
            guard open.left <= 0, !blocked.contains(open.batch.partition) else {
                blocked.insert(open.batch.partition)
                continue
            }
            ready.append(open.batch)
            batches[number] = nil
        }
        return ready
    }

    var isEmpty: Bool { batches.isEmpty }
}
