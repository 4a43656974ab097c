/// `data_quality_score`: one minus the relative error that is to be expected of the forecast, so 0.93 says "7 % off in the
/// mean". History, gaps, age and weather lower it, because the pool does not show yet what they will do.
struct QualityScore {
    /// Mean absolute error over mean load that the pool shows.
    var expectedError: Double
    /// Days' worth of valid values ever.
    var days: Int
    /// Valid share of the last week, 0...1.
    var validShare: Double
    /// Hours since the newest value.
    var hoursOld: Int
    var lacksWeather: Bool
    /// How far the realised error exceeds what was claimed.
    var realisedOverClaimed: Double

    /// 0...1. Without any history at most 0.3; with less than 30 days below what the error alone would give (FC-18).
    var value: Double {
        let honest = expectedError * min(2, max(1, realisedOverClaimed))
        let cap = days == 0 ? 0.3 : days < 7 ? 0.5 : days < 30 ? 0.6 + 0.4 * Double(days - 7) / 23 : 1
        let penalty =
            (0.5 + 0.5 * min(1, validShare / 0.95)) * (lacksWeather ? 0.97 : 1)
            * max(0.5, 1 - 0.01 * Double(hoursOld))
        let score = min(cap, 1 - min(1, honest)) * penalty
        return score.isFinite ? min(1, max(0, score)) : 0
    }
}

extension SeriesState {
    /// Share of the last seven days' slots that were measured and plausible; 0 before the first.
    var recentValidShare: Double {
        let recent = isValid.suffix(7 * slotsPerDay)
        guard !recent.isEmpty else { return 0 }
        return Double(recent.reduce(0) { $1 ? $0 + 1 : $0 }) / Double(recent.count)
    }
}
