import ArgumentParser

struct SwitchyardCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "switchyard",
        abstract: "An operations console for demand response, with its engine.",
        discussion: """
            Without a command it opens the console on the embedded engine. Exit codes: 0 done, 1 refused or failed, \
            2 usage, 3 engine unreachable.

            Example: switchyard --mqtt mqtt://127.0.0.1:1883
            """,
        version: version,
        subcommands: [
            ConsoleCommand.self, EngineCommand.self, SimulateCommand.self, StatusCommand.self, FacilitiesCommand.self,
            LoadCommand.self, DeadLettersCommand.self, JournalCommand.self, ReadingsCommand.self, RollupsCommand.self,
            RecomputeCommand.self, GapsCommand.self, SchemaCommand.self, ConfigCommand.self, DoctorCommand.self,
            BackupCommand.self, BaselineCommand.self, KeysCommand.self, CompletionsCommand.self, ManCommand.self,
            BenchCommand.self, EventsCommand.self, OverrideCommand.self, AuditCommand.self, ReportCommand.self,
            ForecastCommand.self, WeatherCommand.self, TraceCommand.self, TracesCommand.self, LogCommand.self,
            LoginCommand.self, LogoutCommand.self, WhoAmICommand.self,
        ],
        defaultSubcommand: ConsoleCommand.self)

    static let version = "0.1.0"
}

@main
enum Main {
    static func main() async {
        do {
            var command = try SwitchyardCommand.parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            leave(with: error)
        }
    }

    /// Usage errors are 2 (ArgumentParser says 64); our own failures carry their code; anything else is 1.
    private static func leave(with error: any Error) -> Never {
        if let failure = error as? CommandFailure {
            Output.complain(failure.sentence)
            SwitchyardCommand.exit(withError: ExitCode(failure.code.rawValue))
        }
        if error is SettingsError {
            Output.complain(String(describing: error))
            SwitchyardCommand.exit(withError: ExitCode(CommandFailure.Code.usage.rawValue))
        }
        let code = SwitchyardCommand.exitCode(for: error)
        guard code == .validationFailure else { SwitchyardCommand.exit(withError: error) }
        Output.complain(SwitchyardCommand.fullMessage(for: error))
        SwitchyardCommand.exit(withError: ExitCode(CommandFailure.Code.usage.rawValue))
    }
}

/// A command that did not do what it was asked: a sentence for people and the exit code for scripts (CONSOLE §4).
struct CommandFailure: Error {
    enum Code: Int32 { case failed = 1, usage = 2, unreachable = 3 }
    let code: Code
    let sentence: String

    init(_ code: Code, _ sentence: String) {
        self.code = code
        self.sentence = sentence
    }
}
