import EnergyModel
import Ports
import Screen

/// What a forecast is worth at a moment. Told again for every frame, so that it ages even when nothing comes.
struct ForecastLook: Sendable, Equatable {
    /// From here on a forecast is old: two of its runs were missed (ledger FC-12).
    static let staleAfter = Duration.seconds(1800)
    /// From this share of contract demand on a peak is marked (ledger CON-05).
    static let nearContract = 0.9

    let mode: ForecastQuality
    let age: Duration

    init(mode: ForecastQuality, issuedAt: UTCInstant, now: UTCInstant) {
        self.mode = mode
        age = max(.zero, now.since(issuedAt))
    }

    init(_ brief: ForecastBrief, now: UTCInstant) {
        self.init(mode: brief.mode, issuedAt: brief.issuedAt, now: now)
    }

    init(_ forecast: FacilityForecast, now: UTCInstant) {
        self.init(mode: forecast.mode, issuedAt: forecast.issuedAt, now: now)
    }

    var isStale: Bool { age > Self.staleAfter }

    /// One column behind a number; a space when all is as it should be.
    var mark: String {
        if isStale { return "○" }
        return switch mode {
        case .normal: " "
        case .degraded, .heuristic: "~"
        case .manual: "m"
        }
    }

    var role: Role {
        if isStale { return .stateStale }
        return mode == .normal ? .textDim : .stateEstimated
    }

    var word: String {
        switch mode {
        case .normal: "normal"
        case .degraded: "degraded"
        case .manual: "manual"
        case .heuristic: "heuristic"
        }
    }

    var issued: String { "issued \(Age.text(age)) ago" }
}

extension FacilityForecast.WeatherNote {
    /// Whose temperatures, in few words.
    var words: String {
        switch standing {
        case .live: provider ?? "live weather"
        case .cached: provider.map { "\($0), cached" } ?? "cached weather"
        case .persistence: "yesterday's weather"
        case .none: "no weather"
        }
    }
}

/// What a chart's title says of the forecast in it, the longest first: the first that fits is shown.
enum ForecastTitle {
    static func variants(_ fetch: Fetch<ForecastAnswer>, now: UTCInstant, clock: ZoneClock) -> [[Span]] {
        guard let answer = fetch.value else {
            guard let failure = fetch.failure else { return [[Span("asking for the forecast …", .textDim)]] }
            return [[Span("× no forecast: \(failure)", .stateBad)], [Span("× no forecast", .stateBad)]]
        }
        guard let forecast = answer.forecast else {
            return [
                [Span("no forecast yet: the first comes with the next run", .textDim)],
                [Span("no forecast yet", .textDim)],
            ]
        }
        let look = ForecastLook(forecast, now: now)
        let age = Age.text(look.age) + " ago"
        let role: Role = look.role
        let old = look.isStale ? "○ old, " : ""
        if look.mode == .manual {
            let author = answer.profile.map { " by \($0.author.replacing(":", with: " "))" } ?? ""
            let until = answer.profile.map { " until \(clock.near($0.until, now: now))" } ?? ""
            return [
                [Span("\(old)profile entered\(author)\(until), \(look.issued)", role)],
                [Span("\(old)manual\(author)\(until)", role)], [Span("\(old)manual\(author)", role)],
                [Span("\(old)manual", role)],
            ]
        }
        let weather = forecast.weather.words
        let mode = look.mode == .normal ? "forecast" : "~ \(look.word) forecast"
        let short = look.mode == .normal ? "forecast" : "~ \(look.word)"
        return [
            [Span("\(old)\(mode): \(forecast.model), \(weather), \(look.issued)", role)],
            [Span("\(old)\(mode): \(forecast.model), \(weather), \(age)", role)],
            [Span("\(old)\(short): \(forecast.model), \(weather), \(age)", role)],
            [Span("\(old)\(short): \(weather), \(age)", role)], [Span("\(old)\(short), \(age)", role)],
            [Span("\(old)\(short)", role)],
        ]
    }
}
