import ArgumentParser
import EnergyModel
import Ports
import ServiceLifecycle
import UnixSignals

struct EngineCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "engine", abstract: "Run the engine without a console until it is told to stop.",
        discussion: "Example: switchyard engine --data ./data --mqtt mqtt://127.0.0.1:1883 --http 127.0.0.1:8080")
    @OptionGroup var engine: EngineOptions

    func run() async throws {
        let settings = try engine.settings()
        let host = try await EngineHost.open(settings, mode: "engine")
        var configuration = ServiceGroupConfiguration(
            services: host.services, gracefulShutdownSignals: [.sigterm, .sigint], logger: host.logger)
        configuration.maximumGracefulShutdownDuration = settings.span("operations.shutdown")
        do {
            try await ServiceGroup(configuration: configuration).run()
        } catch let error as PortError {
            throw CommandFailure(.failed, error.description)
        }
    }
}
