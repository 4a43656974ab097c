/// A day of the Gregorian calendar, of no zone: what a local clock's date says. Written `2026-08-20`.
package struct CivilDate: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    /// Days since 1970-01-01.
    package let dayNumber: Int32

    package init(dayNumber: Int32) { self.dayNumber = dayNumber }

    /// Nil when the calendar has no such day. Years 1...9999.
    package init?(year: Int, month: Int, day: Int) {
        guard (1...9999).contains(year), (1...12).contains(month), (1...31).contains(day) else { return nil }
        let number = daysSinceEpoch(year: Int64(year), month: Int64(month), day: Int64(day))
        let back = civilDate(daysSinceEpoch: number)
        guard back.month == month, back.day == day else { return nil }
        dayNumber = Int32(number)
    }

    /// Reads `2026-08-20`; nil for anything else.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.map(\.utf8.count) == [4, 2, 2],
            parts.allSatisfy({ part in part.utf8.allSatisfy { (48...57).contains($0) } }),
            let year = Int(parts[0]), let month = Int(parts[1]), let day = Int(parts[2])
        else { return nil }
        self.init(year: year, month: month, day: day)
    }

    package var year: Int { Int(civilDate(daysSinceEpoch: Int64(dayNumber)).year) }
    package var month: Int { Int(civilDate(daysSinceEpoch: Int64(dayNumber)).month) }
    package var day: Int { Int(civilDate(daysSinceEpoch: Int64(dayNumber)).day) }

    package var weekday: Weekday {
        // 1970-01-01 was a Thursday.
        let fromMonday = (Int(dayNumber) + 3) % 7
        return Weekday.allCases[fromMonday < 0 ? fromMonday + 7 : fromMonday]
    }

    package func advanced(by days: Int) -> CivilDate { CivilDate(dayNumber: dayNumber + Int32(clamping: days)) }

    /// Days from `other` to this date; negative when `other` is later.
    package func days(since other: CivilDate) -> Int { Int(dayNumber - other.dayNumber) }

    /// Midnight of this date on a clock that shows UTC.
    package var midnightUTC: UTCInstant { UTCInstant(seconds: Int64(dayNumber) * 86_400) }

    package var description: String { String(midnightUTC.iso8601.prefix(10)) }

    package static func < (left: CivilDate, right: CivilDate) -> Bool { left.dayNumber < right.dayNumber }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let date = CivilDate(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "\(text.debugDescription) is no date; write it like 2026-08-20")
        }
        self = date
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

package enum Weekday: String, Sendable, Codable, CaseIterable {
    case monday, tuesday, wednesday, thursday, friday, saturday, sunday

    package var isWeekend: Bool { self == .saturday || self == .sunday }
}
