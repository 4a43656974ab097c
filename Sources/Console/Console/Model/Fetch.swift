import EnergyModel
import Ports

/// Something asked for and what came back. The last good value stays while a newer one is under way or fails; an answer
/// to an older question is ignored by its id.
struct Fetch<Value: Sendable>: Sendable {
    private(set) var value: Value?
    /// When `value` came, by the console's clock.
    private(set) var arrivedAt: UTCInstant?
    private(set) var awaited: EffectID?
    private(set) var failure: String?
    private var askedAt: UTCInstant?

    var isUnderWay: Bool { awaited != nil }

    mutating func asked(_ id: EffectID, at now: UTCInstant) {
        awaited = id
        askedAt = now
    }

    /// True when this was the awaited answer.
    mutating func settle(_ id: EffectID, _ outcome: Result<Value, FetchFailure>, at now: UTCInstant) -> Bool {
        guard id == awaited else { return false }
        awaited = nil
        switch outcome {
        case .success(let value):
            self.value = value
            arrivedAt = now
            failure = nil
        case .failure(let problem): failure = problem.sentence
        }
        return true
    }

    /// Time to ask (again): nothing is under way and the last question is at least `interval` ago; after a failure the
    /// first new try comes after 2 s (ledger CON-02).
    func isDue(every interval: Duration, now: UTCInstant) -> Bool {
        guard awaited == nil else { return false }
        guard let askedAt else { return true }
        return now.since(askedAt) >= (failure == nil ? interval : min(interval, .seconds(2)))
    }

    mutating func forget() { self = Fetch() }
}

struct FetchFailure: Error, Equatable {
    let sentence: String
}

extension EffectResult {
    /// The failure of any effect, else what `unwrap` finds; nil when this result is of another kind.
    func outcome<Value>(_ unwrap: (EffectResult) -> Value?) -> Result<Value, FetchFailure>? {
        if case .failed(let sentence) = self { return .failure(FetchFailure(sentence: sentence)) }
        return unwrap(self).map { .success($0) }
    }

    var series: SeriesAnswer? { if case .series(let answer) = self { answer } else { nil } }
    var meters: [MeterSnapshot]? { if case .meters(let meters) = self { meters } else { nil } }
    var letterPage: DeadLetterPage? { if case .deadLetters(let page) = self { page } else { nil } }
    /// Doubly optional: a letter that does not exist is an answer too.
    var letter: DeadLetter?? { if case .deadLetter(let letter) = self { .some(letter) } else { nil } }
    var letterCheck: LetterCheck? { if case .letterCheck(let check) = self { check } else { nil } }
    var dryRun: DryRun? { if case .dryRun(let run) = self { run } else { nil } }
    var redrives: [Redrive]? { if case .redrives(let redrives) = self { redrives } else { nil } }
    var forecast: ForecastAnswer? { if case .forecast(let answer) = self { answer } else { nil } }
    var backtest: BacktestAnswer? { if case .backtest(let answer) = self { answer } else { nil } }
    var entries: [JournalEntry]? { if case .journal(let entries) = self { entries } else { nil } }
    var events: [DemandResponseEvent]? { if case .events(let events) = self { events } else { nil } }
    /// Doubly optional, as a letter is.
    var event: EventDetail?? { if case .event(let event) = self { .some(event) } else { nil } }
    var reports: [ParticipationRecord]? { if case .reports(let reports) = self { reports } else { nil } }
    var building: BuildingView? { if case .building(let building) = self { building } else { nil } }
    var moment: OperatorSnapshot? { if case .snapshot(let snapshot) = self { snapshot } else { nil } }
}
