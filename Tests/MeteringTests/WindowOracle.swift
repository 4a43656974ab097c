import EnergyModel

struct RollupKey: Hashable {
    var series: SeriesKey
    var granularity: Granularity
    var start: UTCInstant
}

extension Rollup {
    var key: RollupKey { RollupKey(series: series, granularity: granularity, start: start) }

    /// Equal but for rounding.
    func isClose(to other: Rollup, tolerance: Double = 1e-5) -> Bool {
        func close(_ left: Double, _ right: Double) -> Bool {
            (left.isNaN && right.isNaN) || abs(left - right) <= tolerance * max(1, abs(left))
        }
        return key == other.key && count == other.count && goodCount == other.goodCount
            && close(kilowattHours, other.kilowattHours) && close(meanKilowatts, other.meanKilowatts)
            && close(minKilowatts, other.minKilowatts) && close(maxKilowatts, other.maxKilowatts)
    }

    var bits: [UInt64] {
        [
            meanKilowatts.bitPattern, minKilowatts.bitPattern, maxKilowatts.bitPattern, kilowattHours.bitPattern,
            UInt64(count), UInt64(goodCount),
        ]
    }
}

/// All rollups of a set of distinct readings, the slow and obvious way: sort, step, group.
struct WindowOracle {
    private(set) var rollups: [RollupKey: Rollup] = [:]
    private var limits: [MeterNumber: Double]

    init(_ readings: [Reading], limits: [MeterNumber: Double] = [:]) {
        self.limits = limits
        var minutes: [Rollup] = []
        var slots: [RollupKey: [Double]] = [:]
        for (meter, mine) in Dictionary(grouping: readings, by: \.meter) {
            let sorted = mine.sorted { $0.time < $1.time }
            let steps = energies(sorted)
            for granularity in Granularity.allCases {
                let windows = Dictionary(grouping: sorted.indices) { granularity.windowStart(of: sorted[$0].time) }
                for (start, members) in windows {
                    let rollup = meterRollup(meter, granularity, start, members, sorted, steps)
                    add(rollup)
                    guard granularity == .minute, let home = sorted.first?.facility else { continue }
                    var minute = rollup
                    minute.series = .facility(home)
                    minutes.append(minute)
                    let totals = slotMeans(members.map { sorted[$0] }, start, rollup.meanKilowatts)
                    if !rollup.meanKilowatts.isNaN {
                        slots[minute.key] = zip(slots[minute.key] ?? [0, 0, 0, 0], totals).map { $0 + $1 }
                    }
                }
            }
        }
        addFacilities(minutes, slots)
    }

    private mutating func add(_ rollup: Rollup) { rollups[rollup.key] = rollup }

    private func energies(_ sorted: [Reading]) -> [(kilowattHours: Double, isReset: Bool)] {
        sorted.indices.map { index in
            let now = sorted[index]
            let before = index > 0 ? sorted[index - 1] : nil
            if let before, !before.registerKilowattHours.isNaN, !now.registerKilowattHours.isNaN {
                let rise = now.registerKilowattHours - before.registerKilowattHours
                if rise >= 0 { return rise > 1e6 * 15 / 3600 ? (0, true) : (rise, false) }
                guard let limit = limits[now.meter], rise + limit <= limit / 10, rise + limit >= 0 else {
                    return (0, true)
                }
                return (rise + limit, false)
            }
            if before == nil, !now.registerKilowattHours.isNaN { return (0, false) }
            let seconds = min(15, before.map { Double(now.time.milliseconds - $0.time.milliseconds) / 1000 } ?? 15)
            return (now.kilowatts.isNaN ? 0 : now.kilowatts * seconds / 3600, false)
        }
    }

    private func meterRollup(
        _ meter: MeterNumber, _ granularity: Granularity, _ start: UTCInstant, _ members: [Int], _ sorted: [Reading],
        _ steps: [(kilowattHours: Double, isReset: Bool)]
    ) -> Rollup {
        let powers = members.map { sorted[$0].kilowatts }.filter { !$0.isNaN }
        let good = members.count { sorted[$0].quality.isGood && !steps[$0].isReset }
        return Rollup(
            series: .meter(meter), granularity: granularity, start: start,
            meanKilowatts: powers.isEmpty ? .nan : powers.reduce(0, +) / Double(powers.count),
            minKilowatts: powers.min() ?? .nan, maxKilowatts: powers.max() ?? .nan,
            kilowattHours: members.reduce(0) { $0 + steps[$1].kilowattHours }, count: UInt32(members.count),
            goodCount: UInt32(good))
    }

    private func slotMeans(_ readings: [Reading], _ start: UTCInstant, _ mean: Double) -> [Double] {
        (0..<4).map { slot in
            let from = start.milliseconds + Int64(slot) * 15_000
            let powers = readings.filter { from <= $0.time.milliseconds && $0.time.milliseconds < from + 15_000 }
                .map(\.kilowatts).filter { !$0.isNaN }
            return powers.isEmpty ? mean : powers.reduce(0, +) / Double(powers.count)
        }
    }

    private mutating func addFacilities(_ shares: [Rollup], _ slots: [RollupKey: [Double]]) {
        var minutes: [Rollup] = []
        for (key, members) in Dictionary(grouping: shares, by: \.key) {
            let mean = members.map(\.meanKilowatts).filter { !$0.isNaN }
            let totals = (slots[key] ?? []) + (mean.isEmpty ? [] : [mean.reduce(0, +)])
            minutes.append(sum(members, key, mean: mean.isEmpty ? .nan : mean.reduce(0, +), totals.min(), totals.max()))
        }
        for granularity in Granularity.allCases {
            let windows = Dictionary(grouping: minutes) {
                RollupKey(series: $0.series, granularity: granularity, start: granularity.windowStart(of: $0.start))
            }
            for (key, members) in windows {
                let powered = members.filter { !$0.meanKilowatts.isNaN }
                let mean = powered.isEmpty ? .nan : powered.reduce(0) { $0 + $1.meanKilowatts } / Double(powered.count)
                add(sum(members, key, mean: mean, powered.map(\.minKilowatts).min(), powered.map(\.maxKilowatts).max()))
            }
        }
    }

    private func sum(_ members: [Rollup], _ key: RollupKey, mean: Double, _ lowest: Double?, _ highest: Double?)
        -> Rollup
    {
        Rollup(
            series: key.series, granularity: key.granularity, start: key.start, meanKilowatts: mean,
            minKilowatts: lowest ?? .nan, maxKilowatts: highest ?? .nan,
            kilowattHours: members.reduce(0) { $0 + $1.kilowattHours }, count: members.reduce(0) { $0 + $1.count },
            goodCount: members.reduce(0) { $0 + $1.goodCount })
    }
}
