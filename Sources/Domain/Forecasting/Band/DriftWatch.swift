/// Whether a forecaster still deserves its place, from what it did lately: the realised error against its own band and against
/// the same slot a week ago.
package struct DriftWatch: Hashable, Sendable {
    package enum Verdict: Hashable, Sendable {
        /// Not enough forecasts were judged to say.
        case tooEarly
        case good
        /// Worse than it claims: to be shown, not yet acted upon.
        case drifting(String)
        /// Worse than no model: the fall-back (`weekday-mean`) should take over.
        case failing(String)
    }

    /// Judged forecasts before anything is said: two days' worth.
    package var leastForecasts = 16
    /// Share of truths in the 90 % band below which the band promises too much.
    package var leastCoverage = 0.75
    /// Error over that of the same slot a week ago from which a model is worse than none.
    package var mostAgainstNaive = 1.15

    package init() {}

    package func verdict(_ record: ForecastRecord) -> Verdict {
        guard record.forecasts >= leastForecasts, let coverage = record.coverage, let naive = record.againstNaive else {
            return .tooEarly
        }
        let covered = Int((coverage * 100).rounded())
        if naive > mostAgainstNaive {
            let percent = Int((naive * 100).rounded())
            return .failing("its error is \(percent) % of that of last week's values; weekday-mean should take over")
        }
        guard coverage >= leastCoverage else {
            return .drifting("only \(covered) % of the last week's values lie in its 90 % band")
        }
        return .good
    }
}
