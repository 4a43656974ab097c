import EnergyModel

extension SagaStateMachine {
    mutating func driveAll(_ moment: SagaMoment, _ output: inout Output) {
        for index in legs.indices { drive(index, moment, &output) }
        refresh(moment, &output)
    }

    /// Records and applies what the leg decides until it has nothing to decide at this moment.
    mutating func drive(_ index: Int, _ moment: SagaMoment, _ output: inout Output) {
        while let decision = legs[index].decide(moment, rules) {
            switch decision {
            case .command(let command, let step): perform(step, (index, command), moment, &output)
            case .leg(let next, let reason): becomeLeg(index, next, reason, moment, &output)
            }
        }
    }

    mutating func perform(
        _ step: CommandStateMachine.Step, _ place: (leg: Int, command: Int), _ moment: SagaMoment,
        _ output: inout Output
    ) {
        let facility = legs[place.leg].facility
        let machine = legs[place.leg].commands[place.command]
        commit(
            record(
                .command(facility, sequence: machine.plan.sequence, step.next),
                from: machine.progress.state.rawValue, to: step.next.state.rawValue, reason: step.reason, moment,
                notices: notices(of: step, machine, facility)), into: &output)
        guard let operation = step.operation else { return }
        output.requests.append(request(operation, facility, machine.plan, step.next))
    }

    mutating func becomeLeg(
        _ index: Int, _ next: LegProgress, _ reason: String, _ moment: SagaMoment, _ output: inout Output,
        notices: [DRNotice] = []
    ) {
        let leg = legs[index]
        commit(
            record(
                .leg(leg.facility, next), from: leg.progress.state.rawValue, to: next.state.rawValue, reason: reason,
                moment, notices: notices), into: &output)
    }

    mutating func become(
        _ next: EventProgress, _ reason: String, _ moment: SagaMoment, _ output: inout Output,
        notices: [DRNotice] = []
    ) {
        guard next != progress else { return }
        let changed: [DRNotice] = next.status == progress.status ? [] : [.statusChanged(next.status)]
        commit(
            record(
                .event(next), from: progress.status.rawValue, to: next.status.rawValue, reason: reason, moment,
                notices: changed + notices), into: &output)
    }

    /// The event's status follows from its legs, and its end from theirs.
    mutating func refresh(_ moment: SagaMoment, _ output: inout Output) {
        guard plan != nil || progress.status.isFinal, !progress.isSettled else { return }
        if progress.firstConfirmedAt == nil, legs.contains(where: \.wasEverConfirmed) {
            var next = progress
            next.firstConfirmedAt = moment.now
            become(next, "The first building confirmed.", moment, &output)
        }
        if !isOver, let (status, reason) = derivedStatus, status != progress.status {
            var next = progress
            next.status = status
            become(next, reason, moment, &output)
        }
        let isUnmanned = legs.isEmpty && !progress.status.isFinal && (plan.map { moment.now < $0.window.end } ?? true)
        guard legs.allSatisfy(\.hasEnded), !isUnmanned else { return }
        var next = progress
        if !next.status.isFinal { next.status = next.firstConfirmedAt == nil ? .failed : .completed }
        next.isSettled = true
        become(next, "Every building is given back.", moment, &output, notices: [.settled])
    }

    /// Nil while nothing calls for a change.
    private var derivedStatus: (DREventStatus, String)? {
        let states = legs.map(\.progress.state)
        let lost = legs.filter { $0.progress.state == .failed || $0.progress.ending == .stepFailed }.count
        let working = states.filter { $0 == .active || $0 == .degraded || $0 == .releasing || $0 == .completed }.count
        if lost > 0, lost == legs.count { return (.failed, "No building confirmed.") }
        if working == 0 {
            if states.contains(.pendingExecution) { return (.pendingExecution, "Commands are going out.") }
            if !legs.isEmpty, legs.allSatisfy({ $0.progress.ending == .optedOut }) {
                return (.optedOut, "Every building opted out.")
            }
            return progress.status == .pending ? (.scheduled, "Planned.") : nil
        }
        if lost > 0 { return (.degraded, "\(lost) of \(legs.count) buildings failed.") }
        if states.contains(.degraded) { return (.degraded, "A building gives less than planned.") }
        if progress.isUnderDelivering { return (.degraded, "The meters show too little.") }
        if plan?.forecastQuality == .heuristic { return (.degraded, "The plan rests on a heuristic, not a forecast.") }
        if states.allSatisfy({ $0 != .active }) { return nil }
        return (.active, "Buildings confirmed.")
    }

    private func notices(
        of step: CommandStateMachine.Step, _ machine: CommandStateMachine, _ facility: FacilityID
    ) -> [DRNotice] {
        if step.next.phase == .failed {
            return [.commandFailed(facility, sequence: machine.plan.sequence, step.reason)]
        }
        let isStuck = step.next.phase == .releaseRetrying || step.next.phase == .rechecking
        guard isStuck, step.next.releaseAttempts >= rules.attempts else { return [] }
        return [.releaseFailing(facility, sequence: machine.plan.sequence, step.reason)]
    }

    private func request(
        _ operation: BuildingRequest.Operation, _ facility: FacilityID, _ plan: CommandPlan, _ next: CommandProgress
    ) -> BuildingRequest {
        let isRelease = next.state == .releasing
        return BuildingRequest(
            event: event, facility: facility, sequence: plan.sequence, generation: next.generation,
            key: isRelease
                ? .release(event, plan.sequence, round: next.releaseRound) : .write(event, plan.sequence),
            operation: operation, point: plan.point, slot: plan.slot, expiresAt: plan.expiresAt,
            answerBy: next.due ?? plan.expiresAt)
    }
}
