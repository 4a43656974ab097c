import ArgumentParser
import Console
import EnergyModel
import Foundation
import NcursesTerminal
import Ports
import Screen

extension BenchCommand {
    /// The console alone in its process: what it costs an operator to leave it open.
    struct Idle: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Leave the console open on a seeded fleet, one snapshot a second, and write its CPU seconds to a file.",
            discussion: "Example: switchyard bench idle --report /tmp/idle.json")
        @Option(help: "Facilities of the fleet.") var facilities = 1000
        @Option(help: "Seconds that are measured, after 5 s of warm-up.") var seconds = 30
        @Option(help: "File for the figures; the terminal is the console's.") var report: String

        func validate() throws {
            guard facilities > 0, seconds > 0 else { throw ValidationError("--facilities and --seconds begin at 1.") }
        }

        func run() async throws {
            let environment = ProcessInfo.processInfo.environment
            let shelf = ThemeShelf(directories: themeDirectories(environment))
            let options = TerminalOptions(environment: environment, ascii: false)
            guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1,
                let terminal = NcursesTerminal(theme: shelf.load("control-room").theme, options: options)
            else { throw CommandFailure(.failed, TerminalError.notATerminal.description) }
            let link = BenchLink(fleet: BenchFleet(facilities: facilities), seconds: seconds + 8)
            let runner = ConsoleRunner(
                link: link, terminal: CursesConsole(terminal: terminal),
                settings: .init(
                    person: ConsolePerson(name: "bench", role: "operator", isReadOnly: false), session: "bench",
                    keysPath: nil, themeName: "control-room", glyphs: options.glyphs), themes: shelf,
                exports: ExportDirectory(path: FileManager.default.temporaryDirectory.path), clock: ContinuousClock(),
                wall: { .wallClock })
            let used = try await withThrowingTaskGroup(of: Double?.self) { tasks in
                tasks.addTask {
                    try await runner.run()
                    return nil
                }
                tasks.addTask { [seconds] in
                    try await Task.sleep(for: .seconds(5))
                    let before = processSeconds()
                    try await Task.sleep(for: .seconds(seconds))
                    return processSeconds() - before
                }
                defer { tasks.cancelAll() }
                return try await tasks.next() ?? nil
            }
            guard let used else { throw CommandFailure(.failed, "the console was closed before the end") }
            let figures = Figures(
                facilities: facilities, seconds: seconds, cpuSecondsPerMinute: used * 60 / Double(seconds))
            try JSONEncoder().encode(figures).write(to: URL(filePath: report))
        }

        private struct Figures: Encodable {
            var bench = "idle"
            var facilities: Int
            var seconds: Int
            var cpuSecondsPerMinute: Double
        }
    }
}

/// Snapshots made beforehand, one a second, each a second younger; queries are answered from the fleet.
private struct BenchLink: OperatorLink {
    let fleet: BenchFleet
    private let prepared: [OperatorSnapshot]

    init(fleet: BenchFleet, seconds: Int) {
        self.fleet = fleet
        let began = UTCInstant.wallClock
        prepared = (0..<seconds).map { second in
            let shift = began.since(BenchFleet.start)
            var snapshot = fleet.snapshot(at: BenchFleet.start.advanced(by: .seconds(second)), drift: second)
            snapshot.at = snapshot.at.advanced(by: shift)
            for index in snapshot.facilities.indices {
                snapshot.facilities[index].newest = snapshot.facilities[index].newest?.advanced(by: shift)
            }
            return fleet.withResponse(snapshot, drift: second)
        }
    }

    func snapshots() -> AsyncStream<LinkUpdate> {
        let (stream, continuation) = AsyncStream.makeStream(of: LinkUpdate.self, bufferingPolicy: .bufferingNewest(1))
        let feeding = Task {
            for snapshot in prepared {
                continuation.yield(.snapshot(snapshot))
                // On whole seconds, as the engine does.
                let rest = 1000 - UTCInstant.wallClock.milliseconds % 1000
                do { try await Task.sleep(for: .milliseconds(rest)) } catch { break }
            }
            continuation.finish()
        }
        continuation.onTermination = { _ in feeding.cancel() }
        return stream
    }

    func series(_ request: SeriesRequest) async throws(PortError) -> SeriesAnswer {
        guard case .series(let answer) = fleet.answer(.series(request), now: .wallClock) else { throw none }
        return answer
    }
    func meters(of facility: FacilityID) async throws(PortError) -> [MeterSnapshot] { [] }
    func deadLetters(_ query: DeadLetterQuery) async throws(PortError) -> DeadLetterPage {
        DeadLetterPage(letters: [], matching: 0)
    }
    func deadLetter(_ number: Int64) async throws(PortError) -> DeadLetter? { nil }
    func check(deadLetter number: Int64, payload: [UInt8]?) async throws(PortError) -> LetterCheck { throw none }
    func dryRun(_ selection: LetterSelection) async throws(PortError) -> DryRun { throw none }
    func redrives() async throws(PortError) -> [Redrive] { [] }
    func forecast(_ query: ForecastQuery) async throws(PortError) -> ForecastAnswer {
        fleet.forecast(query, now: .wallClock)
    }
    func backtest(_ request: BacktestRequest) async throws(PortError) -> BacktestAnswer { throw none }
    func journal(_ query: JournalQuery) async throws(PortError) -> [JournalEntry] { [] }
    func trace(_ id: TraceID) async throws(PortError) -> [TraceSpan] { [] }
    func traces(_ query: TraceQuery) async throws(PortError) -> [TraceSummary] { [] }
    func snapshot(at moment: UTCInstant) async throws(PortError) -> OperatorSnapshot { throw none }
    func events(_ query: EventQuery) async throws(PortError) -> [DemandResponseEvent] { [] }
    func event(_ id: DREventID) async throws(PortError) -> EventDetail? { nil }
    func preview(_ request: EventRequest) async throws(PortError) -> PlanPreview { throw none }
    func preview(_ request: OverrideRequest) async throws(PortError) -> PlanPreview { throw none }
    func building(_ facility: FacilityID) async throws(PortError) -> BuildingView { throw none }
    func reports(of event: DREventID) async throws(PortError) -> [ParticipationRecord] { [] }
    func arm(_ request: ArmRequest) async throws(PortError) -> ArmAnswer { throw none }
    func disarm(key: String) async throws(PortError) {}
    func submit(_ command: OperatorCommand) async -> CommandOutcome { .refused(sentence: none.sentence) }

    private var none: PortError { PortError(.invalid, "A bench answers this with nothing.") }
}
