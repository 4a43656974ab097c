import EnergyModel
import Ports
import Screen

/// What is shown of one trace.
struct TraceState: Sendable {
    var fetch = Fetch<[TraceSpan]>()
    /// Of the last good answer.
    private(set) var tree = TraceTree([])
    var cursor = ListCursor<Int>()
    /// Which trace `fetch` is of.
    var id: TraceID?

    mutating func settle(height: Int) {
        let count = tree.rows.count
        cursor.settle(
            count: count, height: Table.dataRows(height: height), id: { $0 }, place: { $0 < count ? $0 : nil })
    }

    mutating func grown() { tree = TraceTree(fetch.value ?? []) }

    var current: TraceTree.Row? { cursor.selected.flatMap { tree.rows.indices.contains($0) ? tree.rows[$0] : nil } }
}

/// Journal › trace: what was done in the course of something, as a tree with bars of time.
enum TracePage {
    private static let barWidth = 20

    struct Areas {
        var title: Rect
        var table: Rect
        var detail: Rect
    }

    static func areas(_ area: Rect) -> Areas {
        let parts = area.rows([.fixed(1), .fill, .fixed(5)])
        return Areas(title: parts[0], table: parts[1].inset(horizontal: 1), detail: parts[2])
    }

    // MARK: - Data

    /// The trace of the selected or open entry; on a trace, it once more.
    static func open(_ state: inout ConsoleState) {
        if case .trace(let id) = state.pane.route { return ask(id, &state, pane: state.focus) }
        var number = state.pane.journal.cursor.selected
        if case .journalEntry(let shown) = state.pane.route { number = shown }
        let entry = state.pane.journal.list.rows.first { $0.number == number }
        guard let text = entry?.traceID else {
            return state.say("This entry belongs to no trace", .warning)
        }
        guard let id = TraceID(text) else { return state.say("\(Sanitiser.drawable(text)) is no trace's id", .warning) }
        state.go(to: .trace(id))
    }

    static func ask(_ id: TraceID, _ state: inout ConsoleState, pane: Int) {
        if state.panes[pane].journal.trace.id != id { state.panes[pane].journal.trace = TraceState() }
        state.panes[pane].journal.trace.id = id
        let effect = state.ask(.trace(id))
        state.panes[pane].journal.trace.fetch.asked(effect, at: state.now)
    }

    /// An event's trace grows while the event goes on.
    static func tick(_ id: TraceID, _ state: inout ConsoleState, pane: Int) {
        guard state.panes[pane].journal.trace.fetch.isDue(every: .seconds(5), now: state.now) else { return }
        ask(id, &state, pane: pane)
    }

    static func receive(_ state: inout ConsoleState, pane: Int, id: EffectID, result: EffectResult) -> Bool {
        guard let outcome = result.outcome(\.spans),
            state.panes[pane].journal.trace.fetch.settle(id, outcome, at: state.now)
        else { return false }
        state.panes[pane].journal.trace.grown()
        return true
    }

    static func perform(_ action: Action, _ state: inout ConsoleState, _ area: Rect) -> Bool {
        let page = Table.dataRows(height: areas(area).table.height) - 1
        return state.pane.journal.trace.cursor.move(action, page: page, count: state.pane.journal.trace.tree.rows.count)
        { $0 }
    }

    // MARK: - Out

    static func selection(_ pane: Pane) -> String? {
        guard let row = pane.journal.trace.current else { return nil }
        let took = TraceTree.text(microseconds: row.span.microseconds)
        return Sanitiser.drawable("\(row.span.trace) \(row.span.id) \(row.span.name) \(took) \(about(row.span))")
    }

    static func export(_ id: TraceID, _ pane: Pane) -> ExportTable {
        let rows = pane.journal.trace.tree.rows.map { row -> [ExportTable.Value] in
            [
                .text("\(row.span.id)"), .init(row.span.parent.map { "\($0)" }), .text(row.span.start.iso8601),
                .text("\(row.span.microseconds)"), .text(row.span.component.rawValue), .text(row.span.name),
                .text(row.span.isError ? "error" : "ok"), .text(about(row.span)),
            ]
        }
        return ExportTable(
            title: "Trace \(id)",
            columns: ["span_id", "parent_id", "start", "microseconds", "component", "name", "status", "about"],
            rows: rows)
    }

