/// Keeps calls away from a dependency that fails, and finds out with one call at a time when it is back.
///
/// `closed` → `open` when a trip rule holds; `open` → `halfOpen` when, after the cool-down, a call asks for admission and
/// becomes the probe; `halfOpen` → `closed` when the probe succeeds, → `open` with twice the cool-down when it fails.
/// `isolate` holds it in `isolated` until `reset`. Every change starts a new generation: results of calls admitted in an
/// older one are ignored (after sony/gobreaker). Opening happens only on a recorded result, half-opening only on a call:
/// without traffic an open breaker stays open.
package struct CircuitBreakerStateMachine: Hashable, Sendable {
    private enum State: Hashable, Sendable {
        /// Calls pass and are counted. Exits: open, isolated.
        case closed
        /// Calls are refused until the moment given. Exits: halfOpen, closed (reset), isolated.
        case open(nextProbe: MonotonicTime)
        /// One probe is out; if it has not reported by the moment given it is given up. Exits: closed, open, isolated.
        case halfOpen(probeExpires: MonotonicTime)
        /// Held open by a person. Exits: closed (reset), open (trip).
        case isolated
    }

    package let configuration: CircuitBreakerConfiguration
    private var state = State.closed
    private var since: MonotonicTime
    private var generation: UInt64 = 0
    /// Openings since the breaker was last closed: the exponent of the cool-down.
    private var openingsInARow = 0
    private var consecutiveFailures = 0
    private var consecutiveTimeouts = 0
    /// When the first of the failures since the last success came.
    private var failingSince: MonotonicTime?
    private var window: SlidingWindow
    private var totals = CircuitBreakerTotals()

    package init(_ configuration: CircuitBreakerConfiguration = .init(), now: MonotonicTime = .zero) {
        self.configuration = configuration
        since = now
        window = SlidingWindow(
            length: configuration.failureShare?.window ?? .seconds(1), slices: configuration.failureShare?.slices ?? 1)
    }

    /// Asks to make one call. Each admitted call must be followed by one `record`, with its ticket.
    package mutating func admit(now: MonotonicTime) -> CircuitBreakerAdmission {
        switch state {
        case .closed:
            break
        case .open(let nextProbe):
            guard now >= nextProbe else { return refuse(until: nextProbe, now: now) }
            enterHalfOpen(now: now)
        case .halfOpen(let probeExpires):
            guard now >= probeExpires else { return refuse(until: probeExpires, now: now) }
            enterHalfOpen(now: now)
        case .isolated:
            totals.refused += 1
            return .refused(retryAfter: nil)
        }
        totals.admitted += 1
        return .admitted(CircuitBreakerTicket(generation: generation, isProbe: state != .closed))
    }

    /// Takes the result of an admitted call. Nil when the state stays as it was, and always for tickets of an older
    /// generation.
    @discardableResult
    package mutating func record(
        _ outcome: CallOutcome, of ticket: CircuitBreakerTicket, now: MonotonicTime
    ) -> CircuitBreakerTransition? {
        guard ticket.generation == generation else {
            totals.stale += 1
            return nil
        }
        totals.count(outcome)
        switch state {
        case .closed: return recordClosed(outcome, now: now)
        case .halfOpen: return recordProbe(outcome, now: now)
        case .open, .isolated: return nil
        }
    }

    /// Opens now, as if a rule had tripped: the next probe comes after the cool-down.
    package mutating func trip(now: MonotonicTime) -> CircuitBreakerTransition { open(.manual, now: now) }

    /// Refuses every call until `reset`.
    package mutating func isolate(now: MonotonicTime) -> CircuitBreakerTransition {
        enter(.isolated, .manual, now: now)
    }

    /// Closes now and forgets all counts and the grown cool-down.
    package mutating func reset(now: MonotonicTime) -> CircuitBreakerTransition { close(.manual, now: now) }

    package func snapshot(now: MonotonicTime) -> CircuitBreakerSnapshot {
        var window = window
        window.advance(to: now)
        return CircuitBreakerSnapshot(
            state: name(of: state), since: since, nextProbe: nextProbe, consecutiveFailures: consecutiveFailures,
            consecutiveTimeouts: consecutiveTimeouts, callsInWindow: window.total.calls,
            failuresInWindow: window.total.failures, openingsInARow: openingsInARow, totals: totals)
    }
}

