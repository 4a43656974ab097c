import DemandResponse
import EnergyModel
import Logging
import Ports
import ServiceLifecycle

/// Every part of demand response, wired.
struct ResponseParts: Sendable {
    let facilities: FacilityIndex
    let gate: BuildingGate
    let coordinator: Coordinator
    let points: PointBook
    let planner: PlanDesk
    let driver: CoordinatorService
    let intake: ResponseIntake
    let intakeService: IntakeService
    let measured = MeasuredReductions()
    let watchdog: WatchdogService
    let reconciliation: ReconciliationService
    let reports: ReportWriter
    /// Nil where no utility takes reports.
    let reportPosts: ReportPostService?
    let notices: NoticeService
    let tiers: CommandTierService
    let views: EventViews
    let desk: ResponseDesk
    private let ports: ResponsePorts
    private let settings: EngineSettings.Response

    init(_ ports: ResponsePorts, on ground: EngineGround, board: LiveBoard, forecasts: ForecastLookup) {
        self.ports = ports
        let settings = ground.settings.response
        self.settings = settings
        facilities = FacilityIndex(directory: ground.directory)
        gate = BuildingGate(
            link: ports.buildings, facilities: facilities, settings: settings.buildings, time: ground.time,
            measures: ground.measures, journal: ground.journal, tracer: ground.tracer)
        coordinator = Coordinator(
            records: ports.records, settings: settings, time: ground.time, share: ground.share,
            measures: ground.measures, journal: ground.journal, logger: ground.logger, tracer: ground.tracer)
        points = PointBook(
            records: ports.records, gate: gate, facilities: facilities, settings: settings, time: ground.time,
            logger: ground.logger)
        let escalator = ground.makeEscalator(ports)
        planner = PlanDesk(
            coordinator: coordinator,
            outlooks: OutlookDesk(
                points: points, gate: gate, facilities: facilities, board: board,
                sheds: RecentSheds(
                    records: ports.records, settings: settings, time: ground.time, logger: ground.logger),
                settings: settings, forecasts: forecasts),
            facilities: facilities, escalator: escalator, settings: settings, time: ground.time, logger: ground.logger,
            tracer: ground.tracer)
        driver = CoordinatorService(
            coordinator: coordinator, planner: planner, gate: gate, leases: ground.records, settings: settings,
            time: ground.time, health: ground.health, logger: ground.logger)
        let backlog = IntakeBacklog()
        intake = ResponseIntake(
            log: ground.log, decoder: planner.decoder, backlog: backlog, settings: settings.intake, time: ground.time,
            measures: ground.measures, logger: ground.logger, tracer: ground.tracer)
        intakeService = ground.makeIntakeService(coordinator, planner, facilities, backlog)
        watchdog = WatchdogService(
            records: ports.records, gate: gate, settings: settings, time: ground.time, measures: ground.measures,
            journal: ground.journal, logger: ground.logger)
        reconciliation = ground.makeReconciliation(coordinator, measured, board)
        reports = ground.makeReports(ports, facilities)
        reportPosts = ground.makeReportPosts(ports, coordinator, planner, reports)
        notices = ground.makeNotices(ports, coordinator, planner, reports, escalator)
        tiers = CommandTierService(
            coordinator: coordinator, letters: ground.records, escalator: escalator, settings: settings,
            time: ground.time, journal: ground.journal, logger: ground.logger)
        views = EventViews(
            ports: ports, coordinator: coordinator, planner: planner, points: points, gate: gate,
            facilities: facilities, measured: measured, settings: settings, time: ground.time)
        desk = ResponseDesk(
            coordinator: coordinator, planner: planner, views: views, gate: gate, reports: reports, settings: settings,
            time: ground.time)
    }

    /// In the order of their start: what drives, what follows up, what takes in.
    var services: [any Service] {
        let posts = reportPosts.map { [$0] as [any Service] } ?? []
        return [watchdog, driver, points, reconciliation, notices, tiers] + posts + [intakeService]
    }

    /// At a desk nobody drives events: what people ask is answered from the records alone.
    func link(isLive: Bool) -> ResponseLink {
        var views = views
        if !isLive { views.coordinator = nil }
        return ResponseLink(records: ports.records, views: views, desk: isLive ? desk : nil)
    }

