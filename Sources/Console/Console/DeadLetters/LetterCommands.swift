import EnergyModel
import Ports
import Screen

extension PaletteCommand {
    /// One word, `dlq`, and what to do; the lines differ so that help and read-only mode can tell them apart.
    static let letters: [PaletteCommand] = [
        dlq("pending|quarantined|discarded|replayed|all", "list dead letters of one state, or NUMBER"),
        dlq("dry-run [NUMBER …|FILTER]", "what replaying these, or the chosen letters, would bring"),
        dlq("redrives", "replays in the background: how far they are"),
        dlq("replay [NUMBER …|FILTER]", "replay these, or the chosen letters", acts: true),
        dlq("discard [NUMBER …|FILTER]", "discard these, or the chosen letters", acts: true),
        dlq("edit [NUMBER]", "edit a letter's payload", acts: true),
        dlq("pause|cancel [REDRIVE]", "pause or let go on, or cancel, a redrive", acts: true),
    ]

    private static func dlq(_ usage: String, _ summary: String, acts: Bool = false) -> PaletteCommand {
        PaletteCommand("dlq", usage: "dlq \(usage)", summary, acts: acts, complete: complete, plan: planLetters)
    }

    private static let acting: Set<String> = ["replay", "discard", "edit", "pause", "cancel"]

    private static func complete(_ state: ConsoleState, _ typed: String) -> [Candidate] {
        let parts = typed.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        if parts.count > 1, let word = parts.last, ["dry-run", "replay", "discard"].contains(parts[0]) {
            let head = parts.dropLast().joined(separator: " ")
            let counts = state.sight?.snapshot.deadLetters ?? []
            let known = Set(counts.map { "reason:\($0.reason)" } + counts.map { "topic:\($0.topic)" })
            return known.sorted().filter { $0.hasPrefix(word) && !$0.contains(" ") }.map {
                Candidate(text: "\(head) \($0)", summary: "", isOpen: true)
            }
        }
        let all: [(String, String)] = [
            ("replay", "replay letters"), ("discard", "discard letters"), ("dry-run", "what a replay would bring"),
            ("edit", "edit a payload"), ("redrives", "replays in the background"), ("pending", ""), ("quarantined", ""),
            ("all", ""), ("discarded", ""), ("replayed", ""), ("pause", "pause a redrive, or let it go on"),
            ("cancel", "cancel a redrive"),
        ]
        return words(all.filter { state.mayAct || !acting.contains($0.0) }, typed)
    }

    private static func planLetters(_ state: ConsoleState, _ argument: String) throws(PaletteError) -> Plan {
        let parts = argument.split(separator: " ", maxSplits: 1).map(String.init)
        let word = parts.first ?? ""
        let rest = parts.count > 1 ? parts[1].trimmingSpaces : ""
        guard state.mayAct || !acting.contains(word) else {
            throw PaletteError("dlq \(word) is not available: this console is read-only")
        }
        switch word {
        case "replay": return try planChoice(state, rest, "Open the sheet to replay", .replay)
        case "discard": return try planChoice(state, rest, "Open the sheet to discard", .discard)
        case "dry-run": return try planChoice(state, rest, "See what replaying would bring:", .dryRun)
        case "edit": return try planEdit(rest)
        case "redrives": return Plan(preview: "Redrives: replays in the background") { $0.go(to: .redrives) }
        case "pause": return planRedrive(rest, "Open the sheet to pause or resume") { RedriveSheets.pause(&$0, $1) }
        case "cancel": return planRedrive(rest, "Open the sheet to cancel") { RedriveSheets.cancel(&$0, $1) }
        default: return try planList(argument)
        }
    }

    // MARK: - On letters

