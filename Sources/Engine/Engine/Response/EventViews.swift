import DemandResponse
import EnergyModel
import Ports

/// What people ask about events and buildings, answered from the coordinator's memory where it has it, else from the records.
struct EventViews: Sendable {
    let ports: ResponsePorts
    /// Nil at a desk beside an engine in another process.
    var coordinator: Coordinator?
    let planner: PlanDesk
    let points: PointBook
    let gate: BuildingGate
    let facilities: FacilityIndex
    let measured: MeasuredReductions
    let settings: EngineSettings.Response
    let time: Timekeeper

    private static let shownTransitions = 500
    private static let firstTransitions = 50

    func event(_ id: DREventID) async throws(PortError) -> EventDetail? {
        let live = coordinator?.event(id)
        let stored = try await read { [ports] () throws(PortError) in try await ports.records.event(id) }
        guard let event = live?.event ?? stored else { return nil }
        let saga: SagaStateMachine
        if let live { saga = live.saga } else { saga = try await fold(id) }
        let transitions = try await shownTransitions(of: id, through: saga.ordinal)
        return EventDetail(
            event: event, progress: saga.progress, legs: legs(saga), commands: saga.commands,
            transitions: transitions.reversed().map(EventTransitionView.init), remarks: await remarks(event, saga))
    }

    /// The newest, and of the first ones what concerns the whole event: when it was received, planned and acknowledged.
    private func shownTransitions(of id: DREventID, through last: Int) async throws(PortError) -> [DRTransition] {
        let after = max(0, last - EventViews.shownTransitions)
        let newest = try await page(of: id, after: after, limit: EventViews.shownTransitions)
        guard after > 0 else { return newest }
        return try await page(of: id, after: 0, limit: min(after, EventViews.firstTransitions)).filter {
            switch $0.change {
            case .event, .plan: true
            case .leg, .command: false
            }
        } + newest
    }

    private func page(
        of id: DREventID, after: Int, limit: Int
    ) async throws(PortError) -> [DRTransition] {
        try await read { [ports] () throws(PortError) in
            try await ports.records.transitions(of: id, after: after, limit: limit)
        }
    }

    private func fold(_ id: DREventID) async throws(PortError) -> SagaStateMachine {
        var history: [DRTransition] = []
        while true {
            let last = history.last?.ordinal ?? 0
            let page = try await read { [ports] () throws(PortError) in
                try await ports.records.transitions(of: id, after: last, limit: 1_000)
            }
            history += page
            if page.count < 1_000 { break }
        }
        do throws(SagaHistoryError) {
            return try SagaStateMachine(event: id, history: history, rules: settings.saga)
        } catch {
            throw PortError(.corrupt, error.description)
        }
    }

    private func legs(_ saga: SagaStateMachine) -> [EventLegView] {
        let measurements = measured[saga.event]
        return (saga.plan?.legs ?? []).compactMap { leg in
            guard let progress = saga.leg(leg.facility) else { return nil }
            let commands = saga.commands.filter { $0.facility == leg.facility }
            let measurement = measurements[leg.facility]
            return EventLegView(
                facility: leg.facility, progress: progress, expected: leg.expected,
                confirmed: saga.recordedReduction(of: leg.facility) ?? .zero, achieved: measurement?.achieved,
                baseline: measurement?.baseline,
                baselineMethod: measurement.map { _ in SameDayBaseline.name }, commands: commands.count,
                // Also of those given back since: an event that is over is not one that nobody confirmed.
                confirmedCommands: commands.count { $0.progress.confirmedAt != nil && $0.progress.phase != .failed },
                failedCommands: commands.count { $0.progress.phase == .failed })
        }
    }

    /// Of a plan that waits: what the planner would say now. Of one that runs: what its figures say.
    private func remarks(_ event: DemandResponseEvent, _ saga: SagaStateMachine) async -> [String] {
        guard !event.isSettled, event.kind == .demandResponse else { return [] }
        guard let plan = saga.plan else { return await proposedRemarks(event) }
        var remarks: [String] = []
        if let target = plan.target, plan.expected.kilowatts < target.kilowatts - 0.5 {
            let missing = Int((target.kilowatts - plan.expected.kilowatts).rounded(.up))
            remarks.append(PlanWarning.infeasible(missing: Power(kilowatts: Double(missing))).sentence)
        }
        if plan.forecastQuality == .heuristic {
            remarks.append(
                "Not every building has a usable forecast: figures of the plan are a heuristic from the last hour's load."
            )
        }
        for leg in plan.legs where saga.leg(leg.facility)?.state == .waiting {
            remarks.append("\(leg.facility) waits until another event lets go of it.")
        }
        return remarks + (plan.remarks ?? [])
    }

    private func proposedRemarks(_ event: DemandResponseEvent) async -> [String] {
        do throws(PortError) {
            let document = try await read { [ports] () throws(PortError) in
                try await ports.records.document(of: event.id)
            }
            guard let document else { return [] }
            let demand: PlanDesk.Demand?
            do throws(EventRejection) { demand = try planner.resolve(document).1 } catch { return [error.description] }
            guard let demand else { return [] }
            return deskRemarks + (await planner.propose(event.id, demand, now: time.now()).remarks)
        } catch {
            return ["The plan cannot be worked out now: \(error.sentence)"]
        }
    }

    private var deskRemarks: [String] {
        coordinator == nil
            ? ["Worked out without the running engine: open events, live loads and breakers are not in it."] : []
    }

    // MARK: - Previews

