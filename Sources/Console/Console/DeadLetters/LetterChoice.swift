import EnergyModel
import Ports
import Screen

/// The letters that an action is about, and what they are called.
struct LetterChoice: Sendable, Hashable {
    var selection: LetterSelection
    /// As far as was known when they were chosen.
    var count: Int
    /// `letter 4711`, `12 marked letters`, or what all that match have in common.
    var words: String

    /// From so many letters on the number has to be typed.
    static let bulk = 2
    /// Up to so many are replayed at once; more go by a redrive, which can be paused.
    static let handful = 10

    init(numbers: [Int64]) {
        selection = .numbers(numbers)
        count = numbers.count
        words = count <= 4 ? selection.words : "\(Numeral.grouped(numbers.count)) marked letters"
    }

    init(matching query: DeadLetterQuery, through newest: Int64, count: Int) {
        selection = .matching(query, through: newest)
        self.count = count
        words = "all \(Numbers.count(count, "letter", "letters")): \(query.words)"
    }

    /// Some of those that match may be done with already.
    var holdsOthers: Bool {
        if case .matching(let query, _) = selection { query.state == nil } else { false }
    }

    /// What has to be typed before it is done to so many.
    func word(_ verb: String) -> String? { count >= Self.bulk ? "\(verb) \(count)" : nil }
}

extension DeadLetter.State {
    /// It can still be replayed, edited or discarded.
    var isOpen: Bool { self == .pending || self == .quarantined }
}

extension DeadLetterQuery {
    /// What all that match have in common.
    var words: String {
        var parts = [state?.rawValue ?? "in any state"]
        if let topic { parts.append("topic \(topic)") }
        if let reason { parts.append("reason \(reason)") }
        if let facility { parts.append("facility \(facility)") }
        if let text { parts.append("with “\(text)”") }
        return Sanitiser.drawable(parts.joined(separator: ", "))
    }
}

extension LetterSelection {
    var words: String {
        switch self {
        case .numbers(let numbers):
            if numbers.isEmpty { return "no letter" }
            let first = numbers.prefix(4).map(String.init).joined(separator: ", ")
            return numbers.count == 1 ? "letter \(first)" : "letters \(first)\(numbers.count > 4 ? " …" : "")"
        case .matching(let query, let newest): return "\(query.words), up to \(newest)"
        }
    }
}

extension DeadLettersRoom {
    /// What is acted on here: on a letter's page that one, on a dry run what it was of, on the list all that match when
    /// they are marked, else the marked ones, else the selected one. Says why there is nothing.
    static func choice(_ state: inout ConsoleState) -> LetterChoice? {
        let letters = state.pane.letters
        switch state.pane.route {
        case .deadLetter(let number): return LetterChoice(numbers: [number])
        case .dryRun:
            if letters.dryRun.choice == nil { state.say("Choose letters on the list first", .warning) }
            return letters.dryRun.choice
        case .deadLetters where letters.isAllMarked: return allMatching(&state)
        case .deadLetters:
            let marked = letters.marked.sorted()
            if !marked.isEmpty { return LetterChoice(numbers: marked) }
            if let number = letters.cursor.selected, letters.list.rows.contains(where: { $0.number == number }) {
                return LetterChoice(numbers: [number])
            }
            state.say("No letter is selected", .warning)
        default: state.say("Letters are chosen on the list: Esc goes there", .warning)
        }
        return nil
    }

    /// All that the engine would list; what the console sifts for itself cannot be asked of it.
    static func allMatching(_ state: inout ConsoleState) -> LetterChoice? {
        let (query, isWhole) = query(state, pane: state.focus)
        guard isWhole else {
            state.say("All that match: filter by whole topic:, reason:, facility:, state: and text: only", .warning)
            return nil
        }
        guard query.state?.isOpen ?? true else {
            state.say("What is \(query.state?.rawValue ?? "") cannot be replayed or discarded again", .warning)
            return nil
        }
        guard let page = state.pane.letters.list.newest.value, let newest = page.rows.first?.number else {
            let isAsking = state.pane.letters.list.newest.isUnderWay
            state.say(isAsking ? "The list has not come yet" : "Nothing matches", .warning)
            return nil
        }
        return LetterChoice(matching: query, through: newest, count: page.matching ?? page.rows.count)
    }
}
