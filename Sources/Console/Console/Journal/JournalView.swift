import EnergyModel
import Ports
import Screen

enum JournalView {
    static func table(_ rows: [JournalEntry], _ pane: Pane) -> Table {
        let columns = [
            TableColumn("TIME", width: .fixed(14)), TableColumn("KIND", width: .fixed(10)),
            TableColumn("WHO", width: .flexible(minimum: 12, weight: 1)),
            TableColumn("ABOUT", width: .flexible(minimum: 14, weight: 2), priority: 1),
            TableColumn("WHAT", width: .flexible(minimum: 24, weight: 6)),
        ]
        let text: String
        if pane.journal.list.newest.value == nil {
            text = pane.journal.list.newest.failure ?? "Asking for the journal …"
        } else if pane.journal.filter.isEmpty {
            text = "Nothing here yet: actions, state changes, warnings and notes appear as they happen"
        } else {
            text = "No entry passes the filter: Esc clears it"
        }
        return Table(
            columns: columns, rowCount: rows.count,
            selected: pane.journal.cursor.selected == nil ? nil : pane.journal.cursor.position,
            window: ListWindow(top: pane.journal.cursor.first), emptyText: text, isFocused: pane.hasFocus)
    }

    static func draw(_ state: ConsoleState, _ pane: Pane, in area: Rect, on grid: inout Grid) {
        let rows = JournalRoom.rows(pane)
        let clock = state.clock(for: pane)
        let more = pane.journal.list.isComplete ? "" : ", older ones below"
        let count = Numbers.count(rows.count, "entry", "entries")
        var title = [
            Span(pane.journal.kind.map { "\($0.word)s" } ?? "all kinds", .textStrong),
            Span(pane.journal.list.newest.value == nil ? "" : " · \(count), newest first\(more)", .textDim),
        ]
        if !pane.journal.filter.isEmpty {
            title += [Span(" · filter ", .textDim), Span(pane.journal.filter.text, .match)]
        }
        Panel.rule(title, note: Chrome.updated(pane.journal.list.newest, now: state.now), in: area.row(0), on: &grid)
        Chrome.draw(table(rows, pane), in: JournalRoom.tableArea(area), on: &grid) { row, column in
            guard rows.indices.contains(row) else { return .empty }
            let entry = rows[row]
            switch column {
            case 0:
                let today = clock.date(entry.at) == clock.date(state.moment)
                return .text(today ? clock.time(entry.at) : clock.shortDateTime(entry.at), .textDim)
            case 1: return .text(entry.kind.word, role(entry.kind))
            case 2: return .text(entry.actor, .textDim)
            case 3: return .text(entry.facility.map { "\($0) \(entry.subject)" } ?? entry.subject, .textDim)
            default: return .text(entry.text)
            }
        }
    }

    private static func role(_ kind: JournalEntry.Kind) -> Role {
        switch kind {
        case .audit: .textStrong
        case .transition, .log: .textDim
        case .note: .title
        }
    }

    static func drawEntry(
        _ number: Int64, _ state: ConsoleState, _ pane: Pane, in area: Rect, on grid: inout Grid
    ) {
        guard let entry = pane.journal.list.rows.first(where: { $0.number == number }) else {
            return Chrome.empty(
                "Entry \(number) is not among those loaded: Esc, then filter for it", in: area, on: &grid)
        }
        Panel.rule([Span("Entry \(number)", .title)], in: area.row(0), on: &grid)
        let clock = state.clock(for: pane)
        let facts: [(String, String)] = [
            (
                "Time",
                "\(clock.dateTime(entry.at)) \(clock.label(at: entry.at)), \(Age.text(state.moment.since(entry.at))) ago"
            ),
            ("Kind", entry.kind.word), ("Who", entry.actor), ("About", entry.subject),
            ("Facility", entry.facility?.text ?? "none"), ("Command key", entry.commandKey ?? "none"),
            ("Trace", entry.traceID ?? "none"),
        ]
        Facts.draw(facts, in: area.dropRows(2), on: &grid)
        let top = min(pane.journal.detailTop, max(0, extent(number, pane, in: area).rows - body(area).height))
        TextView(text(entry).lines, window: ListWindow(top: top)).draw(in: body(area), on: &grid)
    }

    private static func text(_ entry: JournalEntry) -> TextView { TextView([[Span(Sanitiser.escaped(entry.text))]]) }

    /// Under the title, seven facts and the lines between.
    private static func body(_ area: Rect) -> Rect { area.dropRows(10).inset(horizontal: 1) }

    /// Rows of an entry's text, and how many of them show at once.
    static func extent(_ number: Int64, _ pane: Pane, in area: Rect) -> (rows: Int, height: Int) {
        let entry = pane.journal.list.rows.first { $0.number == number }
        let body = body(area)
        return (entry.map { text($0).rows(width: body.width).count } ?? 0, body.height)
    }
}

/// Label and value, one a line.
enum Facts {
    static func draw(_ facts: [(String, String)], in area: Rect, on grid: inout Grid) {
        for (index, fact) in facts.enumerated() where index < area.height {
            let line = area.row(index)
            grid.draw(fact.0, at: Point(x: line.x + 1, y: line.y), width: 14, role: .textDim)
            grid.draw(fact.1, at: Point(x: line.x + 16, y: line.y), width: max(0, line.width - 18))
        }
    }
}
