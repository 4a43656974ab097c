import DemandResponse
import EnergyModel
import Ports

/// Carries out what people ask of events, through the coordinator. Each act can be repeated without harm.
struct ResponseDesk: Sendable {
    let coordinator: Coordinator
    let planner: PlanDesk
    let views: EventViews
    let gate: BuildingGate
    let reports: ReportWriter
    let settings: EngineSettings.Response
    let time: Timekeeper

    private var records: any ResponseRecords { coordinator.records }

    func carryOut(_ command: OperatorCommand) async throws(PortError) -> CommandOutcome {
        switch command.action {
        case .createEvent(let request): return try await create(request, command)
        case .approveEvent(let id): return try await approve(id, command)
        case .cancelEvent(let id): return try await cancel(id, command)
        case .releaseOverride(let id):
            guard coordinator.event(id)?.event.kind == .override else {
                return .refused(sentence: "there is no open override \(id)")
            }
            return try await cancel(id, command)
        case .optOut(let id, let facility): return try await optOut(id, facility, command)
        case .retryCommand(let id, let facility, let sequence):
            gate.forceNext(facility)
            return try await change(id, command, "command #\(sequence) at \(facility) is sent again") {
                $0.retried(facility, sequence: sequence, $1)
            }
        case .settleByHand(let id, let facility):
            let reason = command.reason
            return try await change(id, command, "\(facility) is taken for given back") {
                $0.settledByHand(facility, reason, $1)
            }
        case .overridePoint(let request): return try await overridePoint(request, command)
        case .extendOverride(let id, let end): return try await extend(id, until: end, command)
        case .releaseBuilding(let facility): return try await release(facility, command)
        case .recomputeReports(let id, let facility):
            return try await reports.recompute(id, facility, because: command.reason, by: command.author)
        default: return .refused(sentence: "this is no act of demand response")
        }
    }

    private func change(
        _ id: DREventID, _ command: OperatorCommand, _ done: String,
        _ act: @escaping @Sendable (inout SagaStateMachine, SagaMoment) -> SagaStateMachine.Output
    ) async throws(PortError) -> CommandOutcome {
        let reply = try await coordinator.change(id, by: command.author) { saga, _, moment in act(&saga, moment) }
        if let refusal = reply.refusal { return .refused(sentence: refusal) }
        return .done(sentence: "\(done); event \(id) is \(reply.event.status.rawValue)", affected: 1)
    }

    // MARK: - Events

    /// Stored in the plain form, so that it is planned again like any other event.
    private func create(_ request: EventRequest, _ command: OperatorCommand) async throws(PortError) -> CommandOutcome {
        try coordinator.requireComplete()
        let document = EventDocument(body: ResponseDesk.body(of: request), receivedAt: time.now())
        let demand: PlanDesk.Demand?
        do throws(EventRejection) { demand = try planner.resolve(document).1 } catch {
            return .refused(sentence: "the event cannot be made: \(error)")
        }
        guard let demand, let window = demand.schedule.window, window.end > time.now() else {
            return .refused(
                sentence: "the event's time is over; give a start and a duration that reach into the future")
        }
        if let known = try await read({ [records] () throws(PortError) in try await records.event(request.id) }) {
            guard known.source == command.author, known.ordinal == 0 || known.window == window else {
                return .refused(sentence: "event \(request.id) exists; take another id")
            }
        }
        if let event = coordinator.event(request.id)?.event, event.ordinal > 0 { return outcome(of: event) }
        let event = DemandResponseEvent(
            id: request.id, program: request.program, name: command.reason, source: command.author, window: window,
            receivedAt: document.receivedAt, modifiedAt: document.receivedAt,
            traceID: TraceContext.current?.trace.description)
        _ = try await read { [records] () throws(PortError) in try await records.put(event, document: document) }
        do throws(PortError) {
            try await coordinator.adopt(request.id)
            let reply = try await planner.plan(
                request.id, demand, PlanDesk.Order(actor: command.author, isApproved: true))
            return reply.refusal.map { .refused(sentence: $0) } ?? outcome(of: reply.event)
        } catch {
            // Stored, it comes to life whatever is said here: a second one beside it would shed twice.
            coordinator.adoptLater(request.id)
            return .refused(
                sentence: "event \(request.id) is stored and will be planned by itself (\(error.sentence)). "
                    + "Do not create it again; to stop it: switchyard events cancel \(request.id)")
        }
    }

    private func outcome(of event: DemandResponseEvent) -> CommandOutcome {
        let expected = Int((event.expected ?? .zero).kilowatts.rounded())
        let target = Int((event.target ?? .zero).kilowatts.rounded())
        return .done(
            sentence: "event \(event.id) is \(event.status.rawValue): \(expected) kW of \(target) kW planned",
            affected: 1)
    }

    private static func body(of request: EventRequest) -> [UInt8] {
        let node: [(String, String)] = [
            ("event_id", quoted(request.id.text)), ("program_id", quoted(request.program)),
            ("start", quoted(request.start.iso8601)),
            ("end", quoted(request.start.advanced(by: request.duration).iso8601)),
            ("target_reduction_kw", "\(request.target.kilowatts)"),
            ("facility_ids", "[" + request.facilities.map { quoted($0.text) }.joined(separator: ",") + "]"),
        ]
        return Array(("{" + node.map { "\"\($0)\":\($1)" }.joined(separator: ",") + "}").utf8)
    }

    /// JSON text: quotes, backslashes and control characters escaped.
    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": quoted += "\\" + String(scalar)
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }

    private func approve(_ id: DREventID, _ command: OperatorCommand) async throws(PortError) -> CommandOutcome {
        guard let open = coordinator.event(id) else {
            return .refused(sentence: "event \(id) is not open")
        }
        guard open.event.awaitsApproval else {
            return .refused(sentence: "event \(id) waits for no approval; it is \(open.event.status.rawValue)")
        }
        let reply = try await planner.replan(id, PlanDesk.Order(actor: command.author, isApproved: true))
        return reply.refusal.map { .refused(sentence: $0) } ?? outcome(of: reply.event)
    }

    private func cancel(_ id: DREventID, _ command: OperatorCommand) async throws(PortError) -> CommandOutcome {
        let reason = command.reason.isEmpty ? "Cancelled by hand." : command.reason
        let reply = try await coordinator.change(id, by: command.author) { saga, event, moment in
            event.awaitsApproval = false
            return saga.cancelled(reason, moment)
        }
        if let refusal = reply.refusal { return .refused(sentence: refusal) }
        return .done(sentence: "\(id) is cancelled; what it holds is given back now", affected: 1)
    }

    private func optOut(
        _ id: DREventID, _ facility: FacilityID?, _ command: OperatorCommand
    ) async throws(PortError) -> CommandOutcome {
        let reason = command.reason.isEmpty ? "Opted out by hand." : command.reason
        if let facility, coordinator.event(id)?.saga.leg(facility) == nil {
            return .refused(sentence: "\(facility) takes no part in event \(id)")
        }
        return try await change(id, command, "\(facility.map { "\($0)" } ?? "every building") opted out") {
            saga, moment in
            if let facility { return saga.optedOut(facility, reason, moment) }
            return saga.optedOut(reason, moment)
        }
    }

    func read<Value: Sendable>(
        _ body: @escaping @Sendable () async throws(PortError) -> Value
    ) async throws(PortError) -> Value { try await coordinator.read(body) }
}
