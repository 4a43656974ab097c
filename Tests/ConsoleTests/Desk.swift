import EnergyModel
import Ports
import Screen

@testable import Console

/// A console without a terminal and without an engine: keys in, grids out. Its answers come at once from the fixtures.
struct Desk {
    var state: ConsoleState
    var now: UTCInstant
    var glyphs = Glyphs.unicode
    /// Effects nobody answers here: copies, files, commands, quits.
    private(set) var performed: [Effect] = []
    /// The number of the newest effect, answered or not.
    private(set) var lastAsked = 0
    var answers: (Effect.Work) -> EffectResult? = Desk.fixtures

    init(
        size: Size = Size(columns: 120, rows: 40), glyphs: Glyphs = .unicode, isReadOnly: Bool = false,
        snapshot: OperatorSnapshot? = Fleet.mixed()
    ) {
        now = Fleet.now
        self.glyphs = glyphs
        state = ConsoleState(
            person: ConsolePerson(name: "ana", role: isReadOnly ? "viewer" : "operator", isReadOnly: isReadOnly),
            session: "s1", now: now, size: size, keys: .standard, themeName: "control-room",
            themeNames: ["control-room", "daylight", "mono"])
        if let snapshot { send(.link(.snapshot(snapshot))) }
        wait(.milliseconds(400))
    }

    static func fixtures(_ work: Effect.Work) -> EffectResult? {
        switch work {
        case .series(let request): .series(Fleet.series(request))
        case .meters: .meters(Fleet.meters())
        case .deadLetters(let query):
            .deadLetters(page(query))
        case .deadLetter(let number): .deadLetter(Fleet.letters().first { $0.number == number })
        case .checkLetter(_, let payload): .letterCheck(Fleet.check(payload))
        case .dryRun(let selection): .dryRun(Fleet.dryRun(selection))
        case .redrives: .redrives(Fleet.redrives())
        case .forecast(let query): .forecast(Fleet.forecast(query))
        case .backtest(let request): .backtest(Fleet.backtest(request))
        case .journal(let query):
            .journal(Fleet.journal().filter { query.kinds.contains($0.kind) && $0.number ?? 0 < query.before ?? .max })
        case .trace(let id): .trace(Fleet.trace(id))
        case .snapshot(let moment): .snapshot(past(moment))
        case .events(let query): .events(Fleet.events(query))
        case .event(let id): .event(Fleet.detail(id))
        case .reports(let id): .reports(Fleet.reports(id))
        case .building(let facility): .building(Fleet.building(facility))
        case .previewEvent(let request): .preview(Fleet.preview(request))
        case .previewOverride(let request): .preview(Fleet.preview(request))
        case .arm: .armed(.armed(for: .seconds(30)))
        case .disarm: .disarmed
        default: nil
        }
    }

    private static func page(_ query: DeadLetterQuery) -> DeadLetterPage {
        let all = Fleet.letters().filter { letter in
            query.state ?? letter.state == letter.state && query.topic ?? letter.topic == letter.topic
                && query.reason ?? letter.reason == letter.reason
        }
        return DeadLetterPage(letters: all.filter { $0.number ?? 0 < query.before ?? .max }, matching: all.count)
    }

    static func past(_ moment: UTCInstant) -> OperatorSnapshot {
        var snapshot = Fleet.snapshot(sequence: 1, at: moment)
        snapshot.isHistorical = true
        return snapshot
    }

    static func nothing(_ work: Effect.Work) -> EffectResult? {
        switch work {
        case .series(let request):
            .series(SeriesAnswer(request: request, stepMilliseconds: 60_000, points: [], answeredAt: Fleet.now))
        case .meters: .meters([])
        case .deadLetters: .deadLetters(DeadLetterPage(letters: [], matching: 0))
        case .deadLetter: .deadLetter(nil)
        case .checkLetter: .letterCheck(.passes([]))
        case .dryRun: .dryRun(DryRun(rows: [], matching: 0, examined: 0))
        case .redrives: .redrives([])
        case .forecast: .forecast(Desk.noForecast)
        case .backtest(let request):
            .backtest(BacktestAnswer(request: request, daysKnown: 0, models: [], answeredAt: Fleet.now))
        case .journal: .journal([])
        case .trace: .trace([])
        case .events: .events([])
        case .event: .event(nil)
        case .reports: .reports([])
        case .building(let facility):
            .building(BuildingView(facility: facility, endpoint: nil, points: [], readAt: nil, failure: nil))
        case .arm: .armed(.armed(for: .seconds(30)))
        case .disarm: .disarmed
        default: nil
        }
    }

    static let noForecast = ForecastAnswer(
        forecast: nil, dayAhead: [], profile: nil, standing: nil, answeredAt: Fleet.now)

    static func failing(_ work: Effect.Work) -> EffectResult? {
        switch work {
        case .series, .meters, .deadLetters, .deadLetter, .journal, .trace, .snapshot, .events, .event, .building,
            .reports,
            .previewEvent, .previewOverride, .checkLetter, .dryRun, .redrives, .forecast, .backtest:
            .failed(sentence: "The record store did not answer within 10 s; asking again")
        case .arm: .armed(.armed(for: .seconds(30)))
        case .disarm: .disarmed
        default: nil
        }
    }

    mutating func send(_ message: ConsoleMessage) {
        var waiting = update(&state, message, now: now)
        var rounds = 0
        while !waiting.isEmpty, rounds < 50 {
            rounds += 1
            var next: [Effect] = []
            for effect in waiting {
                lastAsked = Int(effect.id.number)
                if let result = answers(effect.work) {
                    next += update(&state, .finished(effect.id, result), now: now)
                } else {
                    performed.append(effect)
                }
            }
            waiting = next
        }
    }

    /// Keys as in key files, parted by spaces: `j j Enter`.
    mutating func press(_ keys: String) {
        for word in keys.split(separator: " ") {
            guard let press = KeyPress(parsing: word) else { preconditionFailure("no key \(word)") }
            send(.input(.key(press)))
        }
    }

    mutating func type(_ text: String) {
        for character in text { send(.input(.key(KeyPress(character)))) }
    }

    mutating func run(_ command: String) {
        press(":")
        type(command)
        press("Enter")
    }

    mutating func wait(_ span: Duration) {
        now = now.advanced(by: span)
        send(.tick)
    }

    var grid: Grid { view(state, size: state.size, glyphs: glyphs) }

    var text: [String] {
        let grid = grid
        return (0..<grid.size.rows).map { grid.text(row: $0) }
    }

    var screen: String { text.joined(separator: "\n") }

    func shows(_ part: String) -> Bool { text.contains { $0.contains(part) } }

    var golden: String {
        var terminal = MemoryTerminal(size: state.size)
        terminal.show(grid)
        return terminal.golden
    }

    mutating func clearPerformed() { performed = [] }
}
