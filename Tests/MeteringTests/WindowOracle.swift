import EnergyModel
import Metering

struct RollupKey: Hashable {
    var series: SeriesKey
    var granularity: Granularity
    var start: UTCInstant
}

extension Rollup {
    var key: RollupKey { RollupKey(series: series, granularity: granularity, start: start) }

    /// Equal but for rounding.
    func isClose(to other: Rollup, tolerance: Double = 1e-6) -> Bool {
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

/// All rollups of a set of distinct readings, hour by hour from the readings alone.
struct WindowOracle {
    private(set) var rollups: [RollupKey: Rollup] = [:]

    init(_ readings: [Reading], limits: [MeterNumber: Double] = [:]) {
        let reference = HourReference(registerLimits: limits.mapValues { Energy(kilowattHours: $0) })
        var predecessors: [MeterNumber: Reading] = [:]
        let hours = Dictionary(grouping: readings) { Granularity.hour.windowStart(of: $0.time) }
        for (_, members) in hours.sorted(by: { $0.key < $1.key }) {
            for rollup in reference.rollups(of: members, predecessors: predecessors) { rollups[rollup.key] = rollup }
            for reading in members.sorted(by: { $0.time < $1.time }) { predecessors[reading.meter] = reading }
        }
    }
}
