import EnergyModel
import Ports
import Screen

/// The points of a building: their values, who holds them until when, and one level down the whole priority array.
enum OverrideRoom: Room {
    static let filterFields = ["point", "zone", "kind", "holder", "value", "normal"]

    static func filter(of pane: Pane) -> RowFilter { pane.override.filter }

    static func setFilter(_ filter: RowFilter, _ state: inout ConsoleState) { state.pane.override.filter = filter }

    // MARK: - Data

    static func refresh(_ state: inout ConsoleState, pane: Int) {
        state.panes[pane].override.come(to: state.panes[pane].route.facility)
        ask(&state, pane: pane)
    }

    private static func ask(_ state: inout ConsoleState, pane: Int) {
        guard state.past == nil, let facility = state.panes[pane].route.facility else { return }
        let id = state.ask(.building(facility))
        state.panes[pane].override.building.asked(id, at: state.now)
    }

    /// Each reading is a request to the building itself: every 15 s is enough to watch, and spares it.
    static func tick(_ state: inout ConsoleState, pane: Int) {
        if state.panes[pane].route == .override(nil) { choose(&state, pane: pane) }
        guard state.past == nil, state.panes[pane].override.building.isDue(every: .seconds(15), now: state.now) else {
            return
        }
        ask(&state, pane: pane)
    }

    /// Opened before the fleet was there: takes what Overview selects, or its first row, as soon as there is one.
    private static func choose(_ state: inout ConsoleState, pane: Int) {
        let selected = state.panes[pane].overview.cursor.selected
        let first = state.sight?.snapshot.facilities.min { $0.name < $1.name }?.id
        guard let facility = selected ?? first else { return }
        state.panes[pane].route = .override(facility)
        refresh(&state, pane: pane)
    }

    static func receive(_ state: inout ConsoleState, pane: Int, id: EffectID, result: EffectResult) -> Bool {
        guard let outcome = result.outcome(\.building) else { return false }
        return state.panes[pane].override.building.settle(id, outcome, at: state.now)
    }

    /// In the building's own order, under the filter.
    static func rows(_ pane: Pane) -> [PointView] {
        let points = pane.override.building.value?.points ?? []
        guard !pane.override.filter.isEmpty else { return points }
        let pass = FilterPass(pane.override.filter, fields: filterFields)
        return points.filter { pass.accepts(FilterablePoint(view: $0)) }
    }

    static func settle(_ state: inout ConsoleState, pane: Int, area: Rect) {
        let areas = OverrideView.areas(area)
        switch state.panes[pane].route {
        case .override:
            let rows = rows(state.panes[pane])
            state.panes[pane].override.list.settle(
                count: rows.count, height: Table.dataRows(height: areas.list.height), id: { rows[$0].point.id },
                place: { id in rows.firstIndex { $0.point.id == id } })
        case .point:
            state.panes[pane].override.slots.settle(
                count: 16, height: Table.dataRows(height: PointPage.areas(area).slots.height), id: { $0 + 1 },
                place: { $0 - 1 })
        default: break
        }
    }

    /// The point shown or selected.
    static func current(_ pane: Pane) -> PointView? {
        let points = pane.override.building.value?.points ?? []
        if case .point(_, let id) = pane.route { return points.first { $0.point.id == id } }
        return points.first { $0.point.id == pane.override.list.selected }
    }

    // MARK: - Keys

    static func perform(_ action: Action, _ state: inout ConsoleState, area: Rect) -> Bool {
        switch action {
        case .set: OverrideSheets.set(&state)
        case .extend: OverrideSheets.extend(&state)
        case .release: OverrideSheets.release(&state)
        case .releaseAll: OverrideSheets.releaseAll(&state)
        case .nextFacility: neighbour(1, &state)
        case .previousFacility: neighbour(-1, &state)
        default:
            if case .point = state.pane.route {
                let page = Table.dataRows(height: PointPage.areas(area).slots.height) - 1
                return state.pane.override.slots.move(action, page: page, count: 16) { $0 + 1 }
            }
            return performList(action, &state, area)
        }
        return true
    }

