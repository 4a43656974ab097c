import EnergyModel

/// How a day is expected to go, before anything of it is known.
package enum DayClass: Int, Sendable, CaseIterable {
    case workday = 0
    case saturday = 1
    /// Sundays and holidays.
    case closed = 2
}

/// Weekdays and one facility's holidays, by day number (days since 1970-01-01).
package struct DayCalendar: Hashable, Sendable {
    private let holidays: Set<Int32>

    package init(holidays: Set<Int32> = []) { self.holidays = holidays }

    /// The days of `table` in these years.
    package init(_ table: HolidayTable, years: ClosedRange<Int>) {
        var days: Set<Int32> = []
        for year in years.lowerBound...years.upperBound + 1 {
            for holiday in table.holidays { days.formUnion(holiday.rule.dates(in: year).map(\.dayNumber)) }
        }
        holidays = days
    }

    func isHoliday(_ day: Int) -> Bool { !holidays.isEmpty && holidays.contains(Int32(truncatingIfNeeded: day)) }

    /// 0 is Monday, 6 is Sunday. 1970-01-01 was a Thursday.
    static func weekday(_ day: Int) -> Int {
        let shifted = (day + 3) % 7
        return shifted < 0 ? shifted + 7 : shifted
    }

    /// The day of the week a day behaves like: a holiday like a Sunday.
    func likeWeekday(_ day: Int) -> Int { isHoliday(day) ? 6 : DayCalendar.weekday(day) }

    func dayClass(_ day: Int) -> DayClass {
        switch likeWeekday(day) {
        case 5: .saturday
        case 6: .closed
        default: .workday
        }
    }
}
