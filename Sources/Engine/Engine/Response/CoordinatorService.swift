import EnergyModel
import Logging
import Ports
import ServiceLifecycle

/// Drives the coordinator: holds its lease, turns its clock, and sends its requests, each in a task of its own. Nothing that
/// is under way is lost by a stop: every intent is stored, and the next start asks the buildings what became of it.
final class CoordinatorService: Service {
    private let coordinator: Coordinator
    private let planner: PlanDesk
    private let gate: BuildingGate
    private let leases: any RecordStore
    private let settings: EngineSettings.Response
    private let time: Timekeeper
    private let health: HealthService
    private let logger: Logger

    static let leaseName = "demand-response"

    init(
        coordinator: Coordinator, planner: PlanDesk, gate: BuildingGate, leases: any RecordStore,
        settings: EngineSettings.Response, time: Timekeeper, health: HealthService, logger: Logger
    ) {
        self.coordinator = coordinator
        self.planner = planner
        self.gate = gate
        self.leases = leases
        self.settings = settings
        self.time = time
        self.health = health
        self.logger = logger
    }

    func run() async throws {
        defer { health.rest("demand-response") }
        await cancelWhenGracefulShutdown { [self] in
            await withDiscardingTaskGroup { group in
                // In tasks of their own: a record store that hangs must not keep releases from leaving.
                group.addTask { await self.holdLease() }
                group.addTask { await self.keepOrder() }
                while isRunning {
                    health.beat("demand-response")
                    for id in coordinator.takeDue() { group.addTask { await self.coordinator.work(id) } }
                    for request in coordinator.takeRequests() { group.addTask { await self.perform(request) } }
                    _ = await time.pause(coordinator.hasOpenEvents ? settings.tick : settings.tick * 4)
                }
                group.cancelAll()
            }
        }
    }

    /// One request, and what becomes of it.
    func perform(_ request: BuildingRequest) async {
        let answer = await gate.perform(request)
        // Whoever is stopping cannot tell an answer from a cancellation; the next start asks.
        guard !Task.isCancelled else { return }
        await coordinator.tell(.answered(answer, to: request), to: request.event)
    }

    private func holdLease() async {
        repeat { await renew() } while await time.pause(coordinator.isDriving ? settings.leaseRenewal : .seconds(1))
    }

    /// Takes or renews the lease. While the record store is down the engine goes on with what it holds: nobody else can take
    /// the lease there either, and releases must go out.
    func renew() async {
        do throws(PortError) {
            let (owner, now, span) = (settings.owner, time.now(), settings.lease)
            let isOurs = try await bounded(by: settings.commitTimeout, "the record store", time: time) {
                [leases] () throws(PortError) in
                try await leases.claim(lease: CoordinatorService.leaseName, owner: owner, now: now, duration: span)
            }
            if !isOurs, coordinator.isDriving {
                logger.warning("another engine drives demand response from now on")
                coordinator.standDown()
            }
            if isOurs, !coordinator.isDriving { try await coordinator.start() }
        } catch {
            logger.warning("the lease of demand response is not renewed", metadata: ["error": "\(error)"])
        }
    }

    private func keepOrder() async {
        while isRunning {
            await turn()
            _ = await time.pause(.milliseconds(200))
        }
    }

    /// What events do to one another, and what must be planned again.
    func turn() async {
        guard coordinator.isDriving else { return }
        await coordinator.reload()
        await coordinator.handOver()
        await coordinator.endUnplanned()
        await planner.planPending()
    }
}
