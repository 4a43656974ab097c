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
        state.panes[pane].letters.page.forget()
        state.panes[pane].letters.older.forget()
        ask(&state, pane: pane)
    }

    static func tick(_ state: inout ConsoleState, pane: Int) {
        guard state.panes[pane].letters.page.isDue(every: .seconds(5), now: state.now) else { return }
        ask(&state, pane: pane)
    }

    /// Exact topics, reasons and facilities go to the store; the rest is sifted here.
    private static func query(_ state: ConsoleState, pane: Int, before: Int64?) -> DeadLetterQuery {
        let letters = state.panes[pane].letters
        let known = state.sight?.snapshot.deadLetters ?? []
        var query = DeadLetterQuery(state: letters.which, before: before, limit: DeadLettersState.pageSize)
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
        let id = state.ask(.deadLetters(query(state, pane: pane, before: nil)))
        state.panes[pane].letters.page.asked(id, at: state.now)
    }

    private static func askOlder(_ state: inout ConsoleState, pane: Int) {
        let letters = state.panes[pane].letters
        guard !letters.older.isUnderWay, !letters.isComplete, letters.letters.count < DeadLettersState.limit,
            let last = letters.letters.last?.number
        else { return }
        let id = state.ask(.deadLetters(query(state, pane: pane, before: last)))
        state.panes[pane].letters.older.asked(id, at: state.now)
    }

    static func receive(_ state: inout ConsoleState, pane: Int, id: EffectID, result: EffectResult) -> Bool {
        if let outcome = result.outcome(\.letter), state.panes[pane].letters.detail.settle(id, outcome, at: state.now) {
            return true
        }
        guard let outcome = result.outcome(\.letterPage) else { return false }
        var letters = state.panes[pane].letters
        defer { state.panes[pane].letters = letters }
        let isFirst = letters.page.value == nil
        if letters.page.settle(id, outcome, at: state.now) {
            guard case .success(let page) = outcome else { return true }
            letters.letters = merged(page.letters, with: isFirst ? [] : letters.letters)
            letters.matching = page.matching
            if isFirst { letters.marked.formIntersection(letters.letters.compactMap(\.number)) }
            return true
        }
        guard letters.older.settle(id, outcome, at: state.now) else { return false }
        if case .success(let page) = outcome {
            let known = letters.letters.last?.number ?? .max
            letters.letters += page.letters.filter { ($0.number ?? 0) < known }
        }
        return true
    }

    private static func merged(_ newest: [DeadLetter], with old: [DeadLetter]) -> [DeadLetter] {
        guard let last = newest.last?.number, let first = old.first?.number, first >= last else { return newest }
        return newest + old.filter { ($0.number ?? 0) < last }
    }

    static func rows(_ pane: Pane) -> [DeadLetter] {
        let letters = pane.letters
        guard !letters.filter.isEmpty else { return letters.letters }
        let pass = FilterPass(letters.filter, fields: filterFields)
        return letters.letters.filter { pass.accepts(FilterableLetter(letter: $0)) }
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
        let page = max(1, Table.dataRows(height: DeadLettersView.areas(state, area).list.height) - 1)
        switch action {
        case .down: move(1, &state)
        case .up: move(-1, &state)
        case .pageDown: move(page, &state)
        case .pageUp: move(-page, &state)
        case .top: move(.min / 2, &state)
        case .bottom: move(.max / 2, &state)
        case .enter:
            guard let number = state.pane.letters.cursor.selected else { return true }
            state.go(to: .deadLetter(number))
        case .mark: mark(&state)
        case .view: nextChoice(&state)
        case .back where !state.pane.letters.marked.isEmpty: state.pane.letters.marked = []
        default: return false
        }
        return true
    }

    private static func performDetail(_ action: Action, _ state: inout ConsoleState, _ area: Rect) -> Bool {
        let page = max(1, area.height - 2)
        let top = state.pane.letters.detailTop
        let most = max(0, LetterView.length(state, state.pane, width: area.width) - page)
        switch action {
        case .down: state.pane.letters.detailTop = min(most, top + 1)
        case .up: state.pane.letters.detailTop = max(0, top - 1)
        case .pageDown: state.pane.letters.detailTop = min(most, top + page)
        case .pageUp: state.pane.letters.detailTop = max(0, top - page)
        case .top: state.pane.letters.detailTop = 0
        case .bottom: state.pane.letters.detailTop = most
        default: return false
        }
        return true
    }

    private static func move(_ step: Int, _ state: inout ConsoleState) {
        let rows = rows(state.pane)
        state.pane.letters.cursor.move(by: step, count: rows.count) { rows[$0].number }
        if state.pane.letters.cursor.position >= rows.count - 5 { askOlder(&state, pane: state.focus) }
    }

    private static func mark(_ state: inout ConsoleState) {
        guard let number = state.pane.letters.cursor.selected else { return }
        if state.pane.letters.marked.remove(number) == nil {
            guard state.pane.letters.marked.count < DeadLettersState.markLimit else {
                return state.say("At most \(DeadLettersState.markLimit) letters can be marked", .warning)
            }
            state.pane.letters.marked.insert(number)
        }
        move(1, &state)
    }

    private static func nextChoice(_ state: inout ConsoleState) {
        let all = DeadLettersState.choices
        let here = all.firstIndex(of: state.pane.letters.which) ?? 0
        state.pane.letters.which = all[(here + 1) % all.count]
        reload(&state, pane: state.focus)
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
            return pane.letters.detail.value.flatMap { $0 } ?? pane.letters.letters.first { $0.number == number }
        }
        return pane.letters.letters.first { $0.number == pane.letters.cursor.selected }
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
