import EnergyModel
import Ports
import Screen

// MARK: - Keys

extension DeadLettersRoom {
    static func perform(_ action: Action, _ state: inout ConsoleState, area: Rect) -> Bool {
        switch action {
        case .replay: LetterSheets.replay(&state)
        case .discard: LetterSheets.discard(&state)
        case .edit: state.openEditor()
        case .dryRun: dryRun(&state)
        case .redrives: state.go(to: .redrives)
        case .pauseRedrive: RedriveSheets.pause(&state)
        case .cancelRedrive: RedriveSheets.cancel(&state)
        default:
            switch state.pane.route {
            case .deadLetter: return performDetail(action, &state, area)
            case .dryRun: return performDryRun(action, &state, area)
            case .redrives:
                let rows = state.pane.letters.redrives.rows
                let page = Table.dataRows(height: RedrivesPage.areas(area, count: rows.count).list.height) - 1
                return state.pane.letters.redrives.cursor.move(action, page: page, count: rows.count) { rows[$0].id }
            default: return performList(action, &state, area)
            }
        }
        return true
    }

    private static func performList(_ action: Action, _ state: inout ConsoleState, _ area: Rect) -> Bool {
        switch action {
        case .enter:
            guard let number = state.pane.letters.cursor.selected else { return true }
            state.go(to: .deadLetter(number))
        case .mark: mark(&state, area)
        case .markAll: markAll(&state)
        case .view: nextChoice(&state)
        case .nextGroup: nextGroup(1, &state)
        case .previousGroup: nextGroup(-1, &state)
        case .back where state.pane.letters.isAllMarked || !state.pane.letters.marked.isEmpty:
            state.pane.letters.isAllMarked = false
            state.pane.letters.marked = []
        case .back where state.pane.letters.filter.isEmpty && state.pane.letters.group != nil:
            show(group: nil, &state)
        default: return move(action, &state, area)
        }
        return true
    }

    private static func performDetail(_ action: Action, _ state: inout ConsoleState, _ area: Rect) -> Bool {
        if action == .back, state.pane.letters.cameFromDryRun {
            state.go(to: .dryRun)
            return true
        }
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

    /// Marking one letter marks no longer all of them.
    private static func mark(_ state: inout ConsoleState, _ area: Rect) {
        guard let number = state.pane.letters.cursor.selected else { return }
        state.pane.letters.isAllMarked = false
        if state.pane.letters.marked.remove(number) == nil {
            guard state.pane.letters.marked.count < DeadLettersState.markLimit else {
                let all = state.keys.hint(.markAll, in: .deadLetters) ?? ":dlq replay all"
                return state.say(
                    "At most \(DeadLettersState.markLimit) letters can be marked one by one: \(all) marks all that match",
                    .warning)
            }
            state.pane.letters.marked.insert(number)
        }
        _ = move(.down, &state, area)
    }

    private static func markAll(_ state: inout ConsoleState) {
        guard !state.pane.letters.isAllMarked else { return state.pane.letters.isAllMarked = false }
        guard allMatching(&state) != nil else { return }
        state.pane.letters.isAllMarked = true
        state.pane.letters.marked = []
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
        clear(&state)
    }

    private static func clear(_ state: inout ConsoleState) {
        state.pane.letters.list.clear()
        state.pane.letters.marked = []
        state.pane.letters.isAllMarked = false
    }

    /// Down and up the tree; before its first and behind its last row stands the whole list.
    private static func nextGroup(_ step: Int, _ state: inout ConsoleState) {
        guard let sight = state.sight, !sight.snapshot.isHistorical else {
            return state.say("Counts of past moments are not stored", .warning)
        }
        let nodes = LetterGroup.tree(sight.snapshot.deadLetters).map(\.node)
        guard !nodes.isEmpty else { return state.say("There is no topic to choose", .warning) }
        let here = state.pane.letters.group.flatMap { nodes.firstIndex(of: $0) } ?? -1
        let next = (here + 1 + step + nodes.count + 1) % (nodes.count + 1) - 1
        show(group: next < 0 ? nil : nodes[next], &state)
    }

    static func show(group: LetterNode?, _ state: inout ConsoleState) {
        guard group != state.pane.letters.group else { return }
        state.pane.letters.group = group
        clear(&state)
        ask(&state, pane: state.focus)
    }

    static func click(at point: Point, _ state: inout ConsoleState, area: Rect) {
        switch state.pane.route {
        case .deadLetters: clickList(at: point, &state, area)
        case .dryRun: clickDryRun(at: point, &state, area)
        case .redrives:
            let rows = state.pane.letters.redrives.rows
            let box = RedrivesPage.areas(area, count: rows.count).list
            guard let row = RedrivesPage.table(state.pane).row(at: point, in: box) else { return }
            state.pane.letters.redrives.cursor.select(rows[row].id)
        default: break
        }
    }

    private static func clickList(at point: Point, _ state: inout ConsoleState, _ area: Rect) {
        let rows = rows(state.pane)
        let box = DeadLettersView.areas(state, area).list
        let table = DeadLettersView.table(rows, state.pane)
        guard let row = table.row(at: point, in: box), let number = rows[row].number else { return }
        if state.pane.letters.cursor.selected == number { return state.go(to: .deadLetter(number)) }
        state.pane.letters.cursor.select(number)
    }

    /// What the palette asked for, once what it is about is there.
    static func follow(_ state: inout ConsoleState, pane: Int) {
        guard let intent = state.panes[pane].letters.intent, pane == state.focus, state.layer == nil else { return }
        if intent == .edit {
            guard !state.pane.letters.detail.isUnderWay else { return }
            state.pane.letters.intent = nil
            return state.openEditor()
        }
        let newest = state.panes[pane].letters.list.newest
        guard newest.value != nil || newest.failure != nil else { return }
        state.panes[pane].letters.intent = nil
        if newest.value == nil { return state.say(newest.failure ?? "", .warning) }
        guard allMatching(&state) != nil else { return }
        state.pane.letters.isAllMarked = true
        state.pane.letters.marked = []
        switch intent {
        case .replay: LetterSheets.replay(&state)
        case .discard: LetterSheets.discard(&state)
        case .dryRun: dryRun(&state)
        case .edit: break
        }
    }
}
