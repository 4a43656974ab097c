/// A facility's load over the next 24 hours, as issued once (ledger BASE-08, FC-08; table `load_forecasts`).
package struct FacilityForecast: Hashable, Sendable, Codable {
    package static let stepMilliseconds: Int64 = 900_000

    package var facility: FacilityID
    /// Start of the first step, a whole quarter hour.
    package var origin: UTCInstant
    /// `last_updated`.
    package var issuedAt: UTCInstant
    /// `forecast_model_version`.
    package var model: String
    /// `normal`, `degraded` or `manual`; never `heuristic`.
    package var mode: ForecastQuality
    /// `data_quality_score`, 0...1: one minus the relative error to be expected.
    package var quality: Double
    package var weather: WeatherNote
    /// Why it is not `normal`, and what else a person should know of it; sentences.
    package var remarks: [String]
    /// By quarter hour from `origin`, normally 96.
    package var steps: [Step]

    package init(
        facility: FacilityID, origin: UTCInstant, issuedAt: UTCInstant, model: String, mode: ForecastQuality,
        quality: Double, weather: WeatherNote, remarks: [String], steps: [Step]
    ) {
        self.facility = facility
        self.origin = origin
        self.issuedAt = issuedAt
        self.model = model
        self.mode = mode
        self.quality = quality
        self.weather = weather
        self.remarks = remarks
        self.steps = steps
    }

    /// Kilowatts: `low` ≤ `middle` ≤ `high`, nine of ten loads between low and high. `calendar`, `recent` and the weather's
    /// part add up to the middle.
    package struct Step: Hashable, Sendable, Codable {
        package var low: Float
        package var middle: Float
        package var high: Float
        /// The usual course of such a day.
        package var calendar: Float
        /// What the last hours, days and weeks add to it.
        package var recent: Float

        package init(low: Float, middle: Float, high: Float, calendar: Float, recent: Float) {
            self.low = low
            self.middle = middle
            self.high = high
            self.calendar = calendar
            self.recent = recent
        }

        package var weather: Float { middle - calendar - recent }
    }

    /// Where the temperatures behind a forecast came from.
    package struct WeatherNote: Hashable, Sendable, Codable {
        package enum Standing: String, Sendable, Codable, CaseIterable {
            case live
            /// The newest stored answer of a provider that does not answer now.
            case cached
            /// Yesterday's hours stand for today's (FC-06).
            case persistence
            case none
        }
        package var standing: Standing
        package var provider: String?
        package var asOf: UTCInstant?

        package init(standing: Standing, provider: String? = nil, asOf: UTCInstant? = nil) {
            self.standing = standing
            self.provider = provider
            self.asOf = asOf
        }

        package static let none = WeatherNote(standing: .none)
    }

    package var range: TimeRange { TimeRange(start: origin, end: start(ofStep: steps.count)) }

    package func start(ofStep index: Int) -> UTCInstant {
        UTCInstant(milliseconds: origin.milliseconds + Int64(index) * FacilityForecast.stepMilliseconds)
    }

    /// The step in which `moment` lies; nil outside.
    package func step(at moment: UTCInstant) -> Step? {
        let past = moment.milliseconds - origin.milliseconds
        guard past >= 0 else { return nil }
        let index = Int(past / FacilityForecast.stepMilliseconds)
        return index < steps.count ? steps[index] : nil
    }

    /// The highest middle at or after `moment`, the earliest of several.
    package func peak(from moment: UTCInstant) -> (start: UTCInstant, step: Step)? {
        var found: (start: UTCInstant, step: Step)?
        for (index, step) in steps.enumerated() {
            let start = start(ofStep: index)
            guard start.milliseconds + FacilityForecast.stepMilliseconds > moment.milliseconds else { continue }
            if step.middle > found?.step.middle ?? -.infinity { found = (start, step) }
        }
        return found
    }
}
