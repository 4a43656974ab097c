import EnergyModel

/// One facility's part of an event. Proposes one decision at a time; the saga records and applies it and asks again until
/// nothing is left to decide at this moment. A leg knows nothing of other legs: one slow building delays no other.
struct LegStateMachine: Hashable, Sendable {
    enum Decision {
        case command(Int, CommandStateMachine.Step)
        case leg(LegProgress, reason: String)
    }

    let facility: FacilityID
    var plan: LegPlan
    var progress: LegProgress
    /// In ascending order of their numbers.
    var commands: [CommandStateMachine]
    /// By number, the place in `commands` of the command that overwrites it.
    private var successors: [Int: Int] = [:]

    init(plan: LegPlan) {
        facility = plan.facility
        self.plan = plan
        progress = LegProgress(state: plan.heldBy == nil ? .planned : .waiting)
        commands = plan.commands.map(CommandStateMachine.init(plan:))
        link()
    }

    /// Takes a new version of the plan: known commands keep their progress, new ones begin.
    mutating func take(_ plan: LegPlan) {
        let known = Dictionary(uniqueKeysWithValues: commands.map { ($0.plan.sequence, $0.progress) })
        self.plan = plan
        commands = plan.commands.map { command in
            var machine = CommandStateMachine(plan: command)
            if let progress = known[command.sequence] {
                machine.progress = progress
                if progress.phase == .planned { machine.progress.due = command.startsAt }
            }
            return machine
        }
        link()
    }

    private mutating func link() {
        successors = [:]
        for (index, command) in commands.enumerated() {
            if let replaced = command.plan.replaces { successors[replaced] = index }
        }
    }

    /// Where an ended leg begins again when a newer plan asks for the building.
    var reopened: LegProgress { LegProgress(state: plan.heldBy == nil ? .planned : .waiting) }

    var isSettled: Bool { commands.allSatisfy(\.progress.isSettled) }
    var hasEnded: Bool { progress.ending != nil && isSettled && progress.state == finalState }
    var wasEverConfirmed: Bool { commands.contains { $0.progress.confirmedAt != nil } }
    /// When everything is given back at the latest, whatever happened. Nil without commands.
    var releaseAt: UTCInstant? { commands.map(\.plan.endsAt).max()?.advanced(by: plan.releaseOffset) }
    /// Reduction that confirmed commands stand for. Commands that were overwritten do not count twice.
    var confirmed: Power {
        commands.reduce(.zero) { $1.progress.phase == .confirmed && !isOverwritten($1) ? $0 + $1.plan.expected : $0 }
    }

    // MARK: - Decisions

    func decide(_ moment: SagaMoment, _ rules: SagaRules) -> Decision? {
        progress.ending == nil ? decideRunning(moment, rules) : decideEnding(moment, rules)
    }

    private func decideRunning(_ moment: SagaMoment, _ rules: SagaRules) -> Decision? {
        if let releaseAt, releaseAt <= moment.now { return end(.windowOver, "The window is over.") }
        guard progress.state != .waiting else { return nil }
        if hasCollapsed(moment, rules) {
            return end(.stepFailed, "Too much of the plan failed; what was done is undone.")
        }
        for (index, command) in commands.enumerated() {
            if let step = runningStep(index, command, moment, rules) { return .command(index, step) }
        }
        return changeOfState(moment, rules)
    }

    private func runningStep(
        _ index: Int, _ command: CommandStateMachine, _ moment: SagaMoment, _ rules: SagaRules
    ) -> CommandStateMachine.Step? {
        if let step = command.overdue(moment, rules) { return step }
        let isOver = releaseDue(command) <= moment.now
        switch command.progress.phase {
        case .planned, .retrying:
            if command.plan.endsAt <= moment.now {
                guard command.progress.mayHaveActed else { return command.drop(because: "Its time passed unsent.") }
                return command.release(moment, rules, because: "Its time is over.")
            }
            guard let due = command.progress.due, due <= moment.now, mayWrite(index, moment) else { return nil }
            return command.write(moment, rules)
        case .confirmed, .failed:
            if isReplaced(command) { return command.drop(because: "A later command took the point over.") }
            guard command.progress.mayHaveActed, isOver, !isCovered(command) else { return nil }
            return command.release(moment, rules, because: "Its time is over.")
        default: return nil
        }
    }

