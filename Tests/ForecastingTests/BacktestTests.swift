import EnergyModel
import Testing

@testable import Forecasting

@Suite("Backtest")
struct BacktestTests {
    @Test("every version is scored on the same origins, the recipe ahead of last week's values")
    func versions() throws {
        let building = SyntheticBuilding(cooling: 5)
        let result = try Backtest.run(
            history: building.history(days: 45), prior: office, versions: ModelVersion.allCases, weeks: 2,
            constants: .small)
        #expect(result.weeks == 2)
        #expect(result.scores.map(\.version) == [.seasonalNaive, .weekdayMean, .recipe])
        #expect(result.scores.allSatisfy { $0.origins == 11 && $0.points == 11 * 24 })
        #expect(result.best?.version == .recipe)
        for score in result.scores {
            #expect((0.7...1).contains(score.coverage) && (0.01..<0.3).contains(score.relativeError))
            #expect(score.reaches.map(\.hours) == [0..<1, 1..<3, 3..<6, 6..<12, 12..<24])
            #expect(abs(score.bias) < score.relativeError && score.quantileScore < score.relativeError)
        }
        let naive = try #require(result.scores.first)
        #expect(abs((naive.againstWeekly ?? 0) - 1) < 0.25)
    }

    @Test("what comes after an origin has no influence on its forecast")
    func noLookAhead() throws {
        let building = SyntheticBuilding()
        var samples = building.samples(days: 36)
        func score(_ version: ModelVersion) throws -> BacktestScore? {
            let history = LoadHistory(grid: building.grid, calendar: building.calendar, samples: samples)
            return try Backtest.run(
                history: history, prior: office, versions: [version], weeks: 1, constants: .small
            ).scores.first
        }
        let versions = [ModelVersion.recipe, .weekdayMean]
        let plain = try versions.map { try score($0) }
        // The last origin lies 48 h before the end; what is changed comes in nobody's day.
        for index in samples.count - 5..<samples.count { samples[index].load = 1000 }
        #expect(try versions.map { try score($0) } == plain)
        #expect(plain[0]?.origins == 5)
        samples[29 * 24 + 3].load = 500
        #expect(try score(.weekdayMean) != plain[1])
    }

    @Test("a short history is walked as far as it goes", arguments: [(0, 0), (3, 0), (20, 0), (21, 1), (30, 2)])
    func shortHistory(days: Int, weeks: Int) throws {
        let building = SyntheticBuilding()
        let result = try Backtest.run(
            history: building.history(days: days), prior: office, versions: [.weekdayMean], weeks: 8,
            constants: .small)
        #expect(result.weeks == weeks)
        #expect(result.scores.count == (weeks > 0 ? 1 : 0))
    }

    @Test("the figures are what they are called")
    func figures() throws {
        var sums = BacktestSums()
        sums.beginOrigin()
        sums.add(truth: 100, low: 90, middle: 110, high: 120, hoursAhead: 0)
        sums.add(truth: 100, low: 110, middle: 120, high: 130, hoursAhead: 23)
        let score = try #require(sums.score(.recipe, weeklyError: 30))
        #expect(score.relativeError == 0.15 && score.meanError == 15 && score.coverage == 0.5)
        #expect(abs(score.width - 0.25) < 1e-12 && abs(score.bias - 0.15) < 1e-12 && score.againstWeekly == 0.5)
        // Pinball: 0.5 + 5 + 1 and 9.5 + 10 + 1.5.
        #expect(abs(score.quantileScore - 27.5 / 3 / 200) < 1e-12)
        #expect(score.reaches.map(\.relativeError) == [0.1, 0.2] && score.reaches.map(\.coverage) == [1, 0])
        #expect(BacktestSums().score(.recipe, weeklyError: nil) == nil)
    }
}
