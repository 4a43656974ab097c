import EnergyModel

/// One building command: write, confirm, give back. Every method proposes the next step and changes nothing; the saga records
/// it and applies it. So what was recorded is what is.
struct CommandStateMachine: Hashable, Sendable {
    var plan: CommandPlan
    var progress: CommandProgress

    /// The next progress, why, and what to ask the building after it is recorded.
    struct Step {
        var next: CommandProgress
        var reason: String
        var operation: BuildingRequest.Operation?
        var notices: [DRNotice] = []
    }

    init(plan: CommandPlan) {
        self.plan = plan
        progress = CommandProgress(due: plan.startsAt)
    }

    /// Nothing later than this confirms the command.
    func confirmBy(_ rules: SagaRules) -> UTCInstant? { progress.firstSentAt?.advanced(by: rules.confirmationDeadline) }

    // MARK: - Writing

    func write(_ moment: SagaMoment, _ rules: SagaRules) -> Step {
        var next = request(.writing, moment, rules)
        next.attempts += 1
        next.firstSentAt = progress.firstSentAt ?? moment.now
        return Step(
            next: next, reason: "Attempt \(next.attempts) of \(rules.attempts) to write the set-point.",
            operation: .write(plan.value))
    }

    /// Asks what became of the write before it is sent again (ledger BMS-10).
    func ask(_ moment: SagaMoment, _ rules: SagaRules, because reason: String) -> Step {
        var next = request(.asking, moment, rules)
        next.isAmbiguous = true
        return Step(next: next, reason: reason + " Asked by key.", operation: .status)
    }

    /// Back from `failed`, by a retry tier or a person. Keeps the key: what was done before is not done again.
    func retry(_ moment: SagaMoment, _ rules: SagaRules) -> Step {
        var fresh = self
        fresh.progress.attempts = 0
        fresh.progress.firstSentAt = moment.now
        if progress.isAmbiguous { return fresh.ask(moment, rules, because: "Retried; the last outcome is unknown.") }
        var next = fresh.progress
        next.firstSentAt = nil
        next.phase = .retrying
        next.due = moment.now
        return Step(next: next, reason: "Retried.")
    }

    /// The engine was away: nobody waits for an answer any more. The deadline begins anew, since the time lost was not the
    /// building's. Nil where nothing is under way.
    func resumed(_ moment: SagaMoment, _ rules: SagaRules) -> Step? {
        if progress.state == .releasing { return progress.isInFlight ? lost(moment, rules) : nil }
        var fresh = self
        fresh.progress.firstSentAt = moment.now
        switch progress.phase {
        case .writing, .accepted, .polling, .asking, .askingLater:
            return fresh.ask(moment, rules, because: "The engine was away; the outcome is unknown.")
        case .retrying: return Step(next: fresh.progress, reason: "The engine was away; the deadline begins anew.")
        default: return nil
        }
    }

    func drop(because reason: String) -> Step { settled(.released, reason) }

    // MARK: - Time

    /// What to do when `due` has passed; nil in phases the leg decides about.
    func overdue(_ moment: SagaMoment, _ rules: SagaRules) -> Step? {
        guard let due = progress.due, due <= moment.now else { return nil }
        let isTooLate = confirmBy(rules).map { $0 <= moment.now } ?? false
        switch progress.phase {
        case .planned, .confirmed, .failed, .released: return nil
        case .retrying: return isTooLate ? fail("Not confirmed within the deadline.") : nil
        case .writing, .polling, .asking: return lost(moment, rules)
        case .accepted, .askingLater:
            if isTooLate { return fail("Not confirmed within the deadline.") }
            let phase: CommandProgress.Phase = progress.phase == .accepted ? .polling : .asking
            return Step(next: request(phase, moment, rules), reason: "Asked for the outcome.", operation: .status)
        case .releasing, .releaseAsking, .reading: return releaseAnswered(.timedOut, moment, rules)
        case .releaseRetrying: return release(moment, rules, because: "Tried again to give the point back.")
        case .rechecking:
            return Step(
                next: request(.reading, moment, rules), reason: "Read the slot for a late write.",
                operation: .readSlot)
        }
    }

    /// The request in flight got no answer.
    private func lost(_ moment: SagaMoment, _ rules: SagaRules) -> Step {
        progress.state == .releasing
            ? releaseAnswered(.timedOut, moment, rules) : writeAnswered(.timedOut, moment, rules)
    }

    // MARK: - Answers

    func answered(_ answer: BuildingAnswer, _ moment: SagaMoment, _ rules: SagaRules) -> Step {
        progress.state == .releasing
            ? releaseAnswered(answer, moment, rules) : writeAnswered(answer, moment, rules)
    }

