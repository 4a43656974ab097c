/// Width of one interval of a series, in minutes. A local day has 288, 96, 48 or 24 slots.
package enum SeriesResolution: Int, Sendable, Codable, CaseIterable {
    case fiveMinutes = 5
    case quarterHour = 15
    case halfHour = 30
    case hour = 60

    package var milliseconds: Int64 { Int64(rawValue) * 60_000 }
    package var slotsPerDay: Int { 1440 / rawValue }
    package var slotsPerHour: Int { 60 / rawValue }
    /// Slots a forecast reaches at most: 24 h of clock time touch one hour more where the clocks go forward.
    package var longestHorizon: Int { slotsPerDay + slotsPerHour }
}
