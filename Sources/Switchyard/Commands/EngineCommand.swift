import ArgumentParser
import EnergyModel
import Ports
import ServiceLifecycle
import UnixSignals

struct EngineCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "engine", abstract: "Run the engine without a console until it is told to stop.")
    @OptionGroup var engine: EngineOptions

    func run() async throws {
        let host = try await EngineHost.open(try engine.settings(), mode: "engine")
        var configuration = ServiceGroupConfiguration(
            services: host.services, gracefulShutdownSignals: [.sigterm, .sigint], logger: host.logger)
        configuration.maximumGracefulShutdownDuration = .seconds(5)
        do {
            try await ServiceGroup(configuration: configuration).run()
        } catch let error as PortError {
            throw CommandFailure(.failed, error.description)
        }
    }
}
