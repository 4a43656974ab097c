import DequeModule
import EnergyModel

/// Readings that meters were asked for once more, in order of the requests. Bounded: further requests are passed over, and
/// the engine asks again (ledger ING-13, ING-16).
struct ReplayQueue: Sendable {
    static let maximumRequests = 1000
    /// Readings sent again for one request.
    static let maximumReadings: Int64 = 1000

    private var requests: Deque<(meter: Int, cycles: Range<Int64>)> = []

    var isEmpty: Bool { requests.isEmpty }

    /// Of what was asked, what the meter still has: nothing older than `span`, nothing that is yet to come.
    mutating func add(_ range: TimeRange, of meter: Int, _ schedule: ReadingSchedule, span: Duration, now: UTCInstant) {
        let start = max(range.start, now.advanced(by: .zero - span)).milliseconds
        let end = min(range.end, now).milliseconds
        guard start < end, requests.count < Self.maximumRequests else { return }
        let first = cycle(notBefore: start, of: meter, schedule)
        let cycles = first..<max(first, cycle(notBefore: end, of: meter, schedule))
        guard !cycles.isEmpty else { return }
        requests.append((meter, cycles.prefix(Int(Self.maximumReadings)).indices))
    }

    /// The next request's meter, and the numbers of its readings in the schedule.
    mutating func take(_ schedule: ReadingSchedule) -> (meter: Int, numbers: [Int64])? {
        guard let (meter, cycles) = requests.popFirst() else { return nil }
        return (meter, cycles.map { $0 * schedule.meters + Int64(meter) })
    }

    /// A cycle holds one reading of each meter.
    private func cycle(notBefore milliseconds: Int64, of meter: Int, _ schedule: ReadingSchedule) -> Int64 {
        let number = schedule.first(notBefore: milliseconds)
        let cycle = number.flooredQuotient(by: schedule.meters)
        return schedule.meter(number) <= meter ? cycle : cycle + 1
    }
}
