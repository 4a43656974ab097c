import ArgumentParser
import EnergyModel
import Logging
import ServiceLifecycle
import Simulator
import UnixSignals

extension SimulateCommand {
    struct Weather: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Serve simulated weather as WeatherAPI.com, OpenWeatherMap and NOAA do, until stopped.",
            discussion: """
                Example: switchyard simulate weather --listen 127.0.0.1:18081

                An engine takes it with --set weather.providers=weatherapi,openweathermap,noaa, weather.allow=127.0.0.0/8 and
                each provider's weather.NAME_url at http://127.0.0.1:18081; any key will do. Faults are set while it runs:

                curl 127.0.0.1:18081/faults -d '{"rules": [{"fault": "quota", "providers": ["weatherapi"]}]}'

                Faults: timeout unauthorised quota failure garbage truncated stale unit_mistake slow; share, times and
                seconds bound them, and an empty body ends them. GET /faults tells what was asked and what befell.
                """)
        @Option(help: "HOST:PORT to listen on.") var listen: String
        @Option(help: "Seed of the weather; that of the fleet, so that its meters feel it.") var seed: UInt64 = 1

        func run() async throws {
            do {
                let logger = Logger(label: "simulator", factory: { _ in SwiftLogNoOpLogHandler() })
                let server = try weatherServer(at: listen, option: "--listen", seed: seed, logger: logger)
                try await ServiceGroup(
                    services: [server], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger
                ).run()
            } catch let error as SimulationError {
                throw CommandFailure(.failed, error.description)
            }
        }
    }
}

func weatherServer(at text: String, option: String, seed: UInt64, logger: Logger) throws -> WeatherServer {
    guard let address = try ListenAddress.parse(text) else {
        throw CommandFailure(.usage, "\(option) is HOST:PORT, not \(text.debugDescription)")
    }
    return WeatherServer(
        try SimulatedProviders(seed: seed, now: { .wallClock }), host: address.host, port: address.port, logger: logger)
}
