import EnergyModel
import Forecasting

/// What turns a facility's quarter hours into samples: the weather of the time, and when demand response was at work.
struct HistoryContext: Sendable {
    /// Hourly temperatures in °C from `weatherFrom` on.
    var temperatures: [Double?] = []
    var weatherFrom = UTCInstant(milliseconds: 0)
    /// Windows of events and what follows them, ascending.
    var responses: [TimeRange] = []
    /// What the load would have been then, where somebody knows: the forecast made before.
    var expected: FacilityForecast?

    func temperature(at moment: UTCInstant) -> Double? {
        let past = moment.milliseconds - weatherFrom.milliseconds
        guard past >= 0 else { return nil }
        let (hour, rest) = (Int(past / 3_600_000), Double(past % 3_600_000) / 3_600_000)
        guard hour < temperatures.count, let degrees = temperatures[hour] else { return nil }
        guard hour + 1 < temperatures.count, let following = temperatures[hour + 1] else { return degrees }
        return degrees + (following - degrees) * rest
    }

    func isResponding(at moment: UTCInstant) -> Bool { responses.contains { $0.contains(moment) } }
}

/// Judges whether a quarter hour holds enough of a facility's readings, by what the last day's held: how many meters there
/// were at the time is not stored.
struct ReadingShare: Sendable, Hashable {
    private var usual = 0.0

    mutating func sample(_ rollup: Rollup, _ context: HistoryContext, least: Double) -> LoadSample {
        let count = Double(rollup.count)
        // Forgets half in a day: meters that were taken away are not waited for longer.
        usual = max(count, usual * 0.992_8)
        let temperature = context.temperature(at: rollup.start)
        guard !context.isResponding(at: rollup.start) else {
            let load = context.expected?.step(at: rollup.start).map { Double($0.middle) }
            return LoadSample(start: rollup.start, load: load, temperature: temperature, origin: .imputed)
        }
        let isThere = rollup.meanKilowatts.isFinite && count > least * usual
        return LoadSample(
            start: rollup.start, load: isThere ? rollup.meanKilowatts : nil, temperature: temperature)
    }
}
