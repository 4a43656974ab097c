import DemandResponse
import EnergyModel
import Forecasting
import Ports
import SwitchyardTesting
import Testing

@testable import Engine

@Suite("Forecasts of the engine")
struct ForecastServiceTests {
    @Test("a facility is forecast for its next 96 quarter hours, inside its band, and the course of its days is known")
    func ordinary() async throws {
        let world = try await ForecastWorld()
        try await world.store(days: 21)
        await world.turn()
        let forecast = try world.forecast()
        #expect(forecast.origin == Granularity.quarterHour.windowStart(of: world.time.now))
        #expect(forecast.steps.count == 96 && forecast.mode == .normal && forecast.model == "recipe")
        #expect(forecast.steps.allSatisfy { $0.low <= $0.middle && $0.middle <= $0.high && $0.low >= 0 })
        for (index, step) in forecast.steps.enumerated() {
            let truth = ForecastWorld.course(forecast.start(ofStep: index))
            #expect(abs(Double(step.middle) - truth) < 60, "\(forecast.start(ofStep: index)): \(step) of \(truth)")
            #expect(abs(step.calendar + step.recent + step.weather - step.middle) < 0.01)
        }
        #expect(try await world.forecasts.newestForecasts(at: nil) == [forecast])
    }

    @Test("a facility without any load is forecast by its kind and contract, says so and is worth little")
    func nothingKnown() async throws {
        let world = try await ForecastWorld()
        await world.turn()
        let forecast = try world.forecast()
        #expect(forecast.mode == .degraded && forecast.quality <= 0.3)
        #expect(forecast.remarks.contains { $0.contains("no load is known") })
        let highest = try #require(forecast.steps.map(\.middle).max())
        #expect(highest > 100 && highest < 500, "within the contract's reach: \(highest)")
    }

