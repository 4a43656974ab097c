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

    /// A history, and a forecaster that took one interval after another, of 27 October 2024, a day of 25 hours.
    private func autumn(
        _ resolution: SeriesResolution, load: (Int) -> Double?
    ) -> (history: LoadHistory, live: Forecaster) {
        let grid = LocalGrid(resolution: resolution, zone: london)
        let midnight = UTCInstant(seconds: 1_729_983_600)
        let samples = grid.starts(from: midnight).enumerated().map { LoadSample(start: $1, load: load($0)) }
        let last = samples[samples.count - 1].start.milliseconds
        let hour = (1...grid.resolution.slotsPerHour).map { step -> LoadSample in
            let start = UTCInstant(milliseconds: last + Int64(step) * resolution.milliseconds)
            return LoadSample(start: start, load: load(samples.count + step - 1))
        }
        var live = Forecaster(
            grid: grid, calendar: DayCalendar(), beginning: midnight, prior: office, constants: .small)
        for sample in samples + hour { #expect(live.observe(sample) == .taken) }
        return (LoadHistory(grid: grid, calendar: DayCalendar(), samples: samples + hour), live)
    }

    @Test("the hour that autumn repeats is the mean of both passes", arguments: SeriesResolution.allCases)
    func repeatedHour(resolution: SeriesResolution) {
        let perHour = resolution.slotsPerHour
        // The second hour of the day is repeated by the third.
        let (history, live) = autumn(resolution) { $0 / perHour == 1 ? 100 : $0 / perHour == 2 ? 50 : 20 }
        #expect(history.raw.count == resolution.slotsPerDay)
        let expected = (0..<resolution.slotsPerDay).map { $0 / perHour == 1 ? Float(75) : 20 }
        #expect(history.raw == expected)
        #expect(live.state.load == expected)
        let total = expected.reduce(0, +) / Float(expected.count)
        #expect(abs((live.state.meanLoad(live.state.base, live.state.end) ?? 0) - total) < 1e-3)
    }

    @Test("where one pass of the repeated hour is missing the other counts", arguments: [1, 2])
    func halfRepeated(missing: Int) {
        let (history, live) = autumn(.hour) { $0 == missing ? nil : 40 }
        #expect(history.raw == [Float](repeating: 40, count: 24))
        #expect(live.state.load == history.raw)
        #expect(!live.state.isValid.contains(false))
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
