import EnergyModel
import Ports

struct JournalState: Sendable {
    /// Which kinds are shown, in the order `v` goes through them; nil is all.
    var kind: JournalEntry.Kind?
    var filter = RowFilter.everything
    var cursor = ListCursor<Int64>()
    var list = Paging<JournalEntry>()
    /// The trace that is shown or was shown last.
    var trace = TraceState()
    /// First row of the detail.
    var detailTop = 0
}

/// What `/` sees of an entry.
struct FilterableEntry: Filterable {
    let entry: JournalEntry

    func text(of field: String) -> String {
        switch field {
        case "kind": entry.kind.rawValue
        case "actor": entry.actor
        case "subject": entry.subject
        case "facility": entry.facility?.text ?? ""
        case "trace": entry.traceID ?? ""
        default: entry.text
        }
    }

    func number(of field: String) -> Double? { nil }
}

extension JournalEntry.Kind {
    var word: String {
        switch self {
        case .audit: "audit"
        case .transition: "transition"
        case .note: "note"
        case .log: "log"
        }
    }
}
