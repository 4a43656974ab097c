/// One zone's offsets from UTC as a value: what local clocks show, and where local days begin, without asking the system.
/// Whoever may read the world fills it from the zone database for the years that matter.
package struct ZoneOffsets: Hashable, Sendable, Codable {
    /// From `start` on, local clocks show UTC plus `milliseconds`.
    package struct Change: Hashable, Sendable, Codable {
        package var start: UTCInstant
        package var milliseconds: Int64

        package init(start: UTCInstant, milliseconds: Int64) {
            self.start = start
            self.milliseconds = milliseconds
        }
    }

    /// What a local clock shows.
    package struct ClockFace: Hashable, Sendable {
        package var date: CivilDate
        /// 0..<86,400,000, as the clock face says: not the time since the day began where the clocks changed.
        package var millisecondOfDay: Int64
    }

    /// IANA name, e.g. `America/Los_Angeles`.
    package let name: String
    private let first: Int64
    private let changes: [Change]

    /// `offset` in milliseconds holds before the first of `changes`, which may come in any order.
    package init(name: String, offset: Int64, changes: [Change] = []) {
        self.name = name
        first = offset
        self.changes = changes.sorted { $0.start < $1.start }
    }

    package static let utc = ZoneOffsets(name: "UTC", offset: 0)

    /// Milliseconds east of UTC.
    package func offset(at moment: UTCInstant) -> Int64 {
        changes.last { $0.start <= moment }?.milliseconds ?? first
    }

    /// The first change of the clocks after `moment`.
    package func nextChange(after moment: UTCInstant) -> UTCInstant? {
        changes.first { $0.start > moment }?.start
    }

    package func clock(at moment: UTCInstant) -> ClockFace {
        let local = UTCInstant(milliseconds: moment.milliseconds + offset(at: moment))
        let midnight = local.floor(toMilliseconds: 86_400_000).milliseconds
        return ClockFace(
            date: CivilDate(dayNumber: Int32(clamping: midnight / 86_400_000)),
            millisecondOfDay: local.milliseconds - midnight)
    }

    package func date(at moment: UTCInstant) -> CivilDate { clock(at: moment).date }

    /// The earliest moment at which clocks show `date` or later: midnight, or the end of a gap that swallows it.
    package func start(of date: CivilDate) -> UTCInstant {
        moment(of: date, millisecondOfDay: 0)
    }

    /// The earliest moment at which clocks show this time of `date` or a later one; of a repeated time, the first.
    package func moment(of date: CivilDate, millisecondOfDay: Int64) -> UTCInstant {
        let local = date.midnightUTC.milliseconds + millisecondOfDay
        var (start, offset) = (Int64.min, first)
        for change in changes {
            if change.start.milliseconds + offset > local { break }
            (start, offset) = (change.start.milliseconds, change.milliseconds)
        }
        return UTCInstant(milliseconds: max(start, local - offset))
    }

    /// The local day: 24 hours, or 23, 25, 23.5, 24.5 ... where the clocks change.
    package func day(_ date: CivilDate) -> TimeRange {
        TimeRange(start: start(of: date), end: start(of: date.advanced(by: 1)))
    }

    /// Quarter-hours of the local day: 96, or 92, 94, 98, 100 where the clocks change.
    package func quarterHours(of date: CivilDate) -> Int {
        Int(day(date).duration.milliseconds / Granularity.quarterHour.milliseconds)
    }
}
