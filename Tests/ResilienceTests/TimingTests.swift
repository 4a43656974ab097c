import Testing

@testable import Resilience

@Suite("Back-off and deadline")
struct TimingTests {
    @Test(
        "grows to the cap without jitter", arguments: [(1, 1000), (2, 2000), (3, 4000), (4, 5000), (1_000_000, 5000)])
    func grows(attempt: Int, milliseconds: Int) {
        let backoff = Backoff(jitter: .none)
        #expect(backoff.delay(afterAttempt: attempt, random: 0.9) == .milliseconds(milliseconds))
    }

    @Test("the building-command defaults: three attempts, 1 s and 2 s within 20 %")
    func defaults() {
        let backoff = Backoff()
        #expect(backoff.next(afterAttempt: 1, elapsed: .zero, random: 0) == .milliseconds(800))
        #expect(backoff.next(afterAttempt: 2, elapsed: .zero, random: 0.5) == .seconds(2))
        #expect(backoff.next(afterAttempt: 3, elapsed: .zero, random: 0.5) == nil)
    }

    @Test("stays inside its bounds for any parameters", arguments: 1...5 as ClosedRange<UInt64>)
    func bounds(seed: UInt64) {
        var random = SplitMix(seed: seed)
        for _ in 0..<2000 {
            let first = Duration.milliseconds(random.below(5000))
            let cap = Duration.milliseconds(random.below(60_000))
            let width = random.unit()
            let backoff = Backoff(
                first: first, factor: 0.5 + 3 * random.unit(), cap: cap,
                jitter: [.none, .full, .proportional(width)][random.below(3)], attempts: 5, budget: .seconds(20))
            let attempt = 1 + random.below(6)
            let elapsed = Duration.milliseconds(random.below(25_000))
            let share = random.unit()
            let delay = backoff.delay(afterAttempt: attempt, random: share)
            #expect(delay >= .zero && delay <= cap)
            var plain = backoff
            plain.jitter = .none
            let middle = plain.delay(afterAttempt: attempt, random: 0)
            switch backoff.jitter {
            case .none: #expect(delay == middle)
            case .full: #expect(delay <= middle)
            case .proportional(let width):
                #expect(delay >= middle * (1 - width) - .nanoseconds(2))
                #expect(delay <= middle * (1 + width) + .nanoseconds(2))
            }
            let next = backoff.next(afterAttempt: attempt, elapsed: elapsed, random: share)
            #expect(next == (attempt < 5 && elapsed + delay <= .seconds(20) ? delay : nil))
        }
    }

    @Test("a callee's deadline is never later than its caller's", arguments: 1...5 as ClosedRange<UInt64>)
    func deadline(seed: UInt64) {
        var random = SplitMix(seed: seed)
        for _ in 0..<2000 {
            let start = Duration.milliseconds(random.below(10_000))
            let outer = Deadline(after: .milliseconds(random.below(5000) - 500), now: start)
            let now = start + .milliseconds(random.below(6000))
            let span = Duration.milliseconds(random.below(3000))
            let inner = outer.shortened(to: span, now: now)
            #expect(inner <= outer)
            #expect(inner.remaining(now: now) <= span && inner.remaining(now: now) >= .zero)
            #expect(outer.isExpired(now: now) == (outer.remaining(now: now) == .zero))
            #expect(outer >= Deadline(at: start))
        }
    }

    @Test("a sliding window counts what a list would", arguments: 1...10 as ClosedRange<UInt64>)
    func window(seed: UInt64) {
        var random = SplitMix(seed: seed)
        let slices = 1 + random.below(12)
        var window = SlidingWindow(length: .milliseconds(100 * slices), slices: slices)
        var list: [(slice: Int, failed: Bool)] = []
        var now = -2000
        for _ in 0..<3000 {
            now += random.below(50) == 0 ? random.below(3000) : random.below(60)
            let slice = Int((Double(now) / 100).rounded(.down))
            let failed = random.below(2) == 0
            window.record(failed: failed, now: .milliseconds(now))
            list = list.filter { slice - $0.slice < slices } + [(slice, failed)]
            #expect(window.total.calls == list.count)
            #expect(window.total.failures == list.count { $0.failed })
        }
    }
}
