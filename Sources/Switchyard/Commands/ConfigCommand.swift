import ArgumentParser
import EnergyModel

struct ConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Show or check the configuration.", subcommands: [Show.self, Check.self],
        defaultSubcommand: Show.self)

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print every value and where it came from.",
            discussion: "Example: switchyard config show --set log.level=debug")
        @OptionGroup var engine: EngineOptions
        @OptionGroup var output: OutputOptions

        /// `scheme://user:password@host` with the password left out (SEC-07).
        private func withoutPasswords(_ text: String) -> String {
            text.replacing(/(:\/\/[^:\/@,]*):[^@,]*@/) { "\($0.1):(secret)@" }
        }

        private struct Row: Encodable {
            var key: String
            var value: String
            var source: String
            var allowed: String
            var help: String
        }

        func run() async throws {
            let settings = try engine.settings()
            let rows = SettingTable.settings.map { setting in
                let value = settings.value(setting)
                let shown = setting.kind == .secret && !value.text.isEmpty ? "(secret)" : withoutPasswords(value.text)
                return Row(
                    key: setting.key, value: shown, source: value.source.description, allowed: setting.kind.allowed,
                    help: setting.help)
            }
            if output.json { return try Output.json(rows) }
            Output.table(["KEY", "VALUE", "FROM"], rows.map { [$0.key, $0.value, $0.source] })
        }
    }

    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say what is wrong with the configuration; 0 when nothing is.",
            discussion: "Example: switchyard config check --config ./config.yaml")
        @OptionGroup var engine: EngineOptions

        func run() async throws {
            do {
                _ = try engine.settings()
            } catch let error as SettingsError {
                throw CommandFailure(.failed, error.description)
            }
            Output.line("configuration is valid")
        }
    }
}
