import Testing

@testable import Resilience

@Suite("Circuit breaker")
struct CircuitBreakerTests {
    static let variants: [CircuitBreakerConfiguration] = [
        .init(failureShare: .init(window: .seconds(24), slices: 12)),
        .init(
            consecutiveFailures: nil,
            failureShare: .init(share: 0.5, minimumCalls: 10, window: .seconds(20), slices: 5),
            consecutiveTimeouts: nil),
        .init(consecutiveFailures: nil, failureShare: nil, consecutiveTimeouts: 3, coolDown: .seconds(7)),
        .init(
            consecutiveFailures: nil, failureShare: nil, consecutiveTimeouts: nil, failingFor: .seconds(30),
            coolDown: .seconds(11)),
        .eventLog,
    ]

    @Test("agrees with a plain model over a million random steps", arguments: variants.indices)
    func agreesWithModel(variant: Int) throws {
        let rules = Self.variants[variant]
        var random = SplitMix(seed: UInt64(variant) + 1)
        var breaker = CircuitBreakerStateMachine(rules)
        var model = CircuitBreakerModel(rules: rules)
        var calls: [(real: CircuitBreakerTicket, model: Int)] = []
        var now = 0
        var differences = 0
        var seen: Set<CircuitBreakerSnapshot.State> = []
        for _ in 0..<250_000 {
            let moment = Duration.seconds(now)
            switch random.below(1000) {
            case 0: _ = breaker.isolate(now: moment); model.go(.isolated, until: 0)
            case 1...3: _ = breaker.reset(now: moment); model.close()
            case 4: _ = breaker.trip(now: moment); model.open(now)
            case 5...399: now += random.below(20) == 0 ? random.below(90) : random.below(2)
            case 400...699:
                let expected = model.admit(now)
                if case .admitted(let ticket) = breaker.admit(now: moment) {
                    if let expected { calls.append((ticket, expected)) } else { differences += 1 }
                } else if expected != nil {
                    differences += 1
                }
            default:
                guard !calls.isEmpty else { continue }
                let call = calls.remove(at: random.below(calls.count))
                let mood = now / 300 % 3
                let outcome: CallOutcome = random.below(3) >= mood ? .success : CallOutcome.allCases[random.below(4)]
                breaker.record(outcome, of: call.real, now: moment)
                model.record(outcome, call.model, now)
            }
            let snapshot = breaker.snapshot(now: .seconds(now))
            seen.insert(snapshot.state)
            if snapshot.state != model.state || snapshot.openingsInARow != model.openings { differences += 1 }
            if let probe = snapshot.nextProbe, probe != .seconds(model.until) { differences += 1 }
            guard differences == 0 else { break }
        }
        #expect(differences == 0)
        #expect(seen.count == 4, "the run must visit every state")
    }

    @Test("of 100 callers at a half-open breaker one probes")
    func oneProbe() {
        var breaker = CircuitBreakerStateMachine()
        _ = breaker.trip(now: .zero)
        let admitted = (0..<100).filter { _ in
            if case .admitted(let ticket) = breaker.admit(now: .seconds(30)) { ticket.isProbe } else { false }
        }
        #expect(admitted.count == 1)
        #expect(breaker.snapshot(now: .seconds(30)).totals.refused == 99)
    }

    @Test(
        "trips on each rule at its default threshold, not one call before",
        arguments: [
            (Array(repeating: CallOutcome.failure, count: 5), CircuitBreakerTransition.Reason.consecutiveFailures),
            (Array(repeating: .timedOut, count: 3), .consecutiveTimeouts),
            (
                [.success, .failure, .failure, .success, .failure, .success, .failure, .success, .success, .failure],
                .failureShare
            ),
        ])
    func trips(outcomes: [CallOutcome], reason: CircuitBreakerTransition.Reason) throws {
        var breaker = CircuitBreakerStateMachine()
        var transition: CircuitBreakerTransition?
        for (index, outcome) in outcomes.enumerated() {
            #expect(transition == nil, "tripped before call \(index)")
            transition = breaker.record(outcome, of: try ticket(&breaker, .seconds(index)), now: .seconds(index))
        }
        #expect(transition?.reason == reason)
        #expect(transition?.to == .open)
    }

    @Test("doubles the cool-down with each failed probe up to five minutes, and forgets it once closed")
    func growingCoolDown() throws {
        var breaker = CircuitBreakerStateMachine()
        var now = Duration.zero
        _ = breaker.trip(now: now)
        var waits: [Duration] = []
        for _ in 0..<6 {
            let probe = try #require(breaker.snapshot(now: now).nextProbe)
            waits.append(probe - now)
            now = probe
            breaker.record(.failure, of: try ticket(&breaker, now), now: now)
        }
        #expect(waits == [30, 60, 120, 240, 300, 300].map { .seconds($0) })
        now += .seconds(300)
        #expect(breaker.record(.success, of: try ticket(&breaker, now), now: now)?.to == .closed)
        _ = breaker.trip(now: now)
        #expect(breaker.snapshot(now: now).nextProbe == now + .seconds(30))
    }

    @Test("ignores a late failure of a call admitted before the breaker opened and closed again")
    func lateResult() throws {
        var breaker = CircuitBreakerStateMachine(.init(consecutiveFailures: 1))
        let late = try ticket(&breaker, .zero)
        _ = breaker.reset(now: .seconds(1))
        #expect(breaker.record(.failure, of: late, now: .seconds(2)) == nil)
        #expect(breaker.snapshot(now: .seconds(2)).state == .closed)
        #expect(breaker.snapshot(now: .seconds(2)).totals.stale == 1)
    }

    @Test("a probe that never reports is given up, and its late result is ignored")
    func lostProbe() throws {
        var breaker = CircuitBreakerStateMachine()
        _ = breaker.trip(now: .zero)
        let lost = try ticket(&breaker, .seconds(30))
        #expect(breaker.admit(now: .seconds(89)) == .refused(retryAfter: .seconds(1)))
        let second = try ticket(&breaker, .seconds(90))
        #expect(breaker.record(.success, of: lost, now: .seconds(91)) == nil)
        #expect(breaker.record(.success, of: second, now: .seconds(92))?.to == .closed)
    }

    @Test("an abandoned probe neither closes nor punishes")
    func abandonedProbe() throws {
        var breaker = CircuitBreakerStateMachine()
        _ = breaker.trip(now: .zero)
        breaker.record(.abandoned, of: try ticket(&breaker, .seconds(30)), now: .seconds(31))
        #expect(try ticket(&breaker, .seconds(31)).isProbe)
        #expect(breaker.snapshot(now: .seconds(31)).openingsInARow == 1)
    }

    private func ticket(_ breaker: inout CircuitBreakerStateMachine, _ now: Duration) throws -> CircuitBreakerTicket {
        guard case .admitted(let ticket) = breaker.admit(now: now) else { throw Refused() }
        return ticket
    }

    private struct Refused: Error {}
}