    private static func about(_ span: TraceSpan) -> String {
        var words = span.attributes.map { "\($0.key) \($0.value)" }
        if case .error(let sentence) = span.status { words.insert(sentence, at: 0) }
        return words.joined(separator: " · ")
    }

    // MARK: - Drawing

    static func draw(_ id: TraceID, _ state: ConsoleState, _ pane: Pane, in area: Rect, on grid: inout Grid) {
        let areas = areas(area)
        let trace = pane.journal.trace
        var title = [Span("Trace \(id)", .title)]
        if !trace.tree.rows.isEmpty {
            let count = Numbers.count(trace.tree.rows.count, "span", "spans")
            title.append(Span(" · \(count) · \(TraceTree.text(microseconds: trace.tree.microseconds))", .textDim))
            if trace.tree.errors > 0 { title.append(Span(" · \(trace.tree.errors) failed", .stateBad)) }
        }
        let note = Chrome.updated(trace.fetch, now: state.now, room: max(0, areas.title.width - 76))
        Panel.rule(title, note: note, in: areas.title, on: &grid)
        Chrome.draw(table(pane), in: areas.table, on: &grid) { row, column in
            trace.tree.rows.indices.contains(row) ? cell(trace.tree.rows[row], column, trace.tree) : .empty
        }
        drawDetail(trace, state, pane, in: areas.detail, on: &grid)
    }

    private static func table(_ pane: Pane) -> Table {
        let trace = pane.journal.trace
        let columns = [
            TableColumn("AFTER", width: .fixed(10), align: .right),
            TableColumn("TOOK", width: .fixed(10), align: .right),
            TableColumn("", width: .fixed(barWidth)),
            TableColumn("WHAT", width: .flexible(minimum: 26, weight: 4)),
            TableColumn("ABOUT", width: .flexible(minimum: 30, weight: 5), priority: 1),
        ]
        let nothing =
            "Nothing is kept of this trace: it was not among those sampled, is older than trace.retention, or is not "
            + "written yet"
        let text = trace.fetch.value == nil ? trace.fetch.failure ?? "Asking for the trace …" : nothing
        return Table(
            columns: columns, rowCount: trace.tree.rows.count,
            selected: trace.cursor.selected == nil ? nil : trace.cursor.position,
            window: ListWindow(top: trace.cursor.first), emptyText: text, isFocused: pane.hasFocus)
    }

    private static func cell(_ row: TraceTree.Row, _ column: Int, _ tree: TraceTree) -> TableCell {
        switch column {
        case 0: return .text("+" + TraceTree.text(microseconds: row.offset), .textDim)
        case 1: return .text(TraceTree.text(microseconds: row.span.microseconds), .textStrong)
        case 2:
            let bar = tree.bar(row, width: barWidth)
            return .spans([
                Span(String(repeating: " ", count: bar.lowerBound)),
                Span(String(repeating: "█", count: bar.count), row.span.isError ? .stateBad : .barFill),
            ])
        case 3:
            let mark = row.span.isError ? Span("× ", .stateBad) : Span("")
            return .spans([
                Span(String(repeating: "  ", count: row.depth)), mark, Span(Sanitiser.drawable(row.span.name)),
            ])
        default: return .text(about(row.span), row.span.isError ? .stateBad : .textDim)
        }
    }

    /// The selected span whole, where the columns had no room for it.
    private static func drawDetail(
        _ trace: TraceState, _ state: ConsoleState, _ pane: Pane, in area: Rect, on grid: inout Grid
    ) {
        guard let row = trace.current, !area.isEmpty else { return }
        let clock = state.clock(for: pane)
        Panel.rule([Span("Span \(row.span.id)", .title)], in: area.row(0), on: &grid)
        let head = "\(row.span.component.rawValue) · \(row.span.kind.rawValue) · \(clock.dateTime(row.span.start))"
        let lines =
            [[Span(head, .textDim)]]
            + TextView.wrap([Span(Sanitiser.escaped(about(row.span)))], width: max(1, area.width - 2))
        for (index, line) in lines.prefix(area.height - 1).enumerated() {
            let place = area.row(index + 1)
            grid.draw(line, at: Point(x: place.x + 1, y: place.y), width: place.width - 2)
        }
    }
}

extension EffectResult {
    var spans: [TraceSpan]? { if case .trace(let spans) = self { spans } else { nil } }
}
