import EnergyModel
import Forecasting
import Ports

/// One facility's forecaster and how far it has read. A value; the crew keeps them.
struct FacilityForecaster: Sendable {
    let facility: Facility
    var main: Forecaster
    /// When its weights were learned; nil before the first time.
    var fittedAt: UTCInstant?
    /// Start of the first quarter hour that was not taken.
    var next: UTCInstant
    /// Quarter hours taken.
    private(set) var taken = 0
    /// What came lies too far ahead of what it knows: it must be made anew.
    private(set) var isLost = false
    private var share = ReadingShare()

    init(facility: Facility, main: Forecaster, fittedAt: UTCInstant? = nil, next: UTCInstant) {
        self.facility = facility
        self.main = main
        self.fittedAt = fittedAt
        self.next = next
    }

    /// Quarter hours in order of time; those taken before are passed over.
    mutating func take(_ rollups: some Sequence<Rollup>, _ context: HistoryContext, least: Double) {
        for rollup in rollups where rollup.start >= next {
            if main.observe(share.sample(rollup, context, least: least)) == .farAhead { isLost = true }
            next = rollup.end
            taken += 1
        }
    }

    /// What the drift watch changes about who is in charge, as a sentence for the journal; nil when nothing changes.
    mutating func review(at now: UTCInstant) -> String? {
        switch main.review(at: now) {
        case .demoted(let reason): "the model \(main.version.rawValue) gave way to weekday-mean: \(reason)"
        case .promoted(let reason): "the model \(main.version.rawValue) is back in its place: \(reason)"
        case nil: nil
        }
    }

    /// Not even yesterday's weather is known to a model that has learned to need it.
    private func isBlind(_ weather: WeatherOutlook) -> Bool { main.hasWeather && weather.standing == .none }

    func standing() -> ForecasterStanding {
        ForecasterStanding(
            chosen: main.version.rawValue, inCharge: main.standing.inCharge.rawValue, daysKnown: main.daysKnown,
            fittedAt: fittedAt, relativeError: main.record.relativeError, coverage: main.record.coverage,
            againstNaive: main.record.againstNaive, caution: main.standing.reason ?? drift)
    }

    private var drift: String? {
        switch DriftWatch().verdict(main.record, beside: main.fallbackRecord) {
        case .drifting(let reason), .failing(let reason): reason
        case .tooEarly, .good: nil
        }
    }
}

extension FacilityForecaster {
    /// What a forecast is made from besides the load.
    struct Circumstances: Sendable {
        var now: UTCInstant
        var origin: UTCInstant
        var weather: WeatherOutlook
        /// Quarter-hourly temperatures from `temperaturesFrom` on, reaching over the horizon.
        var temperatures: [Double?]
        var temperaturesFrom: UTCInstant
        var profile: LoadProfile?
    }

    /// The ladder of CF-23: the chosen model on live weather, on the stored answer, on yesterday's weather; the mean of the
    /// weekday; and before all of them a profile that a person entered.
    mutating func issue(_ at: Circumstances, _ settings: EngineSettings.Forecast) -> FacilityForecast {
        let note = at.weather.note
        main.expect(temperatures: at.temperatures, from: at.temperaturesFrom)
        let isBlind = isBlind(at.weather)
        let forecast = isBlind ? main.plainForecast(from: at.origin) : main.forecast(from: at.origin)
        if let profile = at.profile { return issue(profile, before: forecast, at, note) }
        let degraded = degradations(at, isBlind: isBlind, settings)
        return FacilityForecast(
            facility: facility.id, origin: at.origin, issuedAt: at.now, model: forecast.version.rawValue,
            mode: degraded.isEmpty ? .normal : .degraded, quality: forecast.quality, weather: note,
            remarks: degraded + remarks(at, settings),
            steps: forecast.steps.map(FacilityForecast.Step.init))
    }

    private func degradations(
        _ at: Circumstances, isBlind: Bool, _ settings: EngineSettings.Forecast
    ) -> [String] {
        var reasons: [String] = []
        if let reason = main.standing.reason { reasons.append("weekday-mean stands in: \(reason)") }
        switch at.weather.standing {
        case .live: break
        case .cached: reasons.append("no weather provider answers; the newest stored weather forecast is used")
        case .persistence: reasons.append("there is no weather forecast; yesterday's weather stands for today's")
        case .none:
            if isBlind { reasons.append("no weather is known; the mean of the weekday is used, with its wider band") }
        }
        let age = at.origin.since(next)
        if age > settings.loadAge {
            reasons.append("the newest load is \(age.milliseconds / 3_600_000) h old")
        }
        if main.daysKnown == 0 { reasons.append("no load is known yet: the course of a \(facility.kind.rawValue)") }
        return reasons
    }

    private func remarks(_ at: Circumstances, _ settings: EngineSettings.Forecast) -> [String] {
        var remarks: [String] = []
        if main.daysKnown > 0, main.daysKnown < settings.wantedDays {
            let days = main.daysKnown == 1 ? "1 day" : "\(main.daysKnown) days"
            remarks.append("\(days) of history; it wants \(settings.wantedDays)")
        }
        if !main.hasWeather, at.weather.standing == .none { remarks.append("made without weather") }
        if main.standing.reason == nil, let drift { remarks.append(drift) }
        return remarks
    }

    /// The profile as long as it holds, then the model's.
    private func issue(
        _ profile: LoadProfile, before forecast: LoadForecast, _ at: Circumstances,
        _ note: FacilityForecast.WeatherNote
    ) -> FacilityForecast {
        let steps = forecast.steps.map { step -> FacilityForecast.Step in
            let start = step.start
            guard start < profile.until else { return FacilityForecast.Step(step) }
            let local = start.milliseconds + main.grid.zone.offset(at: start)
            let hour = Int((local % 86_400_000 + 86_400_000) % 86_400_000 / 3_600_000)
            let load = profile.kilowatts.indices.contains(hour) ? profile.kilowatts[hour] : 0
            return FacilityForecast.Step(
                low: Float(load * (1 - profile.bandShare)), middle: Float(load),
                high: Float(load * (1 + profile.bandShare)), calendar: Float(load), recent: 0)
        }
        return FacilityForecast(
            facility: facility.id, origin: at.origin, issuedAt: at.now, model: "manual", mode: .manual,
            quality: max(0, 1 - profile.bandShare), weather: note,
            remarks: ["entered by \(profile.author) until \(profile.until.iso8601): \(profile.reason)"], steps: steps)
    }
}

extension FacilityForecast.Step {
    fileprivate init(_ step: ForecastStep) {
        self.init(
            low: Float(step.low), middle: Float(step.middle), high: Float(step.high), calendar: step.parts.calendar,
            recent: step.parts.recent)
    }

    var isFinite: Bool { [low, middle, high, calendar, recent].allSatisfy(\.isFinite) }
}

extension WeatherOutlook {
    fileprivate var note: FacilityForecast.WeatherNote {
        let standing: FacilityForecast.WeatherNote.Standing =
            switch standing {
            case .live: .live
            case .cached: .cached
            case .persistence: .persistence
            case .none: .none
            }
        return FacilityForecast.WeatherNote(standing: standing, provider: source, asOf: asOf)
    }
}
