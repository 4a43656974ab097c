/// A load that a facility's manager expects, entered by hand for the time in which forecasts cannot be trusted (ledger FC-13).
package struct LoadProfile: Hashable, Sendable, Codable {
    package static let hours = 24
    /// How long a profile may hold before it must be entered again.
    package static let longest = Duration.seconds(14 * 86_400)

    package var facility: FacilityID
    /// Mean kilowatts by hour of the facility's local day, 24 of them.
    package var kilowatts: [Double]
    /// Half width of its 90 % band as a share of the load, 0...1.
    package var bandShare: Double
    package var until: UTCInstant
    package var enteredAt: UTCInstant
    /// `operator:ana`.
    package var author: String
    package var reason: String

    package init(
        facility: FacilityID, kilowatts: [Double], bandShare: Double, until: UTCInstant, enteredAt: UTCInstant,
        author: String, reason: String
    ) {
        self.facility = facility
        self.kilowatts = kilowatts
        self.bandShare = bandShare
        self.until = until
        self.enteredAt = enteredAt
        self.author = author
        self.reason = reason
    }

    /// Why it cannot be taken, as a sentence that says what can; nil when it can.
    package func refusal(at now: UTCInstant) -> String? {
        guard kilowatts.count == LoadProfile.hours else {
            return "a profile has 24 values, one for each local hour from 0 to 23; this one has \(kilowatts.count)"
        }
        guard kilowatts.allSatisfy({ $0.isFinite && $0 >= 0 && $0 < 10_000_000 }) else {
            return "each value of a profile is a mean load in kW, not negative and below 10,000,000"
        }
        guard bandShare.isFinite, bandShare >= 0, bandShare <= 1 else {
            return "the band is a share of the load between 0 and 1, e.g. 0.2 for ± 20 %"
        }
        guard until > now else { return "the profile would have ended already; give an end in the future" }
        guard until.since(now) <= LoadProfile.longest else {
            return "a profile holds 14 days at most; give an earlier end"
        }
        return nil
    }
}
