import EnergyModel
import Screen

/// What an action will do, its reason, the countdown, and what became of it.
enum SheetView {
    static func draw(_ sheet: Sheet, _ state: ConsoleState, in bounds: Rect, on grid: inout Grid) {
        let isReview = sheet.phase == .review
        let fields = isReview ? (sheet.word == nil ? 1 : 2) : 0
        let dialog = Dialog(
            title: sheet.title, lines: lines(sheet, state), buttons: buttons(sheet, state),
            selected: 0)
        let room = dialog.draw(in: bounds, extraRows: fields, minimumWidth: min(64, bounds.width - 4), on: &grid)
        guard isReview, !room.isEmpty else { return }
        field("Reason", sheet.reason, isFocused: !sheet.isWordFocused, in: room.row(0), on: &grid)
        if let word = sheet.word {
            field("Type \(word)", sheet.typedWord, isFocused: sheet.isWordFocused, in: room.row(1), on: &grid)
        }
    }

    private static func field(_ label: String, _ input: TextInput, isFocused: Bool, in row: Rect, on grid: inout Grid) {
        let width = 18
        grid.draw(label, at: row.origin, width: width - 1, role: isFocused ? .textStrong : .textDim)
        input.draw(
            in: Rect(x: row.x + width, y: row.y, width: row.width - width, height: 1), isFocused: isFocused, on: &grid)
    }

    private static func lines(_ sheet: Sheet, _ state: ConsoleState) -> [[Span]] {
        let facts = sheet.facts.map { [Span($0)] }
        switch sheet.phase {
        case .review: return facts + [[]] + (sheet.problem.map { [[Span("! " + $0, .stateBad)]] } ?? [])
        case .armed(let until):
            let left = Age.countdown(until.since(state.now))
            let quit =
                sheet.hasAskedToQuit
                ? [[Span("! An action is armed. Quit again leaves without doing it", .stateStale)]] : []
            return facts + [[], reason(sheet), [Span("▶ Armed for \(left)", .stateActive, .bold)]] + quit
        case .sent(_, let since):
            let waited = Age.text(max(.zero, state.now.since(since)))
            return facts + [[], reason(sheet), [Span("Sent, waiting for the outcome, \(waited)", .stateEstimated)]]
        case .done(let sentence): return facts + [[], [Span("● Done: ", .stateOK), Span(sentence)]]
        case .refused(let sentence): return facts + [[], [Span("× Not done: ", .stateBad), Span(sentence)]]
        case .expired: return facts + [[], [Span("○ Not done: 30 s passed without the second key", .stateStale)]]
        }
    }

    private static func reason(_ sheet: Sheet) -> [Span] {
        sheet.reason.text.isEmpty ? [] : [Span("Reason: ", .textDim), Span(sheet.reason.text)]
    }

    /// Cancel first: it is the safe one, and Enter takes it once armed.
    private static func buttons(_ sheet: Sheet, _ state: ConsoleState) -> [Dialog.Button] {
        switch sheet.phase {
        case .review: [Dialog.Button("Cancel", key: "Esc"), Dialog.Button("Arm", key: "Enter")]
        case .armed:
            [
                Dialog.Button("Cancel", key: "Esc"),
                Dialog.Button(sheet.verb, key: state.keys.hint(.execute, in: .sheet) ?? "", isDanger: true),
            ]
        case .sent: [Dialog.Button("Hide", key: "Esc")]
        case .done, .refused, .expired: [Dialog.Button("Close", key: "Esc")]
        }
    }
}
