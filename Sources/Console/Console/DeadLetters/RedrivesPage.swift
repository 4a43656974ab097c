import EnergyModel
import Ports
import Screen

extension DeadLettersRoom {
    static func askRedrives(_ state: inout ConsoleState, pane: Int) {
        let id = state.ask(.redrives)
        state.panes[pane].letters.redrives.asked(id, at: state.now)
    }

    static func tickRedrives(_ state: inout ConsoleState, pane: Int) {
        guard state.panes[pane].letters.redrives.isDue(now: state.now) else { return }
        askRedrives(&state, pane: pane)
    }
}

/// Replays in the background: how far each is, and the selected one whole.
enum RedrivesPage {
    struct Areas {
        var title: Rect
        var list: Rect
        var detailTitle: Rect
        var detail: Rect
    }

    /// The list takes what it needs, at most a third.
    static func areas(_ area: Rect, count: Int) -> Areas {
        let wanted = min(max(1, count), max(2, area.height / 3)) + 1
        let parts = area.rows([.fixed(1), .fixed(wanted), .fixed(1), .fill])
        return Areas(title: parts[0], list: parts[1], detailTitle: parts[2], detail: parts[3])
    }

    static func draw(_ state: ConsoleState, _ pane: Pane, in area: Rect, on grid: inout Grid) {
        let redrives = pane.letters.redrives
        let rows = redrives.rows
        let areas = areas(area, count: rows.count)
        let open = rows.count { $0.isOpen }
        let title = [Span("Redrives", .title), Span(open > 0 ? " · \(open) under way" : "", .textStrong)]
        let past = state.past == nil ? [] : [Span("as they are now · ", .stateEstimated)]
        let note = past + Chrome.updated(redrives.fetch, now: state.now, room: areas.title.width - 50)
        Panel.rule(title, note: note, in: areas.title, on: &grid)
        let clock = state.clock(for: pane)
        Chrome.draw(table(pane), in: rows.isEmpty ? area.dropRows(1) : areas.list, on: &grid) { row, column in
            rows.indices.contains(row) ? cell(rows[row], column, redrives, clock, now: state.moment) : .empty
        }
        guard let redrive = redrives.current else { return }
        Panel.rule([Span("Redrive \(Sanitiser.drawable(redrive.id))", .title)], in: areas.detailTitle, on: &grid)
        drawDetail(redrive, state, pane, in: areas.detail.inset(horizontal: 1), on: &grid)
    }

    static func table(_ pane: Pane) -> Table {
        let redrives = pane.letters.redrives
        let columns = [
            TableColumn("", width: .fixed(1)), TableColumn("STATE", width: .fixed(10)),
            TableColumn("BEGUN", width: .fixed(11)),
            TableColumn("LETTERS", width: .flexible(minimum: 16, weight: 3)),
            TableColumn("BY", width: .flexible(minimum: 12, weight: 1), priority: 2),
            TableColumn("PROGRESS", width: .flexible(minimum: 10, weight: 2)),
            TableColumn("%", width: .fixed(3), align: .right),
            TableColumn("FAILED", width: .fixed(7), align: .right),
            TableColumn("LEFT", width: .fixed(9), align: .right, priority: 1),
        ]
        let text =
            redrives.fetch.value == nil
            ? redrives.fetch.failure ?? "Asking for the redrives …"
            : "No redrive yet: mark letters on the list and replay them; more than \(LetterChoice.handful) go by one"
        return Table(
            columns: columns, rowCount: redrives.rows.count,
            selected: redrives.cursor.selected == nil ? nil : redrives.cursor.position,
            window: ListWindow(top: redrives.cursor.first), emptyText: text, isFocused: pane.hasFocus)
    }

    private static func cell(
        _ redrive: Redrive, _ column: Int, _ redrives: RedrivesState, _ clock: ZoneClock, now: UTCInstant
    ) -> TableCell {
        switch column {
        case 0: return .text(redrive.look.mark, redrive.look.role.role)
        case 1: return .text(redrive.state.rawValue, redrive.look.role.role)
        case 2:
            let isToday = clock.date(redrive.begunAt) == clock.date(now)
            return .text(isToday ? clock.time(redrive.begunAt) : clock.shortDateTime(redrive.begunAt), .textDim)
        case 3: return .text(redrive.selection.words)
        case 4: return .text(redrive.author, .textDim)
        case 5: return .bar(Bar(value: Double(redrive.handled), limit: Double(max(redrive.total, redrive.handled))))
        case 6: return .text(Numeral.percent(Double(redrive.handled), of: Double(redrive.total)))
        case 7: return .text(Numeral.grouped(redrive.failed), redrive.failed > 0 ? .textStrong : .textDim)
        default: return .text(redrives.left(of: redrive).map { Ahead.words($0) } ?? "–", .textDim)
        }
    }

