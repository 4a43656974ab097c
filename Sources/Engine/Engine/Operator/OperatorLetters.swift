import EnergyModel
import Ports

/// What a person asks about dead letters, and does with them.
extension EmbeddedOperator {
    func deadLetters(_ query: DeadLetterQuery) async throws(PortError) -> DeadLetterPage {
        var page = try await self.query { [records] () throws(PortError) in try await records.deadLetters(query) }
        for index in page.letters.indices { page.letters[index].showReplays() }
        return page
    }

    func deadLetter(_ number: Int64) async throws(PortError) -> DeadLetter? {
        var letter = try await query { [records] () throws(PortError) in try await records.deadLetter(number) }
        letter?.showReplays()
        return letter
    }

    func check(deadLetter number: Int64, payload: [UInt8]?) async throws(PortError) -> LetterCheck {
        try await describe()
        return try await query { [checks] () throws(PortError) in try await checks.check(number, payload: payload) }
    }

    func dryRun(_ selection: LetterSelection) async throws(PortError) -> DryRun {
        if let refusal = selection.refusal { throw PortError(.invalid, refusal) }
        try await describe()
        let limit = settings.deadLetters.dryRunTimeout + settings.series.queryTimeout
        return try await bounded(by: limit, "the dry run", time: time) { [checks] () throws(PortError) in
            try await checks.dryRun(selection)
        }
    }

    func redrives() async throws(PortError) -> [Redrive] {
        try await query { [records] () throws(PortError) in
            try await records.redrives(in: Set(Redrive.State.allCases), limit: 50)
        }
    }

    /// Edits, discards and redrives.
    func carryOutOnLetters(_ command: OperatorCommand) async throws(PortError) -> CommandOutcome {
        let redrives = RedriveDesk(records: records, time: time, isLive: live != nil)
        switch command.action {
        case .discardDeadLetters(let selection): return try await discard(selection, because: command.reason)
        case .editDeadLetter(let number, let payload, let edition):
            return try await edit(number, payload, replacing: edition, by: command)
        case .redrive(let selection, let perSecond):
            return try await redrives.begin(selection, perSecond: perSecond, by: command)
        case .pauseRedrive(let id): return try await redrives.pause(id, by: command)
        case .resumeRedrive(let id): return try await redrives.resume(id, by: command)
        case .cancelRedrive(let id): return try await redrives.cancel(id, by: command)
        default: return .refused(sentence: "this is nothing that is done with dead letters")
        }
    }

    func replay(_ named: [Int64]) async throws(PortError) -> CommandOutcome {
        // A letter named twice is one letter.
        let numbers = Set(named).sorted()
        guard numbers.count <= DeadLetterDesk.handful else {
            return .refused(
                sentence: "at most \(DeadLetterDesk.handful) letters are replayed at once; begin a redrive for more")
        }
        try await describe()
        let tally = try await letterDesk.replay(numbers, at: time.now())
        live?.measures.count(.replayed, tally.replayed)
        var sentence = "\(tally.replayed) of \(numbers.count) dead letters replayed"
        if tally.failed > 0 { sentence += ", \(tally.failed) failed again (\(tally.firstFailure ?? ""))" }
        if tally.quarantined > 0 { sentence += ", \(tally.quarantined) of them are quarantined now" }
        if tally.passedOver > 0 { sentence += ", \(tally.passedOver) had been dealt with before" }
        return .done(sentence: sentence, affected: tally.replayed)
    }

    private func discard(
        _ selection: LetterSelection, because reason: String
    ) async throws(PortError) -> CommandOutcome {
        guard !reason.isEmpty else { return .refused(sentence: "discarding needs a reason; give one") }
        if let refusal = selection.refusal { return .refused(sentence: refusal) }
        let count = try await letterDesk.discard(selection, because: reason)
        if case .numbers(let numbers) = selection {
            return .done(sentence: "\(count) of \(Set(numbers).count) dead letters discarded", affected: count)
        }
        return .done(sentence: "\(count) dead letters discarded", affected: count)
    }

    /// Stores it whether processing would take it or not: what a person has half done must not be lost. Says which.
    private func edit(
        _ number: Int64, _ payload: [UInt8], replacing edition: Int, by command: OperatorCommand
    ) async throws(PortError) -> CommandOutcome {
        guard let letter = try await records.deadLetter(number) else {
            return .refused(sentence: "there is no dead letter \(number)")
        }
        if let refusal = letter.refusal(ofPayload: payload) { return .refused(sentence: refusal) }
        let edit = DeadLetter.Edit(
            payload: payload, author: command.author, at: time.now(), edition: edition + 1)
        switch try await records.edit(deadLetter: number, edit) {
        case .missing: return .refused(sentence: "there is no dead letter \(number)")
        case .closed(let state):
            return .refused(
                sentence: "dead letter \(number) is \(state.rawValue); only pending and quarantined ones are edited")
        case .superseded(let edition):
            return .refused(
                sentence: "dead letter \(number) is at edition \(edition) by now; look at it and edit that one")
        case .stored: break
        }
        let stored = "edition \(edit.edition) of dead letter \(number) is stored beside the original"
        return .done(sentence: "\(stored); \(await judgement(of: number))", affected: 1)
    }

    private func judgement(of number: Int64) async -> String {
        do throws(PortError) {
            switch try await check(deadLetter: number, payload: nil) {
            case .passes(let sentences): return "it would be taken: \(sentences.first ?? "")"
            case .fails(let faults):
                let first = faults.first.map { "\($0.reason): \($0.sentence)" } ?? ""
                return "it would fail still: \(first)"
            }
        } catch {
            return "whether it would be taken cannot be told now: \(error.sentence)"
        }
    }

    private var checks: LetterChecks {
        LetterChecks(records: records, sender: letterDesk.sender, settings: settings.deadLetters, time: time)
    }
}

extension DeadLetter {
    /// The replays so far, in the headers as with everything else that is known of it (DLQ-02).
    fileprivate mutating func showReplays() { headers[DeadLetterHeader.replays] = String(attempts) }

    /// Most bytes of an edit, or as many as the original has.
    private static let editLimit = 1 << 20

    /// Why no edit with this payload makes sense.
    fileprivate func refusal(ofPayload edited: [UInt8]) -> String? {
        if topic == Topic.buildingFailures.name {
            return
                "a letter of \(topic) names a command in its headers, and a replay retries that; its payload is not sent"
        }
        let limit = max(DeadLetter.editLimit, payload.count)
        return edited.count > limit ? "the payload has \(edited.count) bytes; at most \(limit) are stored" : nil
    }
}

extension LetterSelection {
    /// What it is about, in the journal.
    var subject: String {
        if case .numbers(let numbers) = self, numbers.count == 1 { "dead-letter:\(numbers[0])" } else { "dead-letters" }
    }

    /// In a sentence: `3 dead letters`, `the dead letters up to 900 with reason malformed_json`.
    var words: String {
        switch self {
        case .numbers(let numbers): return "\(numbers.count) dead letters"
        case .matching(let query, let through):
            let parts = [
                query.topic.map { "in \($0.debugDescription)" },
                query.reason.map { "with reason \($0.debugDescription)" },
                query.state.map { "that are \($0.rawValue)" }, query.facility.map { "of \($0)" },
                query.among.map { "of \($0.count) facilities" },
                query.text.map { "with the text \($0.debugDescription)" },
            ]
            return (["the dead letters up to \(through)"] + parts.compactMap { $0 }).joined(separator: " ")
        }
    }
}
