import EnergyModel
import Ports
import Screen
import Testing

@testable import Console

/// A facility's forecast: what the chart, the page below it and the cursor say of it.
@Suite("Forecasts on the screen") struct ForecastScriptTests {
    static let mill = FacilityID("F-002")!

    enum Situation: String, CaseIterable, Sendable {
        case normal, degraded, manual, stale, none, response

        /// As the answer below has it.
        private var brief: ForecastBrief? {
            let forecast = answer(ForecastQuery(facility: ForecastScriptTests.mill)).forecast
            guard let forecast, let peak = forecast.peak(from: Fleet.now) else { return nil }
            return ForecastBrief(
                peak: Power(kilowatts: Double(peak.step.middle)), peakHigh: Power(kilowatts: Double(peak.step.high)),
                peakAt: peak.start, mode: forecast.mode, quality: forecast.quality, issuedAt: forecast.issuedAt)
        }

        var snapshot: OperatorSnapshot {
            var snapshot = Fleet.snapshot()
            snapshot.facilities[1].contractDemand = Power(kilowatts: 1700)
            snapshot.facilities[1].load = Power(kilowatts: 1466)
            snapshot.facilities[1].forecast = brief
            if self == .response {
                let start = Fleet.now.advanced(by: .seconds(3600))
                snapshot.facilities[1].response = FacilityResponse(
                    event: Fleet.waiting, state: .planned,
                    window: TimeRange(start: start, end: start.advanced(by: .seconds(3600))),
                    expected: Power(kilowatts: 300), achieved: nil, baseline: Power(kilowatts: 1350))
            }
            return snapshot
        }

        func answer(_ query: ForecastQuery) -> ForecastAnswer {
            var answer = Fleet.forecast(query)
            switch self {
            case .normal, .response: break
            case .degraded:
                answer.forecast = Fleet.facilityForecast(query.facility, mode: .degraded)
                answer.standing = Fleet.standing(
                    caution:
                        "recipe missed its band 41 times in 2 days: weekday-mean forecasts until it does well again")
            case .manual:
                answer.forecast = Fleet.facilityForecast(query.facility, mode: .manual)
                answer.profile = Fleet.profile(query.facility)
            case .stale:
                let early = Fleet.now.advanced(by: .seconds(-2700))
                answer.forecast = Fleet.facilityForecast(query.facility, at: early)
            case .none:
                answer.forecast = nil
                answer.dayAhead = []
                answer.standing = nil
            }
            return answer
        }

        func desk(_ size: Size = Size(columns: 120, rows: 40), glyphs: Glyphs = .unicode) -> Desk {
            var desk = Desk(size: size, glyphs: glyphs, snapshot: snapshot)
            desk.answers = { work in
                if case .forecast(let query) = work { return .forecast(answer(query)) }
                return Desk.fixtures(work)
            }
            desk.run("go F-002")
            desk.wait(.seconds(13))
            return desk
        }
    }

    struct Shot: Sendable, CustomStringConvertible {
        var situation: Situation
        var columns: Int
        var rows: Int
        var size: Size { Size(columns: columns, rows: rows) }
        var description: String { "forecast-\(situation.rawValue)-\(columns)x\(rows)" }
    }

    static let shots = Situation.allCases.flatMap { situation in
        [(80, 24), (120, 40), (200, 60)].map { Shot(situation: situation, columns: $0, rows: $1) }
    }

    @Test("each standing of a forecast looks as recorded: in colour, without it, and in ASCII", arguments: shots)
    func looks(_ shot: Shot) throws {
        var desk = shot.situation.desk(shot.size)
        desk.press("v")
        try Golden.check(desk.golden, shot.description)
        if shot.situation != .stale { try Golden.check(MonochromeTests.golden(desk), "\(shot)-mono") }
        desk.glyphs = .ascii
        #expect(desk.screen.unicodeScalars.allSatisfy { $0 == "\n" || (0x20...0x7E).contains($0.value) })
        try Golden.check(desk.screen + "\n", "\(shot)-ascii")
    }

