import EnergyModel
import Foundation

/// The zone database of the system, read into values that pure code may use.
package enum ZoneDatabase {
    /// The zone's changes within `span`, those in force at its start and end included; nil for a name that is no IANA zone.
    package static func offsets(of name: String, within span: TimeRange) -> ZoneOffsets? {
        guard let zone = TimeZone(identifier: name) else { return nil }
        func milliseconds(at date: Date) -> Int64 { Int64(zone.secondsFromGMT(for: date)) * 1000 }
        let first = Date(timeIntervalSince1970: Double(span.start.milliseconds) / 1000)
        let end = Date(timeIntervalSince1970: Double(span.end.milliseconds) / 1000)
        var changes: [ZoneOffsets.Change] = []
        var date = first
        while let next = zone.nextDaylightSavingTimeTransition(after: date), next > date, next <= end {
            let start = UTCInstant(milliseconds: Int64((next.timeIntervalSince1970 * 1000).rounded()))
            changes.append(ZoneOffsets.Change(start: start, milliseconds: milliseconds(at: next)))
            date = next
        }
        return ZoneOffsets(name: name, offset: milliseconds(at: first), changes: changes)
    }
}
