import EnergyModel
import Ports
import Screen
import Testing

@testable import Console

/// Ranges, hours and courses hold at any moment, the two odd days of the year among them.
@Suite("Forecasts in time") struct ForecastTimeTests {
    private struct Dice {
        var state: UInt64
        mutating func roll(_ sides: Int64) -> Int64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int64(state >> 33) % sides
        }
    }

    /// Moments at which a zone's clock changes: Berlin forward and back, Los Angeles back, Lord Howe by half an hour; and one
    /// on which none does.
    static let changes: [(zone: String, at: Int64)] = [
        ("Europe/Berlin", 1_774_746_000), ("Europe/Berlin", 1_792_890_000), ("America/Los_Angeles", 1_793_523_600),
        ("Australia/Lord_Howe", 1_791_039_600), ("Asia/Kolkata", 1_795_295_055),
    ]

    @Test(
        "each quarter hour from now on lies in exactly one hour, and no hour holds more than an hour", arguments: 0..<5)
    func hours(_ index: Int) {
        let (zone, at) = Self.changes[index]
        let clock = ZoneClock(named: zone)
        var dice = Dice(state: UInt64(index) + 1)
        for _ in 0..<60 {
            let made = UTCInstant(seconds: at + dice.roll(200_000) - 130_000)
            let forecast = Fleet.facilityForecast(ForecastScriptTests.mill, at: made)
            let moment = made.advanced(by: .seconds(dice.roll(90_000)))
            let hours = ForecastHour.all(forecast, from: moment, clock: clock)
            let left = (0..<96).filter { forecast.start(ofStep: $0).milliseconds + 900_000 > moment.milliseconds }
            let covered = hours.reduce(0) { $0 + $1.end.milliseconds - $1.start.milliseconds }
            #expect(covered == Int64(left.count) * 900_000)
            #expect(hours.first?.start == left.first.map { forecast.start(ofStep: $0) })
            #expect(zip(hours, hours.dropFirst()).allSatisfy { $0.end == $1.start })
            #expect(
                hours.allSatisfy {
                    $0.end.since($0.start) <= .seconds(3600) && $0.low <= $0.middle && $0.middle <= $0.high
                })
            #expect(hours.allSatisfy { abs($0.usual + $0.recent + $0.weather - $0.middle) < 0.05 })
            #expect(hours.count { $0.hasPeak } == (left.isEmpty ? 0 : 1))
            let names = hours.map { "\(clock.shortDateTime($0.start)) \(clock.label(at: $0.start))" }
            #expect(Set(names).count == names.count)
        }
    }

    @Test("the hour that autumn repeats stands twice, and says which is which")
    func autumn() throws {
        let clock = ZoneClock(named: "Europe/Berlin")
        let made = try #require(UTCInstant(iso8601: "2026-10-24T22:30:00Z"))
        let hours = ForecastHour.all(
            Fleet.facilityForecast(ForecastScriptTests.mill, at: made), from: made, clock: clock)
        #expect(hours.prefix(5).map { clock.shortTime($0.start) } == ["00:30", "01:00", "02:00", "02:00", "03:00"])
        var snapshot = Fleet.snapshot(facilities: 8, at: made)
        snapshot.facilities[1].timeZone = "Europe/Berlin"
        var desk = Desk(size: Size(columns: 200, rows: 60), snapshot: snapshot)
        desk.answers = { work in
            guard case .forecast(let query) = work else { return Desk.fixtures(work) }
            var answer = Fleet.forecast(query)
            answer.forecast = Fleet.facilityForecast(query.facility, at: made)
            return .forecast(answer)
        }
        desk.run("go F-002")
        desk.press("v Z")
        #expect(desk.text.contains { $0.contains("02:00") && $0.contains("UTC+1") })
        try Golden.check(desk.golden, "forecast-autumn-200x60")
    }

    @Test("scaled by local hours a day of 23 hours still gives 24 numbers")
    func spring() throws {
        let made = try #require(UTCInstant(iso8601: "2026-03-28T23:00:00Z"))
        let hours = ForecastHour.byLocalHour(
            Fleet.facilityForecast(ForecastScriptTests.mill, at: made), clock: ZoneClock(named: "Europe/Berlin"))
        #expect(hours.count == 24 && hours[2] == nil && hours.count { $0 == nil } == 1)
        guard case .kilowatts(let read) = ProfileText.read("x 1", forecast: hours) else {
            Issue.record("not read")
            return
        }
        #expect(read.count == 24 && read[2] == read[1])
    }

    @Test("the window has the zoom's width on whole steps, and asks for nothing that cannot have been measured")
    func ranges() {
        var dice = Dice(state: 11)
        for _ in 0..<400 {
            for zoom in ChartZoom.allCases {
                var state = FacilityState()
                state.zoom = zoom
                state.come(to: .facility(ForecastScriptTests.mill))
                let change = Self.changes[Int(dice.roll(5))].at
                let moment = UTCInstant(milliseconds: (change + dice.roll(90_000) - 45_000) * 1000 + dice.roll(1000))
                if dice.roll(2) == 0 { state.end = moment.advanced(by: .seconds(-dice.roll(400_000))) }
                let range = state.range(moment: moment)
                let measured = state.measured(moment: moment)
                #expect(range.duration == zoom.span + zoom.ahead)
                #expect(range.start.milliseconds % 15_000 == 0 && range.end.milliseconds % 15_000 == 0)
                #expect(measured.start == range.start && measured.end <= range.end && !measured.isEmpty)
                #expect(measured.end.since(moment) <= .seconds(900))
                if state.end == nil { #expect(range.contains(moment) && measured.end > moment) }
                state.come(to: .meter(ForecastScriptTests.mill, MeterID("M-1001")!))
                #expect(state.range(moment: moment).duration == zoom.span)
            }
        }
    }

    @Test("a course begins where it should, ends with the forecast, and its band holds the middle")
    func courses() throws {
        var dice = Dice(state: 5)
        let forecast = Fleet.facilityForecast(ForecastScriptTests.mill)
        for _ in 0..<300 {
            let start = forecast.origin.advanced(by: .milliseconds(dice.roll(90_000_000) - 2_000_000))
            let course = FacilityChart.course(forecast, from: start)
            guard start < forecast.range.end else {
                #expect(course.isEmpty)
                continue
            }
            #expect(course.first?.time == FacilityChart.seconds(max(start, forecast.origin)))
            #expect(course.last?.time == FacilityChart.seconds(forecast.range.end))
            #expect(zip(course, course.dropFirst()).allSatisfy { $0.time < $1.time })
            #expect(course.allSatisfy { $0.low <= $0.middle && $0.middle <= $0.high })
        }
        var empty = forecast
        empty.steps = []
        #expect(FacilityChart.course(empty, from: forecast.origin).isEmpty)
        #expect(ForecastHour.all(empty, from: forecast.origin, clock: .utc).isEmpty)
    }
}