    // MARK: - One of them

    private static func drawDetail(
        _ redrive: Redrive, _ state: ConsoleState, _ pane: Pane, in area: Rect, on grid: inout Grid
    ) {
        let clock = state.clock(for: pane)
        let count = "\(Numeral.grouped(redrive.handled)) of \(Numeral.grouped(redrive.total))"
        let bar = area.row(0)
        let width = max(0, min(60, bar.width - 28))
        Bar(value: Double(redrive.handled), limit: Double(max(redrive.total, redrive.handled))).draw(
            in: Rect(x: bar.x, y: bar.y, width: width, height: bar.height), on: &grid)
        grid.draw(
            [
                Span(count, .textStrong),
                Span("   \(Numeral.percent(Double(redrive.handled), of: Double(redrive.total))) %", .textDim),
            ], at: Point(x: bar.x + width + 2, y: bar.y), width: max(0, bar.width - width - 2))
        let text = facts(redrive, pane.letters.redrives, clock, now: state.moment).flatMap {
            TextView.wrap($0, width: max(1, area.width))
        }
        for (index, line) in text.enumerated() where index + 1 < area.height {
            grid.draw(line, at: Point(x: area.x, y: area.y + 1 + index), width: area.width)
        }
        drawFailures(redrive, in: area.dropRows(text.count + 2), on: &grid)
    }

    private static func facts(
        _ redrive: Redrive, _ redrives: RedrivesState, _ clock: ZoneClock, now: UTCInstant
    ) -> [[Span]] {
        let look = redrive.look
        let counts =
            "\(Numeral.grouped(redrive.replayed)) replayed · \(Numeral.grouped(redrive.failed)) failed, of them "
            + "\(Numeral.grouped(redrive.quarantined)) quarantined · \(Numeral.grouped(redrive.passedOver)) passed over"
        let pace = redrives.pace(of: redrive).map { " · \(Numbers.perSecond($0)) a second now" } ?? ""
        let left = redrives.left(of: redrive).map { " · about \(Ahead.words($0)) left" } ?? ""
        let begun =
            "\(clock.dateTime(redrive.begunAt)) \(clock.label(at: redrive.begunAt)), "
            + "\(Age.text(now.since(redrive.begunAt))) ago, by \(redrive.author)"
        var lines: [[Span]] = [
            fact("Counts", counts),
            [
                Span(padded("State"), .textDim), Span("\(look.mark) \(look.word)", look.role.role, .bold),
                Span(" · at most \(Numeral.grouped(redrive.perSecond)) a second\(pace)\(left)"),
            ],
        ]
        if let note = redrive.note { lines.append([Span(padded("! Why"), .stateStale), Span(note)]) }
        return lines + [
            fact("Letters", redrive.selection.words), fact("Begun", begun),
            fact("Reason", redrive.reason.isEmpty ? "none given" : redrive.reason),
        ]
    }

    private static func fact(_ label: String, _ text: String) -> [Span] { [Span(padded(label), .textDim), Span(text)] }

    private static func padded(_ label: String) -> String {
        label + String(repeating: " ", count: max(1, 10 - label.count))
    }

    private static func drawFailures(_ redrive: Redrive, in area: Rect, on grid: inout Grid) {
        guard area.height > 1 else { return }
        guard !redrive.failures.isEmpty else {
            grid.draw("Nothing has failed", at: area.origin, width: area.width, role: .textDim)
            return
        }
        let failures = redrive.failures.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        let table = Table(
            columns: [
                TableColumn("FAILED FOR", width: .flexible(minimum: 24, weight: 1)),
                TableColumn("LETTERS", width: .fixed(8), align: .right),
                TableColumn("SHARE", width: .flexible(minimum: 10, weight: 1)),
            ], rowCount: failures.count, isFocused: false)
        table.draw(in: area, on: &grid) { row, column in
            switch column {
            case 0: .text(failures[row].key)
            case 1: .text(Numeral.grouped(failures[row].value), .textStrong)
            default: .bar(Bar(value: Double(failures[row].value), limit: Double(max(1, redrive.failed))))
            }
        }
    }
}

extension Redrive.LookRole {
    var role: Role {
        switch self {
        case .active: .stateActive
        case .waiting: .stateStale
        case .ended: .textDim
        case .good: .stateOK
        }
    }
}
