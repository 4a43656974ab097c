import EnergyModel

extension SagaStateMachine {
    /// The new plan laid over what was already done, and the buildings that are still being given back and so cannot take
    /// part. Commands keep their numbers for ever; new ones get new numbers.
    func merge(_ proposal: DispatchPlan, at now: UTCInstant) -> (DispatchPlan, busy: [FacilityID]) {
        var merged = proposal
        merged.event = event
        merged.version = (plan?.version ?? 0) + 1
        var numbers = Numbers(last: plan?.lastSequence ?? 0)
        var busy: [FacilityID] = []
        var taken: Set<FacilityID> = []
        merged.legs = []
        for leg in proposal.legs where taken.insert(leg.facility).inserted {
            guard let index = legIndex(leg.facility) else {
                merged.legs.append(numbers.number(leg))
                continue
            }
            let machine = legs[index]
            if machine.progress.ending == .optedOut || (machine.progress.ending != nil && !machine.hasEnded) {
                if machine.progress.ending != .optedOut { busy.append(leg.facility) }
                merged.legs.append(machine.plan)
            } else {
                merged.legs.append(machine.merged(with: leg, at: now, &numbers))
            }
        }
        for machine in legs where !taken.contains(machine.facility) {
            let isEnding = machine.progress.ending != nil
            merged.legs.append(isEnding ? machine.plan : machine.withdrawn(at: now))
        }
        return (merged, busy)
    }
}

/// Gives new commands the next free numbers of the event.
struct Numbers {
    var last: Int

    mutating func next() -> Int {
        last += 1
        return last
    }

    /// A leg of a new building: all its commands are new. References inside the leg follow.
    mutating func number(_ leg: LegPlan) -> LegPlan {
        var leg = leg
        var given: [Int: Int] = [:]
        for index in leg.commands.indices {
            let number = next()
            given[leg.commands[index].sequence] = number
            leg.commands[index].sequence = number
        }
        for index in leg.commands.indices {
            leg.commands[index].replaces = leg.commands[index].replaces.flatMap { given[$0] }
        }
        return leg
    }
}

extension LegStateMachine {
    /// The leg without a future: what is planned is dropped, what was done is given back now.
    func withdrawn(at now: UTCInstant) -> LegPlan {
        var leg = plan
        leg.releaseOffset = .zero
        leg.expected = .zero
        for index in leg.commands.indices { leg.commands[index].endsAt = min(leg.commands[index].endsAt, now) }
        return leg
    }

    /// Point by point: a value in force that the new plan still wants is kept, another is overwritten by a new command, one
    /// that is wanted no more ends now.
    func merged(with proposal: LegPlan, at now: UTCInstant, _ numbers: inout Numbers) -> LegPlan {
        var leg = proposal
        var old = Dictionary(uniqueKeysWithValues: commands.map { ($0.plan.sequence, $0.plan) })
        var new: [CommandPlan] = []
        let wanted = Dictionary(grouping: proposal.commands.filter { $0.endsAt > now }, by: \.point)
        for point in Set(commands.map(\.plan.point)).union(wanted.keys).sorted() {
            let chain = (wanted[point] ?? []).sorted { ($0.startsAt, $0.sequence) < ($1.startsAt, $1.sequence) }
            new += exchange(point, for: chain, at: now, &old, &numbers)
        }
        leg.commands = (Array(old.values) + new).sorted { $0.sequence < $1.sequence }
        return leg
    }

    private func exchange(
        _ point: PointID, for chain: [CommandPlan], at now: UTCInstant, _ old: inout [Int: CommandPlan],
        _ numbers: inout Numbers
    ) -> [CommandPlan] {
        let live = commands.filter { $0.plan.point == point && !$0.progress.isSettled }
        for unsent in live where unsent.progress.generation == 0 { old[unsent.plan.sequence]?.endsAt = now }
        let head = live.last { $0.progress.generation > 0 }
        var chain = chain[...]
        var previous = head?.plan.sequence
        if let head, let first = chain.first, first.startsAt <= now, head.serves(first) {
            old[head.plan.sequence]?.endsAt = first.endsAt
            chain = chain.dropFirst()
        } else if let head {
            old[head.plan.sequence]?.endsAt = min(head.plan.endsAt, max(now, chain.first?.startsAt ?? now))
        }
        return chain.map { command in
            var command = command
            command.sequence = numbers.next()
            command.replaces = previous
            previous = command.sequence
            return command
        }
    }
}

extension CommandStateMachine {
    /// The value in force is the wanted one, and the building's dead-man will not end it too early.
    func serves(_ wanted: CommandPlan) -> Bool {
        plan.value == wanted.value && plan.slot == wanted.slot && plan.expiresAt >= wanted.expiresAt
            && progress.phase != .failed
    }
}
