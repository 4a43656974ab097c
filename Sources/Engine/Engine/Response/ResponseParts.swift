import DemandResponse
import EnergyModel
import Logging
import Ports
import ServiceLifecycle

/// Every part of demand response, wired.
struct ResponseParts: Sendable {
    let ports: ResponsePorts
    let ground: EngineGround
    let facilities: FacilityIndex
    let gate: BuildingGate
    let coordinator: Coordinator
    let points: PointBook
    let planner: PlanDesk
    let driver: CoordinatorService
    let intake: ResponseIntake
    let intakeService: IntakeService

    init(_ ports: ResponsePorts, on ground: EngineGround, board: LiveBoard) {
        self.ports = ports
        self.ground = ground
        let settings = ground.settings.response
        facilities = FacilityIndex(directory: ground.directory)
        gate = BuildingGate(
            link: ports.buildings, facilities: facilities, settings: settings.buildings, time: ground.time,
            journal: ground.journal)
        coordinator = Coordinator(
            records: ports.records, settings: settings, time: ground.time, share: ground.share,
            measures: ground.measures, journal: ground.journal, logger: ground.logger)
        points = PointBook(
            records: ports.records, gate: gate, facilities: facilities, settings: settings, time: ground.time,
            logger: ground.logger)
        let outlooks = OutlookDesk(
            points: points, gate: gate, facilities: facilities, board: board, settings: settings)
        planner = PlanDesk(
            coordinator: coordinator, outlooks: outlooks, facilities: facilities, settings: settings, time: ground.time,
            logger: ground.logger)
        driver = CoordinatorService(
            coordinator: coordinator, planner: planner, gate: gate, leases: ground.records, settings: settings,
            time: ground.time, health: ground.health, logger: ground.logger)
        let backlog = IntakeBacklog()
        intake = ResponseIntake(
            log: ground.log, decoder: planner.decoder, backlog: backlog, settings: settings.intake, time: ground.time,
            measures: ground.measures, logger: ground.logger)
        intakeService = ground.makeIntakeService(coordinator, planner, facilities, backlog)
    }

    /// In the order of their start: what drives, what follows up, what takes in.
    var services: [any Service] { [points, driver, intakeService] }

    func registerChecks(with health: HealthService) {
        let (coordinator, records) = (coordinator, ports.records)
        health.addCheck("response-records", decidesReadiness: false) { () throws(PortError) in
            _ = try await records.pendingNotices(limit: 1)
        }
        health.addCheck("demand-response", decidesReadiness: false) { () throws(PortError) in try coordinator.check() }
    }
}

extension EngineGround {
    fileprivate func makeIntakeService(
        _ coordinator: Coordinator, _ planner: PlanDesk, _ facilities: FacilityIndex, _ backlog: IntakeBacklog
    ) -> IntakeService {
        let intake = EventIntake(
            coordinator: coordinator, planner: planner, facilities: facilities, time: time, measures: measures,
            journal: journal, logger: logger)
        return IntakeService(
            log: log, intake: intake, backlog: backlog, settings: settings.response.intake, time: time, share: share,
            measures: measures, health: health, logger: logger)
    }
}