    private static func performList(_ action: Action, _ state: inout ConsoleState, _ area: Rect) -> Bool {
        if action == .enter {
            open(&state)
            return true
        }
        let rows = rows(state.pane)
        let page = Table.dataRows(height: OverrideView.areas(area).list.height) - 1
        return state.pane.override.list.move(action, page: page, count: rows.count) { rows[$0].point.id }
    }

    private static func open(_ state: inout ConsoleState) {
        guard state.past == nil, let facility = state.pane.route.facility,
            let point = state.pane.override.list.selected
        else { return }
        state.pane.override.slots = ListCursor()
        state.pane.route = .point(facility, point)
    }

    private static func neighbour(_ step: Int, _ state: inout ConsoleState) {
        guard let facilities = state.sight?.snapshot.facilities else { return }
        let index = state.pane.overview.index
        let ids = index.rows.indices.compactMap { index.id(at: $0, in: facilities) }
        guard !ids.isEmpty else { return }
        let here = state.pane.route.facility.flatMap { ids.firstIndex(of: $0) } ?? -step
        let next = ids[(here + step + ids.count) % ids.count]
        state.pane.overview.cursor.select(next)
        state.go(to: .override(next))
    }

    static func click(at point: Point, _ state: inout ConsoleState, area: Rect) {
        guard case .override = state.pane.route else { return }
        let rows = rows(state.pane)
        let box = OverrideView.areas(area).list
        let row = state.pane.override.list.first + point.y - box.y - 1
        guard box.contains(point), point.y > box.y, rows.indices.contains(row) else { return }
        if state.pane.override.list.selected == rows[row].point.id { return open(&state) }
        state.pane.override.list.select(rows[row].point.id)
    }

    static func draw(_ state: ConsoleState, pane: Pane, into grid: inout Grid, area: Rect) {
        guard state.past == nil else {
            let back = state.keys.hint(.freeze) ?? ":live"
            return Chrome.empty(
                "Points are not kept as they were at a past moment: \(back) returns to live; the Journal tells what was "
                    + "written, and when", in: area, on: &grid)
        }
        if case .point = pane.route { return PointPage.draw(state, pane, in: area, on: &grid) }
        OverrideView.draw(state, pane, in: area, on: &grid)
    }

    // MARK: - Export

    static func selection(_ state: ConsoleState, pane: Pane) -> String? {
        guard state.past == nil, let view = current(pane), let facility = pane.route.facility else { return nil }
        let value = view.point.kind.shown(view.reading?.value)
        let sentence = view.sentence(.utc, now: state.moment)
        return Sanitiser.drawable("\(facility) \(view.point.id): \(value). \(sentence)")
    }

    static func table(_ state: ConsoleState, pane: Pane) -> ExportTable {
        let rows = state.past == nil ? rows(pane) : []
        let cells = rows.map { view -> [ExportTable.Value] in
            let ours: PointView.Holder?
            if case .ours(let holder) = view.hold.ruler { ours = holder } else { ours = nil }
            return [
                .text(view.point.id.text), .text(view.point.zone), .text(view.point.kind.rawValue),
                .init(view.reading?.value), .number(view.point.normal), .text(view.hold.words),
                .init(ours.map { Double($0.slot.rawValue) }), .init(ours?.event.text), .init(ours?.since.iso8601),
                .init(ours?.until.iso8601), .init(ours?.reason), .init(view.reading?.at.iso8601),
            ]
        }
        let facility = pane.route.facility?.text ?? "no facility"
        return ExportTable(
            title: "Points of \(facility) at \(state.moment.iso8601)",
            columns: [
                "point", "zone", "kind", "value", "normal", "held_by", "slot", "event", "since", "until", "reason",
                "read_at",
            ], rows: cells)
    }
}
