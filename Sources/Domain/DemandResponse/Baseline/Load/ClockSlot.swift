import EnergyModel

/// How finely a rule looks at the day.
package enum SlotLength: Int64, Sendable, Codable, CaseIterable {
    case fiveMinutes = 300_000
    case quarterHour = 900_000
    case hour = 3_600_000

    package var milliseconds: Int64 { rawValue }
    package var perDay: Int { Int(86_400_000 / rawValue) }
}

/// A slot by the face of the clock, relative to the local date an event starts on: an event from 23:00 to 01:00 has its
/// last hour in `dayOffset` 1. On another day the same slot is that day's, or the next day's.
package struct ClockSlot: Hashable, Comparable, Sendable, Codable {
    package var dayOffset: Int
    /// 0..<`SlotLength.perDay`; by the clock, so a repeated hour has the same index twice and a missing one never comes.
    package var index: Int

    package init(dayOffset: Int = 0, index: Int) {
        self.dayOffset = dayOffset
        self.index = index
    }

    package static func < (left: Self, right: Self) -> Bool {
        (left.dayOffset, left.index) < (right.dayOffset, right.index)
    }
}

/// A stretch of event time that lies in one slot of the clock.
struct SlotPiece: Hashable, Sendable {
    var range: TimeRange
    var slot: ClockSlot
    var hours: Double { Double(range.duration.milliseconds) / 3_600_000 }
}

/// Cuts event time at the slots of a zone's clock.
struct SlotRuler: Sendable {
    let zone: ZoneOffsets
    let length: SlotLength

    /// The pieces of `range` in order; slots count from `origin`'s midnight.
    func pieces(of range: TimeRange, origin: CivilDate) -> [SlotPiece] {
        var pieces: [SlotPiece] = []
        var start = range.start
        while start < range.end {
            let clock = zone.clock(at: start)
            let untilNext = length.milliseconds - clock.millisecondOfDay % length.milliseconds
            var end = min(range.end, UTCInstant(milliseconds: start.milliseconds + untilNext))
            if let change = zone.nextChange(after: start) { end = min(end, change) }
            pieces.append(
                SlotPiece(
                    range: TimeRange(start: start, end: end),
                    slot: ClockSlot(
                        dayOffset: clock.date.days(since: origin),
                        index: Int(clock.millisecondOfDay / length.milliseconds))))
            start = end
        }
        return pieces
    }

    /// `moment` moved back to where its slot began on the clock.
    func slotStart(of moment: UTCInstant) -> UTCInstant {
        let past = zone.clock(at: moment).millisecondOfDay % length.milliseconds
        return UTCInstant(milliseconds: moment.milliseconds - past)
    }

    /// `moment` moved on to where its slot ends, unless it stands on a boundary.
    func slotEnd(of moment: UTCInstant) -> UTCInstant {
        let past = zone.clock(at: moment).millisecondOfDay % length.milliseconds
        return past == 0 ? moment : UTCInstant(milliseconds: moment.milliseconds + length.milliseconds - past)
    }
}
