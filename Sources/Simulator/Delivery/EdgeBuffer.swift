import DequeModule
import EnergyModel
import HeapModule

/// What a meter concentrator keeps until it knows that the other side has it (ledger ING-13): in order, bounded by age and
/// bytes. What is not acknowledged is given out again. When a bound is reached the oldest waiting entries go, counted.
struct EdgeBuffer: Sendable {
    struct Batch: Sendable {
        let number: UInt64
        let emissions: [Emission]
    }

    private struct Later: Comparable, Sendable {
        let emission: Emission
        let number: UInt64
        static func < (left: Later, right: Later) -> Bool {
            (left.emission.due, left.number) < (right.emission.due, right.number)
        }
        static func == (left: Later, right: Later) -> Bool { left.number == right.number }
    }

    let spanMilliseconds: Int64
    let byteLimit: Int
    /// Not yet to be sent.
    private var later = Heap<Later>()
    private var waiting: Deque<Emission> = []
    /// Came back unacknowledged; goes out before anything that waits. Ascending by number.
    private var returned: [Batch] = []
    private var inFlight: [UInt64: Batch] = [:]
    private var nextNumber: UInt64 = 0
    private(set) var bytes = 0
    private(set) var dropped: UInt64 = 0

    init(span: Duration, byteLimit: Int) {
        spanMilliseconds = max(1, span.milliseconds)
        self.byteLimit = max(1024, byteLimit)
    }

    /// Everything kept, in flight included.
    var count: Int { later.count + ready + inFlight.values.reduce(0) { $0 + $1.emissions.count } }
    /// Could be taken now.
    var ready: Int { waiting.count + returned.reduce(0) { $0 + $1.emissions.count } }
    /// Smallest number of bytes that is kept as room; back-filling waits at this mark instead of losing anything.
    var isAboveMark: Bool { bytes > byteLimit / 2 }

    mutating func add(_ emission: Emission, now: Int64) {
        bytes += emission.size
        nextNumber += 1
        if emission.due > now {
            later.insert(Later(emission: emission, number: nextNumber))
        } else {
            waiting.append(emission)
        }
        while bytes > byteLimit, dropOldest() {}
    }

    /// Moves what has become due, and drops what is older than the span.
    mutating func advance(now: Int64) {
        while let next = later.min, next.emission.due <= now {
            later.removeMin()
            waiting.append(next.emission)
        }
        while let batch = returned.first, let newest = batch.emissions.last, newest.due < now - spanMilliseconds {
            drop(returned.removeFirst().emissions)
        }
        while let oldest = waiting.first, oldest.due < now - spanMilliseconds { drop([waiting.removeFirst()]) }
    }

    /// The oldest entries that are not in flight, at most `limit` unless a batch came back larger; nil when there are none.
    mutating func take(_ limit: Int) -> Batch? {
        let batch: Batch
        if returned.isEmpty {
            guard !waiting.isEmpty else { return nil }
            nextNumber += 1
            batch = Batch(number: nextNumber, emissions: Array(waiting.prefix(limit)))
            waiting.removeFirst(batch.emissions.count)
        } else {
            batch = returned.removeFirst()
        }
        inFlight[batch.number] = batch
        return batch
    }

    mutating func acknowledge(_ batch: Batch) {
        guard inFlight.removeValue(forKey: batch.number) != nil else { return }
        bytes -= batch.emissions.reduce(0) { $0 + $1.size }
    }

    /// The batch did not arrive for sure.
    mutating func giveBack(_ batch: Batch) {
        guard inFlight.removeValue(forKey: batch.number) != nil else { return }
        let index = returned.firstIndex { $0.number > batch.number } ?? returned.endIndex
        returned.insert(batch, at: index)
    }

    /// False when only entries in flight are left.
    private mutating func dropOldest() -> Bool {
        if !returned.isEmpty {
            drop(returned.removeFirst().emissions)
        } else if let oldest = waiting.popFirst() {
            drop([oldest])
        } else if let oldest = later.popMin() {
            drop([oldest.emission])
        } else {
            return false
        }
        return true
    }

    private mutating func drop(_ emissions: [Emission]) {
        dropped += UInt64(emissions.count)
        bytes -= emissions.reduce(0) { $0 + $1.size }
    }
}
