import Resilience

/// How one cell gets its weather (ledger FC-01..03, CF-22): providers in order, some tries each a second or two apart, then the
/// next; when all have failed the whole round again after 30, 60, 120 … s, as long as the window of one interval lasts. Each
/// round begins with the first provider, so falling back to it needs no decision of its own.
///
/// Pure: moments are of the engine's uptime. `step` says what to do; what came of an `ask` is told by `answered` or `failed`.
struct WeatherLadder: Hashable, Sendable {
    struct Configuration: Hashable, Sendable {
        var providers: Int
        /// From one fetch to the next, and the window of tries.
        var interval: Duration
        /// Between the tries of one provider.
        var tries: Backoff
        /// Between rounds; its budget is the window.
        var rounds: Backoff
    }

    enum Step: Hashable, Sendable {
        case ask(provider: Int)
        /// Nothing to do before.
        case wait(until: Duration)
    }

    enum Failure: Hashable, Sendable {
        /// May go better in a second.
        case passing
        /// Will not go better soon: the next provider is asked at once.
        case lasting
        /// Was not asked: its breaker is open, it rests, or it has nothing of this place.
        case passedOver
    }

    private enum State: Hashable, Sendable {
        /// Exits: asking, when due.
        case resting(until: Duration)
        /// A provider is to be asked, or is being asked. Exits: asking (next try, next provider), betweenRounds, resting.
        case asking(Attempt)
        /// All failed. Exits: asking the first provider again.
        case betweenRounds(began: Duration, round: Int, until: Duration)
    }

    private struct Attempt: Hashable, Sendable {
        var began: Duration
        var round: Int
        var provider: Int
        /// Tries of this provider in this round, this one included.
        var attempt: Int
        var notBefore: Duration
    }

    let configuration: Configuration
    private var state: State

    init(_ configuration: Configuration, firstDue: Duration) {
        self.configuration = configuration
        state = .resting(until: firstDue)
    }

    /// The provider that is asked, or to be asked; nil between rounds and while nothing is due.
    var provider: Int? {
        if case .asking(let attempt) = state { attempt.provider } else { nil }
    }

    mutating func step(now: Duration) -> Step {
        switch state {
        case .resting(let until):
            guard now >= until, configuration.providers > 0 else { return .wait(until: until) }
            return begin(Attempt(began: now, round: 1, provider: 0, attempt: 1, notBefore: now))
        case .betweenRounds(let began, let round, let until):
            guard now >= until else { return .wait(until: until) }
            return begin(Attempt(began: began, round: round + 1, provider: 0, attempt: 1, notBefore: now))
        case .asking(let attempt):
            return now >= attempt.notBefore ? .ask(provider: attempt.provider) : .wait(until: attempt.notBefore)
        }
    }

    private mutating func begin(_ attempt: Attempt) -> Step {
        state = .asking(attempt)
        return .ask(provider: attempt.provider)
    }

    /// The weather came. The next fetch is due after `interval`, which the caller may shorten to spread cells.
    mutating func answered(now: Duration, nextAfter interval: Duration? = nil) {
        guard case .asking = state else { return }
        state = .resting(until: now + (interval ?? configuration.interval))
    }

    /// `random` is uniform in 0..<1.
    mutating func failed(_ failure: Failure, now: Duration, random: Double) {
        guard case .asking(var attempt) = state else { return }
        if failure == .passing,
            let pause = configuration.tries.next(
                afterAttempt: attempt.attempt, elapsed: now - attempt.began, random: random)
        {
            attempt.attempt += 1
            attempt.notBefore = now + pause
            state = .asking(attempt)
        } else if attempt.provider + 1 < configuration.providers {
            attempt.provider += 1
            attempt.attempt = 1
            attempt.notBefore = now
            state = .asking(attempt)
        } else {
            endRound(attempt, now: now, random: random)
        }
    }

    private mutating func endRound(_ attempt: Attempt, now: Duration, random: Double) {
        if let pause = configuration.rounds.next(
            afterAttempt: attempt.round, elapsed: now - attempt.began, random: random)
        {
            state = .betweenRounds(began: attempt.began, round: attempt.round, until: now + pause)
        } else {
            // The window is over: the next one begins when the next fetch would have been due.
            state = .resting(until: max(now, attempt.began + configuration.interval))
        }
    }
}
