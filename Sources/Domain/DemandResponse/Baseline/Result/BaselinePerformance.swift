import EnergyModel

/// What the event brought against the baseline (DOMAIN §2.6). Negative reductions count and stay visible; whether a
/// settlement floors them is the programme's rule.
package struct BaselinePerformance: Hashable, Sendable, Codable {
    package enum Quality: String, Sendable, Codable { case ok, estimated, missing }

    /// A stretch of the event, a quarter-hour or less.
    package struct Interval: Hashable, Sendable, Codable {
        package var range: TimeRange
        /// Nil where nothing was measured, or not yet.
        package var actual: Power?
        package var baseline: Power?
        package var reduction: Power?
        package var quality: Quality

        package var hours: Double { Double(range.duration.milliseconds) / 3_600_000 }
    }

    /// A clock hour of the event, or the part of one that belongs to it.
    package struct Hour: Hashable, Sendable, Codable {
        package var range: TimeRange
        package var slot: ClockSlot
        /// Mean over its measured intervals; nil when there are none.
        package var reduction: Power?

        package var isNegative: Bool { (reduction?.kilowatts ?? 0) < 0 }
    }

    /// How a firm service level was kept.
    package struct Firm: Hashable, Sendable, Codable {
        package var level: Power
        /// Every measured interval at or below the level.
        package var isKept: Bool
        /// The highest load above the level; zero when it was kept.
        package var worstExcess: Power
    }

    package var intervals: [Interval]
    package var hours: [Hour]
    /// Sum over the measured intervals, negative ones included.
    package var gross: Energy
    /// Over the measured time; nil when nothing was measured.
    package var average: Power?
    package var minimumHour: Power?
    package var commitment: Power?
    package var firm: Firm?

    init(intervals: [Interval], hours pieces: [SlotPiece], commitment: Power?, firm: Firm?) {
        self.intervals = intervals
        self.commitment = commitment
        self.firm = firm
        hours = pieces.map { piece in
            let inside = intervals.filter { piece.range.contains($0.range.start) }
            return Hour(range: piece.range, slot: piece.slot, reduction: BaselinePerformance.mean(inside))
        }
        gross = BaselinePerformance.energy(intervals)
        average = BaselinePerformance.mean(intervals)
        minimumHour = hours.compactMap(\.reduction).min()
    }

    /// The average as a share of the commitment in percent; nil without either.
    package var percentOfCommitment: Double? {
        guard let average, let commitment, commitment.kilowatts > 0 else { return nil }
        return average.kilowatts / commitment.kilowatts * 100
    }

    package var negativeHours: [Hour] { hours.filter(\.isNegative) }

    private static func energy(_ intervals: [Interval]) -> Energy {
        Energy(kilowattHours: intervals.reduce(0) { $0 + ($1.reduction?.kilowatts ?? 0) * $1.hours })
    }

    private static func mean(_ intervals: [Interval]) -> Power? {
        let hours = intervals.filter { $0.reduction != nil }.reduce(0) { $0 + $1.hours }
        return hours > 0 ? Power(kilowatts: energy(intervals).kilowattHours / hours) : nil
    }
}
