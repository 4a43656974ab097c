import EnergyModel
import Ports
import Screen

/// Is the machine itself well?
enum HealthRoom: Room {
    static func body(_ area: Rect) -> Rect { area.dropRows(1) }

    private static func layout(_ state: ConsoleState, area: Rect) -> HealthLayout? {
        state.sight.flatMap { $0.snapshot.isHistorical ? nil : $0 }.map {
            layout($0, area)
        }
    }

    private static func layout(_ sight: Sight, _ area: Rect) -> HealthLayout {
        let body = body(area)
        return HealthLayout(
            HealthSection.all(sight.snapshot.health, now: sight.now),
            size: Size(columns: body.width, rows: body.height))
    }

    static func settle(_ state: inout ConsoleState, pane: Int, area: Rect) {
        guard state.panes[pane].route == .health, let rows = layout(state, area: area)?.rows else { return }
        var cursor = state.panes[pane].health.cursor
        cursor.settle(
            count: rows.count, height: rows.count, id: { rows[$0].id }, place: { id in rows.firstIndex { $0.id == id } }
        )
        state.panes[pane].health.cursor = cursor
    }

    static func perform(_ action: Action, _ state: inout ConsoleState, area: Rect) -> Bool {
        switch action {
        case .trip: act(&state, area, trip: true)
        case .reset: act(&state, area, trip: false)
        default:
            let rows = layout(state, area: area)?.rows ?? []
            let page = body(area).height - 1
            return state.pane.health.cursor.move(action, page: page, count: rows.count) { rows[$0].id }
        }
        return true
    }

    private static func act(_ state: inout ConsoleState, _ area: Rect, trip: Bool) {
        let rows = layout(state, area: area)?.rows ?? []
        let row = rows.first { $0.id == state.pane.health.cursor.selected }
        guard let row, let name = row.breaker else {
            return state.say("Select a breaker first: this row is none", .warning)
        }
        let shown = Sanitiser.drawable(name)
        let effect =
            trip
            ? "Every call through it is refused at once, until somebody resets it"
            : "The next call goes through; what failed before is forgotten"
        state.present(
            Sheet(
                title: trip ? "Trip the breaker \(shown)" : "Reset the breaker \(shown)",
                facts: ["Now \(row.value), \(Sanitiser.drawable(row.detail))", effect],
                action: trip ? .tripBreaker(name) : .resetBreaker(name), verb: trip ? "Trip" : "Reset",
                reason: TextInput(),
                isReasonNeeded: true, word: nil))
    }

    static func click(at point: Point, _ state: inout ConsoleState, area: Rect) {
        guard let layout = layout(state, area: area) else { return }
        let boxes = HealthView.boxes(layout, in: body(area))
        for (lines, box) in zip(layout.columns, boxes) where box.contains(point) {
            let top = HealthLayout.top(of: lines, selected: state.pane.health.cursor.selected, height: box.height)
            let index = top + point.y - box.y
            if lines.indices.contains(index), case .row(let row) = lines[index] {
                state.pane.health.cursor.select(row.id)
            }
        }
    }

    static func selection(_ state: ConsoleState, pane: Pane) -> String? {
        let sections = state.sight.map { HealthSection.all($0.snapshot.health, now: $0.now) } ?? []
        let rows = (HealthSection.attention(sections)?.rows ?? []) + sections.flatMap(\.rows)
        let row = rows.first { $0.id == pane.health.cursor.selected }
        return row.map { Sanitiser.drawable("\($0.id): \($0.value) \($0.detail)") }
    }

    static func table(_ state: ConsoleState, pane: Pane) -> ExportTable {
        let sections = state.sight.map { HealthSection.all($0.snapshot.health, now: $0.now) } ?? []
        let rows = sections.flatMap { section in
            section.rows.map { row -> [ExportTable.Value] in
                [.text(section.title), .text(row.name), .text(row.value), .text(section.unit), .text(row.detail)]
            }
        }
        return ExportTable(
            title: "Health at \(state.moment.iso8601)", columns: ["section", "name", "value", "unit", "detail"],
            rows: rows)
    }

    static func draw(_ state: ConsoleState, pane: Pane, into grid: inout Grid, area: Rect) {
        guard let sight = state.sight else { return Chrome.waiting(state, in: area, on: &grid) }
        HealthView.drawSummary(sight, in: area.row(0), on: &grid)
        guard !sight.snapshot.isHistorical else { return }
        let layout = layout(sight, area)
        HealthView.draw(
            layout, selected: pane.health.cursor.selected, hasFocus: pane.hasFocus, in: body(area), on: &grid)
    }
}
