import EnergyModel

/// A baseline with all that explains it. Figures are kept at full precision and rounded only for show.
package struct BaselineResult: Hashable, Sendable, Codable {
    /// One stretch of the day, in one slot of the clock.
    package struct Point: Hashable, Sendable, Codable {
        package var range: TimeRange
        package var slot: ClockSlot
        /// Nil where no day of the baseline has a value.
        package var raw: Power?
        /// Nil outside the event: an adjustment holds in event hours only.
        package var adjusted: Power?
    }

    package var rule: String
    package var event: TimeRange
    package var zone: String
    /// Every day of the look-back, newest first, with why it was kept or dropped; empty for rules that need no days.
    package var candidates: [CandidateDay]
    /// The days before ranking, newest first.
    package var basis: [CivilDate]
    /// The days that count, best rank first; newest first where the rule does not rank.
    package var days: [CivilDate]
    package var adjustment: BaselineAdjustment
    /// The whole local day or days of the event, in order.
    package var points: [Point]
    package var performance: BaselinePerformance
    /// Of the event window and the adjustment window.
    package var eventDayQuality: BaselineDataQuality
    /// Of the same hours on the days that count.
    package var historyQuality: BaselineDataQuality
    /// How well a fitted rule fits; nil for the others.
    package var fit: FitStatistics?
    /// How well each day that counts is told, in the event's hours, by the mean of the others; nil with fewer than three.
    package var consistency: FitStatistics?

    package var eventPoints: [Point] { points.filter { $0.range.start < event.end && event.start < $0.range.end } }

    /// Every interval of the event is measured and has a baseline, and the adjustment could be made.
    package var isComplete: Bool {
        if case .unavailable = adjustment { return false }
        return performance.intervals.allSatisfy { $0.reduction != nil } && eventDayQuality.missing == 0
    }

    /// Nothing it stands on is estimated or waits for validation.
    package var isValidated: Bool {
        [eventDayQuality, historyQuality].allSatisfy { $0.unvalidated == 0 && $0.estimated == 0 && $0.missing == 0 }
    }
}

/// What the event day itself did to the raw baseline.
package enum BaselineAdjustment: Hashable, Sendable, Codable {
    /// Both means over the window's slots that have both.
    package struct Comparison: Hashable, Sendable, Codable {
        package var window: TimeRange
        package var slots: [ClockSlot]
        package var actual: Power
        package var baseline: Power
    }

    package enum CapHit: String, Sendable, Codable { case none, lower, upper }

    /// The rule has none.
    case none
    /// `ratio` as measured, `factor` as applied.
    case scaled(Comparison, ratio: Double, factor: Double, capHit: CapHit)
    case shifted(Comparison, by: Power)
    /// The raw baseline stands unadjusted, for this reason.
    case unavailable(TimeRange, reason: String)

    package var comparison: Comparison? {
        switch self {
        case .scaled(let comparison, _, _, _), .shifted(let comparison, _): comparison
        case .none, .unavailable: nil
        }
    }

    package var capHit: CapHit {
        if case .scaled(_, _, _, let hit) = self { return hit }
        return .none
    }

    package func applied(to raw: Power) -> Power {
        switch self {
        case .none, .unavailable: raw
        case .scaled(_, _, let factor, _): Power(kilowatts: raw.kilowatts * factor)
        case .shifted(_, let addend): raw + addend
        }
    }
}

/// Slots by what is known of them; `expected` is the sum of the next three, `unvalidated` counts beside them.
package struct BaselineDataQuality: Hashable, Sendable, Codable {
    package var expected = 0
    package var ok = 0
    /// Estimated in part, or covered in part.
    package var estimated = 0
    package var missing = 0
    package var unvalidated = 0

    package init() {}

    mutating func count(_ mean: SlotMean?, milliseconds: Int64) {
        expected += 1
        guard let mean else {
            missing += 1
            return
        }
        if mean.unvalidatedMilliseconds > 0 { unvalidated += 1 }
        if mean.estimatedMilliseconds > 0 || mean.coveredMilliseconds < milliseconds { estimated += 1 } else { ok += 1 }
    }
}