    private func decideEnding(_ moment: SagaMoment, _ rules: SagaRules) -> Decision? {
        for (index, command) in commands.enumerated().reversed() {
            if let step = endingStep(command, moment, rules) { return .command(index, step) }
        }
        guard isSettled, progress.state != finalState else { return nil }
        var next = progress
        next.state = finalState
        return .leg(next, reason: "Everything is given back.")
    }

    private var finalState: LegState {
        guard progress.ending == .windowOver, commands.contains(where: { $0.progress.generation > 0 }) else {
            return .compensated
        }
        return wasEverConfirmed ? .completed : .failed
    }

    private func endingStep(
        _ command: CommandStateMachine, _ moment: SagaMoment, _ rules: SagaRules
    ) -> CommandStateMachine.Step? {
        switch command.progress.phase {
        case .released, .writing, .releasing, .releaseAsking, .releaseRetrying, .rechecking, .reading:
            // A write in flight is waited for: a release that overtook it would be undone by it.
            return command.overdue(moment, rules)
        case .planned, .retrying, .failed:
            if !command.progress.mayHaveActed {
                return command.progress.phase == .failed ? nil : command.drop(because: "Dropped, never applied.")
            }
        case .accepted, .polling, .asking, .askingLater, .confirmed: break
        }
        if isReplaced(command) { return command.drop(because: "Given back with the command that replaced it.") }
        guard !isCovered(command), isNextInReverse(command, rules), holdIsOver(command, moment) else { return nil }
        return command.release(moment, rules, because: "Given back: the leg is ending.")
    }

    func end(_ ending: LegEnding, _ reason: String) -> Decision {
        var next = progress
        next.ending = ending
        next.state = ending == .windowOver ? .releasing : .compensating
        return .leg(next, reason: reason)
    }

    // MARK: - Order

    /// Lower steps have their answers, and the command this one overwrites is neither on its way nor being given back.
    private func mayWrite(_ index: Int, _ moment: SagaMoment) -> Bool {
        let command = commands[index]
        return commands.allSatisfy { other in
            if other.plan.sequence == command.plan.sequence { return true }
            if other.plan.sequence == command.plan.replaces { return other.isAtRest }
            return other.plan.step >= command.plan.step || other.plan.startsAt > moment.now || other.isAtRest
        }
    }

    /// Steps are undone from the last to the first; a release that fails for long lets the others pass, and so does a command
    /// that itself waits for the one which overwrote it.
    private func isNextInReverse(_ command: CommandStateMachine, _ rules: SagaRules) -> Bool {
        commands.allSatisfy { other in
            other.plan.step <= command.plan.step || other.progress.isSettled || isCovered(other)
                || other.progress.phase == .rechecking
                || other.progress.phase == .reading || other.progress.releaseAttempts >= rules.attempts
        }
    }

    private func successor(of command: CommandStateMachine) -> CommandStateMachine? {
        successors[command.plan.sequence].map { commands[$0] }
    }

    private func isOverwritten(_ command: CommandStateMachine) -> Bool {
        successor(of: command)?.progress.phase == .confirmed
    }

    /// Another command holds or will hold the same slot: NULL now would take its value away.
    private func isCovered(_ command: CommandStateMachine) -> Bool {
        guard let next = successor(of: command) else { return false }
        switch next.progress.phase {
        case .planned, .retrying: return progress.ending == nil && next.plan.startsAt <= command.plan.endsAt
        case .rechecking, .reading, .released: return false
        case .failed: return next.progress.mayHaveActed
        default: return true
        }
    }

    /// Its value is gone from the slot for good: its own write is known to be done, and a later one took the slot or was
    /// given back there. A command of unknown outcome must still be given back by itself.
    private func isReplaced(_ command: CommandStateMachine) -> Bool {
        guard command.progress.confirmedAt != nil, let next = successor(of: command) else { return false }
        switch next.progress.phase {
        case .confirmed, .rechecking, .reading: return true
        case .released: return next.progress.releaseRound > 0 || isReplacedByRest(next)
        default: return false
        }
    }

