import EnergyModel
import Ports
import Screen

/// What was done, what changed, what was logged, what the last shift wrote down.
enum JournalRoom: Room {
    static let filterFields = ["text", "kind", "actor", "subject", "facility", "trace"]

    static func filter(of pane: Pane) -> RowFilter { pane.journal.filter }

    static func setFilter(_ filter: RowFilter, _ state: inout ConsoleState) {
        state.pane.journal.filter = filter
        reload(&state, pane: state.focus)
    }

    static func tableArea(_ area: Rect) -> Rect { area.dropRows(1).inset(horizontal: 1) }

    // MARK: - Data

    static func refresh(_ state: inout ConsoleState, pane: Int) {
        state.panes[pane].journal.detailTop = 0
        if case .trace(let id) = state.panes[pane].route { return TracePage.ask(id, &state, pane: pane) }
        reload(&state, pane: pane)
    }

    private static func reload(_ state: inout ConsoleState, pane: Int) {
        state.panes[pane].journal.list.restart()
        ask(&state, pane: pane)
    }

    static func tick(_ state: inout ConsoleState, pane: Int) {
        if case .trace(let id) = state.panes[pane].route { return TracePage.tick(id, &state, pane: pane) }
        let interval = Duration.seconds(state.past == nil ? 3 : 3600)
        guard state.panes[pane].journal.list.isDue(every: interval, now: state.now) else { return }
        ask(&state, pane: pane)
    }

    /// Exact terms go to the store, the rest is sifted here.
    private static func query(_ state: ConsoleState, pane: Int, before: Int64?) -> JournalQuery {
        let journal = state.panes[pane].journal
        var query = JournalQuery(before: before, limit: Paging<JournalEntry>.pageSize)
        if let kind = journal.kind { query.kinds = [kind] }
        if let past = state.past {
            query.range = TimeRange(start: .distantPast, end: past.moment.advanced(by: .milliseconds(1)))
        }
        for term in journal.filter.terms where !term.isInverse {
            guard case .contains(let text) = term.test else { continue }
            if term.field == "text" { query.text = text }
            if term.field == "facility" { query.facility = state.facilityID(like: text) ?? query.facility }
        }
        return query
    }

    private static func ask(_ state: inout ConsoleState, pane: Int) {
        let query = query(state, pane: pane, before: nil)
        let id = state.ask(.journal(query))
        state.panes[pane].journal.list.asked(id, rows: query.limit, at: state.now)
    }

    private static func askOlder(_ state: inout ConsoleState, pane: Int) {
        guard let last = state.panes[pane].journal.list.olderThan else { return }
        let id = state.ask(.journal(query(state, pane: pane, before: last)))
        state.panes[pane].journal.list.askedOlder(id, at: state.now)
    }

    static func receive(_ state: inout ConsoleState, pane: Int, id: EffectID, result: EffectResult) -> Bool {
        if TracePage.receive(&state, pane: pane, id: id, result: result) { return true }
        guard let outcome = result.outcome(\.entries) else { return false }
        return state.panes[pane].journal.list.receive(id, outcome.map { Page(rows: $0) }, at: state.now)
    }

    static func rows(_ pane: Pane) -> [JournalEntry] {
        let journal = pane.journal
        guard !journal.filter.isEmpty else { return journal.list.rows }
        let pass = FilterPass(journal.filter, fields: filterFields)
        return journal.list.rows.filter { pass.accepts(FilterableEntry(entry: $0)) }
    }

    static func settle(_ state: inout ConsoleState, pane: Int, area: Rect) {
        if case .trace = state.panes[pane].route {
            return state.panes[pane].journal.trace.settle(height: TracePage.areas(area).table.height)
        }
        guard state.panes[pane].route == .journal else { return }
        let rows = rows(state.panes[pane])
        state.panes[pane].journal.cursor.settle(
            count: rows.count, height: Table.dataRows(height: tableArea(area).height), id: { rows[$0].number },
            place: { id in rows.firstIndex { $0.number == id } })
    }

    // MARK: - Keys

