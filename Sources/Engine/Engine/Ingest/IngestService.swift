import EnergyModel
import Logging
import Ports
import ServiceLifecycle

/// Opens and closes the intake: keeps the fleet's directory up to date, and at a stop refuses new deliveries and waits for
/// those under way.
final class IngestService: Service {
    private let gate: GateKeeper
    private let directory: FleetDirectory
    private let health: HealthService
    private let time: Timekeeper
    private let logger: Logger

    init(gate: GateKeeper, directory: FleetDirectory, health: HealthService, time: Timekeeper, logger: Logger) {
        self.gate = gate
        self.directory = directory
        self.health = health
        self.time = time
        self.logger = logger
    }

    func run() async throws {
        await load()
        while await time.pause(.seconds(5)) { await load() }
        gate.stop()
        health.stop()
        await drain()
    }

    private func load() async {
        do throws(PortError) {
            try await directory.load()
            health.phase("fleet", done: true)
        } catch {
            logger.warning("fleet not read, trying again", metadata: ["error": "\(error)"])
        }
    }

    /// Half a second at most: what is not durable by then is not acknowledged, and its sender sends it again.
    private func drain() async {
        for _ in 0..<25 where gate.inFlightBytes > 0 {
            do { try await time.sleep(.milliseconds(20)) } catch { return }
        }
    }
}