    private func writeAnswered(_ answer: BuildingAnswer, _ moment: SagaMoment, _ rules: SagaRules) -> Step {
        switch answer {
        case .applied(let id):
            var next = settled(.confirmed, "").next
            next.confirmedAt = moment.now
            next.isAmbiguous = false
            next.executionID = id ?? progress.executionID
            return Step(next: next, reason: "The building confirmed.")
        case .pending(let id):
            var next = waiting(.accepted, until: moment.now.advanced(by: rules.pollInterval))
            next.isAmbiguous = true
            next.executionID = id ?? progress.executionID
            return Step(next: next, reason: "The building took the command and is working on it.")
        case .notKnown: return again(moment, rules, because: "The building does not know the command.")
        case .rejected(let why): return fail("The building refused: \(why)")
        case .unavailable(let why):
            if progress.phase == .writing { return again(moment, rules, because: "Not reached: \(why)") }
            return askLater(moment, rules, because: "Not reached: \(why)")
        case .timedOut, .slot:
            if confirmBy(rules).map({ $0 <= moment.now }) ?? false {
                var failing = self
                failing.progress.isAmbiguous = true
                return failing.fail("Not confirmed within the deadline; the outcome is unknown.")
            }
            if progress.phase == .writing { return ask(moment, rules, because: "No answer; the outcome is unknown.") }
            return askLater(moment, rules, because: "No answer to the question for the outcome.")
        }
    }

    /// Waits before another write, or fails when attempts or time are used up.
    private func again(_ moment: SagaMoment, _ rules: SagaRules, because reason: String) -> Step {
        let wait = rules.delay(afterAttempt: max(1, progress.attempts), random: moment.random, salt: plan.sequence)
        let due = moment.now.advanced(by: wait)
        let isTooLate = confirmBy(rules).map { $0 <= due } ?? false
        guard progress.attempts < rules.attempts, !isTooLate else { return fail(reason) }
        return Step(next: waiting(.retrying, until: due), reason: reason)
    }

    private func askLater(_ moment: SagaMoment, _ rules: SagaRules, because reason: String) -> Step {
        let phase: CommandProgress.Phase = progress.phase == .polling ? .accepted : .askingLater
        return Step(next: waiting(phase, until: moment.now.advanced(by: rules.pollInterval)), reason: reason)
    }

    private func fail(_ reason: String) -> Step { settled(.failed, reason) }

    // MARK: - Giving back

    /// Writes NULL at our slot. Repeats within a round carry the same key.
    func release(_ moment: SagaMoment, _ rules: SagaRules, because reason: String) -> Step {
        var next = request(.releasing, moment, rules)
        next.releaseAttempts += 1
        next.releaseRound = max(1, progress.releaseRound)
        return Step(next: next, reason: reason, operation: .release)
    }

    private func releaseAnswered(_ answer: BuildingAnswer, _ moment: SagaMoment, _ rules: SagaRules) -> Step {
        switch (progress.phase, answer) {
        case (.reading, .slot(nil)): return settled(.released, "The slot is empty.")
        case (.reading, .slot):
            var held = self
            held.progress.releaseRound += 1
            held.progress.releaseAttempts = 0
            return held.release(moment, rules, because: "A late write had taken the slot again; giving it back.")
        case (.reading, _): return readLater(moment, rules)
        case (_, .applied):
            guard progress.confirmedAt == nil, progress.isAmbiguous else {
                return settled(.released, "The building gave the point back.")
            }
            return Step(
                next: waiting(.rechecking, until: moment.now.advanced(by: rules.lateArrival)),
                reason: "Given back; the slot is read once more, since a write was lost on the way.")
        case (.releasing, .timedOut):
            return Step(
                next: request(.releaseAsking, moment, rules), reason: "No answer to the release. Asked by key.",
                operation: .status)
        case (_, .rejected(let why)): return releaseLater(moment, rules, "The building refused the release: \(why)")
        case (_, .unavailable(let why)): return releaseLater(moment, rules, "Not reached: \(why)")
        default: return releaseLater(moment, rules, "The release is not confirmed.")
        }
    }

    private func releaseLater(_ moment: SagaMoment, _ rules: SagaRules, _ reason: String) -> Step {
        let attempt = progress.releaseAttempts
        let wait = rules.releaseDelay(afterAttempt: attempt, random: moment.random, salt: plan.sequence)
        return Step(next: waiting(.releaseRetrying, until: moment.now.advanced(by: wait)), reason: reason)
    }

    private func readLater(_ moment: SagaMoment, _ rules: SagaRules) -> Step {
        var next = waiting(.rechecking, until: moment.now)
        next.releaseAttempts += 1
        let wait = rules.releaseDelay(afterAttempt: next.releaseAttempts, random: moment.random, salt: plan.sequence)
        next.due = moment.now.advanced(by: wait)
        return Step(next: next, reason: "The slot could not be read; tried again later.")
    }

    // MARK: - Parts

    private func request(_ phase: CommandProgress.Phase, _ moment: SagaMoment, _ rules: SagaRules) -> CommandProgress {
        var next = progress
        next.phase = phase
        next.generation += 1
        next.due = moment.now.advanced(by: rules.answerBudget)
        return next
    }

    private func waiting(_ phase: CommandProgress.Phase, until due: UTCInstant) -> CommandProgress {
        var next = progress
        next.phase = phase
        next.due = due
        return next
    }

    private func settled(_ phase: CommandProgress.Phase, _ reason: String) -> Step {
        var next = progress
        next.phase = phase
        next.due = nil
        return Step(next: next, reason: reason)
    }
}
