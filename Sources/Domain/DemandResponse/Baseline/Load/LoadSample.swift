import EnergyModel

/// Mean power over a span of event time, at most a day: longer than a slot it stands for every slot it covers.
package struct LoadSample: Hashable, Sendable, Codable {
    package var span: TimeRange
    package var mean: Power
    package var quality: ReadingQuality

    package init(span: TimeRange, mean: Power, quality: ReadingQuality) {
        self.span = span
        self.mean = mean
        self.quality = quality
    }

    /// Nil when no reading of the window carried power. A window whose good readings are less than `sufficientShare` of
    /// those expected counts as estimated; with no good reading at all it is questionable, and no baseline uses it.
    package init?(rollup: Rollup, expectedPerSlot: Int, sufficientShare: Double = 0.9) {
        guard rollup.meanKilowatts.isFinite else { return nil }
        let share = rollup.qualityShare(expectedPerSlot: expectedPerSlot)
        self.init(
            span: TimeRange(start: rollup.start, end: rollup.end), mean: Power(kilowatts: rollup.meanKilowatts),
            quality: rollup.goodCount == 0 ? .questionable : share >= sufficientShare ? .raw : .estimated)
    }
}

/// Mean outdoor temperature over a span of event time.
package struct TemperatureSample: Hashable, Sendable, Codable {
    package var span: TimeRange
    package var mean: Temperature

    package init(span: TimeRange, mean: Temperature) {
        self.span = span
        self.mean = mean
    }
}
