import EnergyModel
import Logging
import Ports
import ServiceLifecycle

/// Fills the live fleet from the store once, beside everything else: readiness does not wait for it.
final class LiveWarmStart: Service {
    private let board: LiveBoard
    private let stored: StoredFleet
    private let health: HealthService
    private let time: Timekeeper
    private let logger: Logger

    init(board: LiveBoard, stored: StoredFleet, health: HealthService, time: Timekeeper, logger: Logger) {
        self.board = board
        self.stored = stored
        self.health = health
        self.time = time
        self.logger = logger
    }

    func run() async throws {
        await waitForWindows()
        while isRunning, await !warm() { _ = await time.pause(.seconds(5)) }
        while await time.pause(.seconds(3600)) {}
    }

    /// Both read the same hour through one connection, and the engine is ready once its windows are.
    private func waitForWindows() async {
        let end = time.uptime() + .seconds(30)
        while isRunning, !health.isDone("windows"), time.uptime() < end { _ = await time.pause(.milliseconds(50)) }
    }

    /// False when the store did not answer.
    func warm() async -> Bool {
        let now = time.now()
        do throws(PortError) {
            try await stored.load(at: now, span: .seconds(4200), lookback: .seconds(7 * 86_400)) { readings, rollups in
                board.apply(readings: readings, rollups: rollups, now: now)
            }
            return true
        } catch {
            logger.warning("live view not filled from the store, trying again", metadata: ["error": "\(error)"])
            return false
        }
    }
}
