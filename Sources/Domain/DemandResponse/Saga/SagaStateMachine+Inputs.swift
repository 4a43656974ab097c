import EnergyModel

extension SagaStateMachine {
    // MARK: - From the utility and from people

    /// The event is durable and waits for a plan. Once only.
    package mutating func received(_ moment: SagaMoment) -> Output {
        var output = Output()
        guard ordinal == 0 else { return output }
        commit(
            record(.event(progress), from: "none", to: progress.status.rawValue, reason: "Received.", moment),
            into: &output)
        return output
    }

    /// A first plan or a newer one. What an earlier plan did and the new one still wants is kept, the rest is exchanged or
    /// given back; finished commands are never started again.
    package mutating func planned(_ proposal: DispatchPlan, _ moment: SagaMoment) -> Output {
        var output = Output()
        guard !isOver else { return refused("The event is \(progress.status.rawValue); it takes no new plan.") }
        let (merged, busy) = merge(proposal, at: moment.now)
        let notices = busy.map { DRNotice.buildingBusy($0) }
        commit(
            record(
                .plan(merged), from: plan.map { "version \($0.version)" } ?? "no plan", to: "version \(merged.version)",
                reason: "Planned \(merged.legs.count) buildings, \(merged.commandCount) commands.", moment,
                notices: notices), into: &output)
        for leg in legs where leg.hasEnded && leg.commands.contains(where: { $0.progress.phase == .planned }) {
            commit(
                record(
                    .leg(leg.facility, leg.reopened), from: leg.progress.state.rawValue,
                    to: leg.reopened.state.rawValue, reason: "Planned again.", moment), into: &output)
        }
        driveAll(moment, &output)
        return output
    }

    /// DELETE, PT0S, or an operator.
    package mutating func cancelled(_ reason: String, _ moment: SagaMoment) -> Output {
        endAll(as: .cancelled, .cancelled, reason, moment)
    }

    package mutating func optedOut(_ reason: String, _ moment: SagaMoment) -> Output {
        endAll(as: .optedOut, .optedOut, reason, moment)
    }

    /// One building leaves the event; the others go on.
    package mutating func optedOut(_ facility: FacilityID, _ reason: String, _ moment: SagaMoment) -> Output {
        endSome([facility], .optedOut, reason, moment)
    }

    /// A winning event takes buildings over. It may command them when `hasLetGo(of:)` is true.
    package mutating func superseded(
        by winner: DREventID, _ facilities: [FacilityID], _ moment: SagaMoment
    ) -> Output {
        let taken = Set(facilities)
        let isWhole = legs.allSatisfy { taken.contains($0.facility) || $0.progress.ending != nil }
        let reason = "Event \(winner) takes over."
        return isWhole
            ? endAll(as: .superseded, .superseded(by: winner), reason, moment)
            : endSome(facilities, .superseded(by: winner), reason, moment)
    }

    /// The event that held the building has let go of it.
    package mutating func facilityFreed(_ facility: FacilityID, _ moment: SagaMoment) -> Output {
        var output = Output()
        guard let index = legIndex(facility), legs[index].progress.state == .waiting else { return output }
        var next = legs[index].progress
        next.state = .planned
        commit(
            record(
                .leg(facility, next), from: LegState.waiting.rawValue, to: next.state.rawValue,
                reason: "The building is free.", moment), into: &output)
        drive(index, moment, &output)
        refresh(moment, &output)
        return output
    }

    /// A failed command once more, by a retry tier or a person.
    package mutating func retried(_ facility: FacilityID, sequence: Int, _ moment: SagaMoment) -> Output {
        var output = Output()
        guard let place = command(facility, sequence), legs[place.leg].progress.ending == nil else {
            return refused("The building is being given back, or the command does not exist; plan again instead.")
        }
        let machine = legs[place.leg].commands[place.command]
        guard machine.progress.phase == .failed, machine.plan.endsAt > moment.now else {
            return refused("Only a failed command whose time is not over can be retried.")
        }
        perform(machine.retry(moment, rules), place, moment, &output)
        drive(place.leg, moment, &output)
        refresh(moment, &output)
        return output
    }

    /// Somebody went to the building and gave its points back there.
    package mutating func settledByHand(_ facility: FacilityID, _ reason: String, _ moment: SagaMoment) -> Output {
        guard let index = legIndex(facility), legs[index].progress.ending != nil else {
            return refused("Points are settled by hand only while they are being given back; cancel or opt out first.")
        }
        var output = Output()
        for (place, machine) in legs[index].commands.enumerated() where !machine.progress.isSettled {
            perform(machine.drop(because: "By hand: \(reason)"), (index, place), moment, &output)
        }
        drive(index, moment, &output)
        refresh(moment, &output)
        return output
    }

    // MARK: - From buildings, meters and the clock

    /// A building's answer. One to a request that is no longer the newest of its command changes nothing.
    package mutating func answered(
        _ answer: BuildingAnswer, to request: BuildingRequest, _ moment: SagaMoment
    ) -> Output {
        var output = Output()
        guard let place = command(request.facility, request.sequence) else { return output }
        let machine = legs[place.leg].commands[place.command]
        guard machine.progress.generation == request.generation, machine.progress.isInFlight else { return output }
        perform(machine.answered(answer, moment, rules), place, moment, &output)
        drive(place.leg, moment, &output)
        refresh(moment, &output)
        return output
    }

    /// Does everything that is due. Harmless at any time.
    package mutating func advance(_ moment: SagaMoment) -> Output {
        var output = Output()
        driveAll(moment, &output)
        return output
    }

    /// The engine starts again, or another instance takes the event over: whatever was in flight is unknown.
    package mutating func restarted(_ moment: SagaMoment) -> Output {
        var output = Output()
        for leg in legs.indices {
            for (index, machine) in legs[leg].commands.enumerated() {
                guard let step = machine.resumed(moment, rules) else { continue }
                perform(step, (leg, index), moment, &output)
            }
        }
        driveAll(moment, &output)
        return output
    }

    // MARK: - Parts

    /// Final in a way that takes no new plan: everything but a failure that may still be retried.
    var isOver: Bool { progress.isSettled || (progress.status.isFinal && progress.status != .failed) }

    private func refused(_ why: String) -> Output {
        var output = Output()
        output.refusal = why
        return output
    }

    private mutating func endAll(
        as status: DREventStatus, _ ending: LegEnding, _ reason: String, _ moment: SagaMoment
    ) -> Output {
        guard !isOver else { return refused("The event is already \(progress.status.rawValue).") }
        var output = Output()
        var next = progress
        next.status = status
        become(next, reason, moment, &output)
        for index in legs.indices { end(index, ending, reason, moment, &output) }
        driveAll(moment, &output)
        return output
    }

    private mutating func endSome(
        _ facilities: [FacilityID], _ ending: LegEnding, _ reason: String, _ moment: SagaMoment
    ) -> Output {
        var output = Output()
        for index in facilities.compactMap(legIndex) { end(index, ending, reason, moment, &output) }
        driveAll(moment, &output)
        return output
    }

    private mutating func end(
        _ index: Int, _ ending: LegEnding, _ reason: String, _ moment: SagaMoment, _ output: inout Output
    ) {
        guard legs[index].progress.ending == nil else { return }
        if case .leg(let next, let reason) = legs[index].end(ending, reason) {
            becomeLeg(index, next, reason, moment, &output)
        }
    }
}
