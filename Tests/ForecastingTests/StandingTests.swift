import EnergyModel
import Testing

@testable import Forecasting

@Suite("Standing of a model")
struct StandingTests {
    private func record(error: Float) -> ForecastRecord {
        var record = ForecastRecord()
        for _ in 0..<30 {
            record.beginForecast()
            for _ in 0..<ErrorPool.steps {
                record.add(error: error, load: 100, isInside: true, claimed: 5, reference: 10)
            }
        }
        return record
    }

    @Test("a model that fails gives way to weekday-mean and says why, and comes back when it has recovered")
    func demotionAndBack() throws {
        let building = SyntheticBuilding()
        let origin = building.end(ofDays: 20)
        var forecaster = Forecaster.replayed(building.history(days: 20), prior: office, constants: .small)
        let plain = Forecaster.replayed(
            building.history(days: 20), prior: office, version: .weekdayMean, constants: .small)
        forecaster.fallback?.record = record(error: 6)
        var changes: [ModelStanding.Change?] = []
        for (error, speaks) in [
            (Float(5), ModelVersion.recipe), (9, .weekdayMean), (7, .weekdayMean), (5, .recipe), (6.5, .recipe),
        ] {
            forecaster.judgement.record = record(error: error)
            changes.append(forecaster.review(at: origin))
            let forecast = forecaster.forecast(from: origin)
            #expect(forecast.version == speaks, "\(error)")
            #expect(isSane(forecast))
            guard speaks == .weekdayMean else { continue }
            #expect(forecast.steps.map(\.middle) == plain.forecast(from: origin).steps.map(\.middle))
            #expect(forecaster.standing.since == origin)
        }
        guard case .demoted(let why)? = changes[1], case .promoted? = changes[3] else {
            Issue.record("demoted and then promoted, not \(changes)")
            return
        }
        #expect(why == "its error lately was 9 % of the load, that of weekday-mean 6 %")
        #expect(changes[0] == nil && changes[2] == nil && changes[4] == nil)
        #expect(forecaster.standing == ModelStanding(inCharge: .recipe))
    }

    @Test("a demoted forecaster is restored as one")
    func archivedStanding() throws {
        let building = SyntheticBuilding()
        var forecaster = Forecaster.replayed(building.history(days: 20), prior: office, constants: .small)
        forecaster.standing = ModelStanding(inCharge: .weekdayMean, reason: "it failed", since: building.start)
        let back = try Forecaster(
            archive: forecaster.archived(), grid: building.grid, calendar: building.calendar, prior: office,
            constants: .small)
        #expect(back.standing == forecaster.standing)
        #expect(back.forecast(from: building.end(ofDays: 20)).version == .weekdayMean)
    }

    @Test("lstm without weights is weekday-mean, and says so")
    func withoutWeights() {
        let building = SyntheticBuilding()
        let history = building.history(days: 20)
        let origin = building.end(ofDays: 20)
        var forecaster = Forecaster.replayed(history, prior: office, version: .lstm, constants: .small)
        let plain = Forecaster.replayed(history, prior: office, version: .weekdayMean, constants: .small)
        let forecast = forecaster.forecast(from: origin)
        #expect(forecast.version == .weekdayMean)
        #expect(forecast.steps.map(\.middle) == plain.forecast(from: origin).steps.map(\.middle))
        #expect(forecaster.standing.reason?.contains("switchyard forecast train") == true)
        #expect(forecaster.review(at: origin) == nil)
    }
}
