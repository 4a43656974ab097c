/// On which day of a year a holiday falls.
package enum HolidayRule: Hashable, Sendable, Codable {
    /// What becomes of a date that falls on a weekend.
    package enum Observance: String, Sendable, Codable, CaseIterable {
        case exact
        case sundayToMonday = "sunday-to-monday"
        /// Saturday to Friday, Sunday to Monday.
        case nearestWeekday = "nearest-weekday"
    }

    case yearly(month: Int, day: Int, observed: Observance)
    /// The `ordinal`th (1...5) such weekday of the month; -1 is the last.
    case weekday(Weekday, ordinal: Int, month: Int)
    /// Days after Western Easter Sunday.
    case easter(Int)
    case once(CivilDate)

    /// The dates it takes by the calendar of `year`: one, two when it moved, none when the year has no such day. An
    /// observed day may lie in the year before.
    package func dates(in year: Int) -> [CivilDate] {
        switch self {
        case .once(let date): return date.year == year ? [date] : []
        case .easter(let days): return easterSunday(year).map { [$0.advanced(by: days)] } ?? []
        case .weekday(let weekday, let ordinal, let month):
            return HolidayRule.date(of: weekday, ordinal: ordinal, month: month, year: year).map { [$0] } ?? []
        case .yearly(let month, let day, let observed):
            guard let date = CivilDate(year: year, month: month, day: day) else { return [] }
            switch (observed, date.weekday) {
            case (.sundayToMonday, .sunday), (.nearestWeekday, .sunday): return [date, date.advanced(by: 1)]
            case (.nearestWeekday, .saturday): return [date, date.advanced(by: -1)]
            default: return [date]
            }
        }
    }

    private static func date(of weekday: Weekday, ordinal: Int, month: Int, year: Int) -> CivilDate? {
        guard let first = CivilDate(year: year, month: month, day: 1) else { return nil }
        let days = Weekday.allCases
        let ahead = (days.firstIndex(of: weekday) ?? 0) - (days.firstIndex(of: first.weekday) ?? 0)
        let earliest = first.advanced(by: ahead < 0 ? ahead + 7 : ahead)
        let weeks = ordinal == -1 ? [4, 3] : [ordinal - 1]
        return weeks.map { earliest.advanced(by: 7 * $0) }.first { $0.month == month }
    }

    /// What stands after the `=` of a line in a `HolidayTable`, in lower case.
    init?(words: [String]) {
        switch words.count {
        case 1 where CivilDate(words[0]) != nil:
            guard let date = CivilDate(words[0]) else { return nil }
            self = .once(date)
        case 1, 2:
            if words[0] == "easter" {
                guard let days = words.count == 1 ? 0 : Int(words[1]), (-100...200).contains(days) else { return nil }
                self = .easter(days)
                return
            }
            // A leap year stands for all, so that 02-29 is a date.
            guard let date = CivilDate("2024-" + words[0]),
                let observed = words.count == 1 ? .exact : Observance(rawValue: words[1])
            else { return nil }
            self = .yearly(month: date.month, day: date.day, observed: observed)
        case 3:
            let ordinals = ["1st": 1, "2nd": 2, "3rd": 3, "4th": 4, "5th": 5, "last": -1]
            guard let ordinal = ordinals[words[0]], let weekday = Weekday(rawValue: words[1]),
                let month = Int(words[2]), (1...12).contains(month)
            else { return nil }
            self = .weekday(weekday, ordinal: ordinal, month: month)
        default: return nil
        }
    }
}

/// Western Easter Sunday. Source: the integer computus of J.-M. Oudin, 1940.
private func easterSunday(_ year: Int) -> CivilDate? {
    let golden = year % 19
    let century = year / 100
    let correction = (century - century / 4 - (8 * century + 13) / 25 + 19 * golden + 15) % 30
    let moon = correction - (correction / 28) * (1 - (29 / (correction + 1)) * ((21 - golden) / 11))
    let sunday = (year + year / 4 + moon + 2 - century + century / 4) % 7
    let offset = moon - sunday
    let month = 3 + (offset + 40) / 44
    return CivilDate(year: year, month: month, day: offset + 28 - 31 * (month / 4))
}
