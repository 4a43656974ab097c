import EnergyModel
import Ports
import Screen

/// What could not be processed, why, and what to do with it.
enum DeadLettersRoom: Room {
    static let filterFields = [
        "payload", "topic", "reason", "facility", "message", "state", "number", "attempts", "text",
    ]

    static func filter(of pane: Pane) -> RowFilter { pane.letters.filter }

    static func setFilter(_ filter: RowFilter, _ state: inout ConsoleState) {
        state.pane.letters.filter = filter
        state.pane.letters.isAllMarked = false
        reload(&state, pane: state.focus)
    }

    // MARK: - Data

    static func refresh(_ state: inout ConsoleState, pane: Int) {
        state.panes[pane].letters.detailTop = 0
        // Who went elsewhere meanwhile wants no sheet to open by itself.
        state.panes[pane].letters.intent = nil
        switch state.panes[pane].route {
        case .deadLetter(let number):
            state.panes[pane].letters.detail.forget()
            let id = state.ask(.deadLetter(number))
            state.panes[pane].letters.detail.asked(id, at: state.now)
            reload(&state, pane: pane)
        case .dryRun: break
        case .redrives: askRedrives(&state, pane: pane)
        default:
            state.panes[pane].letters.cameFromDryRun = false
            reload(&state, pane: pane)
        }
    }

    private static func reload(_ state: inout ConsoleState, pane: Int) {
        state.panes[pane].letters.list.restart()
        ask(&state, pane: pane)
    }

    /// The counts above come with every snapshot: a list that does not agree with them is read again at once.
    static func tick(_ state: inout ConsoleState, pane: Int) {
        switch state.panes[pane].route {
        case .redrives: tickRedrives(&state, pane: pane)
        case .dryRun: break
        default:
            follow(&state, pane: pane)
            let counted = counted(state, pane: pane)
            let list = state.panes[pane].letters.list
            guard list.isDue(every: .seconds(5), counted: counted, now: state.now) else { return }
            ask(&state, pane: pane)
        }
    }

    /// How many letters the list has by the newest snapshot; nil where the snapshot does not count them so.
    private static func counted(_ state: ConsoleState, pane: Int) -> Int? {
        guard state.past == nil, let snapshot = state.live?.snapshot else { return nil }
        let query = query(state, pane: pane).query
        guard query.facility == nil, query.text == nil else { return nil }
        return snapshot.deadLetters.lazy.filter { count in
            query.state ?? count.state == count.state && query.topic ?? count.topic == count.topic
                && query.reason ?? count.reason == count.reason
        }.reduce(0) { $0 + $1.count }
    }

    /// Exact topics, reasons, states, facilities and `text:` go to the store; the rest is sifted here, and then the query
    /// is not the whole of what is listed.
    static func query(_ state: ConsoleState, pane: Int) -> (query: DeadLetterQuery, isWhole: Bool) {
        let letters = state.panes[pane].letters
        var query = DeadLetterQuery(state: letters.which, limit: Paging<DeadLetter>.pageSize)
        var isWhole = true
        var seen: Set<String> = []
        for term in letters.filter.terms {
            guard !term.isInverse, case .contains(let text) = term.test, let field = term.field,
                seen.insert(field).inserted, put(text, in: field, of: &query, state)
            else {
                isWhole = false
                continue
            }
        }
        if let group = letters.group {
            if query.topic ?? group.topic != group.topic { isWhole = false }
            if let reason = query.reason, let own = group.reason, reason != own { isWhole = false }
            query.topic = group.topic
            query.reason = group.reason ?? query.reason
        }
        return (query, isWhole)
    }

    /// False when the store cannot look for exactly this.
    private static func put(
        _ text: String, in field: String, of query: inout DeadLetterQuery, _ state: ConsoleState
    ) -> Bool {
        let known = state.sight?.snapshot.deadLetters ?? []
        switch field {
        case "topic":
            guard let topic = known.first(where: { $0.topic.lowercased() == text })?.topic else { return false }
            query.topic = topic
        case "reason":
            guard let reason = known.first(where: { $0.reason.lowercased() == text })?.reason else { return false }
            query.reason = reason
        case "facility":
            guard let facility = state.facilityID(like: text) else { return false }
            query.facility = facility
        case "state":
            guard let wanted = DeadLetter.State(rawValue: text), query.state ?? wanted == wanted else { return false }
            query.state = wanted
        case "text" where !text.isEmpty: query.text = text
        default: return false
        }
        return true
    }

