import EnergyModel
import Ports
import Screen

/// The list of a building's points; where there is width, the selected one's priority array beside it.
enum OverrideView {
    struct Areas {
        var title: Rect
        var facts: Rect
        var listTitle: Rect
        var list: Rect
        /// Empty below `EventPage.wide` columns.
        var side: Rect
    }

    static func areas(_ area: Rect) -> Areas {
        let head = area.rows([.fixed(1), .fixed(1), .fill])
        let none = Rect(x: 0, y: 0, width: 0, height: 0)
        let columns =
            area.width >= EventPage.wide ? head[2].columns([.fraction(0.55), .fill], gap: 2) : [head[2], none]
        let list = columns[0].rows([.fixed(1), .fill])
        return Areas(title: head[0], facts: head[1], listTitle: list[0], list: list[1], side: columns[1])
    }

    static func draw(_ state: ConsoleState, _ pane: Pane, in area: Rect, on grid: inout Grid) {
        guard let sight = state.sight else { return Chrome.waiting(state, in: area, on: &grid) }
        guard let id = pane.route.facility else {
            return Chrome.empty(
                "No facility is chosen: Enter on a row of Overview, or :override and its id", in: area, on: &grid)
        }
        guard let facility = sight.snapshot.facilities.first(where: { $0.id == id }) else {
            return Chrome.empty(
                "No facility \(id) is known: :override and Tab lists those that are", in: area, on: &grid)
        }
        let areas = areas(area)
        drawTitle(facility, state, pane, in: areas.title, on: &grid)
        drawFacts(facility, state, pane, sight, in: areas.facts, on: &grid)
        drawList(state, pane, sight, areas, on: &grid)
        if areas.side.width > 0, let view = OverrideRoom.current(pane) {
            PointPage.drawSide(view, state, pane, in: areas.side, on: &grid)
        }
    }

    static func drawTitle(
        _ facility: FacilitySnapshot, _ state: ConsoleState, _ pane: Pane, in line: Rect, on grid: inout Grid
    ) {
        var spans = [Span(facility.name, .title, .bold), Span("  \(facility.id)", .textDim)]
        if case .point(_, let point) = pane.route {
            spans += [Span("  › ", .textDim), Span(point.text, .title, .bold)]
        }
        let place = [facility.kind.rawValue, facility.region].filter { !$0.isEmpty }
        spans.append(Span("   " + place.joined(separator: " · "), .textDim))
        if state.guardWord(facility.id) != nil {
            spans.append(Span("   ◆ protected: actions ask for its name", .stateEstimated))
        }
        let updated = Chrome.updated(pane.override.building, now: state.now, room: line.width / 3)
        let width = Chrome.width(updated)
        grid.draw(spans, at: Point(x: line.x + 1, y: line.y), width: line.width - width - 4)
        grid.draw(updated, at: Point(x: line.maxX - width - 1, y: line.y), width: width)
    }

    /// What is wrong first: no endpoint, no answer; then what holds, and how old it is.
    static func drawFacts(
        _ facility: FacilitySnapshot, _ state: ConsoleState, _ pane: Pane, _ sight: Sight, in line: Rect,
        on grid: inout Grid
    ) {
        guard let view = pane.override.building.value else { return }
        if view.endpoint == nil {
            return EventPage.place(
                [[Span("× No endpoint is configured for it: it cannot be commanded", .stateBad)]], in: line, on: &grid)
        }
        if let failure = view.failure {
            let text = [Span("× The building does not answer: \(failure)", .stateBad)]
            grid.draw(text, at: Point(x: line.x + 1, y: line.y), width: line.width - 2)
            return
        }
        let holds = view.points.map(\.hold)
        func count(_ slots: (PrioritySlot) -> Bool) -> Int {
            holds.count { if case .ours(let holder) = $0.ruler { slots(holder.slot) } else { false } }
        }
        let held = count { $0 == .operatorOverride }
        let hidden = holds.count { $0.waiting != nil }
        let age = view.readAt.map { sight.now.since($0) }
        let isOld = age.map { $0 >= Chrome.staleAfter } == true
        let response = facility.response.map { response in
            [Span("event \(response.event): ", .textDim)] + response.words(now: sight.now)
        }
        EventPage.place(
            [
                hidden == 0
                    ? [] : [Span("! \(Numbers.count(hidden, "point hides", "points hide")) a DR value", .stateStale)],
                [Span("\(held)", held > 0 ? .textStrong : .text), Span(" held by operators", .textDim)],
                [Span("\(count { $0.isForDemandResponse })"), Span(" held by DR", .textDim)],
                [Span(age.map { "read \(Age.column($0)) ago" } ?? "", isOld ? .stateStale : .textDim)],
                response ?? [],
            ], in: line, on: &grid)
    }

