import EnergyModel
import Ports
import Screen

/// What replaying and discarding will do, before anybody does it.
enum LetterSheets {
    static func replay(_ state: inout ConsoleState, _ given: LetterChoice? = nil) {
        guard let choice = given ?? DeadLettersRoom.choice(&state) else { return }
        guard case .numbers(let numbers) = choice.selection, numbers.count <= LetterChoice.handful else {
            return RedriveSheets.begin(&state, choice)
        }
        let count = numbers.count
        let edited = known(state, numbers).count { $0.edit != nil }
        let bytes = edited == 0 ? "unchanged bytes go" : "bytes go, \(edited) of them as edited,"
        state.present(
            Sheet(
                title: "Replay \(Numbers.count(count, "dead letter", "dead letters"))",
                facts: about(state, choice, isReplay: true) + [
                    "\(count == 1 ? "Its" : "Their") \(bytes) through processing again.",
                    "What is accepted becomes replayed and counts once, however often it is replayed.",
                    "What fails again stays here with one attempt more.",
                ],
                action: .replayDeadLetters(numbers), verb: "Replay \(count)", reason: TextInput(),
                isReasonNeeded: false, word: choice.word("replay")))
    }

    static func discard(_ state: inout ConsoleState, _ given: LetterChoice? = nil) {
        guard let choice = given ?? DeadLettersRoom.choice(&state) else { return }
        let count = choice.count
        let isOne = count == 1
        state.present(
            Sheet(
                title: "Discard \(Numbers.count(count, "dead letter", "dead letters"))",
                facts: about(state, choice, isReplay: false) + [
                    "\(isOne ? "It is" : "They are") marked discarded, with your reason, and \(isOne ? "is" : "are") not processed.",
                    "The bytes are kept until retention ends; :dlq discarded lists them.",
                ],
                action: .discardDeadLetters(choice.selection), verb: "Discard \(Numeral.grouped(count))",
                reason: TextInput(), isReasonNeeded: true, word: choice.word("discard")))
    }

    /// What was marked has been dealt with: what comes next was not meant by it.
    static func unmark(after action: OperatorCommand.Action?, _ state: inout ConsoleState) {
        switch action {
        case .replayDeadLetters, .discardDeadLetters, .redrive:
            state.pane.letters.marked = []
            state.pane.letters.isAllMarked = false
        default: break
        }
    }

    /// A replay takes quarantined ones only where they are asked for.
    private static func others(_ choice: LetterChoice, _ isReplay: Bool) -> String {
        guard choice.holdsOthers else { return "" }
        return isReplay
            ? " Only pending ones of these are replayed; list quarantined ones to replay those."
            : " Only pending and quarantined ones are touched."
    }

    private static func known(_ state: ConsoleState, _ numbers: [Int64]) -> [DeadLetter] {
        let shown = DeadLettersRoom.current(state.pane).map { [$0] } ?? []
        let listed = state.pane.letters.list.rows.filter { $0.number != shown.first?.number }
        let wanted = Set(numbers)
        return (shown + listed).filter { $0.number.map { wanted.contains($0) } == true }
    }

    /// Which, and what they are now.
    static func about(_ state: ConsoleState, _ choice: LetterChoice, isReplay: Bool) -> [String] {
        guard case .numbers(let numbers) = choice.selection else {
            guard case .matching(_, let newest) = choice.selection else { return [] }
            return [
                Sanitiser.drawable(choice.words.prefix(1).uppercased() + choice.words.dropFirst()),
                "Up to number \(newest): what comes later is not swept along."
                    + others(choice, isReplay),
            ]
        }
        let known = known(state, numbers)
        if numbers.count == 1 {
            guard let letter = known.first else { return ["Letter \(numbers[0])"] }
            let text = "Letter \(numbers[0]): \(letter.topic), \(letter.reason), \(letter.state.rawValue), "
            return [Sanitiser.drawable(text + Numbers.count(letter.attempts, "attempt", "attempts"))]
        }
        let reasons = Dictionary(grouping: known, by: \.reason).map { "\($0.value.count) \($0.key)" }.sorted()
        return [
            "Letters \(numbers.prefix(8).map(String.init).joined(separator: ", "))\(numbers.count > 8 ? " …" : "")",
            Sanitiser.drawable(reasons.joined(separator: ", ")),
        ]
    }
}
