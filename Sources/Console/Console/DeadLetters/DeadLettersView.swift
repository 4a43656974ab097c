import EnergyModel
import Ports
import Screen

enum DeadLettersView {
    struct Areas {
        var groups: Rect
        var listTitle: Rect
        var list: Rect
    }

    /// Counts above, at most a third of the room; the list below.
    static func areas(_ state: ConsoleState, _ area: Rect) -> Areas {
        let groups = LetterGroup.tree(state.sight?.snapshot.deadLetters ?? []).count
        let wanted = min(max(1, groups), max(1, area.height / 3 - 2)) + 2
        let parts = area.rows([.fixed(wanted), .fixed(1), .fill])
        return Areas(groups: parts[0], listTitle: parts[1], list: parts[2])
    }

    static func draw(_ state: ConsoleState, _ pane: Pane, in area: Rect, on grid: inout Grid) {
        let areas = areas(state, area)
        drawGroups(state, pane, in: areas.groups, on: &grid)
        let rows = DeadLettersRoom.rows(pane)
        drawListTitle(rows, state, pane, in: areas.listTitle, on: &grid)
        let clock = state.clock(for: pane)
        Chrome.draw(table(rows, pane), in: areas.list, on: &grid) { row, column in
            guard rows.indices.contains(row) else { return .empty }
            return cell(rows[row], column, isMarked: isMarked(rows[row], pane), clock: clock, now: state.moment)
        }
    }

    // MARK: - Groups

    private static func drawGroups(_ state: ConsoleState, _ pane: Pane, in area: Rect, on grid: inout Grid) {
        guard let sight = state.sight else { return Chrome.waiting(state, in: area, on: &grid) }
        guard !sight.snapshot.isHistorical else {
            Panel.rule([Span("Counts of past moments are not stored", .stateEstimated)], in: area.row(0), on: &grid)
            return Chrome.empty("The list below is as it is now", in: area.dropRows(1), on: &grid)
        }
        drawTitle(sight, in: area.row(0), on: &grid)
        let tree = LetterGroup.tree(sight.snapshot.deadLetters)
        let shown = max(0, area.height - 2)
        let chosen = pane.letters.group.flatMap { group in tree.firstIndex { $0.node == group } }
        let window = ListWindow().showing(chosen, of: tree.count, height: shown, margin: 1)
        let hidden = tree.count - window.top - shown
        let columns = [
            TableColumn("", width: .fixed(1)),
            TableColumn("TOPIC AND REASON", width: .flexible(minimum: 30, weight: 2)),
            TableColumn("PENDING", width: .fixed(8), align: .right),
            TableColumn("QUARANTINED", width: .fixed(11), align: .right, priority: 2),
            TableColumn("ALL", width: .fixed(8), align: .right, priority: 1),
            TableColumn("GROWTH", width: .fixed(16), align: .right),
            TableColumn("NEWEST", width: .fixed(10), align: .right),
        ]
        let table = Table(
            columns: columns, rowCount: tree.count, selected: chosen, window: window,
            emptyText: "No dead letters: everything that came could be processed", isFocused: false)
        Chrome.draw(table, in: area.dropRows(1).inset(horizontal: 1), on: &grid) { row, column in
            let isLast = hidden > 0 && row == window.top + shown - 1
            if isLast, column == 1 { return .text("  and \(hidden + 1) more", .textDim) }
            return isLast ? .empty : cell(tree[row], column, isChosen: row == chosen, state, sight)
        }
    }

    private static func drawTitle(_ sight: Sight, in line: Rect, on grid: inout Grid) {
        let rate = sight.snapshot.deadLettersPerMinute
        let pending = sight.snapshot.pendingDeadLetters
        let title = [
            Span(Numeral.grouped(pending), .textStrong), Span(" pending · ", .textDim),
            Span(rate > 10 ? "! " : "", .stateStale),
            Span("\(Numeral.fixed(rate, decimals: 1)) a minute", rate > 10 ? .stateStale : .textDim),
        ]
        Panel.rule(title, note: Chrome.updated(sight), in: line, on: &grid)
    }

    private static func cell(
        _ group: LetterGroup, _ column: Int, isChosen: Bool, _ state: ConsoleState, _ sight: Sight
    ) -> TableCell {
        let isTopic = group.node.reason == nil
        switch column {
        case 0: return isChosen ? .text("▸", .key) : .empty
        case 1:
            guard let reason = group.node.reason else { return .text(group.node.topic, .textStrong) }
            return .spans([Span(group.isLast ? "└ " : "├ ", .border), Span(reason)])
        case 2: return .text(Numeral.grouped(group.pending), group.pending > 0 ? .textStrong : .textDim)
        case 3: return .text(Numeral.grouped(group.quarantined), group.quarantined > 0 ? .text : .textDim)
        case 4: return .text(Numeral.grouped(group.total), .textDim)
        case 5:
            guard !sight.isPast,
                let growth = state.growth.growth(of: group.node, count: group.total, now: sight.now)
            else { return .text(Numbers.unknown, .textDim) }
            let sign = growth.added > 0 ? "+" : ""
            return .text("\(sign)\(growth.added) in \(Age.text(growth.over))", growth.added > 0 ? .text : .textDim)
        default: return .text(Age.column(sight.now.since(group.newest)), isTopic ? .text : .textDim)
        }
    }

