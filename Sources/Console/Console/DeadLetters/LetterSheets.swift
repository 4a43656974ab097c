import EnergyModel
import Ports
import Screen

/// What replaying and discarding will do, before anybody does it.
enum LetterSheets {
    /// The marked ones, else the one shown or selected.
    private static func chosen(_ state: ConsoleState) -> [Int64] {
        let pane = state.pane
        if pane.route == .deadLetters, !pane.letters.marked.isEmpty { return pane.letters.marked.sorted() }
        return DeadLettersRoom.current(pane)?.number.map { [$0] } ?? []
    }

    static func replay(_ state: inout ConsoleState, numbers: [Int64]? = nil) {
        let numbers = numbers ?? chosen(state)
        guard !numbers.isEmpty else { return state.say("No letter is selected", .warning) }
        let count = numbers.count
        let facts =
            about(state, numbers) + [
                "\(count == 1 ? "Its" : "Their") unchanged bytes go through processing again.",
                "What is accepted becomes replayed and counts once, however often it is replayed.",
                "What fails again stays here with one attempt more.",
            ]
        state.present(
            Sheet(
                title: "Replay \(Numbers.count(count, "dead letter", "dead letters"))", facts: facts,
                action: .replayDeadLetters(numbers), verb: "Replay \(count)", reason: TextInput(),
                isReasonNeeded: false,
                word: word("replay", count)))
    }

    static func discard(_ state: inout ConsoleState, numbers: [Int64]? = nil, reason: String = "") {
        let numbers = numbers ?? chosen(state)
        guard !numbers.isEmpty else { return state.say("No letter is selected", .warning) }
        let count = numbers.count
        let facts =
            about(state, numbers) + [
                "\(count == 1 ? "It is" : "They are") marked discarded, with your reason, and \(count == 1 ? "is" : "are") not processed.",
                "The bytes are kept until retention ends; :dlq discarded lists them.",
            ]
        state.present(
            Sheet(
                title: "Discard \(Numbers.count(count, "dead letter", "dead letters"))", facts: facts,
                action: .discardDeadLetters(.numbers(numbers)), verb: "Discard \(count)", reason: TextInput(reason),
                isReasonNeeded: true, word: word("discard", count)))
    }

    private static func word(_ verb: String, _ count: Int) -> String? {
        count >= DeadLettersState.bulk ? "\(verb) \(count)" : nil
    }

    /// Which, and what they are now.
    private static func about(_ state: ConsoleState, _ numbers: [Int64]) -> [String] {
        let known = state.pane.letters.list.rows.filter { letter in letter.number.map { numbers.contains($0) } ?? false
        }
        if numbers.count == 1 {
            let letter =
                known.first ?? DeadLettersRoom.current(state.pane).flatMap { $0.number == numbers[0] ? $0 : nil }
            guard let letter else { return ["Letter \(numbers[0])"] }
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

// MARK: - Palette

extension PaletteCommand {
    static let letters: [PaletteCommand] = [
        PaletteCommand(
            "dlq", usage: "dlq pending|quarantined|discarded|replayed|all", "list dead letters of one state, or NUMBER",
            complete: { _, typed in
                words(["pending", "quarantined", "discarded", "replayed", "all"].map { ($0, "") }, typed)
            }, plan: planList),
        PaletteCommand(
            "dlq-replay", usage: "dlq-replay [NUMBER …]", "replay these letters, or the selected ones", acts: true,
            plan: { state, argument throws(PaletteError) in
                let numbers = try numbers(argument)
                return Plan(preview: "Open the sheet to replay \(shown(numbers))") { state in
                    if state.pane.route.screen != .deadLetters { state.go(to: .deadLetters) }
                    LetterSheets.replay(&state, numbers: numbers)
                }
            }),
        PaletteCommand(
            "dlq-discard", usage: "dlq-discard [NUMBER …]", "discard these letters, or the selected ones", acts: true,
            plan: { state, argument throws(PaletteError) in
                let numbers = try numbers(argument)
                return Plan(preview: "Open the sheet to discard \(shown(numbers))") { state in
                    if state.pane.route.screen != .deadLetters { state.go(to: .deadLetters) }
                    LetterSheets.discard(&state, numbers: numbers)
                }
            }),
    ]

    private static func shown(_ numbers: [Int64]?) -> String {
        numbers.map { "letter " + $0.map(String.init).joined(separator: ", ") } ?? "the selected letters"
    }

    private static func numbers(_ argument: String) throws(PaletteError) -> [Int64]? {
        guard !argument.isEmpty else { return nil }
        var numbers: Set<Int64> = []
        for word in argument.split(separator: " ") {
            guard let number = Int64(word), number > 0 else { throw PaletteError("\(word) is no letter's number") }
            numbers.insert(number)
        }
        guard numbers.count <= DeadLettersState.markLimit else {
            throw PaletteError("At most \(DeadLettersState.markLimit) letters at once")
        }
        return numbers.sorted()
    }

    private static func planList(_ state: ConsoleState, _ argument: String) throws(PaletteError) -> Plan {
        if let number = Int64(argument) {
            return Plan(preview: "Open dead letter \(number)") { $0.go(to: .deadLetter(number)) }
        }
        let which = argument.isEmpty ? "pending" : argument.lowercased()
        let chosen = DeadLetter.State(rawValue: which)
        guard chosen != nil || which == "all" else {
            throw PaletteError("List pending, quarantined, discarded, replayed, all, or a letter's NUMBER")
        }
        return Plan(preview: "List \(which) dead letters") { state in
            DeadLettersRoom.show(chosen, &state)
            state.go(to: .deadLetters)
        }
    }
}
