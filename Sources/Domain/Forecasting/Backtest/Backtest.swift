/// How the model versions would have done on a facility's own past: forecasts every 30 hours, weights learned anew once a week
/// from what lay before, as if live. The temperature of the day ahead is the one that came, as a perfect weather forecast.
package struct BacktestResult: Hashable, Sendable {
    /// In the order the versions were asked for; one that could not be scored is missing.
    package var scores: [BacktestScore]
    /// Weeks that were walked through: fewer than asked for when the history is short.
    package var weeks: Int

    /// The version with the least error.
    package var best: BacktestScore? { scores.min { $0.relativeError < $1.relativeError } }
}

package enum Backtest {
    /// Hours between two origins: every hour of the day gets its turn within a week.
    static let everyHours = 30
    /// Days a model is given before it is asked for the first time.
    private static let leastDays = 14
    package static let longestWeeks = 52

    /// Pure; some `weeks` + 7 fits a version, so: in the background. Nothing at or after an origin, but for the temperature and
    /// the holidays, has any influence on the forecast there. Of the versions `lstm` is passed over without a network.
    package static func run(
        history: LoadHistory, prior: LoadPrior, versions: [ModelVersion], weeks: Int,
        constants: RecipeConstants = RecipeConstants(), network: LoadNetwork? = nil
    ) throws(CancellationError) -> BacktestResult {
        let clean = CleanHistory(history)
        let week = 7 * clean.slotsPerDay
        let lastDay = history.end / clean.slotsPerDay * clean.slotsPerDay
        let possible = (lastDay - history.start - leastDays * clean.slotsPerDay) / week
        let weeks = max(0, min(weeks, possible, longestWeeks))
        var result = BacktestResult(scores: [], weeks: weeks)
        guard weeks > 0 else { return result }
        let start = lastDay - weeks * week
        let weekly = weeklyError(clean, before: start)
        for version in versions where version != .lstm || network != nil {
            let sums = try sums(clean, from: start, prior, version, constants, network)
            if let score = sums.score(version, weeklyError: weekly) { result.scores.append(score) }
        }
        return result
    }

    private static func sums(
        _ clean: CleanHistory, from start: Int, _ prior: LoadPrior, _ version: ModelVersion,
        _ constants: RecipeConstants, _ network: LoadNetwork?
    ) throws(CancellationError) -> BacktestSums {
        var forecaster = Forecaster.replayed(
            clean, until: start, prior: prior, version: version, constants: constants, network: network)
        let (perDay, perHour) = (clean.slotsPerDay, forecaster.state.slotsPerHour)
        var sums = BacktestSums()
        while forecaster.state.end + perDay <= clean.history.end {
            let passed = forecaster.state.end - start
            if passed > 0, passed % (7 * perDay) == 0 {
                if Task.isCancelled { throw CancellationError() }
                forecaster.adopt(
                    Forecaster.fit(
                        clean, until: forecaster.state.end, prior: prior, version: version, constants: constants))
            }
            if passed % (everyHours * perHour) == 0 { compare(forecaster, clean, perHour, &sums) }
            forecaster.advance(clean)
        }
        return sums
    }

    private static func compare(
        _ forecaster: Forecaster, _ clean: CleanHistory, _ perHour: Int, _ sums: inout BacktestSums
    ) {
        let first = forecaster.state.end - clean.history.start
        sums.beginOrigin()
        for (horizon, step) in forecaster.dayAhead().enumerated() where clean.isValid[first + horizon] {
            sums.add(
                truth: Double(clean.load[first + horizon]), low: step.low, middle: step.middle, high: step.high,
                hoursAhead: horizon / perHour)
        }
    }

    /// Mean absolute difference to the week before, over the 8 weeks before `slot`.
    private static func weeklyError(_ clean: CleanHistory, before slot: Int) -> Double? {
        let week = 7 * clean.slotsPerDay
        let end = slot - clean.history.start
        var (sum, count) = (0.0, 0)
        for index in max(week, end - 8 * week)..<max(week, end) {
            guard clean.isValid[index], clean.isValid[index - week] else { continue }
            sum += Double(abs(clean.load[index] - clean.load[index - week]))
            count += 1
        }
        return count > 0 ? sum / Double(count) : nil
    }
}