    @Test("what comes in between two runs is taken in, and a quarter hour half empty counts as unknown")
    func takesIn() async throws {
        let world = try await ForecastWorld()
        try await world.store(days: 14)
        await world.turn()
        let before = try #require(world.forecasting.crew[try world.id()])
        for _ in 0..<4 { try await world.quarter(scale: 1.5) }
        let after = try #require(world.forecasting.crew[try world.id()])
        #expect(
            after.taken == before.taken + 4 && after.next == Granularity.quarterHour.windowStart(of: world.time.now))
        let forecast = try world.forecast()
        let first = try #require(forecast.steps.first)
        let usual = ForecastWorld.course(forecast.origin)
        #expect(Double(first.middle) > usual * 1.15, "the level of the last hour counts: \(first) of \(usual)")
    }

    @Test("readings that half the meters lack do not pass for a low load")
    func thinReadings() {
        var share = ReadingShare()
        let start = UTCInstant(seconds: 1_790_000_000 - 1_790_000_000 % 900)
        func rollup(_ step: Int, _ count: UInt32) -> Rollup {
            Rollup(
                series: .facility(FacilityNumber(rawValue: 1)), granularity: .quarterHour,
                start: start.advanced(by: .seconds(900 * step)), meanKilowatts: 50, minKilowatts: 50, maxKilowatts: 50,
                kilowattHours: 12.5, count: count, goodCount: count)
        }
        let context = HistoryContext()
        #expect(share.sample(rollup(0, 600), context, least: 0.8).load == 50)
        #expect(share.sample(rollup(1, 310), context, least: 0.8).load == nil, "half the meters is half the load")
        #expect(share.sample(rollup(2, 500), context, least: 0.8).load == 50)
        // Half of the meters were taken away for good: after a day and a half the rest is all there is.
        for step in 3..<150 { _ = share.sample(rollup(step, 290), context, least: 0.8) }
        #expect(share.sample(rollup(150, 290), context, least: 0.8).load == 50)
    }

    @Test("loads under demand response never train: the forecast made before stands for them")
    func responding() {
        var share = ReadingShare()
        let start = UTCInstant(seconds: 1_790_000_000 - 1_790_000_000 % 900)
        let step = FacilityForecast.Step(low: 180, middle: 200, high: 220, calendar: 200, recent: 0)
        var context = HistoryContext()
        context.responses = [TimeRange(start: start, end: start.advanced(by: .seconds(3600)))]
        let rollup = Rollup(
            series: .facility(FacilityNumber(rawValue: 1)), granularity: .quarterHour, start: start, meanKilowatts: 90,
            minKilowatts: 90, maxKilowatts: 90, kilowattHours: 22, count: 60, goodCount: 60)
        #expect(share.sample(rollup, context, least: 0.5).load == nil)
        context.expected = FacilityForecast(
            facility: FacilityID("F-1")!, origin: start, issuedAt: start, model: "recipe", mode: .normal, quality: 1,
            weather: .none, remarks: [], steps: [step])
        let sample = share.sample(rollup, context, least: 0.5)
        #expect(sample.origin == .imputed && sample.load == 200)
    }

    @Test("the ladder of weather: live, cached, yesterday's, none; each marked, none a hole, and back again")
    func ladder() async throws {
        let world = try await ForecastWorld()
        try await world.store(days: 14)
        let start = world.time.now
        // A week of weather, so that the model has seen it.
        try world.tell(15, from: start.advanced(by: .seconds(-6 * 86_400)), hours: 6 * 24 + 40, fetched: start)
        await world.turn()
        #expect(try world.forecast().mode == .normal)
        #expect(try world.forecast().weather.standing == .live)
        #expect(try world.forecast().weather.provider == "weatherapi")
        // The provider falls silent: first its word ages, then it ends.
        for _ in 0..<12 { try await world.quarter() }
        #expect(try world.forecast().weather.standing == .cached)
        #expect(try world.forecast().mode == .degraded)
        for _ in 0..<80 { try await world.quarter() }
        #expect(try world.forecast().weather.standing == .persistence)
        #expect(try world.forecast().mode == .degraded)
        #expect(try world.forecast().steps.count == 96)
        #expect(try world.forecast().quality > 0.3)
        try world.tell(16, from: world.time.now, hours: 48, fetched: world.time.now)
        try await world.quarter()
        let again = try world.forecast()
        #expect(again.mode == .normal, "\(again.remarks)")
    }

    @Test("without any weather a model that needs it leaves its place to the mean of the weekday")
    func blind() async throws {
        var world = try await ForecastWorld()
        try await world.store(days: 35)
        let start = world.time.now
        try world.tell(15, from: start.advanced(by: .seconds(-6 * 86_400)), hours: 6 * 24 + 40, fetched: start)
        await world.turn()
        while await world.forecasting.refits.turn() {}
        try await world.crash()
        // Another engine knows the weights, and no weather at all.
        await world.turn()
        let forecast = try world.forecast()
        #expect(forecast.model == "weekday-mean" && forecast.mode == .degraded)
        #expect(forecast.remarks.contains { $0.contains("mean of the weekday") })
    }

    @Test("weights are learned once a day and outlive a crash")
    func refits() async throws {
        var world = try await ForecastWorld()
        try await world.store(days: 30)
        await world.turn()
        #expect(await world.forecasting.refits.turn())
        #expect(await !world.forecasting.refits.turn(), "not twice a day")
        let fittedAt = try #require(world.forecasting.crew[try world.id()]?.fittedAt)
        await world.turn()
        let before = try world.forecast()
        try await world.crash()
        await world.turn()
        #expect(world.forecasting.crew[try world.id()]?.fittedAt == fittedAt)
        let after = try world.forecast()
        #expect(after.steps == before.steps, "the same forecaster, restored")
        world.time.advance(by: .seconds(86_400))
        #expect(await world.forecasting.refits.turn())
    }

    @Test("a damaged archive is learned again, not trusted")
    func damaged() async throws {
        var world = try await ForecastWorld()
        try await world.store(days: 14)
        await world.turn()
        _ = await world.forecasting.refits.turn()
        let id = try world.id()
        var archive = try #require(try await world.forecasts.forecasterArchive(of: id))
        archive.bytes[archive.bytes.count / 2] ^= 1
        try await world.forecasts.put(archive)
        try await world.crash()
        await world.turn()
        #expect(world.forecasting.crew[id]?.fittedAt == nil)
        #expect(try world.forecast().mode == .normal)
    }

    @Test("history that comes in later is read before the next forecast")
    func backfilled() async throws {
        let world = try await ForecastWorld()
        await world.turn()
        #expect(try world.forecast().mode == .degraded)
        try await world.store(days: 7)
        world.time.advance(by: .seconds(900))
        await world.turn()
        #expect(world.forecasting.crew[try world.id()]?.taken == 672)
        #expect(try world.forecast().mode == .normal)
    }

    @Test("forecasts that the store refuses wait in the log and come to it in order, once")
    func buffered() async throws {
        let world = try await ForecastWorld(facilities: 3)
        world.forecasts.faults.setFull(true)
        await world.turn()
        let issued = world.board.forecasts.sorted { $0.facility < $1.facility }
        #expect(issued.count == 3)
        #expect(try await world.forecasts.newestForecasts(at: nil).isEmpty)
        world.forecasts.faults.setFull(false)
        let consumer = try await world.log.consumer(of: .forecastBuffer, group: ForecastBufferService.group)
        for _ in 0..<4 { try await world.forecasting.buffer.turn(consumer, wait: .zero) }
        #expect(try await world.forecasts.newestForecasts(at: nil) == issued)
        let lag = try await world.log.lag(of: .forecastBuffer, group: ForecastBufferService.group)
        #expect(lag.allSatisfy { $0.items == 0 })
    }

    @Test("what was forecast before a crash shows at once after it")
    func recalled() async throws {
        var world = try await ForecastWorld()
        try await world.store(days: 7)
        await world.turn()
        let before = try world.forecast()
        try await world.crash()
        #expect(world.board[try world.id()] == nil)
        #expect(await world.forecasting.service.recall())
        #expect(try world.forecast() == before)
    }

    @Test("one engine of several makes the forecasts; another takes over when its lease has run out")
    func leased() async throws {
        let world = try await ForecastWorld { $0.response.owner = "second" }
        try await world.store(days: 7)
        let span = Duration.seconds(900)
        _ = try await world.records.claim(
            lease: ForecastService.lease, owner: "first", now: world.time.now, duration: span)
        await world.turn()
        #expect(world.board.forecasts.isEmpty)
        world.time.advance(by: span)
        await world.turn()
        #expect(world.board.forecasts.count == 1)
    }

    @Test("a facility that was silent for a week gets what its gap was filled with")
    func silent() async throws {
        let world = try await ForecastWorld()
        try await world.store(days: 14)
        await world.turn()
        let silentFrom = Granularity.quarterHour.windowStart(of: world.time.now)
        world.time.advance(by: .seconds(7 * 86_400))
        await world.turn()
        #expect(try world.forecast().mode == .degraded)
        try await world.store(days: 0, since: silentFrom)
        world.time.advance(by: .seconds(900))
        try await world.store(days: 0, since: world.time.now.advanced(by: .seconds(-1800)))
        await world.turn()
        let member = try #require(world.forecasting.crew[try world.id()])
        #expect(member.taken == 14 * 96 + 7 * 96 + 1)
        #expect(try world.forecast().mode == .normal)
    }

    @Test("after six weeks without load nothing good is claimed, and the days keep their shape")
    func longOutage() async throws {
        let world = try await ForecastWorld()
        try await world.store(days: 28)
        await world.turn()
        let good = try world.forecast().quality
        for weeks in [3, 6] {
            world.time.advance(by: .seconds(3 * 7 * 86_400))
            await world.turn()
            let forecast = try world.forecast()
            #expect(forecast.quality < 0.25 && good > 0.5, "\(weeks) weeks: \(forecast.quality) of \(good)")
            let middles = forecast.steps.map(\.middle)
            #expect(
                (middles.max() ?? 0) - (middles.min() ?? 0) > 50 || Self.isWeekend(forecast), "\(weeks) weeks: flat")
        }
    }

    private static func isWeekend(_ forecast: FacilityForecast) -> Bool {
        Set((0..<96).map { ForecastWorld.course(forecast.start(ofStep: $0)) }).count == 1
    }

    @Test("a facility keeps its own holidays; the others keep everybody's")
    func ownHolidays() async throws {
        let christmas = try HolidayTable(parsing: "Christmas = 12-25")
        let world = try await ForecastWorld(facilities: 2) { settings in
            settings.response.report.holidays = .none
            settings.forecast.holidays = [FacilityID("F-1")!: christmas]
        }
        let crew = world.forecasting.crew
        let calendars = world.parts.directory.current.facilities.sorted { $0.id < $1.id }
            .map { crew.calendar(of: $0, at: world.time.now) }
        let year = 2026
        #expect(calendars == [DayCalendar(christmas, years: year - 3...year + 5), DayCalendar()])
    }

    @Test("a run that is late is told of, and a plan then rests on the newest loads")
    func late() async throws {
        let world = try await ForecastWorld()
        try await world.store(days: 7)
        await world.turn()
        try world.forecasting.service.check()
        let lookup = world.forecasting.lookup
        #expect(await lookup.usable(at: world.time.now).count == 1)
        #expect(await lookup.usable(at: world.time.now.advanced(by: .seconds(-120))).isEmpty, "a clock set back")
        world.time.advance(by: .seconds(1801))
        #expect(await lookup.usable(at: world.time.now).isEmpty)
        #expect(throws: PortError.self) { try world.forecasting.service.check() }
    }

    @Test("a profile entered by hand takes the forecast's place at once, survives a crash, and ends")
    func profiles() async throws {
        var world = try await ForecastWorld()
        try await world.store(days: 7)
        await world.turn()
        let until = world.time.now.advanced(by: .seconds(3600))
        let request = LoadProfileRequest(
            facility: try world.id(), kilowatts: (0..<24).map { Double(100 + $0) }, bandShare: 0.1, until: until)
        guard case .done = await world.submit("k1", .enterProfile(request)) else {
            Issue.record("the profile was refused")
            return
        }
        var forecast = try world.forecast()
        #expect(forecast.mode == .manual && forecast.model == "manual" && abs(forecast.quality - 0.9) < 1e-9)
        let hour = Int(forecast.origin.milliseconds / 3_600_000 % 24)
        #expect(forecast.steps[0].middle == Float(100 + hour) && forecast.steps[0].low == Float(100 + hour) * 0.9)
        #expect(forecast.remarks.contains { $0.contains("operator:ana") })
        let after = try #require(forecast.steps.last)
        #expect(abs(Double(after.middle) - 100 - Double(hour)) > 5, "from its end on the model speaks: \(after)")
        try await world.crash()
        #expect(await world.forecasting.service.recall())
        await world.turn()
        #expect(try world.forecast().mode == .manual)
        world.time.advance(by: .seconds(4500))
        await world.turn()
        forecast = try world.forecast()
        #expect(forecast.mode != .manual)
        guard case .refused(let sentence) = await world.submit("k2", .enterProfile(request)) else {
            Issue.record("a profile of the past was taken")
            return
        }
        #expect(sentence.contains("ended"))
        var short = request
        short.kilowatts = [1, 2]
        short.until = world.time.now.advanced(by: .seconds(60))
        guard case .refused(let why) = await world.submit("k3", .enterProfile(short)) else {
            Issue.record("two values were taken for a day")
            return
        }
        #expect(why.contains("24"))
    }

    @Test("what was forecast a day ahead is told beside the newest, and of a past moment what was then in force")
    func asked() async throws {
        let world = try await ForecastWorld()
        try await world.store(days: 14)
        await world.turn()
        let first = try world.forecast()
        for _ in 0..<100 { try await world.quarter() }
        let link = world.engine.link
        let id = try world.id()
        let now = world.time.now
        let answer = try await link.forecast(
            ForecastQuery(facility: id, dayAheadFrom: now.advanced(by: .seconds(-12 * 3600))))
        #expect(answer.forecast == (try world.forecast()))
        #expect(answer.dayAhead.count == 48 && answer.dayAhead.map(\.start) == answer.dayAhead.map(\.start).sorted())
        #expect(answer.standing?.inCharge == "recipe")
        let past = try await link.forecast(
            ForecastQuery(facility: id, at: first.origin.advanced(by: .seconds(60)), dayAheadFrom: nil))
        #expect(past.forecast == first && past.standing == nil)
        await #expect(throws: PortError.self) {
            _ = try await link.forecast(ForecastQuery(facility: FacilityID("F-9")!))
        }
    }

    @Test("a backtest compares the models on the facility's own past")
    func backtest() async throws {
        let world = try await ForecastWorld()
        try await world.store(days: 35)
        let request = BacktestRequest(facility: try world.id(), weeks: 1)
        let answer = try await world.engine.link.backtest(request)
        #expect(
            answer.request.weeks == 1 && Set(answer.models.map(\.version)).isSuperset(of: ["recipe", "weekday-mean"]))
        #expect(answer.models.map(\.relativeError) == answer.models.map(\.relativeError).sorted())
        await #expect(throws: PortError.self) {
            _ = try await world.engine.link.backtest(BacktestRequest(facility: try world.id(), weeks: 0))
        }
    }

    @Test("snapshots carry each facility's peak and the fleet's")
    func snapshots() async throws {
        let world = try await ForecastWorld(facilities: 2)
        for number in 1...2 { try await world.store(days: 7, of: number) }
        await world.turn()
        let fleet = try #require(world.board.fleet)
        #expect(fleet.facilities == 2)
        let briefs = world.board.briefs
        let sum = briefs.values.reduce(0) { $0 + $1.peak.kilowatts }
        #expect(abs(fleet.peak.kilowatts - sum) < 40, "offices peak together: \(fleet.peak) of \(sum)")
        let past = try await world.engine.link.snapshot(at: world.time.now.advanced(by: .seconds(1)))
        #expect(past.forecast == fleet && past.facilities.allSatisfy { $0.forecast == briefs[$0.id] })
    }

    @Test("a forecast peak near the contract is noted once, and once when it is gone")
    func peaks() async throws {
        let world = try await ForecastWorld { $0.forecast.peakWarning = 0.5 }
        try await world.store(days: 14)
        let noted = world.parts.journal.noted
        await world.turn()
        #expect(world.parts.journal.noted == noted + 1)
        try await world.quarter()
        #expect(world.parts.journal.noted == noted + 1)
    }
}
