import EnergyModel

/// Limits and waits of the saga; each is a configuration key. Defaults: ledger CF-01, CF-04, CF-24, BMS-11, DR-19, DR-20.
package struct SagaRules: Hashable, Sendable {
    /// Writes of one command, the first included.
    package var attempts = 3
    package var firstDelay = Duration.seconds(1)
    package var longestDelay = Duration.seconds(5)
    /// Up to this share more or less of each delay.
    package var jitter = 0.2
    /// A request without an answer after this long counts as timed out. Longer than the transport's own 2 s + 5 s, so the
    /// transport speaks first.
    package var answerBudget = Duration.seconds(8)
    /// Submit and poll together.
    package var confirmationDeadline = Duration.seconds(30)
    package var pollInterval = Duration.seconds(2)
    /// A write lost on the way may still arrive this long after; then the slot is read once more.
    package var lateArrival = Duration.seconds(60)
    /// Waits of a release after the quick attempts; the last one repeats without end.
    package var releaseTiers: [Duration] = [.seconds(60), .seconds(300), .seconds(900)]
    /// A leg whose confirmed share of the planned reduction is below this when its commands are settled is undone (DR-07);
    /// at or above it is kept, degraded. 1 undoes on any failure, 0 never.
    package var keptShare = 0.5
    package var settlingTime = Duration.seconds(300)
    package var underDeliveryShare = 0.8
    package var discrepancyShare = 0.1

    package init() {}

    /// The wait after the `attempt`-th attempt (from 1). `random` is uniform in 0..<1; `salt` spreads commands that share it.
    func delay(afterAttempt attempt: Int, random: Double, salt: Int) -> Duration {
        var seconds = firstDelay / .seconds(1)
        for _ in 1..<max(2, min(attempt, 64)) where attempt > 1 { seconds *= 2 }
        let draw = spread(random, salt)
        seconds = min(seconds * (1 + jitter * (2 * draw - 1)), longestDelay / .seconds(1))
        return .milliseconds(Int64(max(0, seconds) * 1000))
    }

    /// The wait after the `attempt`-th release (from 1) did not succeed: quick ones, then the tiers.
    func releaseDelay(afterAttempt attempt: Int, random: Double, salt: Int) -> Duration {
        let tier = attempt - attempts
        guard tier >= 0, let last = releaseTiers.last else {
            return delay(afterAttempt: attempt, random: random, salt: salt)
        }
        return tier < releaseTiers.count ? releaseTiers[tier] : last
    }

    /// Steps of the golden ratio: different salts land far apart.
    private func spread(_ random: Double, _ salt: Int) -> Double {
        let shifted = min(max(random, 0), 1) + Double(salt % 1024) * 0.618_033_988_749_895
        return shifted - shifted.rounded(.down)
    }
}

/// When and by whom the saga is moved. `random` is uniform in 0..<1.
package struct SagaMoment: Sendable {
    package var now: UTCInstant
    package var random: Double
    /// `engine`, `operator:ana`, `utility:acme`.
    package var actor: String
    package var traceID: String?

    package init(now: UTCInstant, random: Double = 0.5, actor: String = "engine", traceID: String? = nil) {
        self.now = now
        self.random = random
        self.actor = actor
        self.traceID = traceID
    }
}
