/// When a breaker trips and how long it stays open. Defaults: ledger BMS-03, CF-02. A rule that is nil is off.
package struct CircuitBreakerConfiguration: Hashable, Sendable {
    /// Trips when at least `minimumCalls` calls fell into the window and `share` of them (0...1) or more failed.
    package struct FailureShare: Hashable, Sendable {
        package var share: Double
        package var minimumCalls: Int
        package var window: Duration
        /// Parts of the window that are forgotten together.
        package var slices: Int

        package init(
            share: Double = 0.5, minimumCalls: Int = 10, window: Duration = .seconds(60), slices: Int = 12
        ) {
            self.share = share
            self.minimumCalls = minimumCalls
            self.window = window
            self.slices = slices
        }
    }

    /// At least 1. Time-outs count as failures too.
    package var consecutiveFailures: Int?
    package var failureShare: FailureShare?
    /// At least 1. Any other result between them starts the count again.
    package var consecutiveTimeouts: Int?
    /// Trips on a failure when no call has succeeded since a first one failed so long ago.
    package var failingFor: Duration?
    /// Time from opening to the first probe; doubled by each failed probe, up to `longestCoolDown`.
    package var coolDown: Duration
    package var longestCoolDown: Duration
    /// A probe that has not reported after this long is given up for lost, and the next call probes.
    package var probePatience: Duration

    package init(
        consecutiveFailures: Int? = 5, failureShare: FailureShare? = .init(), consecutiveTimeouts: Int? = 3,
        failingFor: Duration? = nil, coolDown: Duration = .seconds(30), longestCoolDown: Duration = .seconds(300),
        probePatience: Duration = .seconds(60)
    ) {
        self.consecutiveFailures = consecutiveFailures
        self.failureShare = failureShare
        self.consecutiveTimeouts = consecutiveTimeouts
        self.failingFor = failingFor
        self.coolDown = coolDown
        self.longestCoolDown = longestCoolDown
        self.probePatience = probePatience
    }

    /// For the event log (ledger ING-06): 10 failures in a row and nothing else.
    package static let eventLog = CircuitBreakerConfiguration(
        consecutiveFailures: 10, failureShare: nil, consecutiveTimeouts: nil)

    /// The cool-down after the `openings`-th opening since the breaker was last closed; `openings` counts from 1.
    package func coolDown(afterOpenings openings: Int) -> Duration {
        var span = coolDown
        var doublings = min(openings - 1, 64)
        while doublings > 0, span < longestCoolDown {
            span *= 2
            doublings -= 1
        }
        return min(span, max(coolDown, longestCoolDown))
    }
}

/// How an admitted call ended.
package enum CallOutcome: Hashable, Sendable, CaseIterable {
    case success
    /// The dependency answered wrongly or not at all; not for requests that were our own fault.
    case failure
    /// No answer within the deadline. Counts as a failure as well.
    case timedOut
    /// Given up by the caller before it could tell anything about the dependency: not counted.
    case abandoned
}

package enum CircuitBreakerAdmission: Hashable, Sendable {
    case admitted(CircuitBreakerTicket)
    /// `retryAfter` is the time until the next probe may go; nil while isolated, when only a person can change it.
    case refused(retryAfter: Duration?)
}

/// Proof of admission; binds the result to the generation in which the call was admitted.
package struct CircuitBreakerTicket: Hashable, Sendable {
    let generation: UInt64
    package let isProbe: Bool
}

/// One change of state, for the journal and the metrics.
package struct CircuitBreakerTransition: Hashable, Sendable {
    package enum Reason: String, Sendable {
        case consecutiveFailures, failureShare, consecutiveTimeouts, failingFor
        case coolDownOver, probeSucceeded, probeFailed, probeAbandoned, manual
    }
    package let from: CircuitBreakerSnapshot.State
    package let to: CircuitBreakerSnapshot.State
    package let reason: Reason
    package let at: MonotonicTime
}

/// Counts since the breaker was made; they never fall.
package struct CircuitBreakerTotals: Hashable, Sendable {
    package internal(set) var admitted: UInt64 = 0
    package internal(set) var refused: UInt64 = 0
    package internal(set) var successes: UInt64 = 0
    /// Time-outs included.
    package internal(set) var failures: UInt64 = 0
    package internal(set) var timeouts: UInt64 = 0
    package internal(set) var abandoned: UInt64 = 0
    /// Results that came after the state had changed, and were ignored.
    package internal(set) var stale: UInt64 = 0
    package internal(set) var openings: UInt64 = 0
    /// Changes of state of every kind.
    package internal(set) var transitions: UInt64 = 0

    package init() {}

    mutating func count(_ outcome: CallOutcome) {
        switch outcome {
        case .success: successes += 1
        case .failure: failures += 1
        case .timedOut:
            failures += 1
            timeouts += 1
        case .abandoned: abandoned += 1
        }
    }
}

/// What a breaker looks like from outside (ledger RES-05).
package struct CircuitBreakerSnapshot: Hashable, Sendable {
    package enum State: String, Sendable, Codable, CaseIterable { case closed, open, halfOpen, isolated }

    package let state: State
    /// When `state` was entered.
    package let since: MonotonicTime
    /// While open: when a call may probe. While half-open: when the probe is given up for lost.
    package let nextProbe: MonotonicTime?
    package let consecutiveFailures: Int
    package let consecutiveTimeouts: Int
    package let callsInWindow: Int
    package let failuresInWindow: Int
    package let openingsInARow: Int
    package let totals: CircuitBreakerTotals
}
