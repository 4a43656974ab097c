import DemandResponse
import EnergyModel
import Logging
import Ports

/// Does to our events what a notification says (DOMAIN §1.2). Every step is stored before the next, and the same
/// notification again, after a crash at any point, comes to the same end.
struct EventIntake: Sendable {
    let coordinator: Coordinator
    let planner: PlanDesk
    let facilities: FacilityIndex
    let time: Timekeeper
    let measures: EngineMeasures
    let journal: Journal
    let logger: Logger

    private var records: any ResponseRecords { coordinator.records }

    /// Order of service. A deletion gives buildings back: it waits behind nothing, and is never evicted.
    func rank(of inbound: InboundEvent) -> IntakeClass {
        guard case .event(let event) = inbound.notification.subject else { return .critical }
        if event.isCancellation { return .critical }
        let kinds = planner.chosen(event.targets).facilities.compactMap { facilities[$0]?.kind }
        return IntakeClass(priority: event.priority, kinds: kinds)
    }

    /// Throws `.invalid` for what will never work, anything else for what may work later.
    func handle(_ inbound: InboundEvent) async throws(PortError) {
        let known = try await known(inbound)
        let id = known?.id ?? inbound.eventID
        var demand: PlanDesk.Demand?
        do throws(EventRejection) {
            demand = try planner.resolve(inbound.document).1
        } catch {
            throw PortError(.invalid, error.description)
        }
        // An event without a transition was cut off by a crash before anything followed from it: it begins anew.
        let standing = known.flatMap {
            $0.ordinal == 0 ? nil : KnownEvent(status: $0.status, modifiedAt: $0.modifiedAt)
        }
        let move = IntakeMove.decide(
            inbound.notification, schedule: demand?.schedule, known: standing,
            arrivedAt: inbound.document.receivedAt, now: time.now())
        guard let id else { return }
        try await make(move, id, inbound, demand, known)
    }

    private func make(
        _ move: IntakeMove, _ id: DREventID, _ inbound: InboundEvent, _ demand: PlanDesk.Demand?,
        _ known: DemandResponseEvent?
    ) async throws(PortError) {
        switch move {
        case .ignore(let reason):
            measures.count(.ignoredNotifications)
            logger.info("a notification changes nothing", metadata: ["event": "\(id)", "reason": "\(reason.rawValue)"])
        case .schedule(let version), .executeNow(let version):
            guard let demand else { return }
            try await begin(id, inbound, demand, version)
        case .replan(let version), .exchange(let version):
            guard let demand, let known else { return }
            try await exchange(known, inbound, demand, version)
        case .cancel(let version): try await cancel(id, inbound, version)
        case .rememberDeletion(let version): try await rememberDeletion(id, inbound, version)
        }
    }

    /// By the event's id, else by the utility's own number of the request (ledger DR-11). Throws for an event that is not
    /// this utility's: nobody changes what another one, or an operator, asked for.
    private func known(_ inbound: InboundEvent) async throws(PortError) -> DemandResponseEvent? {
        guard let id = inbound.eventID else { return nil }
        let records = records
        let named = try await coordinator.read { () throws(PortError) in try await records.event(id) }
        if let named, inbound.owns(named) { return named }
        if let requested = try await requested(inbound) { return requested }
        if let named { throw PortError(.invalid, "event \(id) belongs to \(named.source); take another id") }
        return nil
    }

    /// The open one first: another utility may use the same number.
    private func requested(_ inbound: InboundEvent) async throws(PortError) -> DemandResponseEvent? {
        guard let request = inbound.requestID else { return nil }
        let isMeant = { (event: DemandResponseEvent) in event.utilityRequestID == request && inbound.owns(event) }
        let open = coordinator.open.filter(isMeant).max { $0.receivedAt < $1.receivedAt }
        if let open { return open }
        let records = records
        let newest = try await coordinator.read { () throws(PortError) in
            try await records.event(utilityRequest: request)
        }
        return newest.flatMap { isMeant($0) ? $0 : nil }
    }

    // MARK: - Moves