    func preview(_ request: EventRequest) async throws(PortError) -> PlanPreview {
        let demand = PlanDesk.Demand(
            schedule: EventSchedule(slots: [
                .init(
                    interval: 0,
                    range: TimeRange(start: request.start, end: request.start.advanced(by: request.duration)),
                    signal: .reduceBy(request.target))
            ]), targets: request.facilities.map { UtilityEvent.Target(value: $0.text) })
        guard let window = demand.schedule.window, window.end > time.now() else {
            throw PortError(
                .invalid, "the event's time is over; give a start and a duration that reach into the future")
        }
        let found = await planner.propose(request.id, demand, now: time.now())
        return PlanPreview(
            plan: found.proposal.plan, expected: found.proposal.plan.expected, optimistic: found.proposal.optimistic,
            missing: found.proposal.missing, remarks: deskRemarks + found.remarks)
    }

    func preview(_ request: OverrideRequest) async throws(PortError) -> PlanPreview {
        let order = try await overrideOrder(request)
        let plan = order.plan(of: DREventID("ovr-preview"), at: time.now(), settings.plan)
        guard let plan else { throw PortError(.invalid, "the override's time is over; give a later end") }
        return PlanPreview(plan: plan, expected: .zero, optimistic: .zero, missing: .zero, remarks: order.remarks)
    }

    /// Checks a request against the building's points and the safety envelope.
    func overrideOrder(_ request: OverrideRequest) async throws(PortError) -> OverrideOrder {
        guard facilities[request.facility]?.buildingEndpoint != nil else {
            throw PortError(.notFound, "\(request.facility) has no building endpoint; import one")
        }
        guard var known = await points.points(of: request.facility) else {
            throw PortError(.unavailable, "the points of \(request.facility) are not known, and it does not answer")
        }
        if known.points.first(where: { $0.id == request.point })?.isHeldByOperator ?? true {
            // It may have been given back, or added, since it was read.
            known = await points.newest(of: request.facility) ?? known
        }
        guard let point = known.points.first(where: { $0.id == request.point }) else {
            throw PortError(.notFound, "\(request.facility) has no point \(request.point)")
        }
        let held = coordinator?.standings.flatMap(\.stakes).contains {
            $0.resource == Standing.Resource(facility: request.facility, point: request.point) && !$0.hasLetGo
        }
        let partner = known.points.first { $0.zone == point.zone && $0.kind.isThermal && $0.kind != point.kind }
        return try OverrideOrder(
            request, point: point, partner: point.kind.isThermal ? partner?.normal : nil, isOurs: held ?? false,
            envelope: settings.plan.envelope, now: time.now())
    }

    // MARK: - Buildings

    func building(_ facility: FacilityID) async throws(PortError) -> BuildingView {
        guard let described = facilities[facility] else {
            throw PortError(.notFound, "no facility \(facility) is known; `switchyard facilities` lists them")
        }
        var view = BuildingView(
            facility: facility, endpoint: described.buildingEndpoint, points: [], readAt: nil, failure: nil)
        guard described.buildingEndpoint != nil else {
            view.failure = "It has no building endpoint; import one with its description."
            return view
        }
        var readings: [PointID: PointReading] = [:]
        do throws(PortError) {
            let read = try await gate.ask(facility) { link, address throws(PortError) in
                try await link.read([], of: address)
            }
            readings = Dictionary(read.map { ($0.point, $0) }, uniquingKeysWith: { $1 })
            view.readAt = time.now()
        } catch {
            view.failure = error.sentence
        }
        let holders = try await holders(of: facility)
        view.points = (await points.points(of: facility)?.points ?? []).map {
            PointView(point: $0, reading: readings[$0.id], holders: holders[$0.id] ?? [])
        }
        return view
    }

    /// Who of us holds, or is about to hold, which point; the slot that wins first.
    private func holders(of facility: FacilityID) async throws(PortError) -> [PointID: [PointView.Holder]] {
        let commands = try await read { [ports] () throws(PortError) in try await ports.records.commands(of: nil) }
        var events: [DREventID: DemandResponseEvent] = [:]
        var holders: [PointID: [PointView.Holder]] = [:]
        for command in commands where command.facility == facility && !command.progress.isSettled {
            if events[command.event] == nil {
                events[command.event] = try await read { [ports] () throws(PortError) in
                    try await ports.records.event(command.event)
                }
            }
            let event = events[command.event]
            let isByHand = event?.source.hasPrefix("operator:") ?? false
            holders[command.plan.point, default: []].append(
                .init(
                    slot: command.plan.slot, event: command.event, author: isByHand ? event?.source ?? "" : "engine",
                    reason: event?.name ?? "", since: command.progress.confirmedAt ?? command.plan.startsAt,
                    until: command.plan.endsAt, state: command.progress.state))
        }
        return holders.mapValues { $0.sorted { ($0.slot, $0.since) < ($1.slot, $1.since) } }
    }

    func read<Value: Sendable>(
        _ body: @escaping @Sendable () async throws(PortError) -> Value
    ) async throws(PortError) -> Value {
        try await bounded(by: settings.commitTimeout, "the records of demand response", time: time, body)
    }
}

extension EventTransitionView {
    init(_ transition: DRTransition) {
        let subject: String
        switch transition.change {
        case .plan: subject = "plan"
        case .event: subject = "event"
        case .leg(let facility, _): subject = facility.text
        case .command(let facility, let sequence, _): subject = "\(facility) #\(sequence)"
        }
        self.init(
            ordinal: transition.ordinal, at: transition.at, subject: subject, from: transition.from, to: transition.to,
            actor: transition.actor, reason: transition.reason)
    }
}
