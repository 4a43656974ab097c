import EnergyModel

/// Which 15-s slots of one meter are missing in a span of time (ledger ING-16). Slots are counted in UTC from the epoch, so
/// days of 23, 24 or 25 local hours are 5,520, 5,760 or 6,000 slots.
package struct GapReport: Sendable, Hashable {
    /// The span, widened to whole slots.
    package var range: TimeRange
    /// Slots of the span, and how many of them have at least one reading.
    package var expectedSlots: Int
    package var presentSlots: Int
    /// Slots with at least one good reading.
    package var goodSlots: Int
    /// Runs of missing slots, by time.
    package var gaps: [TimeRange]

    package var missingSlots: Int { expectedSlots - presentSlots }
    /// Good slots as a share of those expected, 0...1; 1 for an empty span.
    package var qualityShare: Double { expectedSlots == 0 ? 1 : Double(goodSlots) / Double(expectedSlots) }

    /// `readings` of one meter by time, repeated timestamps allowed; those outside the span are ignored. O(readings + gaps).
    package init(readings: some Sequence<Reading>, in range: TimeRange) {
        let step = Reading.intervalMilliseconds
        let start = range.start.floor(toMilliseconds: step).milliseconds
        let last = UTCInstant(milliseconds: range.end.milliseconds - 1).floor(toMilliseconds: step).milliseconds
        let end = range.isEmpty ? start : last + step
        self.range = TimeRange(start: UTCInstant(milliseconds: start), end: UTCInstant(milliseconds: end))
        expectedSlots = Int((end - start) / step)
        (presentSlots, goodSlots, gaps) = (0, 0, [])
        var next = start
        var newestGood = Int64.min
        for reading in readings {
            let slot = reading.time.floor(toMilliseconds: step).milliseconds
            guard slot >= start, slot < end else { continue }
            if slot >= next {
                if slot > next { addGap(from: next, to: slot) }
                presentSlots += 1
                next = slot + step
            }
            if reading.quality.isGood, slot > newestGood {
                goodSlots += 1
                newestGood = slot
            }
        }
        if next < end { addGap(from: next, to: end) }
    }

    private mutating func addGap(from start: Int64, to end: Int64) {
        gaps.append(TimeRange(start: UTCInstant(milliseconds: start), end: UTCInstant(milliseconds: end)))
    }
}
