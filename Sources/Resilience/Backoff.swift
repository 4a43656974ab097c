/// How long to wait before trying again, and when to stop. Pure: the random number is an argument.
/// Retry only what is idempotent or carries an idempotency key (ledger RES-06).
package struct Backoff: Hashable, Sendable {
    package enum Jitter: Hashable, Sendable {
        case none
        /// Up to this share (0...1) more or less.
        case proportional(Double)
        /// Anything from zero to the whole delay; spreads a crowd that lost the same server.
        case full
    }

    package var first: Duration
    /// At least 1.
    package var factor: Double
    /// No delay is longer, jitter included.
    package var cap: Duration
    package var jitter: Jitter
    /// Attempts in total, the first included; nil for no end.
    package var attempts: Int?
    /// No retry starts later than this after the first attempt began; nil for no end.
    package var budget: Duration?

    /// Defaults: ledger CF-04.
    package init(
        first: Duration = .seconds(1), factor: Double = 2, cap: Duration = .seconds(5),
        jitter: Jitter = .proportional(0.2), attempts: Int? = 3, budget: Duration? = nil
    ) {
        self.first = first
        self.factor = factor
        self.cap = cap
        self.jitter = jitter
        self.attempts = attempts
        self.budget = budget
    }

    /// For connections that must come back however long it takes: 0.5 s doubling to 30 s, fully jittered.
    package static let reconnect = Backoff(
        first: .milliseconds(500), cap: .seconds(30), jitter: .full, attempts: nil)

    /// The wait after the `attempt`-th attempt (from 1) failed. `random` is uniform in 0..<1.
    package func delay(afterAttempt attempt: Int, random: Double) -> Duration {
        let capSeconds = cap / .seconds(1)
        var seconds = first / .seconds(1)
        for _ in 0..<min(max(0, attempt - 1), 1024) where seconds < capSeconds { seconds *= max(1, factor) }
        seconds = min(seconds, capSeconds)
        let share = min(max(random, 0), 1)
        switch jitter {
        case .none: break
        case .proportional(let width): seconds *= 1 + width * (2 * share - 1)
        case .full: seconds *= share
        }
        return .nanoseconds(Int64(min(max(0, seconds), capSeconds) * 1e9))
    }

    /// The wait before the next attempt, or nil when attempts or budget are used up. `elapsed` counts from the start of
    /// the first attempt. A delay that would end beyond the budget is not begun.
    package func next(afterAttempt attempt: Int, elapsed: Duration, random: Double) -> Duration? {
        if let attempts, attempt >= attempts { return nil }
        let delay = delay(afterAttempt: attempt, random: random)
        if let budget, elapsed + delay > budget { return nil }
        return delay
    }
}
