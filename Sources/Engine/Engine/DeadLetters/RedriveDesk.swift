import EnergyModel
import Ports

/// Begins, pauses, resumes and cancels redrives for a person, by changing their records: it takes effect wherever the engine
/// runs, and when it runs again.
struct RedriveDesk: Sendable {
    let records: any RecordStore
    let time: Timekeeper
    /// Whether this process works redrives.
    let isLive: Bool

    /// Redrives that may be unfinished at once.
    static let mostOpen = 50

    func begin(
        _ selection: LetterSelection, perSecond: Int, by command: OperatorCommand
    ) async throws(PortError) -> CommandOutcome {
        // The same key again: it began already.
        if let known = try await records.redrive(command.key) { return begun(known) }
        guard Redrive.rates.contains(perSecond) else {
            return .refused(
                sentence: "\(perSecond) letters a second is no rate: give one from \(Redrive.rates.lowerBound) to "
                    + "\(Redrive.rates.upperBound)")
        }
        if let refusal = selection.refusal { return .refused(sentence: refusal) }
        let total = try await records.count(of: selection, in: selection.replayable)
        guard total > 0 else { return .refused(sentence: selection.emptiness) }
        let open = try await records.redrives(in: [.running, .paused], limit: RedriveDesk.mostOpen)
        guard open.count < RedriveDesk.mostOpen else {
            return .refused(
                sentence: "\(open.count) redrives are not finished; let them end, or cancel some, before another begins"
            )
        }
        let redrive = try await records.begin(
            Redrive(
                id: command.key, selection: selection, perSecond: perSecond, author: command.author,
                reason: command.reason, begunAt: time.now(), total: total))
        try await note("begun: \(selection.words), \(total) letters at \(perSecond) a second", redrive.id, command)
        return begun(redrive)
    }

    private func begun(_ redrive: Redrive) -> CommandOutcome {
        let whoWorks = isLive ? "" : "; a running engine takes it up within seconds, else the next start does"
        return .done(
            sentence: "redrive \(redrive.id) of \(redrive.total) dead letters at \(redrive.perSecond) a second began"
                + whoWorks,
            affected: redrive.total)
    }

    func pause(_ id: String, by command: OperatorCommand) async throws(PortError) -> CommandOutcome {
        try await change(id, by: command, to: .paused) { redrive in
            if redrive.state == .paused, !redrive.isHeld { return "redrive \(id) is paused already; resume it" }
            return redrive.isFinished ? "redrive \(id) is \(redrive.state.rawValue); there is nothing to pause" : nil
        }
    }

    func resume(_ id: String, by command: OperatorCommand) async throws(PortError) -> CommandOutcome {
        try await change(id, by: command, to: .running) { redrive in
            if redrive.state == .running { return "redrive \(id) is running; there is nothing to resume" }
            return redrive.isFinished ? "redrive \(id) is \(redrive.state.rawValue); begin another one" : nil
        }
    }

    func cancel(_ id: String, by command: OperatorCommand) async throws(PortError) -> CommandOutcome {
        try await change(id, by: command, to: .cancelled) { redrive in
            redrive.isFinished ? "redrive \(id) is \(redrive.state.rawValue); there is nothing to cancel" : nil
        }
    }

    /// Compare and set, as often as the engine is quicker: it changes what a redrive stands as only now and then.
    private func change(
        _ id: String, by command: OperatorCommand, to state: Redrive.State, unless refusal: (Redrive) -> String?
    ) async throws(PortError) -> CommandOutcome {
        for _ in 0..<5 {
            guard let redrive = try await records.redrive(id) else {
                return .refused(
                    sentence: "there is no redrive \(id.debugDescription); `switchyard dlq redrives` lists them")
            }
            if let sentence = refusal(redrive) { return .refused(sentence: sentence) }
            guard
                try await records.change(
                    redrive: id, from: redrive.standing, to: Redrive.Standing(state), at: time.now())
            else { continue }
            let word = state == .running ? "resumed" : state.rawValue
            try await note("\(word): \(redrive.summary) so far", id, command)
            let before = redrive.isHeld && state == .paused ? "; the engine had paused it, now it waits for you" : ""
            return .done(sentence: "redrive \(id) is \(word): \(redrive.summary) so far\(before)", affected: 1)
        }
        return .refused(sentence: "redrive \(id) changes all the time; try again")
    }

    private func note(_ text: String, _ id: String, _ command: OperatorCommand) async throws(PortError) {
        try await records.append([
            JournalEntry(
                at: time.now(), kind: .transition, actor: command.author, subject: "redrive:\(id)", text: text,
                commandKey: command.key)
        ])
    }
}

extension LetterSelection {
    /// Why it is not taken as it stands.
    var refusal: String? {
        guard case .numbers(let numbers) = self, numbers.count > DeadLetterDesk.mostNumbers else { return nil }
        return "a selection names at most \(DeadLetterDesk.mostNumbers) letters; give reason, topic or state instead"
    }

    /// Why a selection of no letters is none.
    fileprivate var emptiness: String {
        switch self {
        case .numbers: "none of these letters is pending or quarantined, so there is nothing to replay"
        case .matching(let query, _):
            query.state == nil || query.state == .pending
                ? "no pending letter matches, so there is nothing to replay; quarantined ones are replayed only when the "
                    + "selection asks for them"
                : "no letter that could be replayed matches; only pending and quarantined ones can"
        }
    }
}
