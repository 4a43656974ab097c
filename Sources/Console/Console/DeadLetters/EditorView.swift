import EnergyModel
import Ports
import Screen

/// The letter editor over the whole screen below the header: the text, what processing would say to it, and the
/// comparison before it is stored.
enum EditorView {
    struct Areas {
        var title: Rect
        var text: Rect
        var verdict: Rect
        /// In place of text and verdict.
        var review: Rect
        var footer: Rect
    }

    static func areas(_ state: ConsoleState) -> Areas {
        let body = Chrome.body(state, size: state.size)
        let parts = body.rows([.fixed(1), .fill, .fixed(body.height >= 28 ? 7 : 5)])
        return Areas(
            title: parts[0], text: parts[1], verdict: parts[2], review: body.dropRows(1).inset(horizontal: 1),
            footer: Rect(x: 0, y: state.size.rows - 1, width: state.size.columns, height: 1))
    }

    static func draw(_ editor: LetterEditor, _ state: ConsoleState, in bounds: Rect, on grid: inout Grid) {
        let areas = areas(state)
        grid.fill(Chrome.body(state, size: state.size), on: .text)
        grid.cursor = nil
        if case .review(let review) = editor.phase {
            draw(review, editor, areas, on: &grid)
        } else {
            drawTitle(editor, in: areas.title, on: &grid)
            var isFocused = true
            if case .leaving = editor.phase { isFocused = false }
            let faults = editor.faults
            let mark = faults.first { $0 >= editor.editor.caret } ?? faults.first
            editor.editor.draw(in: areas.text, mark: mark, isFocused: isFocused, on: &grid)
            drawVerdict(editor, state, in: areas.verdict, on: &grid)
        }
        drawFooter(editor, state, in: areas.footer, on: &grid)
    }

    // MARK: - Text

    private static func drawTitle(_ editor: LetterEditor, in line: Rect, on grid: inout Grid) {
        let size =
            editor.form == .text
            ? Numbers.count(editor.editor.bytes, "byte", "bytes") : "not UTF-8, in hexadecimal"
        var title = [Span("Edit letter \(editor.number)", .title), Span(" · \(size)", .textDim)]
        if !editor.editor.isUntouched { title.append(Span(" · not stored", .stateEstimated)) }
        let place = editor.editor.place(of: editor.editor.caret)
        let from = editor.stored.map { "from edition \($0.edition) by \($0.author) · " } ?? ""
        let note = [Span(from, .textDim), Span("line \(place.line), column \(place.column)", .textDim)]
        let short = [note[1]]
        let fits = Chrome.width(title) + Chrome.width(note) + 8 <= line.width
        Panel.rule(title, note: fits ? note : short, in: line, on: &grid)
    }

    private static func drawVerdict(
        _ editor: LetterEditor, _ state: ConsoleState, in area: Rect, on grid: inout Grid
    ) {
        let generation = editor.editor.generation
        let isKnown = editor.check.answer(to: generation) != nil
        let age = isKnown ? editor.check.age(now: state.now).map { "checked \(Age.text($0)) ago" } : nil
        Panel.rule(
            [Span("Processing would say", .title)], note: [Span(age ?? "", .textDim)], in: area.row(0), on: &grid)
        let width = max(1, area.width - 2)
        let rows = lines(editor).flatMap { TextView.wrap($0, width: width) }
        for (index, row) in rows.prefix(max(0, area.height - 1)).enumerated() {
            let line = area.row(index + 1)
            let isCut = index == area.height - 2 && rows.count > area.height - 1
            let text = isCut ? [Span("… and more: it is wrong in several ways", .textDim)] : row
            grid.draw(text, at: Point(x: line.x + 1, y: line.y), width: width)
        }
    }