    static func perform(_ action: Action, _ state: inout ConsoleState, area: Rect) -> Bool {
        if action == .note {
            state.openNote()
            return true
        }
        if action == .trace {
            TracePage.open(&state)
            return true
        }
        if case .trace = state.pane.route { return TracePage.perform(action, &state, area) }
        if case .journalEntry = state.pane.route { return performDetail(action, &state, area) }
        switch action {
        case .enter:
            guard let number = state.pane.journal.cursor.selected else { return true }
            state.pane.journal.detailTop = 0
            state.pane.route = .journalEntry(number)
        case .kinds: nextKind(&state)
        default: return move(action, &state, area)
        }
        return true
    }

    private static func performDetail(_ action: Action, _ state: inout ConsoleState, _ area: Rect) -> Bool {
        guard case .journalEntry(let number) = state.pane.route else { return false }
        let (rows, height) = JournalView.extent(number, state.pane, in: area)
        return action.scroll(&state.pane.journal.detailTop, page: height - 1, most: rows - height)
    }

    private static func move(_ action: Action, _ state: inout ConsoleState, _ area: Rect) -> Bool {
        let rows = rows(state.pane)
        let page = Table.dataRows(height: tableArea(area).height) - 1
        let moved = state.pane.journal.cursor.move(action, page: page, count: rows.count) { rows[$0].number }
        if moved, state.pane.journal.cursor.position >= rows.count - 5 { askOlder(&state, pane: state.focus) }
        return moved
    }

    private static func nextKind(_ state: inout ConsoleState) {
        let all: [JournalEntry.Kind?] = [nil] + JournalEntry.Kind.allCases
        let here = all.firstIndex(of: state.pane.journal.kind) ?? 0
        state.pane.journal.kind = all[(here + 1) % all.count]
        state.pane.journal.list.clear()
        ask(&state, pane: state.focus)
        state.say(state.pane.journal.kind.map { "Only \($0.word)" } ?? "All kinds")
    }

    static func click(at point: Point, _ state: inout ConsoleState, area: Rect) {
        guard state.pane.route == .journal else { return }
        let rows = rows(state.pane)
        let table = JournalView.table(rows, state.pane)
        guard let row = table.row(at: point, in: tableArea(area)), let number = rows[row].number else { return }
        if state.pane.journal.cursor.selected == number { return state.pane.route = .journalEntry(number) }
        state.pane.journal.cursor.select(number)
    }

    static func selection(_ state: ConsoleState, pane: Pane) -> String? {
        if case .trace = pane.route { return TracePage.selection(pane) }
        let number: Int64?
        if case .journalEntry(let shown) = pane.route { number = shown } else { number = pane.journal.cursor.selected }
        guard let entry = pane.journal.list.rows.first(where: { $0.number == number }) else { return nil }
        return Sanitiser.drawable(
            "\(entry.at.iso8601) \(entry.kind.word) \(entry.actor) \(entry.subject): \(entry.text)")
    }

    static func table(_ state: ConsoleState, pane: Pane) -> ExportTable {
        if case .trace(let id) = pane.route { return TracePage.export(id, pane) }
        let rows = rows(pane).map { entry -> [ExportTable.Value] in
            [
                .text(entry.at.iso8601), .text(entry.kind.word), .text(entry.actor), .text(entry.subject),
                .init(entry.facility?.text), .text(entry.text), .init(entry.commandKey), .init(entry.traceID),
            ]
        }
        return ExportTable(
            title: "Journal at \(state.moment.iso8601)",
            columns: ["at", "kind", "actor", "subject", "facility", "text", "command_key", "trace_id"], rows: rows)
    }

    static func draw(_ state: ConsoleState, pane: Pane, into grid: inout Grid, area: Rect) {
        if case .trace(let id) = pane.route { return TracePage.draw(id, state, pane, in: area, on: &grid) }
        if case .journalEntry(let number) = pane.route {
            return JournalView.drawEntry(number, state, pane, in: area, on: &grid)
        }
        JournalView.draw(state, pane, in: area, on: &grid)
    }
}

extension ConsoleState {
    /// The facility whose id is this text, whatever the case.
    func facilityID(like text: String) -> FacilityID? {
        sight?.snapshot.facilities.first { $0.id.text.lowercased() == text.lowercased() }?.id
    }
}
