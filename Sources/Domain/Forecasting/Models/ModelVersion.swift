/// `forecast_model_version` (ledger FC-16): which model forecasts a facility.
package enum ModelVersion: String, Sendable, Codable, CaseIterable {
    /// The same slot a week ago.
    case seasonalNaive = "seasonal-naive"
    /// Mean of the same weekday of the past 4 weeks (FC-07): what is left when the weather is gone.
    case weekdayMean = "weekday-mean"
    /// Profiles, ridge by block of the day, conformal band.
    case recipe
    /// A small recurrent network, trained on many series with `switchyard forecast train`.
    case lstm

    package static let standard = ModelVersion.recipe
}

/// The middle of a forecast and what it is owed to, in units of the load. The parts add up to the middle.
package struct ForecastParts: Hashable, Sendable {
    /// The usual course of such a day.
    package var calendar: Float
    /// What the last hours, days and weeks add to it.
    package var recent: Float
    package var weather: Float

    package var sum: Float { calendar + recent + weather }
}

/// A model that says the middle of the next slots. The band comes from the errors it made, whatever the model.
protocol PointModel: Sendable {
    var version: ModelVersion { get }

    /// One value per slot from `origin` on, `count` at most a day and an hour. Reads of `state` what lies before `origin`;
    /// `weather` reaches over the horizon, nil without weather.
    func parts(_ state: SeriesState, origin: Int, count: Int, weather: WeatherTrack?) -> [ForecastParts]
}
