import EnergyModel
import Ports
import Screen

/// Beginning a replay in the background, and what can be done to one.
enum RedriveSheets {
    static func begin(_ state: inout ConsoleState, _ choice: LetterChoice) {
        let facts =
            LetterSheets.about(state, choice, isReplay: true) + tried(state, choice) + [
                "They go through processing again in the background, as edited where they were; it goes on after a restart.",
                "What fails again stays here with one attempt more; at the limit of attempts it is quarantined.",
            ]
        let count = Numbers.count(choice.count, "dead letter", "dead letters")
        let word = choice.word("replay")
        state.present(
            Sheet(
                title: "Replay \(count)", facts: facts, verb: "Replay \(Numeral.grouped(choice.count))",
                reason: TextInput(), isReasonNeeded: true, word: word, entry: RedriveForm.entry(choice, word: word),
                next: .redrives))
    }

    /// What a dry run of the same letters said.
    private static func tried(_ state: ConsoleState, _ choice: LetterChoice) -> [String] {
        let run = state.pane.letters.dryRun
        guard run.choice?.selection == choice.selection, let value = run.fetch.value, let at = run.fetch.arrivedAt
        else {
            let key = state.keys.hint(.dryRun, in: .deadLetters) ?? ":dlq dry-run"
            return ["No dry run was made of them: Esc, then \(key) shows what this would bring."]
        }
        let taken = value.rows.filter { $0.reason == nil }.reduce(0) { $0 + $1.count }
        let age = Age.text(max(.zero, state.now.since(at)))
        return [
            "Dry run \(age) ago: \(Numeral.grouped(taken)) of \(Numeral.grouped(value.examined)) looked at would be taken."
        ]
    }

    /// The redrive to act on; says why there is none.
    private static func chosen(_ state: inout ConsoleState, _ id: String?) -> Redrive? {
        let redrives = state.pane.letters.redrives
        guard id != nil || state.pane.route == .redrives else {
            let key = state.keys.hint(.redrives, in: .deadLetters) ?? ":dlq redrives"
            state.say("Redrives are paused and cancelled on their own page: \(key) goes there", .warning)
            return nil
        }
        let redrive = id.map { id in redrives.rows.first { $0.id == id } } ?? redrives.current
        guard let redrive else {
            let unknown = id.map { "No redrive \($0) is known" } ?? "No redrive is selected"
            state.say(
                redrives.fetch.value == nil ? "The redrives have not come yet: again in a moment" : unknown, .warning)
            return nil
        }
        guard redrive.isOpen else {
            state.say("Redrive \(redrive.id) is \(redrive.state.rawValue): nothing of it can be stopped", .warning)
            return nil
        }
        return redrive
    }

    private static func about(_ redrive: Redrive) -> [String] {
        [
            Sanitiser.drawable(redrive.selection.words),
            "\(redrive.look.word), \(Numeral.grouped(redrive.handled)) of \(Numeral.grouped(redrive.total)) dealt with, "
                + "\(Numeral.grouped(redrive.failed)) failed; begun by \(Sanitiser.drawable(redrive.author))",
        ]
    }

    /// Pauses what runs, lets go on what is paused.
    static func pause(_ state: inout ConsoleState, _ id: String? = nil) {
        guard let redrive = chosen(&state, id) else { return }
        let isRunning = redrive.state == .running
        let fact =
            isRunning
            ? "What is under way is finished, then it stands still until somebody lets it go on."
            : "It goes on where it stood, at most \(Numeral.grouped(redrive.perSecond)) letters a second."
        state.present(
            Sheet(
                title: "\(isRunning ? "Pause" : "Resume") redrive \(Sanitiser.drawable(redrive.id))",
                facts: about(redrive) + [fact],
                action: isRunning ? .pauseRedrive(redrive.id) : .resumeRedrive(redrive.id),
                verb: isRunning ? "Pause" : "Resume", reason: TextInput(), isReasonNeeded: false))
    }

    static func cancel(_ state: inout ConsoleState, _ id: String? = nil) {
        guard let redrive = chosen(&state, id) else { return }
        let left = Numeral.grouped(max(0, redrive.total - redrive.handled))
        state.present(
            Sheet(
                title: "Cancel redrive \(Sanitiser.drawable(redrive.id))",
                facts: about(redrive) + [
                    "What was replayed stays replayed; the \(left) others stay as they are. It cannot be taken up again."
                ],
                action: .cancelRedrive(redrive.id), verb: "Call it off", reason: TextInput(), isReasonNeeded: true))
    }
}

/// How fast, and what that means.
enum RedriveForm {
    static let standard = "100"

    static func entry(_ choice: LetterChoice, word: String?) -> SheetEntry {
        let form = Form([
            Form.Field(
                "rate", "At most",
                .number(TextInput(standard, limit: 6), unit: "letters a second", range: 1...10_000), isRequired: true),
            Form.Field("reason", "Reason", .text(TextInput()), isRequired: true),
        ])
        var entry = SheetEntry(subject: .redrive(choice), form: form)
        entry.confirm(word)
        return entry
    }

    /// Letters a second; sets what is wrong with the field.
    static func read(_ entry: inout SheetEntry) -> Int? {
        entry.setProblem("rate", nil)
        guard let number = entry.form["rate"]?.number else { return nil }
        guard number == number.rounded() else {
            entry.setProblem("rate", "Enter a whole number of letters.")
            return nil
        }
        return Int(number)
    }

    /// One line that follows what is typed.
    static func describe(_ choice: LetterChoice, _ entry: SheetEntry) -> [[Span]] {
        var entry = entry
        guard let perSecond = read(&entry) else { return [] }
        let seconds = (choice.count + perSecond - 1) / perSecond
        let text =
            "Replays \(Numbers.count(choice.count, "letter", "letters")), at most \(Numeral.grouped(perSecond)) a second: "
            + "about \(Ahead.words(.seconds(Int64(max(1, seconds))))). Redrives shows how far it is."
        return [[Span("→ ", .stateActive), Span(text, .textStrong)]]
    }
}
