import DemandResponse
import EnergyModel
import Logging
import Ports
import Synchronization

/// Plans events: resolves what the utility asked for, gathers what is known of the buildings, lets the planner propose, and
/// hands the plan to the coordinator or leaves it to a person.
final class PlanDesk: Sendable {
    let coordinator: Coordinator
    let outlooks: OutlookDesk
    let facilities: FacilityIndex
    let settings: EngineSettings.Response
    private let escalator: Escalator
    private let time: Timekeeper
    private let logger: Logger
    private let tracer: Tracer
    /// Events being planned now, and when those that could not be planned are tried again.
    private let underWay = Mutex<Set<DREventID>>([])
    private let again = Mutex<[DREventID: UTCInstant]>([:])

    init(
        coordinator: Coordinator, outlooks: OutlookDesk, facilities: FacilityIndex, escalator: Escalator,
        settings: EngineSettings.Response, time: Timekeeper, logger: Logger, tracer: Tracer
    ) {
        self.coordinator = coordinator
        self.outlooks = outlooks
        self.facilities = facilities
        self.escalator = escalator
        self.settings = settings
        self.time = time
        self.logger = logger
        self.tracer = tracer
    }

    /// What an event asks for and of whom.
    struct Demand: Sendable {
        var schedule: EventSchedule
        var targets: [UtilityEvent.Target]
    }

    struct Proposal: Sendable {
        var proposal: PlanProposal
        /// Targets that are none of ours.
        var unmatched: [String]

        var remarks: [String] {
            proposal.warnings.map(\.sentence)
                + proposal.exclusions.map(\.sentence)
                + proposal.clamped.map {
                    "\($0.facility) \($0.point): \($0.proposed) is limited to \($0.allowed) by the safety envelope."
                }
                + unmatched.map { "Target \($0.debugDescription) is no building of ours." }
        }
    }

    private static let keptRemarks = 200

    /// The plan with what a person must know of it later: whom it leaves out, which limits bind, what is none of ours. That its
    /// figures are a heuristic and what is missing can be told from its figures.
    private static func remarked(_ found: Proposal) -> DispatchPlan {
        var plan = found.proposal.plan
        var short = found
        short.proposal.warnings.removeAll { warning in
            switch warning {
            case .heuristic, .infeasible: true
            case .actionInAdjustmentWindow, .wideBand, .eventCut: false
            }
        }
        let all = short.remarks
        plan.remarks = Array(all.prefix(keptRemarks))
        if all.count > keptRemarks { plan.remarks?.append("\(all.count - keptRemarks) further remarks are not kept.") }
        return plan
    }

    var decoder: NotificationDecoder { NotificationDecoder(relativeMeansReduction: settings.relativeMeansReduction) }

    /// The event and its schedule, as its document says.
    func resolve(_ document: EventDocument) throws(EventRejection) -> (UtilityNotification, Demand?) {
        let notification = try decoder.decode(document.body)
        guard case .event(let event) = notification.subject else { return (notification, nil) }
        let schedule = try EventSchedule.resolve(event, now: document.receivedAt, shift: PlanDesk.shift(of: event.id))
        return (notification, Demand(schedule: schedule, targets: event.targets))
    }

    /// The event's draw for `randomizeStart`: the same on every engine and after every start, as it must be kept.
    static func shift(of event: DREventID) -> Double {
        let hash = UInt64(partitionIndex(ofKey: "shift:" + event.text, partitions: 2_000_001))
        return Double(hash) / 1_000_000 - 1
    }

    /// The buildings that an event is for.
    func chosen(_ targets: [UtilityEvent.Target]) -> TargetSelection.Outcome {
        let candidates = facilities.all.filter { $0.buildingEndpoint != nil || !targets.isEmpty }.map {
            TargetSelection.Candidate(facility: $0.id, region: $0.region, labels: [$0.name])
        }
        return TargetSelection.select(targets, from: candidates, clientName: settings.clientName)
    }

    func propose(_ id: DREventID, _ demand: Demand, now: UTCInstant) async -> Proposal {
        let chosen = chosen(demand.targets)
        let saga = coordinator.event(id)?.saga
        let optedOut = chosen.facilities.filter { saga?.leg($0)?.ending == .optedOut }
        let window = demand.schedule.remaining(at: now).window ?? TimeRange(start: now, end: now)
        let outlooks = await outlooks.outlooks(
            of: chosen.facilities,
            .init(event: id, window: window, optedOut: Set(optedOut), standings: coordinator.standings), now: now)
        let proposal = DispatchPlanner(rules: settings.plan).propose(
            PlanRequest(event: id, schedule: demand.schedule, facilities: outlooks, now: now))
        return Proposal(proposal: proposal, unmatched: chosen.unmatched)
    }

    /// True when a person should look before anything is sent (DR-16).
    func isDoubtful(_ proposal: PlanProposal) -> Bool {
        switch settings.approval {
        case .never: return false
        case .always: return true
        case .automatic:
            let isWide = proposal.warnings.contains { if case .wideBand = $0 { true } else { false } }
            guard let target = proposal.plan.target, target > .zero else { return isWide }
            return isWide || proposal.missing.kilowatts > settings.missingShare * target.kilowatts
        }
    }

