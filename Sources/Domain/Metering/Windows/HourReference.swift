import EnergyModel

/// The windows of one hour told from its readings alone, the slow and plain way: sort, step, group, add, in doubles. It
/// shares no code with `WindowStateMachine`, so that each can find the other's errors, in tests and in the audit of what is
/// stored. Sums agree but for rounding.
package struct HourReference: Sendable {
    private let rules: WindowRules
    /// In kWh.
    private let registerLimits: [MeterNumber: Double]

    /// A meter's reading with the energy that it adds.
    private struct Step {
        var reading: Reading
        var kilowattHours: Double
        var isGood: Bool
    }

    /// A meter's minute as its facility sees it. Powers are NaN when it has none.
    private struct Minute {
        var meter: Rollup
        var slots: [Double]
    }

    package init(registerLimits: [MeterNumber: Energy] = [:], rules: WindowRules = WindowRules()) {
        self.rules = rules
        self.registerLimits = registerLimits.mapValues(\.kilowattHours)
    }

    /// All rollups of the hour, in any order. `readings` all lie in one hour, one per (meter, timestamp), in any order;
    /// `predecessors` are each meter's newest reading before the hour. A meter counts for the facility that its first
    /// reading names.
    package func rollups(of readings: [Reading], predecessors: [MeterNumber: Reading]) -> [Rollup] {
        var rollups: [Rollup] = []
        var facilities: [FacilityNumber: [Minute]] = [:]
        for (meter, unsorted) in Dictionary(grouping: readings, by: \.meter) {
            let sorted = unsorted.sorted { $0.time < $1.time }
            let steps = steps(sorted, after: predecessors[meter], limit: registerLimits[meter])
            for granularity in Granularity.allCases {
                for (start, window) in Dictionary(grouping: steps, by: { granularity.windowStart(of: $0.reading.time) })
                {
                    let rollup = rollup(of: meter, granularity, start, window)
                    rollups.append(rollup)
                    if granularity == .minute {
                        let minute = Minute(meter: rollup, slots: slots(window, rollup))
                        facilities[sorted[0].facility, default: []].append(minute)
                    }
                }
            }
        }
        return rollups + facilities.flatMap { self.rollups(of: $0.key, $0.value) }
    }

    // MARK: - A meter

    private func steps(_ sorted: [Reading], after predecessor: Reading?, limit: Double?) -> [Step] {
        var before = predecessor
        return sorted.map { reading in
            if let last = before, reading.time.since(last.time) > rules.predecessorReach { before = nil }
            let energy = energy(from: before, to: reading, limit: limit)
            before = reading
            return Step(
                reading: reading, kilowattHours: energy ?? 0, isGood: energy != nil && reading.quality.isGood)
        }
    }

    /// In kWh; nil when the register was reset or exchanged.
    private func energy(from before: Reading?, to reading: Reading, limit: Double?) -> Double? {
        let slot = Reading.interval
        guard let before else {
            if !reading.registerKilowattHours.isNaN { return 0 }
            return reading.kilowatts.isNaN ? 0 : reading.kilowatts * hours(slot)
        }
        let span = reading.time.since(before.time)
        let rise = reading.registerKilowattHours - before.registerKilowattHours
        if rise.isNaN { return reading.kilowatts.isNaN ? 0 : reading.kilowatts * hours(min(span, slot)) }
        let most = rules.maximumPower.kilowatts * hours(max(span, slot))
        if rise >= 0 { return rise <= most ? rise : nil }
        guard let limit, before.registerKilowattHours <= limit else { return nil }
        let over = limit - before.registerKilowattHours + reading.registerKilowattHours
        return over >= 0 && over <= most && over <= limit / 10 ? over : nil
    }

    private func hours(_ span: Duration) -> Double { Double(span.milliseconds) / 3_600_000 }

    private func rollup(
        of meter: MeterNumber, _ granularity: Granularity, _ start: UTCInstant, _ window: [Step]
    ) -> Rollup {
        let powers = window.map(\.reading.kilowatts).filter { !$0.isNaN }
        return Rollup(
            series: .meter(meter), granularity: granularity, start: start, meanKilowatts: mean(powers),
            minKilowatts: powers.min() ?? .nan, maxKilowatts: powers.max() ?? .nan,
            kilowattHours: window.reduce(0) { $0 + $1.kilowattHours }, count: UInt32(window.count),
            goodCount: UInt32(window.count(where: \.isGood)))
    }

    /// Mean power of each 15-s slot; the minute's where a slot has none.
    private func slots(_ window: [Step], _ minute: Rollup) -> [Double] {
        (0..<4).map { slot in
            let start = minute.start.advanced(by: Reading.interval * slot)
            let range = TimeRange(start: start, end: start.advanced(by: Reading.interval))
            let powers = window.map(\.reading).filter { range.contains($0.time) && !$0.kilowatts.isNaN }
            return powers.isEmpty ? minute.meanKilowatts : mean(powers.map(\.kilowatts))
        }
    }

    // MARK: - A facility

    private func rollups(of facility: FacilityNumber, _ minutes: [Minute]) -> [Rollup] {
        let sums = Dictionary(grouping: minutes, by: \.meter.start).map { start, members in
            minute(of: facility, start, members)
        }
        return sums
            + [Granularity.quarterHour, .hour].flatMap { granularity in
                Dictionary(grouping: sums, by: { granularity.windowStart(of: $0.start) }).map { start, members in
                    let powered = members.filter { !$0.meanKilowatts.isNaN }
                    return sum(
                        members, facility, granularity, start, mean: mean(powered.map(\.meanKilowatts)),
                        lowest: powered.map(\.minKilowatts).min(), highest: powered.map(\.maxKilowatts).max())
                }
            }
    }

    /// Powers of meters add up; lowest and highest are of the four slots' totals and the mean.
    private func minute(of facility: FacilityNumber, _ start: UTCInstant, _ members: [Minute]) -> Rollup {
        let powered = members.filter { !$0.meter.meanKilowatts.isNaN }
        let mean = powered.isEmpty ? Double.nan : powered.reduce(0) { $0 + $1.meter.meanKilowatts }
        let totals = powered.isEmpty ? [] : [mean] + (0..<4).map { slot in powered.reduce(0) { $0 + $1.slots[slot] } }
        return sum(
            members.map(\.meter), facility, .minute, start, mean: mean, lowest: totals.min(), highest: totals.max())
    }

    private func sum(
        _ members: [Rollup], _ facility: FacilityNumber, _ granularity: Granularity, _ start: UTCInstant, mean: Double,
        lowest: Double?, highest: Double?
    ) -> Rollup {
        Rollup(
            series: .facility(facility), granularity: granularity, start: start, meanKilowatts: mean,
            minKilowatts: lowest ?? .nan, maxKilowatts: highest ?? .nan,
            kilowattHours: members.reduce(0) { $0 + $1.kilowattHours }, count: members.reduce(0) { $0 + $1.count },
            goodCount: members.reduce(0) { $0 + $1.goodCount })
    }

    /// NaN for none.
    private func mean(_ values: [Double]) -> Double {
        values.isEmpty ? .nan : values.reduce(0, +) / Double(values.count)
    }
}
