import EnergyModel
import Ports

struct DeadLettersState: Sendable {
    /// Which are listed; nil is all states.
    var which: DeadLetter.State? = .pending
    /// Only these; nil is every topic and reason.
    var group: LetterNode?
    var filter = RowFilter.everything
    var cursor = ListCursor<Int64>()
    var marked: Set<Int64> = []
    /// All that match, loaded or not: stands above `marked`.
    var isAllMarked = false
    var list = Paging<DeadLetter>()
    /// The one shown by the detail level.
    var detail = Fetch<DeadLetter?>()
    var detailTop = 0
    /// The letter shown against its edit, made when either changes.
    var comparison: Comparison?
    var dryRun = DryRunState()
    var redrives = RedrivesState()
    /// To be opened as soon as the list is there.
    var intent: LetterIntent?
    /// Esc on a letter goes back to where it was opened.
    var cameFromDryRun = false

    static let markLimit = 500

    /// The listed order of `v`.
    static let choices: [DeadLetter.State?] = [.pending, .quarantined, .discarded, .replayed, nil]

    struct Comparison: Sendable {
        let number: Int64
        let edition: Int
        let diff: PayloadDiff
    }
}

/// What the palette asked for of a list, or of a letter, that has to be read first.
enum LetterIntent: Sendable, Equatable { case replay, discard, dryRun, edit }

/// What `/` sees of a letter.
struct FilterableLetter: Filterable {
    let letter: DeadLetter

    func text(of field: String) -> String {
        switch field {
        case "topic": letter.topic
        case "reason": letter.reason
        case "facility": letter.facility?.text ?? ""
        case "message": letter.message
        case "state": letter.state.rawValue
        case "number": letter.number.map(String.init) ?? ""
        case "text": letter.message + " " + payload
        default: payload
        }
    }

    private var payload: String { String(decoding: letter.currentPayload.prefix(2000), as: UTF8.self) }

    func number(of field: String) -> Double? {
        switch field {
        case "number": letter.number.map(Double.init)
        case "attempts": Double(letter.attempts)
        default: nil
        }
    }
}
