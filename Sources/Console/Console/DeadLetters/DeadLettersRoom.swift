import EnergyModel
import Ports
import Screen

/// What could not be processed, why, and what to do with it.
enum DeadLettersRoom: Room {
    static let filterFields = ["payload", "topic", "reason", "facility", "message", "state", "number", "attempts"]

    static func filter(of pane: Pane) -> RowFilter { pane.letters.filter }

    static func setFilter(_ filter: RowFilter, _ state: inout ConsoleState) {
        state.pane.letters.filter = filter
        reload(&state, pane: state.focus)
    }

    // MARK: - Data

    static func refresh(_ state: inout ConsoleState, pane: Int) {
        state.panes[pane].letters.detailTop = 0
        if case .deadLetter(let number) = state.panes[pane].route {
            state.panes[pane].letters.detail.forget()
            let id = state.ask(.deadLetter(number))
            state.panes[pane].letters.detail.asked(id, at: state.now)
        }
        reload(&state, pane: pane)
    }

    private static func reload(_ state: inout ConsoleState, pane: Int) {
        state.panes[pane].letters.list.restart()
        ask(&state, pane: pane)
    }

    /// The counts above come with every snapshot: a list that does not agree with them is read again at once.
    static func tick(_ state: inout ConsoleState, pane: Int) {
        let counted = counted(state, pane: pane)
        guard state.panes[pane].letters.list.isDue(every: .seconds(5), counted: counted, now: state.now) else { return }
        ask(&state, pane: pane)
    }

    /// How many letters the list has by the newest snapshot; nil where the snapshot does not count them so.
    private static func counted(_ state: ConsoleState, pane: Int) -> Int? {
        guard state.past == nil, let snapshot = state.live?.snapshot else { return nil }
        let query = query(state, pane: pane)
        guard query.facility == nil else { return nil }
        return snapshot.deadLetters.lazy.filter { count in
            query.state ?? count.state == count.state && query.topic ?? count.topic == count.topic
                && query.reason ?? count.reason == count.reason
        }.reduce(0) { $0 + $1.count }
    }

    /// Exact topics, reasons and facilities go to the store; the rest is sifted here.
    private static func query(_ state: ConsoleState, pane: Int) -> DeadLetterQuery {
        let letters = state.panes[pane].letters
        let known = state.sight?.snapshot.deadLetters ?? []
        var query = DeadLetterQuery(state: letters.which, limit: Paging<DeadLetter>.pageSize)
        for term in letters.filter.terms where !term.isInverse {
            guard case .contains(let text) = term.test else { continue }
            switch term.field {
            case "topic": query.topic = known.first { $0.topic.lowercased() == text }?.topic ?? query.topic
            case "reason": query.reason = known.first { $0.reason.lowercased() == text }?.reason ?? query.reason
            case "facility": query.facility = state.facilityID(like: text) ?? query.facility
            default: break
            }
        }
        return query
    }

    private static func ask(_ state: inout ConsoleState, pane: Int) {
        var query = query(state, pane: pane)
        query.limit = state.panes[pane].letters.list.depth
        let id = state.ask(.deadLetters(query))
        state.panes[pane].letters.list.asked(id, rows: query.limit, at: state.now)
    }

    private static func askOlder(_ state: inout ConsoleState, pane: Int) {
        guard let last = state.panes[pane].letters.list.olderThan else { return }
        var query = query(state, pane: pane)
        query.before = last
        let id = state.ask(.deadLetters(query))
        state.panes[pane].letters.list.askedOlder(id, at: state.now)
    }

    static func receive(_ state: inout ConsoleState, pane: Int, id: EffectID, result: EffectResult) -> Bool {
        var letters = state.panes[pane].letters
        defer { state.panes[pane].letters = letters }
        if let outcome = result.outcome(\.letter), letters.detail.settle(id, outcome, at: state.now) { return true }
        guard let outcome = result.outcome(\.letterPage) else { return false }
        let page = outcome.map { Page(rows: $0.letters, matching: $0.matching) }
        return letters.list.receive(id, page, at: state.now)
    }

    static func rows(_ pane: Pane) -> [DeadLetter] {
        let letters = pane.letters
        guard !letters.filter.isEmpty else { return letters.list.rows }
        let pass = FilterPass(letters.filter, fields: filterFields)
        return letters.list.rows.filter { pass.accepts(FilterableLetter(letter: $0)) }
    }

    static func settle(_ state: inout ConsoleState, pane: Int, area: Rect) {
        guard state.panes[pane].route == .deadLetters else { return }
        let rows = rows(state.panes[pane])
        let height = DeadLettersView.areas(state, area).list.height
        state.panes[pane].letters.cursor.settle(
            count: rows.count, height: Table.dataRows(height: height), id: { rows[$0].number },
            place: { id in rows.firstIndex { $0.number == id } })
    }

    // MARK: - Keys

