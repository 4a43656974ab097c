/// Calls and failures of the recent past, as a ring of partial sums: adding and reading cost O(slices) at worst, however
/// many calls there were. A call counts for between `slices - 1` and `slices` slice lengths.
/// After resilience4j `SlidingTimeWindowMetrics`.
struct SlidingWindow: Hashable, Sendable {
    struct Sums: Hashable, Sendable {
        var calls = 0
        var failures = 0
    }

    private let sliceNanoseconds: Int64
    private var ring: [Sums]
    private var newestSlice: Int64 = .min
    private(set) var total = Sums()

    /// `length` and `slices` are at least a nanosecond and 1.
    init(length: Duration, slices: Int) {
        sliceNanoseconds = max(1, length.nanoseconds / Int64(max(1, slices)))
        ring = Array(repeating: Sums(), count: max(1, slices))
    }

    mutating func record(failed: Bool, now: MonotonicTime) {
        advance(to: now)
        let index = position(of: newestSlice)
        ring[index].calls += 1
        total.calls += 1
        if failed {
            ring[index].failures += 1
            total.failures += 1
        }
    }

    /// Forgets what has become too old. A `now` before the newest slice changes nothing.
    mutating func advance(to now: MonotonicTime) {
        let slice = now.nanoseconds.flooredDivision(by: sliceNanoseconds)
        guard slice > newestSlice else { return }
        if newestSlice == .min || slice - newestSlice >= Int64(ring.count) {
            clear()
        } else {
            for stale in (newestSlice + 1)...slice { forget(position(of: stale)) }
        }
        newestSlice = slice
    }

    mutating func clear() {
        for index in ring.indices { ring[index] = Sums() }
        total = Sums()
    }

    private mutating func forget(_ index: Int) {
        total.calls -= ring[index].calls
        total.failures -= ring[index].failures
        ring[index] = Sums()
    }

    private func position(of slice: Int64) -> Int {
        let count = Int64(ring.count)
        let remainder = slice % count
        return Int(remainder < 0 ? remainder + count : remainder)
    }
}

extension Int64 {
    /// Rounds down, also below zero. `divisor` > 0.
    func flooredDivision(by divisor: Int64) -> Int64 {
        let quotient = self / divisor
        return self % divisor < 0 ? quotient - 1 : quotient
    }
}