    static func ask(_ state: inout ConsoleState, pane: Int) {
        var query = query(state, pane: pane).query
        query.limit = state.panes[pane].letters.list.depth
        let id = state.ask(.deadLetters(query))
        state.panes[pane].letters.list.asked(id, rows: query.limit, at: state.now)
    }

    static func askOlder(_ state: inout ConsoleState, pane: Int) {
        guard let last = state.panes[pane].letters.list.olderThan else { return }
        var query = query(state, pane: pane).query
        query.before = last
        let id = state.ask(.deadLetters(query))
        state.panes[pane].letters.list.askedOlder(id, at: state.now)
    }

    static func receive(_ state: inout ConsoleState, pane: Int, id: EffectID, result: EffectResult) -> Bool {
        var letters = state.panes[pane].letters
        defer { state.panes[pane].letters = letters }
        if let outcome = result.outcome(\.letter), letters.detail.settle(id, outcome, at: state.now) { return true }
        if let outcome = result.outcome(\.dryRun), letters.dryRun.fetch.settle(id, outcome, at: state.now) {
            return true
        }
        if let outcome = result.outcome(\.redrives), letters.redrives.receive(id, outcome, at: state.now) {
            return true
        }
        guard let outcome = result.outcome(\.letterPage) else { return false }
        let page = outcome.map { Page(rows: $0.letters, matching: $0.matching) }
        return letters.list.receive(id, page, at: state.now)
    }

    static func rows(_ pane: Pane) -> [DeadLetter] {
        let letters = pane.letters
        let filter = letters.filter.without("text")
        guard !filter.isEmpty else { return letters.list.rows }
        let pass = FilterPass(filter, fields: filterFields)
        return letters.list.rows.filter { pass.accepts(FilterableLetter(letter: $0)) }
    }

    static func settle(_ state: inout ConsoleState, pane: Int, area: Rect) {
        switch state.panes[pane].route {
        case .deadLetters:
            let rows = rows(state.panes[pane])
            let height = DeadLettersView.areas(state, area).list.height
            state.panes[pane].letters.cursor.settle(
                count: rows.count, height: Table.dataRows(height: height), id: { rows[$0].number },
                place: { id in rows.firstIndex { $0.number == id } })
        case .deadLetter: compare(&state, pane: pane)
        case .dryRun: state.panes[pane].letters.dryRun.settle(height: DryRunPage.areas(area).table.height)
        case .redrives:
            let count = state.panes[pane].letters.redrives.rows.count
            state.panes[pane].letters.redrives.settle(height: RedrivesPage.areas(area, count: count).list.height)
        default: break
        }
    }

    /// The edit beside the original is worked out once, not with every frame.
    private static func compare(_ state: inout ConsoleState, pane: Int) {
        guard let letter = current(state.panes[pane]), let number = letter.number, let edit = letter.edit else {
            state.panes[pane].letters.comparison = nil
            return
        }
        let known = state.panes[pane].letters.comparison
        guard known?.number != number || known?.edition != edit.edition else { return }
        state.panes[pane].letters.comparison = .init(
            number: number, edition: edit.edition, diff: PayloadDiff(old: letter.payload, new: edit.payload))
    }

    /// The letter shown or selected.
    static func current(_ pane: Pane) -> DeadLetter? {
        switch pane.route {
        case .deadLetter(let number):
            return pane.letters.detail.value.flatMap { $0 } ?? pane.letters.list.rows.first { $0.number == number }
        case .deadLetters: return pane.letters.list.rows.first { $0.number == pane.letters.cursor.selected }
        default: return nil
        }
    }

    static func draw(_ state: ConsoleState, pane: Pane, into grid: inout Grid, area: Rect) {
        switch pane.route {
        case .deadLetter(let number): LetterView.draw(number, state, pane, in: area, on: &grid)
        case .dryRun: DryRunPage.draw(state, pane, in: area, on: &grid)
        case .redrives: RedrivesPage.draw(state, pane, in: area, on: &grid)
        default: DeadLettersView.draw(state, pane, in: area, on: &grid)
        }
    }
}
