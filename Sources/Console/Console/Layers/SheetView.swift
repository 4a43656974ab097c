import EnergyModel
import Ports
import Screen

/// What an action will do, its reason, the countdown, and what became of it.
enum SheetView {
    static func draw(_ sheet: Sheet, _ state: ConsoleState, in bounds: Rect, on grid: inout Grid) {
        if sheet.phase == .review, let entry = sheet.entry {
            return drawEntry(sheet, entry, state, in: bounds, on: &grid)
        }
        let isReview = sheet.phase == .review
        let fields = isReview ? (sheet.word == nil ? 1 : 2) : 0
        let width = max(20, min(110, bounds.width - 8))
        let lines = lines(sheet, state).flatMap { $0.isEmpty ? [[]] : TextView.wrap($0, width: width) }
        let dialog = Dialog(
            title: sheet.title, lines: lines, buttons: buttons(sheet, state),
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
        var facts = sheet.facts.map { [Span($0)] }
        if let entry = sheet.entry { facts += summary(entry, state) }
        switch sheet.phase {
        case .review: return facts + [[]] + (sheet.problem.map { [[Span("! " + $0, .stateBad)]] } ?? [])
        case .arming:
            return facts + [[], reason(sheet), [Span("Arming: asking that nobody else does it too", .stateEstimated)]]
        case .armed(let until):
            let left = Age.countdown(until.since(state.now))
            let quit =
                sheet.hasAskedToQuit
                ? [[Span("! An action is armed. Quit again leaves without doing it", .stateStale)]] : []
            return facts + [[], reason(sheet), [Span("▶ Armed for \(left)", .stateActive, .bold)]] + quit
        case .sent(_, let since):
            let waited = Age.text(max(.zero, state.now.since(since)))
            return facts + [[], reason(sheet), [Span("Sent, waiting for the outcome, \(waited)", .stateEstimated)]]
        case .following(let sentence, let since):
            let waited = Age.countdown(SheetFollow.limit - state.now.since(since))
            return facts + [
                [], [Span("▶ ", .stateActive), Span(sentence)],
                [Span("Reading back, \(waited) left: \(sheet.follow?.seen ?? "")", .stateEstimated)],
            ]
        case .unconfirmed(let sentence, let why):
            return facts + [[], [Span(sentence)], [Span("! Not confirmed: ", .stateStale), Span(why)]]
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
        case .arming: [Dialog.Button("Cancel", key: "Esc")]
        case .armed:
            [
                Dialog.Button("Cancel", key: "Esc"),
                Dialog.Button(sheet.verb, key: state.keys.hint(.execute, in: .sheet) ?? "", isDanger: true),
            ]
        case .sent where sheet.behind != nil: []
        case .sent, .following: [Dialog.Button("Hide", key: "Esc")]
        case .done, .refused, .expired, .unconfirmed: [Dialog.Button("Close", key: "Esc")]
        }
    }
}

// MARK: - Fields and preview

extension SheetView {
    /// Facts above, then the fields, then what they would do.
    private static func drawEntry(
        _ sheet: Sheet, _ entry: SheetEntry, _ state: ConsoleState, in bounds: Rect, on grid: inout Grid
    ) {
        let width = max(20, min(110, bounds.width - 8))
        let facts = sheet.facts.flatMap { TextView.wrap([Span($0)], width: width) }
        let fields = entry.form.height
        let room = max(1, bounds.height - facts.count - fields - 9)
        let outlook = cut(preview(entry, state).flatMap { TextView.wrap($0, width: width) }, to: room)
        let problem = sheet.problem.map { [[Span("! " + $0, .stateBad)]] } ?? []
        let isReady = entry.current != nil || !entry.needsPreview
        let arm = Dialog.Button(isReady ? "Arm" : "Preview", key: "Enter")
        let dialog = Dialog(
            title: sheet.title, lines: facts, buttons: [Dialog.Button("Cancel", key: "Esc"), arm], selected: 0)
        let box = dialog.draw(
            in: bounds, extraRows: fields + 1 + outlook.count + problem.count,
            minimumWidth: min(width + 6, bounds.width - 2), on: &grid)
        entry.form.draw(in: Rect(x: box.x, y: box.y, width: box.width, height: fields), on: &grid)
        for (offset, line) in (outlook + problem).enumerated() where fields + 1 + offset < box.height {
            grid.draw(line, at: Point(x: box.x, y: box.y + fields + 1 + offset), width: box.width)
        }
    }

    private static func cut(_ lines: [[Span]], to count: Int) -> [[Span]] {
        guard lines.count > count else { return lines }
        return lines.prefix(max(0, count - 1)) + [[Span("… and \(lines.count - count + 1) lines more", .textDim)]]
    }

    private static func preview(_ entry: SheetEntry, _ state: ConsoleState) -> [[Span]] {
        if case .redrive(let choice) = entry.subject { return RedriveForm.describe(choice, entry) }
        if case .profile(let facility) = entry.subject { return ProfileForm.describe(facility, entry, state) }
        if !entry.needsPreview { return [] }
        if let current = entry.current { return describe(current.preview, current.request, state) }
        let hint = [Span("Enter asks what this would do; nothing is stored or sent by that", .textDim)]
        switch entry.preview {
        case .asking(_, _, entry.texts): return [[Span("Asking what this would do …", .stateEstimated)]]
        case .failed(let sentence, entry.texts): return [[Span("× No preview: ", .stateBad), Span(sentence)]]
        default: return [hint]
        }
    }

    /// What was asked for and what it would do, once the fields are gone.
    private static func summary(_ entry: SheetEntry, _ state: ConsoleState) -> [[Span]] {
        let clock = state.clock(for: state.pane)
        if case .redrive(let choice) = entry.subject { return RedriveForm.describe(choice, entry) }
        if case .profile(let facility) = entry.subject { return ProfileForm.describe(facility, entry, state) }
        // What the preview says in full need not stand there as it was typed too.
        let restated = entry.current == nil ? [] : ["value", "until", "start", "duration"]
        let asked = entry.form.fields.filter { !(["reason", "confirm"] + restated).contains($0.id) }
        let fields = asked.map { field -> [Span] in
            let label = field.label + String(repeating: " ", count: max(1, 12 - CharacterWidth.columns(field.label)))
            return [Span(label, .textDim), Span(field.text)]
        }
        if let current = entry.current { return fields + describe(current.preview, current.request, state) }
        guard let end = OverrideForm.end(entry, state) else { return fields }
        return fields + [[Span("New end     ", .textDim), Span("\(clock.dateTime(end)) \(clock.label(at: end))")]]
    }

    static func describe(
        _ preview: PlanPreview, _ request: SheetEntry.Request, _ state: ConsoleState
    ) -> [[Span]] {
        let clock = state.clock(for: state.pane)
        let remarks = preview.remarks.map { [Span("· ", .textDim), Span($0)] }
        switch request {
        case .event(let wanted): return EventForm.describe(preview, wanted, clock) + remarks
        case .override(let wanted): return OverrideForm.describe(preview, wanted, clock) + remarks
        case .extend, .redrive, .profile: return remarks
        }
    }
}