    private func begin(
        _ id: DREventID, _ inbound: InboundEvent, _ demand: PlanDesk.Demand, _ version: UTCInstant
    ) async throws(PortError) {
        guard case .event(let event) = inbound.notification.subject, let window = demand.schedule.window else { return }
        let summary = DemandResponseEvent(
            id: id, utilityRequestID: event.utilityRequestID, program: event.program, name: event.name,
            priority: event.priority, source: inbound.source, window: window,
            receivedAt: inbound.document.receivedAt, modifiedAt: version, traceID: inbound.traceID)
        try await put(summary, inbound.document)
        try await coordinator.adopt(id)
        let reply = try await planner.plan(
            id, demand, PlanDesk.Order(actor: inbound.actor, traceID: inbound.traceID))
        measures.count(.events)
        tell(reply, of: id, inbound)
    }

    /// The document first, with the summary as it was: what a crash leaves behind is planned again from it, and the same
    /// notification, still the newer version, comes here again.
    private func exchange(
        _ known: DemandResponseEvent, _ inbound: InboundEvent, _ demand: PlanDesk.Demand, _ version: UTCInstant
    ) async throws(PortError) {
        guard case .event(let event) = inbound.notification.subject else { return }
        let current = coordinator.event(known.id)?.event ?? known
        try await put(current, inbound.document)
        try await coordinator.adopt(known.id)
        let order = PlanDesk.Order(actor: inbound.actor, traceID: inbound.traceID) { summary in
            (summary.modifiedAt, summary.program) = (version, event.program)
            (summary.name, summary.priority) = (event.name, event.priority)
        }
        tell(try await planner.plan(known.id, demand, order), of: known.id, inbound)
    }

    private func cancel(_ id: DREventID, _ inbound: InboundEvent, _ version: UTCInstant) async throws(PortError) {
        try await coordinator.adopt(id)
        guard coordinator.event(id) != nil else { return }
        let reply = try await coordinator.change(id, by: inbound.actor, traceID: inbound.traceID) {
            saga, event, moment in
            event.modifiedAt = version
            event.awaitsApproval = false
            return saga.cancelled("The utility withdrew the event.", moment)
        }
        tell(reply, of: id, inbound)
    }

    private func rememberDeletion(
        _ id: DREventID, _ inbound: InboundEvent, _ version: UTCInstant
    ) async throws(PortError) {
        let now = time.now()
        let summary = DemandResponseEvent(
            id: id, utilityRequestID: inbound.requestID, program: "", source: inbound.source,
            window: TimeRange(start: now, end: now), receivedAt: inbound.document.receivedAt, modifiedAt: version,
            traceID: inbound.traceID)
        try await put(summary, inbound.document)
        try await coordinator.adopt(id)
        _ = try await coordinator.change(id, by: inbound.actor, traceID: inbound.traceID) { saga, _, moment in
            var output = saga.received(moment)
            let end = saga.cancelled("Withdrawn before it was known here.", moment)
            output.transitions += end.transitions
            return output
        }
    }

    private func put(_ event: DemandResponseEvent, _ document: EventDocument) async throws(PortError) {
        let records = records
        _ = try await coordinator.read { () throws(PortError) in try await records.put(event, document: document) }
    }

    private func tell(_ reply: SagaReply, of id: DREventID, _ inbound: InboundEvent) {
        let text =
            reply.refusal
            ?? (reply.event.awaitsApproval ? "waits for a person's approval" : reply.event.status.rawValue)
        journal.note(text, of: "dr-event:\(id)", by: inbound.actor, traceID: inbound.traceID)
    }
}

extension InboundEvent {
    var actor: String { "utility:\(utility)" }
    var source: String { "\(actor) \(notification.form.rawValue)" }

    /// True for an event that this utility sent, in whatever form.
    func owns(_ event: DemandResponseEvent) -> Bool {
        guard event.kind == .demandResponse, let space = event.source.lastIndex(of: " ") else { return false }
        return event.source[..<space] == actor
    }

    /// The utility's number of the request. What names a deletion may be that number as well as an event's id.
    var requestID: String? {
        switch notification.subject {
        case .event(let event): event.utilityRequestID
        case .deletion(let id, _): id.text
        case .unrelated: nil
        }
    }

    var eventID: DREventID? {
        switch notification.subject {
        case .event(let event): event.id
        case .deletion(let id, _): id
        case .unrelated: nil
        }
    }
}
