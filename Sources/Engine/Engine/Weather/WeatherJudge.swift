import EnergyModel
import Ports

/// Whether what a provider tells is new enough and can be true. Pure.
struct WeatherJudge: Sendable {
    let settings: EngineSettings.Weather

    /// The report's hours if nothing speaks against them, but for those that are too old or too far ahead to keep. `known`:
    /// what is known of the cell so far.
    func judge(
        _ report: WeatherReport, known: CellWeather?, now: UTCInstant
    ) throws(WeatherError) -> [WeatherHour] {
        try age(report, now)
        try reach(report, now)
        try range(report)
        try jumps(report)
        if let known { try compare(report, known, now) }
        let (first, last) = (now.advanced(by: .zero - settings.keep), now.advanced(by: CellWeather.furthestAhead))
        return report.hours.filter { first <= $0.hour && $0.hour <= last }
    }

    private func age(_ report: WeatherReport, _ now: UTCInstant) throws(WeatherError) {
        guard let issued = report.issuedAt else { return }
        guard now.since(issued) <= settings.staleAfter else {
            throw WeatherError(
                .stale,
                "the weather was issued at \(issued.iso8601), longer ago than \(settings.staleAfter.milliseconds / 60_000) "
                    + "min; another provider is asked")
        }
        guard issued.since(now) <= .seconds(3600) else {
            throw WeatherError(
                .implausible, "the weather was issued at \(issued.iso8601), in the future; compare the clocks")
        }
    }

    /// Every hour from the present one on.
    private func reach(_ report: WeatherReport, _ now: UTCInstant) throws(WeatherError) {
        let first = CellWeather.number(of: now)
        let told = Set(report.hours.map { CellWeather.number(of: $0.hour) })
        guard let last = told.max(), last >= first else {
            let last = report.hours.last.map { "ends at \($0.hour.iso8601)" } ?? "holds no hour"
            throw WeatherError(.stale, "the weather \(last), all of it past; another provider is asked")
        }
        let missing = (first..<first + Int64(settings.hoursAhead)).first { !told.contains($0) }
        guard missing == nil else {
            throw WeatherError(
                .stale, "the weather does not hold the next \(settings.hoursAhead) hours; another provider is asked")
        }
    }

    private func range(_ report: WeatherReport) throws(WeatherError) {
        for hour in report.hours where !(settings.lowest...settings.highest).contains(hour.celsius) {
            throw WeatherError(
                .implausible,
                "\(hour.celsius.rounded()) °C at \(hour.hour.iso8601) cannot be; see whether it tells other units")
        }
    }

    private func jumps(_ report: WeatherReport) throws(WeatherError) {
        for (earlier, later) in zip(report.hours, report.hours.dropFirst()) {
            let hours = Double(max(1, later.hour.since(earlier.hour).milliseconds / CellWeather.hourLength))
            let jump = abs(later.celsius - earlier.celsius)
            guard jump <= settings.hourlyJump * hours else {
                throw WeatherError(
                    .implausible,
                    "the temperature moves by \(jump.rounded()) K up to \(later.hour.iso8601), which cannot be")
            }
        }
    }

    /// Against what was told of the same hours not long ago: the middle one of all differences.
    private func compare(
        _ report: WeatherReport, _ known: CellWeather, _ now: UTCInstant
    ) throws(WeatherError) {
        var differences: [Double] = []
        var readAsFahrenheit: [Double] = []
        for hour in report.hours {
            let number = CellWeather.number(of: hour.hour)
            guard let value = known.hours[number], now.since(value.fetchedAt) <= settings.knownFor else { continue }
            differences.append(abs(hour.celsius - value.celsius))
            readAsFahrenheit.append(abs((hour.celsius - 32) / 1.8 - value.celsius))
        }
        guard differences.count >= 3, median(differences) > settings.knownJump else { return }
        let cause =
            median(readAsFahrenheit) < settings.knownJump / 2
            ? "as Fahrenheit it would fit: it tells other units" : "one of the two is wrong"
        throw WeatherError(
            .implausible,
            "the weather is \(median(differences).rounded()) K off what was told of the same hours before; \(cause)")
    }

    private func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
}
