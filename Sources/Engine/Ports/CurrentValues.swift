import EnergyModel

/// What a facility draws now, as far as the time series knows.
package struct FacilityCurrent: Sendable, Hashable, Codable {
    package var facility: FacilityID
    package var name: String
    package var timeZone: String
    package var contractDemand: Power?
    /// Sum over meters whose newest reading is younger than 5 min; nil when there is none.
    package var load: Power?
    /// Event time of the newest reading of any meter; nil before the first.
    package var newest: UTCInstant?
    package var meters: Int
    /// Younger than 45 s, and than 5 min, at `readAt`.
    package var freshMeters: Int
    package var usableMeters: Int
    /// Of the usable readings, the worst.
    package var quality: ReadingQuality?
    /// When the time series was asked.
    package var readAt: UTCInstant

    package init(
        facility: FacilityID, name: String, timeZone: String, contractDemand: Power?, load: Power?,
        newest: UTCInstant?, meters: Int, freshMeters: Int, usableMeters: Int, quality: ReadingQuality?,
        readAt: UTCInstant
    ) {
        self.facility = facility
        self.name = name
        self.timeZone = timeZone
        self.contractDemand = contractDemand
        self.load = load
        self.newest = newest
        self.meters = meters
        self.freshMeters = freshMeters
        self.usableMeters = usableMeters
        self.quality = quality
        self.readAt = readAt
    }
}

package struct CurrentAnswer: Sendable, Hashable {
    package var value: FacilityCurrent
    /// Past its lifetime in the cache: the store is being asked, or does not answer.
    package var isStale: Bool
    package init(value: FacilityCurrent, isStale: Bool) {
        self.value = value
        self.isStale = isStale
    }
}

/// Answers from the cache, or waits for the one fill under way, at most as long as the request has left. Throws `notFound`,
/// and `timedOut` or `unavailable` when nothing is known that may still be shown.
package typealias CurrentQuery = @Sendable (FacilityID) async throws(PortError) -> CurrentAnswer
