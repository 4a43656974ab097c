import EnergyModel
import Resilience
import SwitchyardTesting
import Testing

@testable import Engine

@Suite("The ladder of weather providers")
struct WeatherLadderTests {
    private static func configuration(providers: Int = 3, attempts: Int = 3) -> WeatherLadder.Configuration {
        WeatherLadder.Configuration(
            providers: providers, interval: .seconds(900),
            tries: Backoff(first: .seconds(1), cap: .seconds(4), jitter: .none, attempts: attempts),
            rounds: Backoff(
                first: .seconds(30), cap: .seconds(480), jitter: .none, attempts: nil, budget: .seconds(900)))
    }

    /// What comes of each ask in turn; the last holds for all after it. Returns `provider@second` of every ask until the clock
    /// has passed `seconds`.
    private func climb(
        _ ladder: inout WeatherLadder, _ outcomes: [WeatherLadder.Failure?], from start: Int = 0, until seconds: Int
    ) -> [String] {
        var asks: [String] = []
        var outcomes = outcomes
        for second in start..<seconds {
            while case .ask(let provider) = ladder.step(now: .seconds(second)) {
                asks.append("\(provider)@\(second)")
                let outcome = outcomes.count > 1 ? outcomes.removeFirst() : outcomes.first ?? nil
                if let outcome {
                    ladder.failed(outcome, now: .seconds(second), random: 0.5)
                } else {
                    ladder.answered(now: .seconds(second))
                }
            }
        }
        return asks
    }

    @Test(
        "each course of answers gives its course of questions",
        arguments: [
            // All well: the first provider, once an interval.
            ([nil], 1801, ["0@0", "0@900", "0@1800"]),
            // Passing failures: three tries, 1 and 2 s apart, then the next provider at once (FC-02).
            ([.passing, .passing, nil], 60, ["0@0", "0@1", "0@3"]),
            ([.passing, .passing, .passing, nil], 60, ["0@0", "0@1", "0@3", "1@3"]),
            // Fail-back: the next fetch begins with the first provider again (FC-01).
            ([.passing, .passing, .passing, nil, nil], 1000, ["0@0", "0@1", "0@3", "1@3", "0@903"]),
            // A key that is refused, a quota: no second try.
            ([.lasting, .lasting, nil], 60, ["0@0", "1@0", "2@0"]),
            // An open breaker costs nothing.
            ([.passedOver, nil], 60, ["0@0", "1@0"]),
            // All fail: rounds after 30, 60, 120, 240 s; the next would end after the window (FC-03, CF-22).
            (
                [.lasting], 900,
                [
                    "0@0", "1@0", "2@0", "0@30", "1@30", "2@30", "0@90", "1@90", "2@90", "0@210", "1@210", "2@210",
                    "0@450", "1@450", "2@450",
                ]
            ),
        ] as [([WeatherLadder.Failure?], Int, [String])])
    func courses(outcomes: [WeatherLadder.Failure?], seconds: Int, asks: [String]) {
        var ladder = WeatherLadder(Self.configuration(), firstDue: .zero)
        #expect(climb(&ladder, outcomes, until: seconds) == asks)
    }

    @Test("after a window without weather the next begins on time, with all its rounds")
    func nextWindow() {
        var ladder = WeatherLadder(Self.configuration(providers: 1), firstDue: .seconds(5))
        let asks = climb(&ladder, [.lasting], until: 1000)
        #expect(asks == ["0@5", "0@35", "0@95", "0@215", "0@455", "0@905", "0@935", "0@995"])
    }

    @Test("four tries wait 1, 2 and 4 s, and no longer after that")
    func fourTries() {
        var ladder = WeatherLadder(Self.configuration(providers: 1, attempts: 5), firstDue: .zero)
        #expect(
            climb(&ladder, [.passing, .passing, .passing, .passing, nil], until: 100) == [
                "0@0", "0@1", "0@3", "0@7", "0@11",
            ])
    }

    @Test("an answer when nothing was asked changes nothing; without providers nothing is asked")
    func stray() {
        var ladder = WeatherLadder(Self.configuration(), firstDue: .seconds(10))
        ladder.answered(now: .zero)
        ladder.failed(.passing, now: .zero, random: 0.5)
        #expect(ladder.step(now: .zero) == .wait(until: .seconds(10)))
        var none = WeatherLadder(Self.configuration(providers: 0), firstDue: .zero)
        #expect(climb(&none, [nil], until: 100).isEmpty)
    }

    @Test("whatever fails: within any window each provider is tried at most three times a round, and never early")
    func anyCourse() {
        for seed in 0..<200 {
            var random = SplitMix64(seed: UInt64(seed))
            var ladder = WeatherLadder(Self.configuration(), firstDue: .zero)
            var now = Duration.zero
            var last = (provider: -1, tries: 0)
            while now < .seconds(4000) {
                switch ladder.step(now: now) {
                case .wait(let until):
                    #expect(until > now)
                    #expect(until - now <= .seconds(900))
                    now = until
                case .ask(let provider):
                    last = last.provider == provider ? (provider, last.tries + 1) : (provider, 1)
                    #expect(last.tries <= 3)
                    switch random.next() % 5 {
                    case 0:
                        ladder.answered(now: now)
                        last = (-1, 0)
                    case 1: ladder.failed(.lasting, now: now, random: 0.5)
                    case 2: ladder.failed(.passedOver, now: now, random: 0.5)
                    default: ladder.failed(.passing, now: now, random: Double(random.next() >> 11) * 0x1p-53)
                    }
                    if provider == 2, ladder.provider == nil { last = (-1, 0) }
                }
            }
        }
    }
}
