import EnergyModel
import Foundation

/// Where the local day of a zone begins. Foundation is asked once a zone and day.
struct LocalDays: Sendable {
    private struct Day: Sendable {
        var start: UTCInstant
        var end: UTCInstant
    }
    private var days: [String: Day] = [:]

    /// The last local midnight at or before `now`; an unknown zone counts as UTC.
    mutating func start(of zone: String, at now: UTCInstant) -> UTCInstant {
        if let day = days[zone], day.start <= now, now < day.end { return day.start }
        let day = LocalDays.day(of: zone, at: now)
        days[zone] = day
        return day.start
    }

    private static func day(of zone: String, at now: UTCInstant) -> Day {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = TimeZone(identifier: zone) ?? .gmt
        let date = Date(timeIntervalSince1970: Double(now.milliseconds) / 1000)
        guard let interval = calendar.dateInterval(of: .day, for: date) else {
            let start = now.floor(toMilliseconds: 86_400_000)
            return Day(start: start, end: start.advanced(by: .seconds(86_400)))
        }
        return Day(start: instant(interval.start), end: instant(interval.end))
    }

    private static func instant(_ date: Date) -> UTCInstant {
        UTCInstant(milliseconds: Int64((date.timeIntervalSince1970 * 1000).rounded()))
    }
}
