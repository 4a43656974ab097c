import EnergyModel
import Metering

/// The rollups that stored readings ought to have, told hour by hour from the readings alone (`HourReference`): no code of
/// the windows that made the stored ones. Holds about two hours of readings whatever the range.
struct ReferenceWindows: Sendable {
    struct Key: Hashable, Sendable {
        var series: SeriesKey
        var granularity: Granularity
        var start: UTCInstant

        init(_ rollup: Rollup) {
            series = rollup.series
            granularity = rollup.granularity
            start = rollup.start
        }
    }

    private let reference: HourReference
    /// Each meter's newest reading before the oldest hour held.
    private var predecessors: [MeterNumber: Reading]
    /// By the start of the hour they lie in.
    private var hours: [UTCInstant: [Reading]] = [:]

    init(from start: UTCInstant, meters: [Meter], predecessors: [Reading]) {
        let limits = meters.compactMap { meter in meter.registerLimit.map { (meter.number, $0) } }
        reference = HourReference(registerLimits: Dictionary(limits) { $1 })
        self.predecessors = Dictionary(predecessors.filter { $0.time < start }.map { ($0.meter, $0) }) { $1 }
    }

    /// Readings by time, distinct.
    mutating func take(_ readings: [Reading]) {
        for reading in readings { hours[Granularity.hour.windowStart(of: reading.time), default: []].append(reading) }
    }

    /// The windows of an hour of which all readings were taken. Call it for every hour, by time.
    mutating func hour(_ start: UTCInstant) -> [Key: Rollup] {
        let readings = hours.removeValue(forKey: start) ?? []
        let rollups = reference.rollups(of: readings, predecessors: predecessors)
        for reading in readings { predecessors[reading.meter] = reading }
        return Dictionary(rollups.map { (Key($0), $0) }) { $1 }
    }
}
