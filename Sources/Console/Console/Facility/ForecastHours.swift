import EnergyModel

/// An hour of a forecast by the clock of the zone shown, as the mean of its quarter hours. An hour that the clock repeats
/// stands twice; one cut by the forecast's beginning or end is the mean of what is left of it.
struct ForecastHour: Sendable, Equatable {
    /// Of its first quarter hour.
    var start: UTCInstant
    var end: UTCInstant
    var low: Double
    var middle: Double
    var high: Double
    var usual: Double
    var recent: Double
    var weather: Double
    /// The highest quarter hour lies in it.
    var hasPeak = false

    /// From the quarter hour on in which `moment` lies, ascending.
    static func all(_ forecast: FacilityForecast, from moment: UTCInstant, clock: ZoneClock) -> [ForecastHour] {
        let peak = forecast.peak(from: moment)?.start
        var hours: [ForecastHour] = []
        var key: (hour: Int64, offset: Int)?
        var members: [(start: UTCInstant, step: FacilityForecast.Step)] = []
        func close() {
            if let hour = mean(members, peak: peak) { hours.append(hour) }
            members = []
        }
        for (index, step) in forecast.steps.enumerated() {
            let start = forecast.start(ofStep: index)
            guard start.milliseconds + FacilityForecast.stepMilliseconds > moment.milliseconds else { continue }
            let offset = clock.offset(at: start)
            let local = UTCInstant(milliseconds: start.milliseconds + Int64(offset) * 1000)
            let hour = local.floor(toMilliseconds: 3_600_000).milliseconds
            if let key, key != (hour, offset) { close() }
            key = (hour, offset)
            members.append((start, step))
        }
        close()
        return hours
    }

    private static func mean(
        _ members: [(start: UTCInstant, step: FacilityForecast.Step)], peak: UTCInstant?
    ) -> ForecastHour? {
        guard let first = members.first, let last = members.last else { return nil }
        let count = Double(members.count)
        func mean(_ value: (FacilityForecast.Step) -> Float) -> Double {
            members.reduce(0) { $0 + Double(value($1.step)) } / count
        }
        return ForecastHour(
            start: first.start,
            end: last.start.advanced(by: .milliseconds(FacilityForecast.stepMilliseconds)), low: mean(\.low),
            middle: mean(\.middle), high: mean(\.high), usual: mean(\.calendar), recent: mean(\.recent),
            weather: mean(\.weather), hasPeak: members.contains { $0.start == peak })
    }

    /// Means by hour of the local day, 0 to 23; nil for an hour that the forecast does not touch.
    static func byLocalHour(_ forecast: FacilityForecast, clock: ZoneClock) -> [Double?] {
        var sums = [Double](repeating: 0, count: LoadProfile.hours)
        var counts = [Double](repeating: 0, count: LoadProfile.hours)
        for (index, step) in forecast.steps.enumerated() {
            let start = forecast.start(ofStep: index)
            let local = start.milliseconds / 1000 + Int64(clock.offset(at: start))
            let hour = Int((local % 86_400 + 86_400) % 86_400 / 3600)
            sums[hour] += Double(step.middle)
            counts[hour] += 1
        }
        return zip(sums, counts).map { $1 > 0 ? $0 / $1 : nil }
    }
}
