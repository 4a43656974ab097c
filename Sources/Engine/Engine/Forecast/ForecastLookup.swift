import DemandResponse
import EnergyModel
import Ports

/// Forecasts as dispatch plans look at them: those that are fresh and good enough (ledger FC-10).
struct ForecastLookup: Sendable {
    /// Nil where nothing is forecast.
    let parts: Parts?

    struct Parts: Sendable {
        var board: ForecastBoard
        var records: any ForecastRecords
        var weather: WeatherDesk
        var settings: EngineSettings
        var time: Timekeeper
    }

    /// At a desk the board is empty and the records are asked; when they do not answer there is no forecast.
    func usable(at now: UTCInstant) async -> [FacilityID: FacilityForecast] {
        guard let parts else { return [:] }
        var forecasts = parts.board.forecasts
        if forecasts.isEmpty {
            do throws(PortError) {
                forecasts = try await bounded(
                    by: parts.settings.series.queryTimeout, "the record store", time: parts.time
                ) { () throws(PortError) in try await parts.records.newestForecasts(at: nil) }
            } catch {
                // The plan says by its quality that it had no forecast.
                return [:]
            }
        }
        let limits = parts.settings.forecast
        return Dictionary(
            forecasts.filter { forecast in
                // One that seems to come from the future was made before the clock was set back.
                let age = now.since(forecast.issuedAt)
                return age >= .seconds(-60) && age <= limits.lagAlert && forecast.quality >= limits.leastQuality
            }
            .map { ($0.facility, $0) }, uniquingKeysWith: { $1 })
    }

    /// Mean outdoor temperature of the window; nil when nobody knows it.
    func outdoor(of facility: FacilityID, in window: TimeRange, now: UTCInstant) -> Temperature? {
        guard let parts, !window.isEmpty else { return nil }
        let from = Granularity.hour.windowStart(of: window.start)
        let hours = Int((window.end.since(from).milliseconds + 3_599_999) / 3_600_000)
        let known = parts.weather.outlook(for: facility, from: from, hours: min(hours, 48), now: now).temperatures
            .compactMap(\.self)
        guard !known.isEmpty else { return nil }
        return Temperature(celsius: known.reduce(0, +) / Double(known.count))
    }
}

/// The load that is expected through an event's window, and what that rests on.
struct Expectation {
    var load: [LoadBand]
    var quality: ForecastQuality

    init(load: [LoadBand], quality: ForecastQuality) {
        self.load = load
        self.quality = quality
    }

    /// Quarter hours beyond the forecast's end take those of 24 hours before, and the whole is then degraded. Nil when the
    /// window lies more than a day beyond it.
    init?(_ forecast: FacilityForecast, over window: TimeRange) {
        let step = FacilityForecast.stepMilliseconds
        var start = max(forecast.origin, Granularity.quarterHour.windowStart(of: window.start))
        (load, quality) = ([], forecast.mode)
        while start < window.end {
            var found = forecast.step(at: start)
            if found == nil {
                found = forecast.step(at: start.advanced(by: .seconds(-86_400)))
                quality = max(quality, .degraded)
            }
            guard let found else { return nil }
            let end = start.advanced(by: .milliseconds(step))
            load.append(
                LoadBand(
                    range: TimeRange(start: max(start, window.start), end: min(end, window.end)),
                    lower: Power(kilowatts: Double(found.low)), expected: Power(kilowatts: Double(found.middle)),
                    upper: Power(kilowatts: Double(found.high))))
            start = end
        }
        guard !load.isEmpty else { return nil }
    }
}