extension CircuitBreakerStateMachine {
    private mutating func recordClosed(_ outcome: CallOutcome, now: MonotonicTime) -> CircuitBreakerTransition? {
        switch outcome {
        case .abandoned:
            return nil
        case .success:
            consecutiveFailures = 0
            consecutiveTimeouts = 0
            failingSince = nil
        case .failure:
            consecutiveFailures += 1
            consecutiveTimeouts = 0
            failingSince = failingSince ?? now
        case .timedOut:
            consecutiveFailures += 1
            consecutiveTimeouts += 1
            failingSince = failingSince ?? now
        }
        if configuration.failureShare != nil { window.record(failed: outcome != .success, now: now) }
        return trippedRule(now: now).map { open($0, now: now) }
    }

    private func trippedRule(now: MonotonicTime) -> CircuitBreakerTransition.Reason? {
        if let limit = configuration.consecutiveFailures, consecutiveFailures >= limit { return .consecutiveFailures }
        if let limit = configuration.consecutiveTimeouts, consecutiveTimeouts >= limit { return .consecutiveTimeouts }
        if let rule = configuration.failureShare, window.total.calls >= rule.minimumCalls, window.total.failures > 0,
            Double(window.total.failures) >= rule.share * Double(window.total.calls)
        {
            return .failureShare
        }
        if let limit = configuration.failingFor, let failingSince, now - failingSince >= limit { return .failingFor }
        return nil
    }

    private mutating func recordProbe(_ outcome: CallOutcome, now: MonotonicTime) -> CircuitBreakerTransition {
        switch outcome {
        case .success: close(.probeSucceeded, now: now)
        case .failure, .timedOut: open(.probeFailed, now: now)
        // The caller gave up, the dependency said nothing: the next call probes, the cool-down does not grow.
        case .abandoned: enter(.open(nextProbe: now), .probeAbandoned, now: now)
        }
    }

    private mutating func open(_ reason: CircuitBreakerTransition.Reason, now: MonotonicTime)
        -> CircuitBreakerTransition
    {
        openingsInARow += 1
        totals.openings += 1
        let coolDown = configuration.coolDown(afterOpenings: openingsInARow)
        return enter(.open(nextProbe: now + coolDown), reason, now: now)
    }

    private mutating func close(_ reason: CircuitBreakerTransition.Reason, now: MonotonicTime)
        -> CircuitBreakerTransition
    {
        openingsInARow = 0
        consecutiveFailures = 0
        consecutiveTimeouts = 0
        failingSince = nil
        window.clear()
        return enter(.closed, reason, now: now)
    }

    private mutating func enterHalfOpen(now: MonotonicTime) {
        _ = enter(.halfOpen(probeExpires: now + configuration.probePatience), .coolDownOver, now: now)
    }

    private mutating func enter(
        _ next: State, _ reason: CircuitBreakerTransition.Reason, now: MonotonicTime
    ) -> CircuitBreakerTransition {
        totals.transitions += 1
        let transition = CircuitBreakerTransition(from: name(of: state), to: name(of: next), reason: reason, at: now)
        if transition.from != transition.to { since = now }
        generation += 1
        state = next
        return transition
    }

    private mutating func refuse(until moment: MonotonicTime, now: MonotonicTime) -> CircuitBreakerAdmission {
        totals.refused += 1
        return .refused(retryAfter: moment - now)
    }

    private var nextProbe: MonotonicTime? {
        switch state {
        case .open(let moment), .halfOpen(let moment): moment
        case .closed, .isolated: nil
        }
    }

    private func name(of state: State) -> CircuitBreakerSnapshot.State {
        switch state {
        case .closed: .closed
        case .open: .open
        case .halfOpen: .halfOpen
        case .isolated: .isolated
        }
    }
}
