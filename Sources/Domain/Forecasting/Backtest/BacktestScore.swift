/// How one model would have done, over all origins of a backtest. Shares are of 1, errors in units of the load.
package struct BacktestScore: Hashable, Sendable {
    /// A part of the day ahead.
    package struct Reach: Hashable, Sendable {
        /// Hours from the origin.
        package var hours: Range<Int>
        package var relativeError: Double
        package var coverage: Double
    }

    package var version: ModelVersion
    /// Forecasts that were compared with what came, and values compared.
    package var origins: Int
    package var points: Int
    /// Absolute error over load (WAPE).
    package var relativeError: Double
    /// Mean absolute error (MAE).
    package var meanError: Double
    /// Mean pinball loss of the 5 %, 50 % and 95 % lines over the mean load (QS).
    package var quantileScore: Double
    /// Share of truths in the 90 % band.
    package var coverage: Double
    /// Mean width of the band over the mean load.
    package var width: Double
    /// Mean of forecast minus truth over the mean load: above 0 it says too much.
    package var bias: Double
    /// Mean error over that of the same slot a week ago in the 8 weeks before the backtest (weekly MASE); nil without them.
    package var againstWeekly: Double?
    package var reaches: [Reach]
}

/// Sums that become a score.
struct BacktestSums {
    private static let bounds = [0] + BandTable.buckets

    private struct Part {
        var error = 0.0
        var load = 0.0
        var inside = 0
        var count = 0
    }

    private var parts = [Part](repeating: Part(), count: BandTable.buckets.count)
    private var pinball = 0.0
    private var width = 0.0
    private var excess = 0.0
    private(set) var origins = 0

    mutating func beginOrigin() { origins += 1 }

    mutating func add(truth: Double, low: Double, middle: Double, high: Double, hoursAhead: Int) {
        let bucket = BandTable.bucket(hours: hoursAhead)
        parts[bucket].error += abs(truth - middle)
        parts[bucket].load += abs(truth)
        parts[bucket].inside += truth >= low && truth <= high ? 1 : 0
        parts[bucket].count += 1
        for (share, line) in [(0.05, low), (0.5, middle), (0.95, high)] {
            pinball += max(share * (truth - line), (share - 1) * (truth - line)) / 3
        }
        width += high - low
        excess += middle - truth
    }

    /// Nil when nothing was compared, or when there was no load.
    func score(_ version: ModelVersion, weeklyError: Double?) -> BacktestScore? {
        let error = parts.reduce(0) { $0 + $1.error }
        let load = parts.reduce(0) { $0 + $1.load }
        let count = parts.reduce(0) { $0 + $1.count }
        guard count > 0, load > 0 else { return nil }
        let reaches = parts.enumerated().compactMap { index, part -> BacktestScore.Reach? in
            guard part.load > 0 else { return nil }
            return BacktestScore.Reach(
                hours: BacktestSums.bounds[index]..<min(24, BacktestSums.bounds[index + 1]),
                relativeError: part.error / part.load, coverage: Double(part.inside) / Double(part.count))
        }
        let inside = parts.reduce(0) { $0 + $1.inside }
        let mean = error / Double(count)
        return BacktestScore(
            version: version, origins: origins, points: count, relativeError: error / load, meanError: mean,
            quantileScore: pinball / load, coverage: Double(inside) / Double(count), width: width / load,
            bias: excess / load, againstWeekly: weeklyError.flatMap { $0 > 0 ? mean / $0 : nil }, reaches: reaches)
    }
}
