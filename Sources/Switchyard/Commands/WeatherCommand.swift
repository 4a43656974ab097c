import ArgumentParser
import EmbeddedStore
import EnergyModel
import Engine
import Ports

struct WeatherCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "weather", abstract: "How the weather providers have kept their word.",
        subcommands: [Providers.self], defaultSubcommand: Providers.self)

    struct Providers: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Measured availability of each provider, by the canary's checks, beside the 99.9 % expected.",
            discussion: """
                Example: switchyard weather providers --days 30

                Below 99.9 %: see the provider's sentence under Health (`switchyard status`) and the journal \
                (`switchyard journal list --text weather`). A refused key or a used-up quota is ours to mend: renew the \
                plan, then the key. Otherwise write to the provider's support with this table, and for as long put another \
                one first in weather.providers.
                """)
        @Option(help: "The last so many UTC days, today included.") var days = 30
        @OptionGroup var engine: EngineOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            guard (1...400).contains(days) else { throw CommandFailure(.usage, "--days is 1 to 400, not \(days)") }
            try await Desk.with(try engine.settings()) { desk in
                let today = desk.now.floor(toMilliseconds: 86_400_000)
                let range = TimeRange(
                    start: today.advanced(by: .seconds(-86_400 * (days - 1))), end: desk.now)
                let providers = ProviderAvailability.of(try await desk.store.records.providerDays(range))
                if output.json { return try Output.json(providers.map(Row.init)) }
                Output.table(
                    ["PROVIDER", "SINCE", "CHECKS", "FAILED", "AVAILABLE %", "EXPECTED %", "CALLS", "FAILED"],
                    providers.map { provider in
                        [
                            provider.source, String(provider.since.iso8601.prefix(10)), "\(provider.checks)",
                            "\(provider.failedChecks)", decimal(provider.share * 100, 2),
                            (provider.isKept ? "99.9 kept" : "99.9 missed"), "\(provider.calls)",
                            "\(provider.failedCalls)",
                        ]
                    }, right: [2, 3, 4, 6, 7])
            }
        }
    }
}

private struct Row: Encodable {
    var provider: String
    var since: String
    var checks: Int
    var failedChecks: Int
    /// 0...1.
    var availability: Double
    var expected: Double
    var calls: Int
    var failedCalls: Int

    init(_ provider: ProviderAvailability) {
        self.provider = provider.source
        since = provider.since.iso8601
        checks = provider.checks
        failedChecks = provider.failedChecks
        availability = provider.share
        expected = ProviderAvailability.expected
        calls = provider.calls
        failedCalls = provider.failedCalls
    }
}