    func replay(log: any EventLog, isLive: Bool, time: Timekeeper) -> ResponseReplay {
        ResponseReplay(
            log: log, records: ports.records, decoder: planner.decoder, coordinator: isLive ? coordinator : nil,
            settings: settings, time: time)
    }

    func registerChecks(with health: HealthService) {
        let (coordinator, records) = (coordinator, ports.records)
        health.addCheck("response-records", decidesReadiness: false) { () throws(PortError) in
            _ = try await records.pendingNotices(limit: 1)
        }
        health.addCheck("demand-response", decidesReadiness: false) { () throws(PortError) in try coordinator.check() }
    }
}

/// Demand response as the operator's link sees it.
struct ResponseLink: Sendable {
    let records: any ResponseRecords
    let views: EventViews
    /// Nil at a desk: only a running engine acts.
    let desk: ResponseDesk?
}

/// What snapshots show of demand response.
struct ResponseBoard: Sendable {
    let coordinator: Coordinator
    let measured: MeasuredReductions

    var openEvents: [DemandResponseEvent] { coordinator.open }

    /// Different after any transition of an open event.
    var standing: [DREventID: Int] {
        Dictionary(coordinator.open.map { ($0.id, $0.ordinal) }) { first, _ in first }
    }

    /// Each building's part in the soonest event that has one for it.
    func responses() -> [FacilityID: FacilityResponse] {
        var responses: [FacilityID: FacilityResponse] = [:]
        for event in coordinator.open where event.kind == .demandResponse {
            guard let saga = coordinator.event(event.id)?.saga, let plan = saga.plan else { continue }
            let measurements = measured[event.id]
            for leg in plan.legs where responses[leg.facility] == nil {
                guard let progress = saga.leg(leg.facility), progress.state != .compensated else { continue }
                responses[leg.facility] = FacilityResponse(
                    event: event.id, state: progress.state, window: plan.window, expected: leg.expected,
                    achieved: measurements[leg.facility]?.achieved, baseline: measurements[leg.facility]?.baseline,
                    baselineMethod: measurements[leg.facility].map { _ in SameDayBaseline.name })
            }
        }
        return responses
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
            measures: measures, health: health, logger: logger, tracer: tracer)
    }

    fileprivate func makeEscalator(_ ports: ResponsePorts) -> Escalator {
        Escalator(
            hook: ports.escalate, timeout: settings.response.followUp.callbackTimeout, time: time, journal: journal,
            logger: logger)
    }

    private var baseline: SameDayBaseline {
        SameDayBaseline(series: series, directory: directory, settings: settings, time: time)
    }

    fileprivate func makeReconciliation(
        _ coordinator: Coordinator, _ measured: MeasuredReductions, _ board: LiveBoard
    ) -> ReconciliationService {
        ReconciliationService(
            coordinator: coordinator, measured: measured, board: board, baseline: baseline,
            settings: settings.response, time: time, logger: logger)
    }

    fileprivate func makeReports(_ ports: ResponsePorts, _ facilities: FacilityIndex) -> ReportWriter {
        let sources = ReportSources(
            records: ports.records, series: series, facilities: facilities, directory: directory,
            programs: ports.reports.programs, settings: settings, time: time)
        return ReportWriter(
            sources: sources, ports: ports.reports,
            settings: settings.response, time: time, journal: journal)
    }

    fileprivate func makeReportPosts(
        _ ports: ResponsePorts, _ coordinator: Coordinator, _ planner: PlanDesk, _ writer: ReportWriter
    ) -> ReportPostService? {
        ports.reports.post.map { post in
            ReportPostService(
                post: post, coordinator: coordinator, planner: planner, writer: writer, settings: settings.response,
                time: time, journal: journal, share: share, logger: logger)
        }
    }

    fileprivate func makeNotices(
        _ ports: ResponsePorts, _ coordinator: Coordinator, _ planner: PlanDesk, _ reports: ReportWriter,
        _ escalator: Escalator
    ) -> NoticeService {
        NoticeService(
            coordinator: coordinator, planner: planner, reporter: reports, escalator: escalator, log: log,
            callback: ports.callback, settings: settings.response, time: time, measures: measures, journal: journal,
            share: share, logger: logger, tracer: tracer)
    }
}
