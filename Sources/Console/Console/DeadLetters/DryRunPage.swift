import EnergyModel
import Ports
import Screen

/// What was asked about, and what came back.
struct DryRunState: Sendable {
    var choice: LetterChoice?
    var fetch = Fetch<DryRun>()
    var cursor = ListCursor<Int>()

    /// Those that would be taken first, then by number.
    var rows: [DryRun.Row] {
        let rows = fetch.value?.rows ?? []
        return rows.filter { $0.reason == nil } + rows.filter { $0.reason != nil }
    }

    var current: DryRun.Row? {
        let rows = rows
        return cursor.selected.flatMap { rows.indices.contains($0) ? rows[$0] : nil }
    }

    mutating func settle(height: Int) {
        let count = rows.count
        cursor.settle(
            count: count, height: Table.dataRows(height: height), id: { $0 }, place: { $0 < count ? $0 : nil })
    }
}

extension DeadLettersRoom {
    /// Asks what replaying the letters chosen here would bring; nothing is stored or sent by that.
    static func dryRun(_ state: inout ConsoleState, _ given: LetterChoice? = nil) {
        guard state.past == nil else {
            let back = state.keys.hint(.freeze) ?? ":live"
            return state.say("A dry run is of the letters as they are now: \(back) returns to live", .warning)
        }
        guard let choice = given ?? choice(&state) else { return }
        if choice != state.pane.letters.dryRun.choice { state.pane.letters.dryRun = DryRunState() }
        state.pane.letters.dryRun.choice = choice
        state.go(to: .dryRun)
        let id = state.ask(.dryRun(choice.selection))
        state.pane.letters.dryRun.fetch.asked(id, at: state.now)
    }

    static func performDryRun(_ action: Action, _ state: inout ConsoleState, _ area: Rect) -> Bool {
        if action == .enter {
            openExample(&state)
            return true
        }
        let count = state.pane.letters.dryRun.rows.count
        let page = Table.dataRows(height: DryRunPage.areas(area).table.height) - 1
        return state.pane.letters.dryRun.cursor.move(action, page: page, count: count) { $0 }
    }

    static func clickDryRun(at point: Point, _ state: inout ConsoleState, _ area: Rect) {
        let table = DryRunPage.table(state.pane)
        guard let row = table.row(at: point, in: DryRunPage.areas(area).table) else { return }
        if state.pane.letters.dryRun.cursor.selected == row { return openExample(&state) }
        state.pane.letters.dryRun.cursor.select(row)
    }

    private static func openExample(_ state: inout ConsoleState) {
        guard let row = state.pane.letters.dryRun.current else { return }
        state.go(to: .deadLetter(row.example))
        state.pane.letters.cameFromDryRun = true
    }
}

/// A histogram of what would become of the letters, by reason.
enum DryRunPage {
    struct Areas {
        var title: Rect
        var summary: Rect
        var table: Rect
        var sentence: Rect
    }

    static func areas(_ area: Rect) -> Areas {
        let parts = area.rows([.fixed(1), .fixed(2), .fill, .fixed(3)])
        return Areas(title: parts[0], summary: parts[1], table: parts[2], sentence: parts[3])
    }

    static func draw(_ state: ConsoleState, _ pane: Pane, in area: Rect, on grid: inout Grid) {
        let run = pane.letters.dryRun
        let areas = areas(area)
        guard let choice = run.choice else {
            Panel.rule([Span("Dry run", .title)], in: areas.title, on: &grid)
            let key = state.keys.hint(.dryRun, in: .deadLetters) ?? ":dlq dry-run"
            return Chrome.empty(
                "Nothing was chosen: \(key) on the list tries the selected letter, the marked ones or all that match",
                in: area.dropRows(1), on: &grid)
        }
        let note = Chrome.updated(run.fetch, now: state.now, room: areas.title.width - 24)
        Panel.rule([Span("Dry run", .title)], note: note, in: areas.title, on: &grid)
        let lines = [[Span("Of ", .textDim), Span(choice.words, .textStrong)], summary(run)]
        for (index, line) in lines.enumerated() {
            let row = areas.summary.row(index)
            grid.draw(line, at: Point(x: row.x + 1, y: row.y), width: max(0, row.width - 2))
        }
        let rows = run.rows
        let total = max(1, rows.reduce(0) { $0 + $1.count })
        Chrome.draw(table(pane), in: areas.table, on: &grid) { row, column in
            rows.indices.contains(row) ? cell(rows[row], column, total: total) : .empty
        }
        drawSentence(run.current, in: areas.sentence, on: &grid)
    }

    private static func summary(_ run: DryRunState) -> [Span] {
        guard let value = run.fetch.value else { return [Span("Nothing is stored or sent by a dry run", .textDim)] }
        let taken = value.rows.filter { $0.reason == nil }.reduce(0) { $0 + $1.count }
        let matching = Numeral.grouped(value.matching)
        let isWhole = value.examined >= value.matching
        let looked =
            isWhole
            ? "all \(matching) that can be replayed" : "the oldest \(Numeral.grouped(value.examined)) of \(matching)"
        return [
            Span("Looked at \(looked)", isWhole ? .text : .stateEstimated), Span(" · "),
            Span(Numeral.grouped(taken), .textStrong), Span(" would be taken", .text),
        ]
    }

    static func table(_ pane: Pane) -> Table {
        let run = pane.letters.dryRun
        let columns = [
            TableColumn("", width: .fixed(1)),
            TableColumn("THEY WOULD", width: .flexible(minimum: 22, weight: 2)),
            TableColumn("LETTERS", width: .fixed(8), align: .right), TableColumn("%", width: .fixed(3), align: .right),
            TableColumn("SHARE", width: .flexible(minimum: 10, weight: 2)),
            TableColumn("EXAMPLE", width: .fixed(9), align: .right),
            TableColumn("WHY", width: .flexible(minimum: 24, weight: 4), priority: 1),
        ]
        let text =
            run.fetch.value == nil
            ? run.fetch.failure ?? "Asking what would become of them …" : "None of these letters can be replayed now"
        return Table(
            columns: columns, rowCount: run.rows.count,
            selected: run.cursor.selected == nil ? nil : run.cursor.position,
            window: ListWindow(top: run.cursor.first), emptyText: text, isFocused: pane.hasFocus)
    }

    private static func cell(_ row: DryRun.Row, _ column: Int, total: Int) -> TableCell {
        switch column {
        case 0: return row.reason == nil ? .text("●", .stateOK) : .text("×", .stateBad)
        case 1: return .text(row.reason.map { "fail: \($0)" } ?? "be taken", row.reason == nil ? .textStrong : .text)
        case 2: return .text(Numeral.grouped(row.count), .textStrong)
        case 3: return .text(Numeral.percent(Double(row.count), of: Double(total)), .textDim)
        case 4: return .bar(Bar(value: Double(row.count), limit: Double(total)))
        case 5: return .text(String(row.example), .textDim)
        default: return .text(row.sentence, .textDim)
        }
    }

    /// Whole, where the column had no room for it.
    private static func drawSentence(_ row: DryRun.Row?, in area: Rect, on grid: inout Grid) {
        guard let row, !area.isEmpty else { return }
        Panel.rule([Span("Letter \(row.example)", .title)], in: area.row(0), on: &grid)
        let lines = TextView.wrap([Span(row.sentence)], width: max(1, area.width - 2))
        for (index, line) in lines.prefix(area.height - 1).enumerated() {
            let place = area.row(index + 1)
            grid.draw(line, at: Point(x: place.x + 1, y: place.y), width: place.width - 2)
        }
    }
}
