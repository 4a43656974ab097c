/// Allows a steady rate with bursts. Kept as one moment (the generic cell rate algorithm of ATM traffic control: the time
/// at which the bucket would be full again), so it is exact in whole nanoseconds and never drifts.
package struct TokenBucket: Hashable, Sendable {
    package enum Verdict: Hashable, Sendable {
        case granted
        /// Nothing was taken. The same request succeeds after this long if nobody else takes tokens.
        case refused(retryAfter: Duration)
        /// More than the bucket can ever hold: waiting does not help.
        case tooLarge
    }

    package let capacity: Int
    private let nanosecondsPerToken: Int64
    private var fullAt: Int64 = .min

    /// Starts full. `capacity` ≥ 1, `perSecond` ≤ 10^9; filling an empty bucket takes at most 90 years. Others are
    /// brought into that range.
    package init(capacity: Int, perSecond: Double) {
        self.capacity = max(1, capacity)
        let slowest = 90.0 * 365 * 86_400 * 1e9 / Double(self.capacity)
        nanosecondsPerToken = Int64(max(1, min(perSecond > 0 ? 1e9 / perSecond : slowest, slowest)))
    }

    package mutating func take(_ tokens: Int = 1, now: MonotonicTime) -> Verdict {
        guard tokens <= capacity else { return .tooLarge }
        let moment = now.nanoseconds
        let next = max(fullAt, moment) + Int64(max(0, tokens)) * nanosecondsPerToken
        let excess = next - moment - Int64(capacity) * nanosecondsPerToken
        guard excess <= 0 else { return .refused(retryAfter: .nanoseconds(excess)) }
        fullAt = next
        return .granted
    }

    /// Whole tokens that could be taken now.
    package func available(now: MonotonicTime) -> Int {
        let moment = now.nanoseconds
        let room = Int64(capacity) * nanosecondsPerToken - (max(fullAt, moment) - moment)
        return max(0, Int(room / nanosecondsPerToken))
    }
}