    // MARK: - List

    private static func drawListTitle(
        _ rows: [DeadLetter], _ state: ConsoleState, _ pane: Pane, in line: Rect, on grid: inout Grid
    ) {
        let letters = pane.letters
        let which = letters.which?.rawValue ?? "all states"
        let count = "\(Numeral.grouped(rows.count)) of \(Numeral.grouped(letters.list.matching))"
        var title = [
            Span(which, .textStrong),
            Span(letters.list.newest.value == nil ? "" : " · \(count), newest first", .textDim),
        ]
        if letters.isAllMarked {
            title += [Span(" · "), Span("all \(Numeral.grouped(letters.list.matching)) marked", .textStrong)]
        } else if !letters.marked.isEmpty {
            title += [Span(" · "), Span("\(letters.marked.count) marked", .textStrong)]
        }
        if let group = letters.group {
            title += [Span(" · only ", .textDim), Span(group.reason ?? group.topic, .match)]
        }
        if !letters.filter.isEmpty { title += [Span(" · filter ", .textDim), Span(letters.filter.text, .match)] }
        // The list is read from the store as it is now, whatever moment the counts above show.
        let note = state.past == nil ? [] : [Span("as it is now · ", .stateEstimated)]
        Panel.rule(title, note: note + Chrome.updated(letters.list.newest, now: state.now), in: line, on: &grid)
    }

    static func table(_ rows: [DeadLetter], _ pane: Pane) -> Table {
        let columns = [
            TableColumn("", width: .fixed(1)), TableColumn("NUMBER", width: .fixed(8), align: .right),
            TableColumn("FIRST SEEN", width: .fixed(11)),
            TableColumn("REASON", width: .flexible(minimum: 14, weight: 1)),
            TableColumn("FACILITY", width: .fixed(10), priority: 3),
            TableColumn("TRIED", width: .fixed(5), align: .right, priority: 2),
            TableColumn("STATE", width: .fixed(11), priority: 4),
            TableColumn("MESSAGE", width: .flexible(minimum: 24, weight: 3)),
            TableColumn("PAYLOAD", width: .flexible(minimum: 24, weight: 3), priority: 1),
        ]
        let letters = pane.letters
        let marked = Set(rows.indices.filter { isMarked(rows[$0], pane) })
        let text: String
        if letters.list.newest.value == nil {
            text = letters.list.newest.failure ?? "Asking for the letters …"
        } else if letters.filter.isEmpty, letters.group == nil {
            text = "No \(letters.which?.rawValue ?? "") dead letters: nothing to do here".replacing("  ", with: " ")
        } else {
            text = "No \(letters.which?.rawValue ?? "") letter passes the filter: Esc clears it".replacing(
                "  ", with: " ")
        }
        return Table(
            columns: columns, rowCount: rows.count,
            selected: letters.cursor.selected == nil ? nil : letters.cursor.position, marked: marked,
            window: ListWindow(top: letters.cursor.first), emptyText: text, isFocused: pane.hasFocus)
    }

    private static func cell(
        _ letter: DeadLetter, _ column: Int, isMarked: Bool, clock: ZoneClock, now: UTCInstant
    ) -> TableCell {
        switch column {
        case 0: return isMarked ? .text("◆", .marked) : .empty
        case 1: return .text(letter.number.map(String.init) ?? Numbers.unknown)
        case 2:
            let isToday = clock.date(letter.firstSeen) == clock.date(now)
            return .text(isToday ? clock.time(letter.firstSeen) : clock.shortDateTime(letter.firstSeen), .textDim)
        case 3: return .text(letter.reason)
        case 4: return .text(letter.facility?.text ?? "–", .textDim)
        case 5: return .text("\(letter.attempts)", letter.attempts > 0 ? .text : .textDim)
        case 6: return .text(letter.state.rawValue, .textDim)
        case 7: return .text(letter.message)
        default:
            let payload = Sanitiser.escaped(bytes: letter.currentPayload.prefix(120))
            return .spans((letter.edit == nil ? [] : [Span("edited ", .stateEstimated)]) + [Span(payload, .textDim)])
        }
    }

    private static func isMarked(_ letter: DeadLetter, _ pane: Pane) -> Bool {
        pane.letters.isAllMarked || letter.number.map { pane.letters.marked.contains($0) } == true
    }
}
