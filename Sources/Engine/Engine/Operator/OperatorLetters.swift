import EnergyModel
import Ports

/// What a person asks about dead letters, and does with them.
extension EmbeddedOperator {
    func check(deadLetter number: Int64, payload: [UInt8]?) async throws(PortError) -> LetterCheck {
        throw PortError(.unavailable, "this build cannot check a letter yet; replay it to see")
    }

    func dryRun(_ selection: LetterSelection) async throws(PortError) -> DryRun {
        throw PortError(.unavailable, "this build cannot try a replay yet; replay a single letter to see")
    }

    func redrives() async throws(PortError) -> [Redrive] { [] }

    func carryOutOnLetters(_ command: OperatorCommand) async throws(PortError) -> CommandOutcome {
        guard case .discardDeadLetters(.numbers(let numbers)) = command.action else {
            return .refused(sentence: "this build cannot do that with dead letters yet")
        }
        guard !command.reason.isEmpty else { return .refused(sentence: "discarding needs a reason; give one") }
        let count = try await letterDesk.discard(numbers, because: command.reason)
        return .done(sentence: "\(count) of \(numbers.count) dead letters discarded", affected: count)
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
                query.topic.map { "in \($0)" }, query.reason.map { "with reason \($0)" },
                query.state.map { "that are \($0.rawValue)" }, query.facility.map { "of \($0)" },
                query.text.map { "with the text \($0.debugDescription)" },
            ]
            return (["the dead letters up to \(through)"] + parts.compactMap { $0 }).joined(separator: " ")
        }
    }
}