    @Test("each zoom reaches beyond now as far as it should", arguments: ChartZoom.allCases)
    func zooms(_ zoom: ChartZoom) throws {
        var desk = Situation.normal.desk()
        desk.run("zoom \(zoom.rawValue)")
        let range = desk.state.pane.facility.range(moment: desk.state.moment)
        let ahead = range.end.since(desk.state.moment)
        #expect(ahead >= zoom.ahead && ahead <= zoom.ahead + .seconds(900))
        try Golden.check(desk.golden, "forecast-zoom-\(zoom.rawValue)-120x40")
        desk.glyphs = .blocks
        #expect(
            desk.shows("█")
                && !desk.screen.unicodeScalars.contains { (0x2801...0x28FF).contains($0.value) && $0.value != 0x2822 })
    }

    // MARK: - What the title says

    @Test(
        "the chart says what its forecast is worth",
        arguments: [
            (Situation.normal, "forecast: recipe, weatherapi, issued 4 min ago"),
            (.degraded, "~ degraded forecast: recipe, yesterday's weather, issued 4 min ago"),
            (.manual, "profile entered by operator ana until 2026-11-22 03:04:15, issued 4 min ago"),
            (.stale, "○ old, forecast: recipe, weatherapi, issued 49 min ago"), (.none, "no forecast yet"),
        ])
    func title(_ situation: Situation, _ words: String) {
        #expect(situation.desk(Size(columns: 200, rows: 60)).shows(words))
        let narrow = situation.desk(Size(columns: 80, rows: 24))
        let marks: [Situation: String] = [
            .normal: "forecast", .degraded: "~ degraded", .manual: "manual", .stale: "○ old", .none: "no forecast yet",
        ]
        #expect(narrow.text[5].contains(marks[situation] ?? "?"), "\(narrow.text[5])")
        #expect(narrow.text[5].contains("Updated"))
    }

    @Test("a forecast ages on the screen although none comes, and is old after half an hour")
    func aging() {
        var desk = Situation.normal.desk()
        desk.answers = Desk.failing
        desk.wait(.seconds(1500))
        #expect(desk.shows("29 min ago") && !desk.shows("○ old"))
        desk.wait(.seconds(120))
        #expect(desk.shows("○ old"))
    }

    @Test("while nothing is measured the forecast stands, marked, and no hole says that there is nothing")
    func nothingMeasured() throws {
        var desk = Situation.degraded.desk()
        desk.answers = { work in
            switch work {
            case .series(let request):
                return .series(
                    SeriesAnswer(request: request, stepMilliseconds: 60_000, points: [], answeredAt: Fleet.now))
            case .forecast(let query): return .forecast(Situation.degraded.answer(query))
            default: return Desk.nothing(work)
            }
        }
        desk.press("n p")
        desk.wait(.seconds(15))
        #expect(!desk.shows("No readings") && !desk.shows("no data"))
        #expect(desk.shows("○ nothing measured") && desk.shows("~ degraded"))
        try Golden.check(desk.golden, "forecast-unmeasured-120x40")
    }

    @Test("a failed question says so and keeps what was known, with its age")
    func failure() {
        var desk = Desk(snapshot: Situation.normal.snapshot)
        desk.answers = { work in
            if case .forecast = work { return .failed(sentence: "The record store did not answer; asking again") }
            return Desk.fixtures(work)
        }
        desk.run("go F-002")
        #expect(desk.shows("× no forecast"))
        desk.press("v")
        #expect(desk.shows("The record store did not answer; asking again"))
        desk.answers = Desk.fixtures
        desk.wait(.seconds(2))
        #expect(desk.shows("forecast: recipe"))
    }

    // MARK: - Under the cursor

    @Test("ahead of now the cursor reads middle, band and why; behind it the day-ahead forecast and its error")
    func cursor() throws {
        var desk = Situation.normal.desk()
        desk.press("Left")
        #expect(desk.shows("kWh") && desk.shows("day ahead ") && desk.shows("error "))
        try Golden.check(desk.golden, "forecast-cursor-past-120x40")
        for _ in 0..<20 { desk.press("Right") }
        #expect(desk.shows(" to ") && desk.shows(")  forecast"))
        #expect(desk.shows("usual ") && desk.shows("recent +") && desk.shows("weather +"))
        try Golden.check(desk.golden, "forecast-cursor-ahead-120x40")
        for _ in 0..<60 { desk.press("Right") }
        let range = desk.state.pane.facility.range(moment: desk.state.moment)
        #expect(desk.state.pane.facility.cursor.map { range.contains($0) } == true)
        desk.send(.input(.resized(Size(columns: 80, rows: 24))))
        #expect(desk.shows(")  forecast") && desk.shows("usual "))
        #expect(desk.state.pane.route == .facility(Self.mill))
    }

    @Test("the parts under the cursor add up to the middle")
    func parts() throws {
        let forecast = Fleet.facilityForecast(Self.mill)
        for step in forecast.steps {
            #expect(abs(step.calendar + step.recent + step.weather - step.middle) < 0.01)
            #expect(step.low <= step.middle && step.middle <= step.high)
        }
        var desk = Situation.normal.desk()
        desk.state.pane.facility.cursor = Fleet.now.advanced(by: .seconds(5400))
        let step = try #require(forecast.step(at: Fleet.now.advanced(by: .seconds(5400))))
        #expect(desk.shows("\(Numbers.kilowatts(Double(step.middle))) kW"))
        #expect(desk.shows("usual \(Numbers.kilowatts(Double(step.calendar)))"))
    }

    // MARK: - Time

    @Test("time travel asks for the forecast of that moment, and shows none that was issued later")
    func past() {
        var desk = Situation.normal.desk()
        var asked: [ForecastQuery] = []
        desk.run("at -2h")
        let moment = desk.state.moment
        desk.answers = { work in
            guard case .forecast = work else { return Desk.fixtures(work) }
            return nil
        }
        desk.clearPerformed()
        desk.press("{")
        for case .forecast(let query) in desk.performed.map(\.work) { asked.append(query) }
        #expect(asked.last?.at == moment.advanced(by: .seconds(-3600)).floor(toMilliseconds: 60_000))
        #expect(desk.state.pane.facility.forecast.value?.forecast.map { $0.issuedAt <= moment } == true)
        let chart = FacilityChart(state: desk.state, pane: desk.state.pane)
        #expect(chart.forecast == nil)
        desk.press("M")
        #expect(desk.state.layer == nil && desk.shows("This is the past"))
        desk.press("t")
        #expect(desk.state.pane.facility.comparison == nil)
    }

    @Test("a meter has no future, and going back to its facility brings the forecast back")
    func meter() {
        var desk = Situation.normal.desk()
        desk.press("Enter")
        #expect(desk.state.pane.route.screen == .facility && desk.state.pane.route != .facility(Self.mill))
        let range = desk.state.pane.facility.range(moment: desk.state.moment)
        #expect(range.end.since(desk.state.moment) <= .seconds(60))
        #expect(!desk.shows("forecast:"))
        desk.press("Esc")
        #expect(desk.shows("forecast: recipe"))
    }

    @Test("panning slides the whole window, and what came and what is to come with it")
    func panning() {
        var desk = Situation.normal.desk()
        let before = desk.state.pane.facility.range(moment: desk.state.moment)
        desk.press("<")
        let after = desk.state.pane.facility.range(moment: desk.state.moment)
        #expect(after.duration == before.duration && after.end < before.end)
        #expect(desk.state.pane.facility.measured(moment: desk.state.moment).end <= after.end)
        desk.press(">")
        #expect(desk.state.pane.facility.end == nil)
    }

    // MARK: - Below the chart

    @Test("v goes through meters, forecast and models; each scrolls as far as it has rows")
    func turning() {
        var desk = Situation.degraded.desk(Size(columns: 80, rows: 24))
        #expect(desk.shows("M-1001"))
        desk.press("v")
        #expect(desk.state.pane.facility.part == .forecast && desk.shows("recipe missed its band"))
        desk.press("G")
        #expect(desk.shows("yesterday's weather stands for") && desk.shows("error 6.8 %"))
        let end = desk.state.pane.facility.pageTop
        desk.press("j PgDn")
        #expect(desk.state.pane.facility.pageTop == end)
        desk.press("g")
        #expect(desk.state.pane.facility.pageTop == 0)
        desk.press("v")
        #expect(desk.shows("asks what each model would have forecast"))
        desk.press("v")
        #expect(desk.shows("M-1001"))
    }

    @Test("a comparison says that it is under way, then best first; it stays while others are looked at")
    func comparing() throws {
        var desk = Situation.normal.desk()
        desk.answers = { if case .backtest = $0 { nil } else { Desk.fixtures($0) } }
        desk.press("t")
        guard let effect = desk.performed.last, case .backtest(let request) = effect.work else {
            Issue.record("not asked")
            return
        }
        #expect(request == BacktestRequest(facility: Self.mill, weeks: 8))
        desk.wait(.seconds(42))
        #expect(desk.shows("Comparing the models over 8 weeks, 42 s so far"))
        desk.press("t n t")
        #expect(desk.performed.count { if case .backtest = $0.work { true } else { false } } == 1)
        #expect(desk.shows("The models of F-002 are being compared: one building at a time"))
        desk.send(.finished(effect.id, .backtest(Fleet.backtest(request))))
        #expect(desk.shows("Models of F-002 compared: recipe is best, 6.8 % error"))
        desk.press("p")
        #expect(desk.text.contains { $0.contains("recipe") && $0.contains("in charge") && $0.contains("0.62") })
        desk.wait(.seconds(13))
        try Golden.check(desk.golden, "forecast-models-120x40")
        desk.send(.input(.resized(Size(columns: 80, rows: 24))))
        desk.press("G")
        try Golden.check(desk.golden, "forecast-models-80x24")
    }

    @Test("a comparison that fails says why, and one of nothing says what is missing")
    func comparingFails() {
        var desk = Situation.normal.desk()
        desk.answers = {
            if case .backtest = $0 {
                .failed(sentence: "3 days are known; four weeks are needed")
            } else {
                Desk.fixtures($0)
            }
        }
        desk.press("t")
        #expect(desk.shows("× Not compared: 3 days are known; four weeks are needed"))
        desk.answers = Desk.nothing
        desk.press("t")
        #expect(desk.shows("Too little to compare"))
    }

    @Test("the forecast page and the comparison go to a file whole")
    func export() {
        var desk = Situation.degraded.desk()
        desk.press("v")
        let steps = FacilityRoom.table(desk.state, pane: desk.state.pane)
        #expect(steps.rows.count == 96 && steps.columns.count == steps.rows.first?.count)
        #expect(steps.text(as: .csv).contains(",degraded,0.81,yesterday's weather"))
        desk.press("t")
        let models = FacilityRoom.table(desk.state, pane: desk.state.pane)
        #expect(models.rows.count == 4 && models.rows.allSatisfy { $0.count == models.columns.count })
        #expect(models.text(as: .json).contains(#""model":"recipe","forecasts":336,"error_percent":6.8"#))
        desk.press("v")
        #expect(FacilityRoom.table(desk.state, pane: desk.state.pane).columns.contains("mean_kw"))
    }

    @Test("the palette goes to a forecast, compares models over so many weeks, and explains nonsense")
    func palette() {
        var desk = Desk(snapshot: Situation.normal.snapshot)
        desk.run("forecast F-003")
        #expect(desk.state.pane.route == .facility(FacilityID("F-003")) && desk.state.pane.facility.part == .forecast)
        desk.run("backtest 4")
        #expect(desk.state.pane.facility.comparison?.weeks == 4 && desk.shows("over 4 weeks"))
        desk.run("backtest F-002 26")
        #expect(desk.state.pane.facility.comparison.map { $0.facility == Self.mill && $0.weeks == 26 } == true)
        for (line, part) in [
            ("backtest 27", "Weeks are 1 to 26"), ("backtest F-999 4", "No facility F-999"),
            ("backtest a b 3", "Write a facility and a number of weeks"), ("forecast nowhere", "No facility nowhere"),
        ] {
            desk.run(line)
            #expect(desk.shows(part), "\(line)")
        }
    }

    @Test("no forecast can smuggle a control onto the screen")
    func hostile() {
        for (name, text) in HostileTextTests.corpus {
            var desk = Desk(snapshot: Situation.normal.snapshot)
            desk.answers = { work in
                switch work {
                case .forecast(let query):
                    var answer = Situation.manual.answer(query)
                    answer.forecast?.model = text
                    answer.forecast?.remarks = [text, text]
                    answer.forecast?.weather = .init(standing: .cached, provider: text)
                    answer.profile?.author = text
                    answer.profile?.reason = text
                    answer.standing?.caution = text
                    answer.standing?.inCharge = text
                    return .forecast(answer)
                case .backtest(let request):
                    var answer = Fleet.backtest(request)
                    answer.models[0].version = text
                    return .backtest(answer)
                default: return Desk.fixtures(work)
                }
            }
            desk.run("go F-002")
            for (keys, columns) in [("v", 80), ("Left", 200), ("t", 80), ("M", 120), ("Esc X", 80)] {
                desk.send(.input(.resized(Size(columns: columns, rows: 40))))
                desk.press(keys)
                let isHarmless = desk.screen.unicodeScalars.allSatisfy { $0 == "\n" || HostileTextTests.isHarmless($0) }
                #expect(isHarmless, "\(name) after \(keys) in \(columns)")
            }
        }
    }
}
