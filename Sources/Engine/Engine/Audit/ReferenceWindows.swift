import EnergyModel
import Metering

/// The rollups that stored readings ought to have: a fresh window machine fed in order of time, hour by hour. Holds about
/// three hours of windows whatever the range.
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

    private var machine: WindowStateMachine
    private var output = WindowOutput()
    /// By the start of the hour they lie in.
    private var hours: [UTCInstant: [Key: Rollup]] = [:]

    init(from start: UTCInstant, meters: [Meter], predecessors: [Reading]) {
        machine = WindowStateMachine()
        for meter in meters where meter.registerLimit != nil {
            machine.setRegisterLimit(meter.registerLimit, of: meter.number)
        }
        machine.beginRestore(from: start, predecessors: predecessors)
    }

    /// Readings as the store gives them: each meter's by time. They are processed as if each came at its own time.
    mutating func take(_ readings: [Reading]) {
        guard let last = readings.lazy.map(\.time).max() else { return }
        machine.process(readings, now: last, into: &output)
        machine.checkpoint(into: &output)
        collect()
    }

    /// The windows of an hour that is over; call it once no more readings of that hour and the next are to come.
    mutating func hour(_ start: UTCInstant) -> [Key: Rollup] { hours.removeValue(forKey: start) ?? [:] }

    private mutating func collect() {
        for rollup in output.rollups {
            hours[Granularity.hour.windowStart(of: rollup.start), default: [:]][Key(rollup)] = rollup
        }
        output.removeAll()
    }
}
