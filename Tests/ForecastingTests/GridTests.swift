import EnergyModel
import Testing

@testable import Forecasting

/// London in 2024: forward on 31 March 01:00 UTC, back on 27 October 01:00 UTC.
let london = ZoneOffsets(
    name: "Europe/London", offset: 0,
    changes: [
        ZoneOffsets.Change(start: UTCInstant(seconds: 1_711_846_800), milliseconds: 3_600_000),
        ZoneOffsets.Change(start: UTCInstant(seconds: 1_729_990_800), milliseconds: 0),
    ])

@Suite("Grid of local days")
struct GridTests {
    @Test("every day has its slots, whatever its length", arguments: SeriesResolution.allCases)
    func slotsPerDay(resolution: SeriesResolution) {
        let grid = LocalGrid(resolution: resolution, zone: .utc)
        let noon = UTCInstant(seconds: 1_704_110_400)
        #expect(grid.slot(of: noon) % resolution.slotsPerDay == resolution.slotsPerDay / 2)
        #expect(
            grid.slot(of: UTCInstant(milliseconds: noon.milliseconds + resolution.milliseconds - 1))
                == grid.slot(of: noon))
        #expect(grid.starts(from: noon).count == resolution.slotsPerDay)
    }

    @Test("spring skips an hour's slots, autumn uses an hour's slots twice")
    func clockChanges() {
        let grid = LocalGrid(resolution: .quarterHour, zone: london)
        let spring = grid.starts(from: UTCInstant(seconds: 1_711_843_200)).map { grid.slot(of: $0) }
        #expect((spring.last ?? 0) - (spring.first ?? 0) == 95 + 4)
        let autumn = grid.starts(from: UTCInstant(seconds: 1_729_987_200)).map { grid.slot(of: $0) }
        #expect((autumn.last ?? 0) - (autumn.first ?? 0) == 95 - 4)
        #expect(Set(autumn).count == 92)
    }

    @Test("slots before 1970 count downward")
    func beforeTheEpoch() {
        let grid = LocalGrid(resolution: .hour, zone: .utc)
        #expect(grid.slot(of: UTCInstant(milliseconds: -1)) == -1)
        let samples = [LoadSample(start: UTCInstant(milliseconds: -3_600_000), load: 1)]
        let history = LoadHistory(grid: grid, calendar: DayCalendar(), samples: samples)
        #expect(history.firstDay == -1)
        #expect(history.end == 0)
    }

    @Test("weekdays and holidays make the class of a day")
    func classes() {
        // 2024-01-01 is day 19,723, a Monday.
        let calendar = DayCalendar(holidays: [19_723])
        #expect((19_723..<19_730).map { DayCalendar.weekday($0) } == [0, 1, 2, 3, 4, 5, 6])
        #expect(
            (19_723..<19_730).map { calendar.dayClass($0) }
                == [.closed, .workday, .workday, .workday, .workday, .saturday, .closed])
        #expect(calendar.likeWeekday(19_723) == 6)
    }

    @Test("a holiday table gives the days of its years")
    func holidayTable() throws {
        let calendar = DayCalendar(.usFederal, years: 2024...2025)
        let christmas = try #require(CivilDate("2024-12-25"))
        // New Year's Day of 2028 is a Saturday, observed on 31 December 2027.
        let observed = try #require(CivilDate("2027-12-31"))
        #expect(calendar.isHoliday(Int(christmas.dayNumber)))
        #expect(!calendar.isHoliday(Int(christmas.dayNumber) + 1))
        #expect(DayCalendar(.usFederal, years: 2027...2027).isHoliday(Int(observed.dayNumber)))
    }
}
