import EnergyModel

/// One interval of a forecast, in units of the load: `low` ≤ `middle` ≤ `high`, nine of ten truths between low and high.
package struct ForecastStep: Hashable, Sendable {
    package var start: UTCInstant
    package var low: Double
    package var middle: Double
    package var high: Double
    package var parts: ForecastParts
}

/// The next 24 hours of a series.
package struct LoadForecast: Hashable, Sendable {
    package var origin: UTCInstant
    package var version: ModelVersion
    package var steps: [ForecastStep]
    /// `data_quality_score`, 0...1.
    package var quality: Double
    /// True when temperatures of the horizon were missing and yesterday's stand in for them.
    package var lacksWeather: Bool

    /// Step with the highest middle.
    package var peak: ForecastStep? { steps.max { $0.middle < $1.middle } }
}