    struct Order: Sendable {
        var actor: String
        var traceID: String?
        /// A person has seen it.
        var isApproved = false
        /// What else of the event's summary changes with this plan.
        var amend: @Sendable (inout DemandResponseEvent) -> Void = { _ in }
    }

    /// Plans, or plans again, and stores it; what is due goes out with that. A doubtful first plan waits for a person.
    func plan(_ id: DREventID, _ demand: Demand, _ order: Order) async throws(PortError) -> SagaReply {
        try coordinator.requireComplete()
        guard underWay.withLock({ $0.insert(id).inserted }) else {
            throw PortError(.unavailable, "event \(id) is being planned already; try again in a few seconds")
        }
        defer { underWay.withLock { _ = $0.remove(id) } }
        let proposal = await traced(id, order) { await propose(id, demand, now: time.now()) }
        let (found, plan) = (proposal.proposal, PlanDesk.remarked(proposal))
        let waits = !order.isApproved && isDoubtful(found)
        let waited = coordinator.event(id)?.event.awaitsApproval ?? false
        let reply = try await coordinator.change(id, by: order.actor, traceID: order.traceID) { saga, event, moment in
            var output = saga.received(moment)
            order.amend(&event)
            guard !waits || saga.plan != nil else {
                event.awaitsApproval = true
                (event.window, event.expected) = (found.plan.window, found.plan.expected)
                (event.target, event.forecastQuality) = (found.plan.target, found.plan.forecastQuality)
                return output
            }
            let planned = saga.planned(plan, moment)
            if planned.refusal == nil { event.awaitsApproval = false }
            output.transitions += planned.transitions
            output.requests += planned.requests
            output.refusal = planned.refusal
            return output
        }
        if reply.event.awaitsApproval, !waited { await callForApproval(reply.event) }
        return reply
    }

    /// Which forecast the plan rests on is in the trace (ledger TRACE-01).
    private func traced(_ id: DREventID, _ order: Order, _ propose: () async -> Proposal) async -> Proposal {
        let known = order.traceID ?? coordinator.event(id)?.event.traceID
        guard let context = TraceContext(ofEvent: known) else { return await propose() }
        let span = tracer.begin("dr.plan", .response, in: context, isKept: true)
        let proposal = await span.context.asCurrent(propose)
        let plan = proposal.proposal.plan
        tracer.end(
            span,
            [
                .init("event", "\(id)"), .init("forecast", plan.forecastQuality.rawValue),
                .init("buildings", "\(plan.legs.count)"), .init("expected_kw", "\(Int(plan.expected.kilowatts))"),
                .init("target_kw", plan.target.map { "\(Int($0.kilowatts))" } ?? "none"),
            ])
        return proposal
    }

    private func callForApproval(_ event: DemandResponseEvent) async {
        await escalator.escalate(
            subject: "dr-event:\(event.id)",
            "Event \(event.id) from \(event.window.start.iso8601) waits for a person: look at its plan and approve or "
                + "cancel it. Nothing is sent before, and it ends unanswered at \(event.window.end.iso8601).",
            facility: nil)
    }

    /// The stored document once more, for a plan that a crash kept from being made, or whose buildings are free now.
    func replan(_ id: DREventID, _ order: Order) async throws(PortError) -> SagaReply {
        let records = coordinator.records
        guard let document = try await coordinator.read({ () throws(PortError) in try await records.document(of: id) })
        else {
            throw PortError(.notFound, "what event \(id) asked for is not stored; create it again under another id")
        }
        let demand: Demand?
        do throws(EventRejection) {
            demand = try resolve(document).1
        } catch {
            throw PortError(.invalid, "event \(id) cannot be planned: \(error)")
        }
        guard let demand else { throw PortError(.invalid, "event \(id) cannot be planned: its document is no event") }
        return try await plan(id, demand, order)
    }

    /// Events that are stored and have no plan, since a crash or a failure came between.
    func planPending() async {
        guard coordinator.isComplete else { return }
        let now = time.now()
        let (busy, waiting) = (underWay.withLock { $0 }, again.withLock { $0 })
        let pending = coordinator.unplanned(at: now).filter { !busy.contains($0) && (waiting[$0] ?? now) <= now }
        for id in pending {
            do throws(PortError) {
                _ = try await replan(id, Order(actor: "engine"))
                again.withLock { $0[id] = nil }
            } catch {
                let next = time.now().advanced(by: .seconds(error.isTransient ? 2 : 60))
                again.withLock { $0[id] = next }
                logger.warning("an event is not planned", metadata: ["event": "\(id)", "error": "\(error)"])
            }
        }
    }
}

extension Exclusion {
    var sentence: String {
        let subject = point.map { "\(facility) \($0)" } ?? "\(facility)"
        switch reason {
        case .criticalZone: return "\(subject) is critical and exempt."
        case .heldByOperator: return "\(subject) is held by an operator."
        case .noRoom: return "\(subject) stands at its limit already."
        case .unreachable: return "\(subject) cannot be reached."
        case .optedOut: return "\(subject) has opted out."
        case .nothingToCommand: return "\(subject) has no point to command."
        case .noLoad: return "\(subject) has no load to shed."
        }
    }
}
