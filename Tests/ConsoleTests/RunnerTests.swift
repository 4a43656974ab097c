import EnergyModel
import Foundation
import Ports
import Screen
import Synchronization
import Testing

@testable import Console

@Suite("Runner", .timeLimit(.minutes(5))) struct RunnerTests {
    /// Answers from the fixtures and remembers what it was told.
    final class FixtureLink: OperatorLink {
        let commands = Mutex<[OperatorCommand]>([])
        private let stream: AsyncStream<LinkUpdate>
        let updates: AsyncStream<LinkUpdate>.Continuation

        init() { (stream, updates) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1)) }

        func snapshots() -> AsyncStream<LinkUpdate> { stream }
        func series(_ request: SeriesRequest) async throws(PortError) -> SeriesAnswer { Fleet.series(request) }
        func meters(of facility: FacilityID) async throws(PortError) -> [MeterSnapshot] { Fleet.meters() }
        func deadLetters(_ query: DeadLetterQuery) async throws(PortError) -> DeadLetterPage {
            throw PortError(.unavailable, "the store is locked; asking again")
        }
        func deadLetter(_ number: Int64) async throws(PortError) -> DeadLetter? { nil }
        func check(deadLetter number: Int64, payload: [UInt8]?) async throws(PortError) -> LetterCheck { .passes([]) }
        func dryRun(_ selection: LetterSelection) async throws(PortError) -> DryRun {
            DryRun(rows: [], matching: 0, examined: 0)
        }
        func redrives() async throws(PortError) -> [Redrive] { [] }
        func forecast(_ query: ForecastQuery) async throws(PortError) -> ForecastAnswer { Fleet.forecast(query) }
        func backtest(_ request: BacktestRequest) async throws(PortError) -> BacktestAnswer { Fleet.backtest(request) }
        func journal(_ query: JournalQuery) async throws(PortError) -> [JournalEntry] { Fleet.journal() }
        func trace(_ id: TraceID) async throws(PortError) -> [TraceSpan] { [] }
        func traces(_ query: TraceQuery) async throws(PortError) -> [TraceSummary] { [] }
        func snapshot(at moment: UTCInstant) async throws(PortError) -> OperatorSnapshot { Desk.past(moment) }
        func events(_ query: EventQuery) async throws(PortError) -> [DemandResponseEvent] { Fleet.events(query) }
        func event(_ id: DREventID) async throws(PortError) -> EventDetail? { Fleet.detail(id) }
        func preview(_ request: EventRequest) async throws(PortError) -> PlanPreview { Fleet.preview(request) }
        func preview(_ request: OverrideRequest) async throws(PortError) -> PlanPreview { Fleet.preview(request) }
        func building(_ facility: FacilityID) async throws(PortError) -> BuildingView { Fleet.building(facility) }
        func reports(of event: DREventID) async throws(PortError) -> [ParticipationRecord] { Fleet.reports(event) }
        func arm(_ request: ArmRequest) async throws(PortError) -> ArmAnswer { .armed(for: .seconds(30)) }
        func disarm(key: String) async throws(PortError) {}
        func submit(_ command: OperatorCommand) async -> CommandOutcome {
            commands.withLock { $0.append(command) }
            return .done(sentence: "Noted.", affected: 1)
        }
    }

    private static func runner(
        _ link: FixtureLink, _ terminal: MemoryConsoleTerminal, exports: String = "/nonexistent"
    ) -> ConsoleRunner<ContinuousClock> {
        ConsoleRunner(
            link: link, terminal: terminal,
            settings: .init(
                person: ConsolePerson(name: "ana", role: "operator", isReadOnly: false), session: "t", keysPath: nil,
                themeName: "control-room", glyphs: .unicode),
            themes: ThemeShelf(directories: []), exports: ExportDirectory(path: exports), clock: ContinuousClock(),
            wall: { Fleet.now })
    }

    /// Runs the console until a frame shows `parts` one after another, doing `step` after each.
    private static func drive(
        _ link: FixtureLink, _ terminal: MemoryConsoleTerminal, exports: String = "/nonexistent",
        _ script: [(until: String, then: @Sendable () -> Void)]
    ) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                do {
                    try await Self.runner(link, terminal, exports: exports).run()
                } catch {
                    Issue.record(error)
                }
            }
            var rest = script[...]
            for await frame in terminal.frames {
                guard let next = rest.first else { break }
                if frame.contains(where: { $0.contains(next.until) }) {
                    rest.removeFirst()
                    next.then()
                    if rest.isEmpty { break }
                }
            }
            await group.waitForAll()
        }
    }

    @Test("snapshots come in, keys go out, q asks since the engine would stop, a second q ends it")
    func session() async {
        let link = FixtureLink()
        let terminal = MemoryConsoleTerminal(size: Size(columns: 120, rows: 40))
        await Self.drive(
            link, terminal,
            [
                ("Waiting for the engine", { link.updates.yield(.snapshot(Fleet.snapshot())) }),
                ("Harbor Hospital", { terminal.type([KeyPress("5")]) }),
                (
                    "the store is locked",
                    { terminal.type([KeyPress("9"), KeyPress("a")] + "hi".map { KeyPress($0) } + [KeyPress(.enter)]) }
                ),
                ("Noted.", { terminal.type([KeyPress("q")]) }),
                ("Press again within 5 s", { terminal.type([KeyPress("q")]) }),
            ])
        #expect(link.commands.withLock { $0.map(\.reason) } == ["hi"])
    }

    @Test("the terminal's end ends the console")
    func closes() async {
        let link = FixtureLink()
        let terminal = MemoryConsoleTerminal(size: Size(columns: 80, rows: 24))
        await Self.drive(link, terminal, [("Waiting for the engine", { terminal.stop() })])
    }

    @Test("a file is written once and never overwritten")
    func writes() throws {
        let directory = NSTemporaryDirectory() + "switchyard-console-\(UUID().uuidString)"
        defer {
            do { try FileManager.default.removeItem(atPath: directory) } catch { Issue.record(error) }
        }
        let exports = ExportDirectory(path: directory)
        guard case .written(let path) = exports.write("a", to: "x.csv") else {
            Issue.record("not written")
            return
        }
        guard case .failed(let sentence) = exports.write("b", to: "x.csv") else {
            Issue.record("overwritten")
            return
        }
        #expect(sentence.contains("not overwritten"))
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "a")
    }

    @Test("of snapshots only the newest waits; keys keep their order")
    func inbox() {
        let inbox = Inbox()
        inbox.post(.input(.key(KeyPress("a"))))
        inbox.post(.link(.lost(sentence: "old")))
        inbox.post(.tick)
        inbox.post(.tick)
        inbox.post(.input(.key(KeyPress("b"))))
        inbox.post(.link(.lost(sentence: "new")))
        let taken = inbox.take()
        #expect(taken.count == 4)
        guard case .link(.lost("new")) = taken[0], case .tick = taken[3] else {
            Issue.record("order")
            return
        }
        #expect(inbox.take().isEmpty)
        for _ in 0..<5000 { inbox.post(.input(.key(KeyPress("x")))) }
        #expect(inbox.take().count == Inbox.limit)
    }
}
