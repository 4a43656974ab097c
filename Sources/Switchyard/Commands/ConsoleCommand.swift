import ArgumentParser
import Console
import EnergyModel
import Foundation
import NcursesTerminal
import Screen

struct ConsoleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "console", abstract: "The operations console on the embedded engine (the default command).",
        discussion: "Example: switchyard switchyard://facility/F-007 --theme daylight")
    @OptionGroup var engine: EngineOptions
    @Flag(help: "Take all actions away.") var readOnly = false
    @Flag(help: "Draw with ASCII only.") var ascii = false
    @Option(help: "Name of a theme, or path of a theme file.") var theme: String?
    @Argument(help: "Where to begin, e.g. switchyard://facility/F-007.") var locator: String?

    func run() async throws {
        var flags: [String: (name: String, value: String)] = [:]
        if readOnly { flags["console.read_only"] = ("--read-only", "true") }
        if ascii { flags["console.ascii"] = ("--ascii", "true") }
        if let theme { flags["console.theme"] = ("--theme", theme) }
        let settings = try engine.settings(extra: flags)
        let start = try locator.map { text in
            do {
                return try Locator(parsing: text)
            } catch {
                throw CommandFailure(.usage, "\(error)")
            }
        }
        let environment = ProcessInfo.processInfo.environment
        let shelf = ThemeShelf(directories: themeDirectories(environment))
        var options = TerminalOptions(environment: environment, ascii: settings.flag("console.ascii"))
        options.endsOnSignals = true
        guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1 else {
            throw CommandFailure(.failed, TerminalError.notATerminal.description)
        }
        guard let terminal = NcursesTerminal(theme: shelf.load(settings.text("console.theme")).theme, options: options)
        else { throw CommandFailure(.failed, "no file descriptors are left; close some programs and try again") }
        let engine = EmbeddedEngine(settings)
        let runner = ConsoleRunner(
            link: engine.link, terminal: CursesConsole(terminal: terminal),
            settings: consoleSettings(settings, glyphs: options.glyphs, at: start), themes: shelf,
            exports: ExportDirectory(path: FileManager.default.currentDirectoryPath), clock: ContinuousClock(),
            wall: { .wallClock })
        try await together(engine, runner)
    }

    /// The console leads: it draws before the engine is open, and when it ends the engine stops.
    private func together(_ engine: EmbeddedEngine, _ runner: ConsoleRunner<ContinuousClock>) async throws {
        do {
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await engine.run() }
                tasks.addTask {
                    try await runner.run()
                    await engine.stop()
                }
                // An engine that cannot be opened or cannot go on ends the console, so that its sentence is seen.
                do {
                    while try await tasks.next() != nil {}
                } catch {
                    tasks.cancelAll()
                    throw error
                }
            }
        } catch let error as TerminalError {
            throw CommandFailure(.failed, error.description)
        }
    }

    private func consoleSettings(_ settings: Settings, glyphs: Glyphs, at start: Locator?)
        -> ConsoleRunner<ContinuousClock>.Settings
    {
        let environment = ProcessInfo.processInfo.environment
        let readOnly = settings.flag("console.read_only")
        let keys =
            settings.optionalText("console.keys")
            ?? Places(environment: environment).configurationDirectory.appending(path: "keys.yaml").path
        return .init(
            person: ConsolePerson(
                name: settings.optionalText("console.operator") ?? NSUserName(), role: readOnly ? "viewer" : "operator",
                isReadOnly: readOnly),
            session: UUID().uuidString.lowercased(), keysPath: keys, themeName: settings.text("console.theme"),
            glyphs: glyphs, locator: start, awaited: "Opening the store")
    }
}

struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys", abstract: "Print the key table in force; exit code 1 when the key file has mistakes.",
        discussion: "Example: switchyard keys --set console.keys=./keys.yaml")
    @OptionGroup var engine: EngineOptions
    @OptionGroup var output: OutputOptions

    private struct Row: Encodable {
        var action: String
        var scope: String
        var keys: [String]
        var summary: String
    }

    func run() async throws {
        let settings = try engine.settings()
        let places = Places(environment: ProcessInfo.processInfo.environment)
        let path =
            settings.optionalText("console.keys") ?? places.configurationDirectory.appending(path: "keys.yaml").path
        let text = FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
        let (map, problems) = KeyMapFile.parse(text)
        let rows = map.table().map { row in
            Row(
                action: row.action.rawValue, scope: row.scope.rawValue, keys: row.keys.map(\.description),
                summary: row.summary)
        }
        if output.json {
            try Output.json(rows)
        } else {
            Output.table(
                ["KEYS", "ACTION", "WHERE", "WHAT IT DOES"],
                rows.map { [$0.keys.joined(separator: ", "), $0.action, $0.scope, $0.summary] })
        }
        guard problems.isEmpty else {
            throw CommandFailure(.failed, "\(path):\n" + problems.joined(separator: "\n"))
        }
    }
}

/// The ncurses terminal as the console wants it.
struct CursesConsole: ConsoleTerminal {
    let terminal: NcursesTerminal

    func run(_ onEvent: @escaping @Sendable (TerminalEvent) -> Void) async throws { try await terminal.run(onEvent) }
    func stop() { terminal.stop() }
    func show(_ grid: Grid) { terminal.show(grid) }
    func use(_ theme: Theme) { terminal.use(theme) }
    func copy(_ text: String) -> CopyAnswer {
        let outcome = terminal.copy(text)
        guard case .sent = outcome else { return .refused(sentence: outcome.sentence) }
        return .sent(sentence: outcome.sentence)
    }
}

/// The operator's own themes first, then those that came with the binary: beside it, in `share`, or in the checkout it was
/// built in.
func themeDirectories(_ environment: [String: String]) -> [String] {
    let own = Places(environment: environment).configurationDirectory.appending(path: "themes").path
    var directories = [own]
    var place = URL(filePath: CommandLine.arguments.first ?? "").resolvingSymlinksInPath().deletingLastPathComponent()
    if let exact = Bundle.main.executableURL { place = exact.resolvingSymlinksInPath().deletingLastPathComponent() }
    for _ in 0..<5 {
        directories += [place.appending(path: "themes").path, place.appending(path: "share/switchyard/themes").path]
        place = place.deletingLastPathComponent()
    }
    return directories.filter { $0 == own || FileManager.default.fileExists(atPath: $0) }
}
