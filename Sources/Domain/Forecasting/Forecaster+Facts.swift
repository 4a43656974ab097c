import EnergyModel

extension Forecaster {
    /// It has seen temperatures and has learned, or will learn, to go by them.
    package var hasWeather: Bool { state.weather.hasWeather }

    /// Start of the newest interval it knows; nil before the first, and after some replays.
    package var newestStart: UTCInstant? { newest }

    /// The forecast of `weekday-mean` with the band of its own errors, whoever is in charge: for a time without any weather.
    package func plainForecast(from origin: UTCInstant) -> LoadForecast {
        guard fallback != nil else { return forecast(from: origin) }
        var plain = self
        plain.standing.inCharge = .weekdayMean
        return plain.forecast(from: origin)
    }
}

extension ModelVersion {
    /// Learns from a facility's own history, once a day.
    package var learns: Bool { self == .recipe }
}
