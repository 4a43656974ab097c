import EnergyModel

/// Whether a meter's clock is ahead or behind, from the median of arrival minus event time over its last 15 readings.
/// 80 bytes, no references. A meter that is behind and one whose readings are held back on the way look the same from
/// here, and the sentence says so; one that is ahead is ahead.
package struct ClockSkewDetector: Sendable, Hashable {
    package enum Verdict: Sendable, Hashable {
        /// Too few readings yet.
        case undecided
        case inStep
        /// By this much; positive.
        case ahead(Duration)
        case behind(Duration)
    }

    private static let capacity = 15
    /// Milliseconds, arrival minus event time, cut to what fits.
    private var delays = SIMD16<Int32>(repeating: 0)
    private var seen: UInt32 = 0

    package init() {}

    package mutating func observe(eventTime: UTCInstant, arrival: UTCInstant) {
        let (delay, overflow) = arrival.milliseconds.subtractingReportingOverflow(eventTime.milliseconds)
        let bounded = overflow ? (eventTime < arrival ? Int64.max : .min) : delay
        delays[Int(seen % UInt32(Self.capacity))] = Int32(clamping: bounded)
        // Stays in 15..<30 once full, so that it never overflows and keeps its place in the ring.
        seen = seen == 2 * UInt32(Self.capacity) - 1 ? UInt32(Self.capacity) : seen + 1
    }

    /// Median delay in milliseconds; nil before the first five readings.
    package var medianDelayMilliseconds: Int? {
        let count = Int(min(seen, UInt32(Self.capacity)))
        guard count >= 5 else { return nil }
        return Int((0..<count).map { delays[$0] }.sorted()[count / 2])
    }

    /// `aheadTolerance` allows for clocks that are read to the second; `behindTolerance` also for transport and batching.
    package func verdict(
        aheadTolerance: Duration = .seconds(2), behindTolerance: Duration = .seconds(60)
    ) -> Verdict {
        guard let median = medianDelayMilliseconds else { return .undecided }
        if Int64(-median) > aheadTolerance.milliseconds { return .ahead(.milliseconds(-median)) }
        if Int64(median) > behindTolerance.milliseconds { return .behind(.milliseconds(median)) }
        return .inStep
    }
}

extension ClockSkewDetector.Verdict {
    /// For people; nil when there is nothing to say.
    package var sentence: String? {
        switch self {
        case .undecided, .inStep: nil
        case .ahead(let span): "meter clock is \(Self.seconds(span)) s ahead: check its time source"
        case .behind(let span):
            "meter clock is \(Self.seconds(span)) s behind, or its readings are held back on the way: check its time source"
                + " and its connection"
        }
    }

    private static func seconds(_ span: Duration) -> Int64 { (span.milliseconds + 500) / 1000 }
}