    /// Numbers, a filter, or nothing for what is chosen on the screen.
    private static func planChoice(
        _ state: ConsoleState, _ text: String, _ lead: String, _ intent: LetterIntent
    ) throws(PaletteError) -> Plan {
        guard !text.isEmpty else {
            return Plan(preview: "\(lead) the letters chosen on the screen") { state in
                if state.pane.route.screen != .deadLetters { state.go(to: .deadLetters) }
                perform(intent, &state, nil)
            }
        }
        if let numbers = try numbers(text) {
            let choice = LetterChoice(numbers: numbers)
            return Plan(preview: "\(lead) \(choice.selection.words)") { state in
                if state.pane.route.screen != .deadLetters { state.go(to: .deadLetters) }
                perform(intent, &state, choice)
            }
        }
        if text == "all" {
            return Plan(preview: "\(lead) all letters that the list has, loaded or not") { state in
                state.go(to: .deadLetters)
                state.pane.letters.intent = intent
            }
        }
        let filter: RowFilter
        do throws(FilterError) {
            filter = try RowFilter(parsing: text, fields: DeadLettersRoom.filterFields)
        } catch {
            throw PaletteError(error.description)
        }
        let which: DeadLetter.State? = filter.wanted(in: "state") == nil ? .pending : nil
        return Plan(preview: "\(lead) all \(which?.rawValue ?? "") letters with \(text)".replacing("  ", with: " ")) {
            state in
            DeadLettersRoom.show(which, &state)
            state.pane.letters.group = nil
            state.pane.letters.intent = intent
            state.pane.route = .deadLetters
            DeadLettersRoom.setFilter(filter, &state)
        }
    }

    private static func perform(_ intent: LetterIntent, _ state: inout ConsoleState, _ choice: LetterChoice?) {
        switch intent {
        case .replay: LetterSheets.replay(&state, choice)
        case .discard: LetterSheets.discard(&state, choice)
        case .dryRun: DeadLettersRoom.dryRun(&state, choice)
        case .edit: state.openEditor()
        }
    }

    /// Nil when the first word is no number: then it is a filter.
    private static func numbers(_ text: String) throws(PaletteError) -> [Int64]? {
        let words = text.split(separator: " ")
        guard let first = words.first, Int64(first) != nil else { return nil }
        var numbers: Set<Int64> = []
        for word in words {
            guard let number = Int64(word), number > 0 else { throw PaletteError("\(word) is no letter's number") }
            numbers.insert(number)
        }
        guard numbers.count <= DeadLettersState.markLimit else {
            throw PaletteError("At most \(DeadLettersState.markLimit) letters at once")
        }
        return numbers.sorted()
    }

    private static func planEdit(_ text: String) throws(PaletteError) -> Plan {
        guard !text.isEmpty else { return Plan(preview: "Edit the letter chosen on the screen") { $0.openEditor() } }
        guard let number = Int64(text), number > 0 else { throw PaletteError("\(text) is no letter's number") }
        return Plan(preview: "Edit letter \(number)") { state in
            state.go(to: .deadLetter(number))
            state.pane.letters.intent = .edit
        }
    }

    private static func planRedrive(
        _ id: String, _ lead: String, _ run: @escaping (inout ConsoleState, String?) -> Void
    ) -> Plan {
        Plan(preview: "\(lead) \(id.isEmpty ? "the selected redrive" : "redrive \(id)")") { state in
            if state.pane.route != .redrives { state.go(to: .redrives) }
            run(&state, id.isEmpty ? nil : id)
        }
    }

    private static func planList(_ argument: String) throws(PaletteError) -> Plan {
        if let number = Int64(argument) {
            return Plan(preview: "Open dead letter \(number)") { $0.go(to: .deadLetter(number)) }
        }
        let which = argument.isEmpty ? "pending" : argument.lowercased()
        let chosen = DeadLetter.State(rawValue: which)
        guard chosen != nil || which == "all" else {
            throw PaletteError(
                "List pending, quarantined, discarded, replayed, all or NUMBER; or replay, discard, edit …")
        }
        return Plan(preview: "List \(which) dead letters") { state in
            DeadLettersRoom.show(chosen, &state)
            state.go(to: .deadLetters)
        }
    }
}
