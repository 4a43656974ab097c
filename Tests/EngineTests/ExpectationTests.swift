import DemandResponse
import EnergyModel
import Ports
import Testing

@testable import Engine

@Suite("What a plan expects of a building's load")
struct ExpectationTests {
    private static let origin = UTCInstant(seconds: 1_790_000_100 - 1_790_000_100 % 900)

    /// 100 kW, 1 kW more with each quarter hour, ten below and above.
    private func forecast(_ mode: ForecastQuality = .normal) throws -> FacilityForecast {
        FacilityForecast(
            facility: try #require(FacilityID("F-1")), origin: Self.origin, issuedAt: Self.origin, model: "recipe",
            mode: mode, quality: 0.9, weather: .none, remarks: [],
            steps: (0..<96).map { index in
                let middle = Float(100 + index)
                return FacilityForecast.Step(
                    low: middle - 10, middle: middle, high: middle + 10, calendar: middle, recent: 0)
            })
    }

    private func window(_ fromMinutes: Int, _ minutes: Int) -> TimeRange {
        let start = Self.origin.advanced(by: .seconds(60 * fromMinutes))
        return TimeRange(start: start, end: start.advanced(by: .seconds(60 * minutes)))
    }

    @Test("each quarter hour of the window has its band, the first and last cut to the window")
    func bands() throws {
        let expected = try #require(Expectation(try forecast(), over: window(20, 40)))
        #expect(expected.quality == .normal)
        #expect(expected.load.map(\.lower.kilowatts) == [91, 92, 93])
        #expect(expected.load.map(\.upper.kilowatts) == [111, 112, 113])
        #expect(expected.load.first?.range.start == window(20, 40).start)
        #expect(expected.load.last?.range.end == window(20, 40).end)
    }

    @Test("a forecast by hand or a degraded one says so", arguments: [ForecastQuality.manual, .degraded])
    func quality(mode: ForecastQuality) throws {
        #expect(Expectation(try forecast(mode), over: window(0, 60))?.quality == mode)
    }

    @Test("beyond its 24 hours the same hours of the day before stand for it, degraded; two days on nothing does")
    func beyond() throws {
        let tomorrow = try #require(Expectation(try forecast(), over: window(23 * 60, 120)))
        #expect(tomorrow.quality == .degraded)
        #expect(tomorrow.load.map(\.expected.kilowatts) == [192, 193, 194, 195, 100, 101, 102, 103])
        #expect(Expectation(try forecast(), over: window(49 * 60, 60)) == nil)
    }

    @Test("a window that has begun is expected from now on, one that is over is not expected at all")
    func past() throws {
        #expect(Expectation(try forecast(), over: window(-30, 45))?.load.count == 1)
        #expect(Expectation(try forecast(), over: window(-60, 30)) == nil)
    }

    @Test("the planner takes the lower bound, and a band above the limit calls for a person")
    func planned() throws {
        let expected = try #require(Expectation(try forecast(), over: window(0, 60)))
        let outlook = FacilityOutlook(
            facility: try #require(FacilityID("F-1")), kind: .office, points: try ResponseWorld.points(),
            load: expected.load, quality: expected.quality, contractDemand: Power(kilowatts: 500))
        let proposal = { (rules: PlanRules) in
            DispatchPlanner(rules: rules).propose(
                PlanRequest(
                    event: DREventID("E-1")!,
                    schedule: EventSchedule(slots: [
                        .init(interval: 0, range: self.window(0, 60), signal: .reduceBy(Power(kilowatts: 20)))
                    ]), facilities: [outlook], now: Self.origin))
        }
        var rules = PlanRules()
        let calm = proposal(rules)
        #expect(calm.plan.forecastQuality == .normal && calm.warnings.isEmpty)
        rules.widestBand = 0.15
        #expect(proposal(rules).warnings.contains { if case .wideBand = $0 { true } else { false } })
    }
}
