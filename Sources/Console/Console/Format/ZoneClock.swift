import EnergyModel
import Foundation

/// Writes moments in one time zone; the zone is named by its offset at that moment, so that nobody has to guess.
package struct ZoneClock: Sendable, Equatable {
    private let zone: TimeZone?
    /// As it was asked for, e.g. `Europe/Berlin`.
    package let name: String

    package static let utc = ZoneClock(named: "UTC")

    var isUTC: Bool { zone == nil }

    /// An unknown zone name counts as UTC.
    package init(named name: String) {
        let found = name == "UTC" ? nil : TimeZone(identifier: name)
        zone = found
        self.name = found == nil ? "UTC" : name
    }

    /// Seconds east of UTC, as charts ask for it.
    func offset(at moment: UTCInstant) -> Int { Int(offsetSeconds(at: moment)) }

    private func offsetSeconds(at moment: UTCInstant) -> Int64 {
        guard let zone else { return 0 }
        let date = Date(timeIntervalSince1970: Double(moment.milliseconds) / 1000)
        return Int64(zone.secondsFromGMT(for: date))
    }

    /// `UTC`, `UTC-8`, `UTC+5:30`.
    func label(at moment: UTCInstant) -> String {
        let offset = offsetSeconds(at: moment)
        guard offset != 0 else { return "UTC" }
        let minutes = abs(offset) / 60
        let rest = minutes % 60
        return "UTC\(offset < 0 ? "-" : "+")\(minutes / 60)" + (rest == 0 ? "" : ":" + padded(rest))
    }

    private func local(_ moment: UTCInstant) -> UTCInstant {
        UTCInstant(milliseconds: moment.milliseconds + offsetSeconds(at: moment) * 1000)
    }

    /// `21:04:15`.
    func time(_ moment: UTCInstant) -> String {
        String(local(moment).iso8601.dropFirst(11).prefix(8))
    }

    /// `21:04`.
    func shortTime(_ moment: UTCInstant) -> String { String(time(moment).prefix(5)) }

    /// `2026-11-21`.
    func date(_ moment: UTCInstant) -> String { String(local(moment).iso8601.prefix(10)) }

    /// `11-21 21:04`.
    func shortDateTime(_ moment: UTCInstant) -> String { "\(date(moment).dropFirst(5)) \(shortTime(moment))" }

    /// `2026-11-21 21:04:15`.
    func dateTime(_ moment: UTCInstant) -> String { "\(date(moment)) \(time(moment))" }

    /// `21:04:15` on the day of `now`, else with its date.
    func near(_ moment: UTCInstant, now: UTCInstant) -> String {
        date(moment) == date(now) ? time(moment) : dateTime(moment)
    }

    private func padded(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
}
