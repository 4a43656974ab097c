import EnergyModel

/// Late hours by facility, each facility's oldest first. Pure. A pass costs what it takes plus the facilities that wait,
/// however many hours wait behind them.
struct LateHourQueue: Sendable {
    struct Group: Sendable, Equatable {
        var facility: FacilityNumber
        var hour: UTCInstant
        var meters: [MeterNumber]
    }

    private struct Waiting: Sendable {
        var meters: [UTCInstant: Set<MeterNumber>] = [:]
        /// Newest first, so that the oldest goes off the end.
        var hours: [UTCInstant] = []

        /// Where `hour` is or would stand.
        func position(of hour: UTCInstant) -> Int {
            var (low, high) = (0, hours.count)
            while low < high {
                let middle = (low + high) / 2
                if hours[middle] > hour { low = middle + 1 } else { high = middle }
            }
            return low
        }
    }

    private var facilities: [FacilityNumber: Waiting] = [:]
    /// (meter, hour) pairs.
    private(set) var count = 0

    init(_ hours: some Sequence<LateHour> = []) { for hour in hours { insert(hour) } }

    var isEmpty: Bool { count == 0 }

    /// False when it waits already. O(log hours of the facility) and a shift of those newer.
    @discardableResult
    mutating func insert(_ late: LateHour) -> Bool {
        var isNew = false
        modify(late.facility) { waiting in
            if waiting.meters[late.hour] == nil {
                waiting.hours.insert(late.hour, at: waiting.position(of: late.hour))
            }
            isNew = waiting.meters[late.hour, default: []].insert(late.meter).inserted
        }
        if isNew { count += 1 }
        return isNew
    }

    mutating func remove(_ late: LateHour) {
        var wasThere = false
        modify(late.facility) { waiting in
            wasThere = waiting.meters[late.hour]?.remove(late.meter) != nil
            guard waiting.meters[late.hour]?.isEmpty == true else { return }
            waiting.meters[late.hour] = nil
            waiting.hours.remove(at: waiting.position(of: late.hour))
        }
        if wasThere { count -= 1 }
    }

    /// What one pass works, oldest first; a facility at most once, since its next hour must be read after this one is
    /// written. About `limit` (meter, hour) pairs; the meters of an hour stay together.
    func groups(limit: Int) -> [Group] {
        let oldest = facilities.compactMap { facility, waiting in waiting.hours.last.map { (hour: $0, facility) } }
        var chosen: [Group] = []
        var taken = 0
        for (hour, facility) in oldest.sorted(by: <) {
            guard taken < limit else { break }
            let meters = facilities[facility]?.meters[hour] ?? []
            chosen.append(Group(facility: facility, hour: hour, meters: meters.sorted()))
            taken += meters.count
        }
        return chosen
    }

    /// In place, so that nothing is copied.
    private mutating func modify(_ facility: FacilityNumber, _ change: (inout Waiting) -> Void) {
        change(&facilities[facility, default: Waiting()])
        if facilities[facility]?.hours.isEmpty == true { facilities[facility] = nil }
    }
}
