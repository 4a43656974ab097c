import ArgumentParser
import Console
import EnergyModel
import Ports
import Screen

extension BenchCommand {
    struct Console: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Time every screen on a seeded fleet; `scripts/bench console` adds the terminal.",
            discussion: "Example: switchyard bench console")
        @Option(help: "Facilities of the fleet.") var facilities = 1000
        @Option(help: "Frames drawn on each screen.") var frames = 2000
        @Option(help: "Columns of the screen.") var columns = 120
        @Option(help: "Rows of the screen.") var rows = 40

        func validate() throws {
            guard facilities > 0, frames > 0 else { throw ValidationError("--facilities and --frames begin at 1.") }
            guard columns >= 80, rows >= 24 else { throw ValidationError("The console needs 80 columns and 24 rows.") }
        }

        func run() async throws {
            let fleet = BenchFleet(facilities: facilities)
            for screen in ConsoleBench.screens {
                var bench = ConsoleBench(fleet: fleet, size: Size(columns: columns, rows: rows), screen: screen)
                try Output.json(bench.run(frames: frames))
            }
        }
    }
}

/// One screen, drawn again and again: a new snapshot and a key in turn, as on a busy shift. No terminal, no engine.
struct ConsoleBench {
    let screen: (name: String, key: Character)
    private let fleet: BenchFleet
    private let size: Size
    private let clock = ContinuousClock()
    private var state: ConsoleState
    private var now = BenchFleet.start
    private var shown: Grid

    static let screens: [(name: String, key: Character)] = [
        ("overview", "1"), ("facility", "2"), ("events", "3"), ("override", "4"), ("dead-letters", "5"),
        ("health", "8"), ("journal", "9"),
    ]

    /// Milliseconds; cells count what the diff gives the terminal to draw.
    struct Result: Encodable {
        var bench = "console"
        var screen: String
        var facilities: Int
        var frames: Int
        var updateP50: Double
        var updateP99: Double
        var viewAndDiffP50: Double
        var viewAndDiffP99: Double
        var cellsP50: Int
        var cellsWhenOnlyTheClockMoved: Int
    }

    init(fleet: BenchFleet, size: Size, screen: (name: String, key: Character)) {
        self.fleet = fleet
        self.size = size
        self.screen = screen
        state = ConsoleState(
            person: ConsolePerson(name: "bench", role: "operator", isReadOnly: false), session: "bench", now: now,
            size: size, keys: .standard, themeName: "control-room", themeNames: ["control-room"])
        shown = Grid(size: size)
        send(.link(.snapshot(fleet.snapshot(at: now, drift: 0))))
        send(.input(.key(KeyPress(screen.key))))
        send(.tick)
        shown = view(state, size: size, glyphs: .unicode)
    }

    mutating func run(frames: Int) -> Result {
        var updates: [Double] = []
        var draws: [Double] = []
        var cells: [Int] = []
        for frame in 0..<frames {
            now = now.advanced(by: .milliseconds(500))
            let message: ConsoleMessage =
                frame % 2 == 0
                ? .link(.snapshot(fleet.snapshot(at: now, drift: frame)))
                : .input(.key(KeyPress(frame / 50 % 2 == 0 ? "j" : "k")))
            let began = clock.now
            let effects = update(&state, message, now: now)
            let updated = clock.now
            cells.append(draw())
            draws.append(milliseconds(updated, clock.now))
            updates.append(milliseconds(began, updated))
            answer(effects)
            send(.tick)
        }
        return Result(
            screen: screen.name, facilities: fleet.facilities.count, frames: frames,
            updateP50: rank(updates, 0.5), updateP99: rank(updates, 0.99), viewAndDiffP50: rank(draws, 0.5),
            viewAndDiffP99: rank(draws, 0.99), cellsP50: cells.sorted()[cells.count / 2],
            cellsWhenOnlyTheClockMoved: cellsOfTheClock())
    }

    /// The fleet says the same a second later: every age stands still.
    private mutating func cellsOfTheClock() -> Int {
        var cells = 0
        for second in 0..<2 {
            now = now.advanced(by: .seconds(1))
            send(.link(.snapshot(fleet.snapshot(at: now, drift: 0))))
            send(.tick)
            let redrawn = draw()
            if second > 0 { cells = redrawn }
        }
        return cells
    }

    /// Cells that changed.
    private mutating func draw() -> Int {
        let grid = view(state, size: size, glyphs: .unicode)
        let runs = GridDiff.runs(from: shown, to: grid)
        shown = grid
        return runs.reduce(0) { $0 + $1.columns.count }
    }

    private mutating func send(_ message: ConsoleMessage) { answer(update(&state, message, now: now)) }

    /// Answers may ask for more: at most so often.
    private mutating func answer(_ effects: [Effect]) {
        var waiting = effects
        for _ in 0..<8 where !waiting.isEmpty {
            waiting = waiting.flatMap { effect in
                fleet.answer(effect.work, now: now).map { update(&state, .finished(effect.id, $0), now: now) } ?? []
            }
        }
    }

    private func milliseconds(_ from: ContinuousClock.Instant, _ to: ContinuousClock.Instant) -> Double {
        from.duration(to: to).secondsAsDouble * 1000
    }

    private func rank(_ values: [Double], _ share: Double) -> Double {
        let sorted = values.sorted()
        return sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]
    }
}
