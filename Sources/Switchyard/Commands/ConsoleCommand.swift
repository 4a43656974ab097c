import ArgumentParser
import Console
import EnergyModel
import Foundation
import NcursesTerminal
import Ports
import RemoteOperator
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
        let address = try EngineAddress(settings)
        let far = try address.map { address in
            try remoteLink(
                endpoint: address.endpoint, credential: EngineCredential(settings, address).token,
                ca: address.authorityFile)
        }
        let engine = EmbeddedEngine(settings)
        var shown = consoleSettings(settings, glyphs: options.glyphs, at: start)
        if let address {
            shown.awaited = "Connecting to \(address.endpoint)"
            shown.person = .unknown(name: shown.person.name, isToldReadOnly: shown.person.isReadOnly)
        }
        let link: any OperatorLink = far ?? engine.link
        let runner = ConsoleRunner(
            link: link, terminal: CursesConsole(terminal: terminal), settings: shown, themes: shelf,
            exports: ExportDirectory(path: FileManager.default.currentDirectoryPath), clock: ContinuousClock(),
            wall: { .wallClock })
        if let far {
            try await together(runner, { try await far.run() }, stop: nil)
        } else {
            try await together(runner, engine.run, stop: engine.stop)
        }
    }

    /// The console leads: it draws before there is an engine behind it, and when it ends that is stopped: gracefully if it can
    /// be, a link to one elsewhere at once.
    private func together(
        _ runner: ConsoleRunner<ContinuousClock>, _ behind: @escaping @Sendable () async throws -> Void,
        stop: (@Sendable () async -> Void)?
    ) async throws {
        do {
            try await withThrowingTaskGroup(of: Bool.self) { tasks in
                tasks.addTask {
                    do { try await behind() } catch is CancellationError {}
                    return false
                }
                tasks.addTask {
                    try await runner.run()
                    await stop?()
                    return true
                }
                // An engine that cannot be opened or cannot go on ends the console, so that its sentence is seen.
                do {
                    while let isConsole = try await tasks.next() {
                        if isConsole, stop == nil { tasks.cancelAll() }
                    }
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
