/// Whether a forecaster still deserves its place, from what it did lately: the realised error against that of the fall-back on
/// the same forecasts, and against its own band.
package struct DriftWatch: Hashable, Sendable {
    package enum Verdict: Hashable, Sendable {
        /// Not enough forecasts were judged to say.
        case tooEarly
        case good
        /// Worse than it claims: to be shown, not yet acted upon.
        case drifting(String)
        /// Worse than the fall-back (`weekday-mean`), which should take over.
        case failing(String)
    }

    /// Judged forecasts before anything is said: two days' worth.
    package var leastForecasts = 16
    /// Share of truths in the 90 % band below which the band promises too much.
    package var leastCoverage = 0.75
    /// Error over that of the fall-back from which a model fails.
    package var mostAgainstFallback = 1.15
    /// Error over that of the fall-back up to which a failed model has recovered: below 1, so that nothing flutters.
    package var recovered = 0.95
    /// Relative errors below it are as good as none.
    private static let negligible = 0.005

    package init() {}

    /// Without the fall-back's record the model is compared with the same slot a week before.
    package func verdict(_ record: ForecastRecord, beside fallback: ForecastRecord? = nil) -> Verdict {
        guard record.forecasts >= leastForecasts, let coverage = record.coverage, let error = record.relativeError
        else {
            return .tooEarly
        }
        if let other = fallback?.relativeError {
            if error > mostAgainstFallback * max(other, DriftWatch.negligible) {
                let errors = "\(percent(error)) % of the load, that of weekday-mean \(percent(other)) %"
                return .failing("its error lately was \(errors)")
            }
        } else if let naive = record.againstNaive, naive > mostAgainstFallback, error > DriftWatch.negligible {
            return .failing("its error is \(percent(naive)) % of that of last week's values")
        }
        guard coverage >= leastCoverage else {
            return .drifting("only \(percent(coverage)) % of the last week's values lie in its 90 % band")
        }
        return .good
    }

    /// Why a model that failed may have its place back; nil while it may not.
    package func recovery(_ record: ForecastRecord, beside fallback: ForecastRecord) -> String? {
        guard record.forecasts >= leastForecasts, let error = record.relativeError, let other = fallback.relativeError,
            error <= max(recovered * other, DriftWatch.negligible)
        else { return nil }
        return "its error lately was \(percent(error)) % of the load, that of weekday-mean \(percent(other)) %"
    }

    /// At most 9999: a load near zero knows no bounds.
    private func percent(_ share: Double) -> Int { Int((min(99.99, max(0, share)) * 100).rounded()) }
}