    private static func lines(_ editor: LetterEditor) -> [[Span]] {
        let generation = editor.editor.generation
        if case .failure(let problem) = editor.payload {
            let place = editor.editor.place(of: problem.index)
            return [
                [
                    Span("× No whole bytes  ", .stateBad), Span(problem.sentence),
                    Span("  line \(place.line), column \(place.column)", .textDim),
                ]
            ]
        }
        switch editor.check.answer(to: generation) {
        case .passes(let sentences):
            return [[Span("● It would be taken", .stateOK)]] + sentences.map { [Span("  " + $0)] }
        case .fails(let faults): return faults.map { line($0, editor) }
        case nil: break
        }
        if let failure = editor.check.failure(for: generation) {
            return [[Span("! Not checked: ", .stateStale), Span(failure)]]
        }
        let isAsking = editor.check.isUnderWay(for: generation)
        return [[Span(isAsking ? "○ Checking …" : "○ Not checked yet: the text has changed", .stateEstimated)]]
    }

    private static func line(_ fault: LetterCheck.Fault, _ editor: LetterEditor) -> [Span] {
        var spans = [Span("× \(fault.reason)  ", .stateBad), Span(fault.sentence)]
        if let offset = fault.offset {
            let place = editor.editor.place(of: editor.index(ofByte: offset))
            spans.append(
                Span("  byte \(Numeral.grouped(offset)): line \(place.line), column \(place.column)", .textDim))
        }
        return spans
    }

    /// The same in one line, for the sheet.
    static func verdict(_ editor: LetterEditor) -> String {
        switch editor.check.answer(to: editor.editor.generation) {
        case .passes: "Processing would take it."
        case .fails(let faults):
            "! Processing would still refuse it: \(faults.first.map { "\($0.reason), \($0.sentence)" } ?? "no reason given")"
        case nil: "! What processing would say to it is not known: it was not checked."
        }
    }

    // MARK: - Review

    private static func draw(
        _ review: LetterEditor.Review, _ editor: LetterEditor, _ areas: Areas, on grid: inout Grid
    ) {
        let before = review.isAgainstEdit ? "edition \(editor.stored?.edition ?? 0)" : "the original"
        let title = [
            Span("Letter \(editor.number): - \(before)  + yours", .title), Span(" · \(review.diff.summary)", .textDim),
        ]
        Panel.rule(title, note: [Span(review.diff.words, .textDim)], in: areas.title, on: &grid)
        let rows = review.diff.rows(width: areas.review.width - 2)
        guard !review.diff.lines.isSame else {
            return Chrome.empty("Nothing is different", in: areas.review, on: &grid)
        }
        TextView(rows, window: ListWindow(top: review.top), wraps: false).draw(in: areas.review, on: &grid)
    }

    // MARK: - Foot

    private static func drawFooter(
        _ editor: LetterEditor, _ state: ConsoleState, in line: Rect, on grid: inout Grid
    ) {
        grid.fill(line, on: .text)
        let inner = line.inset(horizontal: 1)
        if case .leaving = editor.phase {
            let key = state.keys.hint(.execute, in: .sheet) ?? "x"
            let text = "! What you changed is not stored. \(key) drops it, Esc goes on editing"
            grid.draw(text, at: inner.origin, width: inner.width, role: .stateStale)
        } else if let remark = editor.remark {
            grid.draw("! " + remark, at: inner.origin, width: inner.width, role: .stateStale)
        } else {
            KeyHints.draw(hints(editor, state.keys), in: inner, on: &grid)
        }
    }

    private static func hints(_ editor: LetterEditor, _ keys: KeyMap) -> [(key: String, label: String)] {
        if case .review = editor.phase {
            let other = editor.stored == nil ? [] : [(key: "Tab", label: "compare with the other")]
            return [(key: "Enter", label: "store …"), (key: "Esc", label: "edit on")] + other
        }
        func hint(_ action: Action, _ label: String) -> (key: String, label: String)? {
            keys.hint(action, in: .editor).map { (key: $0, label: label) }
        }
        return [
            hint(.reviewEdit, "compare and store"), (key: "Esc", label: "leave"), hint(.undoEdit, "undo"),
            hint(.redoEdit, "redo"), hint(.showFault, "next fault"), hint(.restoreOriginal, "original"),
        ].compactMap { $0 }
    }
}
