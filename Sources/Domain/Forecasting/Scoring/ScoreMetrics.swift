/// The figures of the score script, by its formulas, over all origins of a series.
package struct ScoreMetrics: Hashable, Sendable {
    package static let names = [
        "WAPE", "MAPE", "CVRMSE", "MASEd", "MASEw", "PIN05", "PIN50", "PIN95", "QS", "COV90", "WID90", "INT90", "rMAE",
    ]
    /// In the order of `names`; percent, but for MASE and rMAE.
    package private(set) var values: [Double]
    /// Points that were scored.
    package let count: Int

    package subscript(name: String) -> Double {
        ScoreMetrics.names.firstIndex(of: name).map { values[$0] } ?? .nan
    }

    /// Nil when no point can be scored.
    package init?(_ series: ScoredSeries) {
        var points: [Point] = []
        let perDay = series.entry.resolution.slotsPerDay
        for (index, steps) in series.forecasts.enumerated() {
            guard let position = series.rows.position(of: series.entry.instants[index]) else { continue }
            ScoreMetrics.gather(&points, series, steps, position, perDay)
        }
        guard !points.isEmpty, let first = series.entry.instants.first,
            let start = series.rows.position(of: first)
        else { return nil }
        let history = series.rows.loads[max(0, start - 56 * perDay)..<start]
        count = points.count
        values = ScoreMetrics.figures(
            points, daily: ScoreMetrics.naiveError(history, lag: perDay),
            weekly: ScoreMetrics.naiveError(history, lag: 7 * perDay))
    }

    private struct Point {
        var truth: Double
        var step: ScoredStep
        var weekBefore: Double
    }

    private static func gather(
        _ points: inout [Point], _ series: ScoredSeries, _ steps: [ScoredStep], _ position: Int, _ perDay: Int
    ) {
        var next = 0
        for row in position..<min(series.rows.starts.count, position + perDay) {
            while next < steps.count, steps[next].start < series.rows.starts[row] { next += 1 }
            guard next < steps.count, steps[next].start == series.rows.starts[row] else { continue }
            let truth = series.rows.loads[row]
            guard truth.isFinite, truth <= series.entry.largestValid else { continue }
            let weekBefore = row >= 7 * perDay ? series.rows.loads[row - 7 * perDay] : .nan
            points.append(Point(truth: truth, step: steps[next], weekBefore: weekBefore))
        }
    }

    /// Mean absolute difference over `lag` rows, of those where both are known.
    private static func naiveError(_ history: ArraySlice<Double>, lag: Int) -> Double {
        var (sum, count) = (0.0, 0)
        for index in history.indices where index - lag >= history.startIndex {
            let difference = abs(history[index] - history[index - lag])
            if difference.isFinite {
                sum += difference
                count += 1
            }
        }
        return sum / Double(count)
    }

    private static func figures(_ points: [Point], daily: Double, weekly: Double) -> [Double] {
        let count = Double(points.count)
        func mean(_ value: (Point) -> Double) -> Double { points.reduce(0) { $0 + value($1) } / count }
        func pinball(_ share: Double, _ value: @escaping (ScoredStep) -> Double, _ level: Double) -> Double {
            mean { max(share * ($0.truth - value($0.step)), (share - 1) * ($0.truth - value($0.step))) } / level * 100
        }
        let level = mean { abs($0.truth) }
        let error = mean { abs($0.truth - $0.step.middle) }
        let square = mean { ($0.truth - $0.step.middle) * ($0.truth - $0.step.middle) }
        let big = points.filter { abs($0.truth) > 0.05 * level }
        let relative = big.reduce(0) { $0 + abs($1.truth - $1.step.middle) / abs($1.truth) } / Double(big.count)
        let pins = [pinball(0.05, \.low, level), pinball(0.5, \.middle, level), pinball(0.95, \.high, level)]
        let inside = mean { $0.truth >= $0.step.low && $0.truth <= $0.step.high ? 1 : 0 }
        let width = mean { $0.step.high - $0.step.low }
        let winkler = mean {
            $0.step.high - $0.step.low + 20 * max($0.step.low - $0.truth, 0) + 20 * max($0.truth - $0.step.high, 0)
        }
        let weeks = points.filter { $0.weekBefore.isFinite }
        let ours = weeks.reduce(0) { $0 + abs($1.truth - $1.step.middle) }
        let naive = weeks.reduce(0) { $0 + abs($1.truth - $1.weekBefore) }
        return [
            100 * error / level, 100 * relative, 100 * square.squareRoot() / level, error / daily, error / weekly,
            pins[0], pins[1], pins[2], (pins[0] + pins[1] + pins[2]) / 3, 100 * inside, 100 * width / level,
            100 * winkler / level, ours / naive,
        ]
    }

    /// Mean over series; of rMAE the geometric mean. Nil for none.
    package init?(meanOf all: [ScoreMetrics]) {
        guard !all.isEmpty else { return nil }
        values = ScoreMetrics.names.indices.map { index in
            let column = all.map { $0.values[index] }
            guard ScoreMetrics.names[index] == "rMAE" else { return column.reduce(0, +) / Double(all.count) }
            return exponential(column.reduce(0) { $0 + naturalLogarithm($1) } / Double(all.count))
        }
        count = all.reduce(0) { $0 + $1.count }
    }
}
