import DemandResponse
import EnergyModel
import Ports

extension ResponseDesk {
    /// One command at slot 8, driven and given back by the same machine as an event.
    func overridePoint(_ request: OverrideRequest, _ command: OperatorCommand) async throws(PortError) -> CommandOutcome
    {
        guard let id = OverrideOrder.id(ofCommand: command.key) else {
            return .refused(sentence: "the command's key makes no id; give another key")
        }
        try coordinator.requireComplete()
        if let known = coordinator.event(id)?.event, known.ordinal > 1 { return outcome(of: known, remarks: []) }
        let order = try await views.overrideOrder(request)
        let now = time.now()
        let window = TimeRange(start: now, end: request.until)
        let event = DemandResponseEvent(
            id: id, kind: .override, program: "override", name: command.reason, source: command.author, window: window,
            receivedAt: now, modifiedAt: now, traceID: TraceContext.current?.trace.description)
        let records = coordinator.records
        _ = try await read { () throws(PortError) in try await records.put(event, document: nil) }
        try await coordinator.adopt(id)
        let holder = StandingIndex(coordinator.standings).holder(
            of: Standing.Resource(facility: request.facility, point: request.point), for: id, window: window)
        guard let plan = order.plan(of: id, at: now, heldBy: holder, settings.plan) else {
            return .refused(sentence: "the override's time is over; give a later end")
        }
        let reply = try await coordinator.change(id, by: command.author) { saga, _, moment in
            var output = saga.received(moment)
            let planned = saga.planned(plan, moment)
            output.transitions += planned.transitions
            output.requests += planned.requests
            output.refusal = planned.refusal
            return output
        }
        if let refusal = reply.refusal { return .refused(sentence: refusal) }
        return outcome(of: reply.event, remarks: order.remarks)
    }

    private func outcome(of event: DemandResponseEvent, remarks: [String]) -> CommandOutcome {
        let command = coordinator.event(event.id)?.saga.commands.first
        let what = command.map { "\($0.plan.point) of \($0.facility) is written \($0.plan.value) \($0.plan.slot)" }
        let sentences =
            ["\(what ?? "the point is written") until \(event.window.end.iso8601) as \(event.id)."] + remarks
        return .done(sentence: sentences.joined(separator: " "), affected: 1)
    }

    /// Planned again with the new end: the value goes on without a gap.
    func extend(
        _ id: DREventID, until end: UTCInstant, _ command: OperatorCommand
    ) async throws(PortError) -> CommandOutcome {
        guard let open = coordinator.event(id), open.event.kind == .override else {
            return .refused(sentence: "there is no open override \(id)")
        }
        let now = time.now()
        guard end > now else { return .refused(sentence: "give an end in the future, or release the override") }
        guard var plan = open.saga.plan, let last = plan.legs.first?.commands.last else {
            return .refused(sentence: "override \(id) has nothing to extend; make a new one")
        }
        var next = last
        (next.sequence, next.replaces, next.startsAt, next.endsAt) = (1, nil, now, end)
        next.expiresAt = end.advanced(by: settings.plan.expiryGrace)
        plan.window.end = end
        plan.legs[0].commands = [next]
        let proposal = plan
        let reply = try await coordinator.change(id, by: command.author) { saga, _, moment in
            saga.planned(proposal, moment)
        }
        if let refusal = reply.refusal { return .refused(sentence: refusal) }
        return .done(sentence: "override \(id) holds until \(end.iso8601)", affected: 1)
    }

    /// Ends what holds the building, then writes NULL at our slots on all its points, whatever the records say.
    func release(_ facility: FacilityID, _ command: OperatorCommand) async throws(PortError) -> CommandOutcome {
        guard gate.address(of: facility) != nil else {
            return .refused(sentence: "\(facility) has no building endpoint; import one")
        }
        let reason = command.reason.isEmpty ? "The building is released by hand." : command.reason
        var (ended, failures) = (0, [String]())
        for open in coordinator.open {
            guard let leg = coordinator.event(open.id)?.saga.leg(facility), leg.ending == nil else { continue }
            let isOverride = open.kind == .override
            do throws(PortError) {
                _ = try await coordinator.change(open.id, by: command.author) { saga, _, moment in
                    isOverride ? saga.cancelled(reason, moment) : saga.optedOut(facility, reason, moment)
                }
                ended += 1
            } catch {
                // The building is given back all the same.
                failures.append("event \(open.id) could not be ended: \(error.sentence)")
            }
        }
        let slots = [PrioritySlot.operatorOverride, settings.plan.slot]
        let released = try await gate.ask(facility, isByHand: true) { link, address throws(PortError) in
            try await link.releaseAll(slots, key: "release:\(command.key)", of: address)
        }
        let sentences =
            ["\(ended) events and overrides ended at \(facility); \(released.count) points held something of ours"]
            + failures
        return .done(sentence: sentences.joined(separator: "; "), affected: released.count)
    }
}