    static func perform(_ action: Action, _ state: inout ConsoleState, area: Rect) -> Bool {
        switch action {
        case .replay: LetterSheets.replay(&state)
        case .discard: LetterSheets.discard(&state)
        default:
            if case .deadLetter = state.pane.route { return performDetail(action, &state, area) }
            return performList(action, &state, area)
        }
        return true
    }

    private static func performList(_ action: Action, _ state: inout ConsoleState, _ area: Rect) -> Bool {
        switch action {
        case .enter:
            guard let number = state.pane.letters.cursor.selected else { return true }
            state.go(to: .deadLetter(number))
        case .mark: mark(&state, area)
        case .view: nextChoice(&state)
        case .back where !state.pane.letters.marked.isEmpty: state.pane.letters.marked = []
        default: return move(action, &state, area)
        }
        return true
    }

    private static func performDetail(_ action: Action, _ state: inout ConsoleState, _ area: Rect) -> Bool {
        let page = max(1, area.height - 2)
        let most = LetterView.length(state, state.pane, width: area.width) - page
        return action.scroll(&state.pane.letters.detailTop, page: page, most: most)
    }

    private static func move(_ action: Action, _ state: inout ConsoleState, _ area: Rect) -> Bool {
        let rows = rows(state.pane)
        let page = Table.dataRows(height: DeadLettersView.areas(state, area).list.height) - 1
        let moved = state.pane.letters.cursor.move(action, page: page, count: rows.count) { rows[$0].number }
        if moved, state.pane.letters.cursor.position >= rows.count - 5 { askOlder(&state, pane: state.focus) }
        return moved
    }

    private static func mark(_ state: inout ConsoleState, _ area: Rect) {
        guard let number = state.pane.letters.cursor.selected else { return }
        if state.pane.letters.marked.remove(number) == nil {
            guard state.pane.letters.marked.count < DeadLettersState.markLimit else {
                return state.say("At most \(DeadLettersState.markLimit) letters can be marked", .warning)
            }
            state.pane.letters.marked.insert(number)
        }
        _ = move(.down, &state, area)
    }

    private static func nextChoice(_ state: inout ConsoleState) {
        let all = DeadLettersState.choices
        let here = all.firstIndex(of: state.pane.letters.which) ?? 0
        show(all[(here + 1) % all.count], &state)
        ask(&state, pane: state.focus)
    }

    /// Another list: what was loaded and marked belongs to the one before.
    static func show(_ which: DeadLetter.State?, _ state: inout ConsoleState) {
        guard which != state.pane.letters.which else { return }
        state.pane.letters.which = which
        state.pane.letters.list.clear()
        state.pane.letters.marked = []
    }

    static func click(at point: Point, _ state: inout ConsoleState, area: Rect) {
        guard state.pane.route == .deadLetters else { return }
        let rows = rows(state.pane)
        let box = DeadLettersView.areas(state, area).list
        let table = DeadLettersView.table(rows, state.pane)
        guard let row = table.row(at: point, in: box), let number = rows[row].number else { return }
        if state.pane.letters.cursor.selected == number { return state.go(to: .deadLetter(number)) }
        state.pane.letters.cursor.select(number)
    }

    /// The letter shown or selected.
    static func current(_ pane: Pane) -> DeadLetter? {
        if case .deadLetter(let number) = pane.route {
            return pane.letters.detail.value.flatMap { $0 } ?? pane.letters.list.rows.first { $0.number == number }
        }
        return pane.letters.list.rows.first { $0.number == pane.letters.cursor.selected }
    }

    static func selection(_ state: ConsoleState, pane: Pane) -> String? {
        current(pane).map { letter in
            "\(letter.number ?? 0) \(Sanitiser.drawable(letter.topic)) \(Sanitiser.drawable(letter.reason)) "
                + Sanitiser.escaped(bytes: letter.payload.prefix(2000))
        }
    }

    static func table(_ state: ConsoleState, pane: Pane) -> ExportTable {
        let rows = rows(pane).map { letter -> [ExportTable.Value] in
            [
                .init(letter.number.map(Double.init)), .text(letter.topic), .text(letter.reason), .text(letter.message),
                .text(letter.state.rawValue), .number(Double(letter.attempts)), .init(letter.facility?.text),
                .text(letter.firstSeen.iso8601), .text(Sanitiser.escaped(bytes: letter.payload)), .init(letter.note),
            ]
        }
        return ExportTable(
            title: "Dead letters at \(state.moment.iso8601)",
            columns: [
                "number", "topic", "reason", "message", "state", "attempts", "facility", "first_seen",
                "payload_escaped",
                "note",
            ], rows: rows)
    }

    static func draw(_ state: ConsoleState, pane: Pane, into grid: inout Grid, area: Rect) {
        if case .deadLetter(let number) = pane.route {
            return LetterView.draw(number, state, pane, in: area, on: &grid)
        }
        DeadLettersView.draw(state, pane, in: area, on: &grid)
    }
}