    private static let columns = [
        TableColumn("", width: .fixed(1)), TableColumn("POINT", width: .flexible(minimum: 18, weight: 3)),
        TableColumn("ZONE", width: .fixed(14), priority: 3), TableColumn("KIND", width: .fixed(8), priority: 5),
        TableColumn("VALUE", width: .fixed(9), align: .right),
        TableColumn("NORMAL", width: .fixed(9), align: .right, priority: 2),
        TableColumn("HELD BY", width: .flexible(minimum: 24, weight: 3)),
        TableColumn("SINCE", width: .fixed(11), priority: 4), TableColumn("UNTIL", width: .fixed(11)),
        TableColumn("RATED kW", width: .fixed(8), align: .right, priority: 6),
    ]

    private static func emptyText(_ pane: Pane) -> String {
        guard let view = pane.override.building.value else {
            return pane.override.building.failure ?? "Reading the building …"
        }
        if view.endpoint == nil {
            return "Give it an endpoint under buildings in the configuration, then it can be read and commanded"
        }
        guard pane.override.filter.isEmpty else {
            return "No point passes the filter \(pane.override.filter.text): Esc clears it"
        }
        return view.failure == nil
            ? "The building offers no point that can be commanded" : "Its points are not known: it never answered"
    }

    private static func drawList(
        _ state: ConsoleState, _ pane: Pane, _ sight: Sight, _ areas: Areas, on grid: inout Grid
    ) {
        let rows = OverrideRoom.rows(pane)
        let isKnown = pane.override.building.value != nil
        var title = [Span(isKnown ? Numbers.count(rows.count, "point", "points") : "Points", .title)]
        if !pane.override.filter.isEmpty {
            title += [Span(" · filter ", .textDim), Span(pane.override.filter.text, .match)]
        }
        let endpoint = pane.override.building.value?.endpoint.map { [Span($0, .textDim)] } ?? []
        Panel.rule(title, note: endpoint, in: areas.listTitle, on: &grid)
        let list = pane.override.list
        let clock = state.clock(for: pane)
        let table = Table(
            columns: columns, rowCount: rows.count, selected: list.selected == nil ? nil : list.position,
            window: ListWindow(top: list.first), emptyText: emptyText(pane), isFocused: pane.hasFocus)
        Chrome.draw(table, in: areas.list, on: &grid) { row, column in
            rows.indices.contains(row) ? cell(rows[row], column, clock, sight.now) : .empty
        }
    }

    private static func cell(_ view: PointView, _ column: Int, _ clock: ZoneClock, _ now: UTCInstant) -> TableCell {
        let hold = view.hold
        var holder: PointView.Holder?
        if case .ours(let found) = hold.ruler { holder = found }
        switch column {
        case 0: return .text(hold.mark, hold.role, .bold)
        case 1: return .text(view.point.id.text)
        case 2: return .text(view.point.zone + (view.point.isCritical ? " !" : ""), .textDim)
        case 3: return .text(view.point.kind.word, .textDim)
        case 4: return value(view, now)
        case 5: return .text(view.point.kind.shown(view.point.normal), .textDim)
        case 6: return .text(hold.words, hold.role)
        case 7: return .text(holder.map { clock.brief($0.since, now: now) } ?? "–", .textDim)
        case 8:
            let isOver = holder.map { $0.until < now } == true
            return .text(holder.map { clock.brief($0.until, now: now) } ?? "–", isOver ? .stateStale : .text)
        default: return .text(view.point.rated.map { Numbers.kilowatts($0.kilowatts) } ?? "–", .textDim)
        }
    }

    /// Bad after 5 min, like every reading.
    static func value(_ view: PointView, _ now: UTCInstant) -> TableCell {
        guard let reading = view.reading else { return .text(Numbers.unknown, .stateBad) }
        switch Freshness(age: now.since(reading.at)) {
        case .fresh: return .text(view.point.kind.shown(reading.value), .textStrong)
        case .stale: return .text(view.point.kind.shown(reading.value), .stateStale)
        case .bad: return .text(Numbers.unknown, .stateBad)
        }
    }
}

extension ZoneClock {
    /// `21:04:15` on the day of `now`, else `11-20 21:04`: eleven places at most.
    func brief(_ moment: UTCInstant, now: UTCInstant) -> String {
        date(moment) == date(now) ? time(moment) : shortDateTime(moment)
    }
}
