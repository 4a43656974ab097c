import EnergyModel

/// Forecasts as issued, profiles entered by hand, and what models have learned. Durable (FULL) before a call returns.
package protocol ForecastRecords: Sendable {
    /// Keyed by (facility, origin): the same key again replaces what was issued earlier, never what was issued later. One
    /// transaction.
    func store(_ forecasts: [FacilityForecast]) async throws(PortError)
    /// The newest by origin of each facility, of those whose origin is at or before `moment` (nil: of all), ascending by
    /// facility.
    func newestForecasts(at moment: UTCInstant?) async throws(PortError) -> [FacilityForecast]
    /// The newest whose origin is at or before `moment`; nil when there is none.
    func forecast(of facility: FacilityID, at moment: UTCInstant) async throws(PortError) -> FacilityForecast?
    /// Drops forecasts with an origin before `before`, and those before `thinBefore` whose origin is no whole hour; at most
    /// `batch` a call, the newest of a facility never. Returns how many went, 0 when done.
    func dropForecasts(before: UTCInstant, thinBefore: UTCInstant, batch: Int) async throws(PortError) -> Int

    /// In force or not, ascending by facility.
    func loadProfiles() async throws(PortError) -> [LoadProfile]
    /// One for each facility: replaces the one before.
    func put(_ profile: LoadProfile) async throws(PortError)
    /// False when there was none.
    func removeLoadProfile(of facility: FacilityID) async throws(PortError) -> Bool

    /// What a facility's forecaster had learned when it was put away.
    func put(_ archive: ForecasterArchive) async throws(PortError)
    func forecasterArchive(of facility: FacilityID) async throws(PortError) -> ForecasterArchive?
}

/// A forecaster as bytes; what they mean is the forecasting room's.
package struct ForecasterArchive: Sendable, Hashable {
    package var facility: FacilityID
    /// `forecast_model_version`.
    package var model: String
    /// When its weights were learned; nil when they were not yet.
    package var fittedAt: UTCInstant?
    package var savedAt: UTCInstant
    package var bytes: [UInt8]

    package init(facility: FacilityID, model: String, fittedAt: UTCInstant?, savedAt: UTCInstant, bytes: [UInt8]) {
        self.facility = facility
        self.model = model
        self.fittedAt = fittedAt
        self.savedAt = savedAt
        self.bytes = bytes
    }
}
