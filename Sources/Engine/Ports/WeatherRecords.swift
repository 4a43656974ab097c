import EnergyModel

/// Weather as it was fetched, and how providers have kept their word. Durable (FULL) before a call returns.
package protocol WeatherRecords: Sendable {
    /// An hour of a cell has one row a source: a later fetch replaces an earlier one, an earlier one changes nothing.
    /// Throws `.invalid` and stores nothing when a temperature is not finite.
    func put(_ observations: [WeatherObservation]) async throws(PortError)
    /// Hours within `range`, ascending by hour and source.
    func weather(in cell: WeatherCell, _ range: TimeRange) async throws(PortError) -> [WeatherObservation]
    /// Adds to what is counted of a provider's day.
    func add(_ counts: [ProviderDay]) async throws(PortError)
    /// Of the days that lie in `range` in part or whole, ascending by day and source.
    func providerDays(_ range: TimeRange) async throws(PortError) -> [ProviderDay]
    /// Drops hours before `hours`, and provider days before `days`; at most `batch` rows a call, returns how many went.
    func dropWeather(before hours: UTCInstant, days: UTCInstant, batch: Int) async throws(PortError) -> Int
}

/// What one source told of one hour.
package struct WeatherObservation: Hashable, Sendable, Codable {
    package var cell: WeatherCell
    /// Start of a UTC hour.
    package var hour: UTCInstant
    /// The provider's name.
    package var source: String
    package var celsius: Double
    package var fetchedAt: UTCInstant

    package init(cell: WeatherCell, hour: UTCInstant, source: String, celsius: Double, fetchedAt: UTCInstant) {
        self.cell = cell
        self.hour = hour
        self.source = source
        self.celsius = celsius
        self.fetchedAt = fetchedAt
    }

    /// The hour had not begun when it was told.
    package var isForecast: Bool { fetchedAt < hour }
}

/// Calls to a provider within one UTC day.
package struct ProviderDay: Hashable, Sendable, Codable {
    package var source: String
    /// Start of the UTC day.
    package var day: UTCInstant
    /// Of the canary, which asks evenly in good times and bad: the share that did not fail is the availability.
    package var checks: Int
    package var failedChecks: Int
    /// All calls, the canary's included.
    package var calls: Int
    package var failedCalls: Int

    package init(
        source: String, day: UTCInstant, checks: Int = 0, failedChecks: Int = 0, calls: Int = 0, failedCalls: Int = 0
    ) {
        self.source = source
        self.day = day
        self.checks = checks
        self.failedChecks = failedChecks
        self.calls = calls
        self.failedCalls = failedCalls
    }
}
