@testable import Resilience

/// The breaker said in the plainest way, with every call of the window kept in a list. Times are in seconds.
struct CircuitBreakerModel {
    let rules: CircuitBreakerConfiguration
    var state = CircuitBreakerSnapshot.State.closed
    var until = 0
    var generation = 0
    var openings = 0
    var inARow: [CallOutcome] = []
    /// When the first of them was recorded.
    var failingSince = 0
    var recent: [(slice: Int, failed: Bool)] = []

    mutating func admit(_ now: Int) -> Int? {
        if state == .isolated || (state != .closed && now < until) { return nil }
        if state != .closed { go(.halfOpen, until: now + Int(rules.probePatience / .seconds(1))) }
        return generation
    }

    mutating func record(_ outcome: CallOutcome, _ ticket: Int, _ now: Int) {
        guard ticket == generation else { return }
        if state == .halfOpen {
            switch outcome {
            case .success: close()
            case .failure, .timedOut: open(now)
            case .abandoned: go(.open, until: now)
            }
        } else if state == .closed, outcome != .abandoned {
            if inARow.isEmpty { failingSince = now }
            inARow = outcome == .success ? [] : inARow + [outcome]
            let slice = Int(rules.failureShare?.window ?? .seconds(1), per: rules.failureShare?.slices ?? 1)
            recent = recent.filter { now / slice - $0.slice < rules.failureShare?.slices ?? 1 }
            recent.append((now / slice, outcome != .success))
            if trips(now) { open(now) }
        }
    }

    func trips(_ now: Int) -> Bool {
        let failed = recent.count { $0.failed }
        let timeouts = inARow.reversed().prefix { $0 == .timedOut }.count
        if inARow.count >= rules.consecutiveFailures ?? .max || timeouts >= rules.consecutiveTimeouts ?? .max {
            return true
        }
        if let rule = rules.failureShare, recent.count >= rule.minimumCalls,
            Double(failed) >= rule.share * Double(recent.count)
        {
            return true
        }
        guard let limit = rules.failingFor, !inARow.isEmpty else { return false }
        return now - failingSince >= Int(limit / .seconds(1))
    }

    mutating func open(_ now: Int) {
        openings += 1
        let doubled = (1..<openings).reduce(rules.coolDown) { span, _ in min(span * 2, rules.longestCoolDown) }
        go(.open, until: now + Int(doubled / .seconds(1)))
    }

    mutating func close() { (openings, inARow, recent) = (0, [], []); go(.closed, until: 0) }

    mutating func go(_ next: CircuitBreakerSnapshot.State, until moment: Int) {
        (state, until, generation) = (next, moment, generation + 1)
    }
}

extension Int {
    /// Seconds in one of `parts` equal parts of `span`.
    init(_ span: Duration, per parts: Int) { self = Int(span / .seconds(1)) / parts }
}
