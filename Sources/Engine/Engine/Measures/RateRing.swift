/// Events by second over the last 60 s. O(1) to record, no allocation; a second that passes without a call counts as zero.
struct RateRing: Sendable {
    static let seconds = 60
    private var slots = [UInt64](repeating: 0, count: RateRing.seconds + 1)
    /// The second the newest slot stands for.
    private var second: Int64
    private(set) var total: UInt64 = 0

    init(at uptime: Duration) { second = uptime.components.seconds }

    mutating func record(_ count: Int, at uptime: Duration) {
        turn(to: uptime.components.seconds)
        slots[index(second)] += UInt64(count)
        total += UInt64(count)
    }

    /// Whole seconds only, oldest first: the running second is left out.
    mutating func history(at uptime: Duration) -> [Float] {
        turn(to: uptime.components.seconds)
        return (0..<Int64(RateRing.seconds)).map { Float(slots[index(second - Int64(RateRing.seconds) + $0)]) }
    }

    /// Mean of the last `span` whole seconds. `span` 1...60.
    mutating func perSecond(over span: Int = 10, at uptime: Duration) -> Double {
        turn(to: uptime.components.seconds)
        var sum: UInt64 = 0
        for back in 1...Int64(span) { sum += slots[index(second - back)] }
        return Double(sum) / Double(span)
    }

    private mutating func turn(to now: Int64) {
        guard now > second else { return }
        if now - second > Int64(RateRing.seconds) {
            for slot in slots.indices { slots[slot] = 0 }
        } else {
            for passed in (second + 1)...now { slots[index(passed)] = 0 }
        }
        second = now
    }

    private func index(_ second: Int64) -> Int {
        let remainder = Int(second % Int64(slots.count))
        return remainder < 0 ? remainder + slots.count : remainder
    }
}
