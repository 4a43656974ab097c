import EnergyModel

/// The temperature at a facility over consecutive UTC hours, and how far it can be trusted.
package struct WeatherOutlook: Hashable, Sendable {
    /// The rungs of the ladder (ledger CF-23), best first. The whole outlook has the standing of its worst hour.
    package enum Standing: String, Sendable, Codable, CaseIterable {
        /// As a provider told within `weather.live_for`.
        case live
        /// As a provider told some time ago.
        case cached
        /// In part from the same hours of an earlier day (FC-06), or with gaps.
        case persistence
        /// Nothing is known: no place, no provider, or nothing fetched yet.
        case none
    }

    /// °C at the start of each UTC hour; nil where nothing is known.
    package var temperatures: [Double?]
    /// The provider whose word is newest among what is used; nil when nothing is known.
    package var source: String?
    package var standing: Standing
    /// When the oldest of what is used of the present and future was fetched.
    package var asOf: UTCInstant?

    package init(temperatures: [Double?], source: String?, standing: Standing, asOf: UTCInstant?) {
        self.temperatures = temperatures
        self.source = source
        self.standing = standing
        self.asOf = asOf
    }

    package static func nothing(hours: Int) -> WeatherOutlook {
        WeatherOutlook(
            temperatures: Array(repeating: nil, count: max(0, hours)), source: nil, standing: .none, asOf: nil)
    }
}
