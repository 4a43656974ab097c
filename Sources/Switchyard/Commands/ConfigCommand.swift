import ArgumentParser
import EnergyModel
import MQTTFeed

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
                return Row(
                    key: setting.key, value: setting.shown(value.text), source: value.source.description,
                    allowed: setting.kind.allowed,
                    help: setting.help)
            }
            if output.json { return try Output.json(rows) }
            Output.table(["KEY", "VALUE", "FROM"], rows.map { [$0.key, $0.value, $0.source] })
        }
    }

    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say what an engine would refuse of the configuration; 0 when nothing.",
            discussion: "Example: switchyard config check --config ./config.yaml")
        @OptionGroup var engine: EngineOptions

        func run() async throws {
            do {
                try checkEdges(try engine.settings())
            } catch let error as SettingsError {
                throw CommandFailure(.failed, error.description)
            } catch let error as CommandFailure {
                throw CommandFailure(.failed, error.sentence)
            } catch let error as MQTTError {
                throw CommandFailure(.failed, "mqtt.urls: \(error)")
            }
            Output.line("configuration is valid")
        }
    }
}