    /// `next` was itself dropped because a later command took the point over.
    private func isReplacedByRest(_ next: CommandStateMachine) -> Bool {
        next.progress.confirmedAt != nil && successor(of: next) != nil
    }

    private func releaseDue(_ command: CommandStateMachine) -> UTCInstant {
        let end = command.plan.endsAt.advanced(by: plan.releaseOffset)
        guard let confirmedAt = command.progress.confirmedAt else { return end }
        return max(end, confirmedAt.advanced(by: command.plan.minimumHold))
    }

    private func holdIsOver(_ command: CommandStateMachine, _ moment: SagaMoment) -> Bool {
        guard let confirmedAt = command.progress.confirmedAt else { return true }
        return confirmedAt.advanced(by: command.plan.minimumHold) <= moment.now
    }

    // MARK: - State

    private func changeOfState(_ moment: SagaMoment, _ rules: SagaRules) -> Decision? {
        let begun = begun(moment)
        guard !begun.isEmpty else {
            guard isSettled, !commands.isEmpty, progress.state != .failed else { return nil }
            return end(.windowOver, "Nothing is left to do.")
        }
        if begun.contains(where: { !$0.isAtRest }) {
            guard progress.state == .planned || progress.state == .failed else { return nil }
            return become(.pendingExecution, "Commands are going out.", moment)
        }
        let failed = begun.filter { $0.progress.phase == .failed }
        let kept = begun.filter { $0.progress.phase == .confirmed }
        if failed.isEmpty {
            guard !kept.isEmpty else { return nil }
            return become(progress.isUnderDelivering ? .degraded : .active, "All commands are confirmed.", moment)
        }
        if kept.isEmpty { return become(.failed, "No command was confirmed.", moment) }
        return become(.degraded, "\(failed.count) of \(begun.count) commands failed.", moment)
    }

    private func begun(_ moment: SagaMoment) -> [CommandStateMachine] {
        commands.filter { $0.progress.generation > 0 && $0.plan.endsAt > moment.now && !isOverwritten($0) }
    }

    /// Every command sent so far has its outcome, and what was confirmed is too little to keep (ledger DR-07).
    private func hasCollapsed(_ moment: SagaMoment, _ rules: SagaRules) -> Bool {
        let begun = begun(moment)
        let kept = begun.filter { $0.progress.phase == .confirmed }
        guard !kept.isEmpty, begun.contains(where: { $0.progress.phase == .failed }), begun.allSatisfy(\.isAtRest)
        else { return false }
        return share(of: kept, in: begun) < rules.keptShare
    }

    private func become(_ state: LegState, _ reason: String, _ moment: SagaMoment) -> Decision? {
        guard state != progress.state else { return nil }
        var next = progress
        next.state = state
        if state == .active || state == .degraded { next.activeSince = progress.activeSince ?? moment.now }
        return .leg(next, reason: reason)
    }

    /// By expected reduction; by number where nothing is expected of any.
    private func share(of kept: [CommandStateMachine], in begun: [CommandStateMachine]) -> Double {
        let whole = begun.reduce(0) { $0 + $1.plan.expected.kilowatts }
        guard whole > 0 else { return Double(kept.count) / Double(max(1, begun.count)) }
        return kept.reduce(0) { $0 + $1.plan.expected.kilowatts } / whole
    }

    // MARK: - Time

    /// The next moment after `now` at which the leg does something by itself. What is due already waits for an answer.
    func nextDue(after now: UTCInstant) -> UTCInstant? {
        var times: [UTCInstant] = progress.ending == nil ? [releaseAt].compactMap(\.self) : []
        for command in commands where !command.progress.isSettled {
            if let due = command.progress.due { times.append(due) }
            if progress.ending == nil { times.append(command.plan.endsAt) }
            times.append(releaseDue(command))
            if let confirmedAt = command.progress.confirmedAt {
                times.append(confirmedAt.advanced(by: command.plan.minimumHold))
            }
        }
        return times.filter { $0 > now }.min()
    }
}

extension CommandStateMachine {
    /// Has its outcome, for now: nothing in flight, no attempt to come.
    var isAtRest: Bool {
        switch progress.phase {
        case .confirmed, .failed, .released: true
        default: false
        }
    }
}
