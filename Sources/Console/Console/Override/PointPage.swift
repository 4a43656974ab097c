import EnergyModel
import Ports
import Screen

/// One point with its sixteen slots: what each is for, what it holds, who put it there and why.
enum PointPage {
    struct Areas {
        var title: Rect
        var facts: Rect
        var hold: Rect
        var slots: Rect
    }

    /// Title, facts and the sentence take three rows, so that heading and sixteen slots fit into 80x24 under a banner but
    /// for one.
    static func areas(_ area: Rect) -> Areas {
        let parts = area.rows([.fixed(1), .fixed(1), .fixed(1), .fill])
        return Areas(title: parts[0], facts: parts[1], hold: parts[2], slots: parts[3])
    }

    static func draw(_ state: ConsoleState, _ pane: Pane, in area: Rect, on grid: inout Grid) {
        guard let sight = state.sight else { return Chrome.waiting(state, in: area, on: &grid) }
        let areas = areas(area)
        guard case .point(let facility, let id) = pane.route,
            let known = sight.snapshot.facilities.first(where: { $0.id == facility })
        else {
            return Chrome.empty("No such facility is known: Esc, then :override and Tab", in: area, on: &grid)
        }
        OverrideView.drawTitle(known, state, pane, in: areas.title, on: &grid)
        guard let view = OverrideRoom.current(pane) else {
            let failure = pane.override.building.failure ?? pane.override.building.value?.failure
            let text =
                pane.override.building.value == nil
                ? failure ?? "Reading the building …"
                : "The building offers no point \(id): Esc lists those that it does"
            return Chrome.empty(text, in: area.dropRows(1), on: &grid)
        }
        drawFacts(view, state, pane, sight, in: areas.facts, on: &grid)
        drawHold(view, state, pane, sight, in: areas.hold, on: &grid)
        drawSlots(view, state, pane, in: areas.slots, on: &grid)
    }

    /// Beside the list: the same in a panel of its own.
    static func drawSide(_ view: PointView, _ state: ConsoleState, _ pane: Pane, in box: Rect, on grid: inout Grid) {
        guard let sight = state.sight else { return }
        Panel.rule([Span(view.point.id.text, .title)], in: box.row(0), on: &grid)
        let parts = box.dropRows(1).rows([.fixed(1), .fixed(2), .fill])
        drawFacts(view, state, pane, sight, in: parts[0], on: &grid)
        drawHold(view, state, pane, sight, in: parts[1], on: &grid)
        drawSlots(view, state, pane, in: parts[2], on: &grid)
    }

    private static func drawFacts(
        _ view: PointView, _ state: ConsoleState, _ pane: Pane, _ sight: Sight, in line: Rect, on grid: inout Grid
    ) {
        let point = view.point
        let failure = pane.override.building.value?.failure
        var facts: [[Span]] = []
        if let failure { facts.append([Span("× Not read: \(failure)", .stateBad)]) }
        let isUsable = view.reading.map { Freshness(age: sight.now.since($0.at)) != .bad } == true
        let value = isUsable ? view.reading?.value : nil
        facts += [
            [Span("Value ", .textDim), Span(point.kind.shown(value), value == nil ? .stateBad : .textStrong, .bold)],
            [Span("normal ", .textDim), Span(point.kind.shown(point.normal))],
            [Span("\(point.kind.word), zone \(point.zone)", .textDim)],
            point.isCritical ? [Span("critical: never touched by DR", .stateEstimated)] : [],
            point.rated.map { [Span("rated ", .textDim), Span(Numbers.power($0))] } ?? [],
            view.reading.map { [Span("read \(Age.column(sight.now.since($0.at))) ago", .textDim)] } ?? [],
        ]
        var x = line.x + 1
        for fact in facts where !fact.isEmpty {
            let width = min(line.maxX - x - 1, fact.reduce(0) { $0 + CharacterWidth.columns($1.text) })
            guard width > 8 || x == line.x + 1 else { continue }
            x += grid.draw(fact, at: Point(x: x, y: line.y), width: width) + 3
        }
    }

    private static func drawHold(
        _ view: PointView, _ state: ConsoleState, _ pane: Pane, _ sight: Sight, in box: Rect, on grid: inout Grid
    ) {
        let hold = view.hold
        let text = hold.mark.trimmingSpaces + " " + view.sentence(state.clock(for: pane), now: sight.now)
        let rows = TextView.wrap([Span(text.trimmingSpaces, hold.role)], width: box.width - 2)
        for offset in 0..<min(rows.count, box.height) {
            let isCut = offset == box.height - 1 && rows.count > box.height
            let line = isCut ? [Span(rows[offset...].joined().map(\.text).joined(), hold.role)] : rows[offset]
            grid.draw(line, at: Point(x: box.x + 1, y: box.y + offset), width: box.width - 2)
        }
    }

    private static let columns = [
        TableColumn("SLOT", width: .fixed(4), align: .right), TableColumn("FOR", width: .fixed(21)),
        TableColumn("VALUE", width: .fixed(9), align: .right),
        TableColumn("HELD BY", width: .flexible(minimum: 12, weight: 1)),
        TableColumn("UNTIL", width: .fixed(11)),
        TableColumn("SINCE", width: .fixed(11), priority: 3),
        TableColumn("STATE", width: .fixed(9), priority: 1),
        TableColumn("REASON", width: .flexible(minimum: 12, weight: 4), priority: 2),
    ]

    private static func drawSlots(
        _ view: PointView, _ state: ConsoleState, _ pane: Pane, in box: Rect, on grid: inout Grid
    ) {
        let cursor = pane.override.slots
        var isPage = false
        if case .point = pane.route { isPage = true }
        let table = Table(
            columns: columns, rowCount: 16, selected: isPage ? cursor.position : nil,
            window: ListWindow(top: isPage ? cursor.first : 0), isFocused: pane.hasFocus)
        let clock = state.clock(for: pane)
        let ruling = view.reading?.slots.keys.min()
        table.draw(in: box, on: &grid) { row, column in
            cell(view, slot: row + 1, column, isRuling: ruling == row + 1, clock, state.moment)
        }
    }

    private static func cell(
        _ view: PointView, slot: Int, _ column: Int, isRuling: Bool, _ clock: ZoneClock, _ now: UTCInstant
    ) -> TableCell {
        let holder = view.holders.first { $0.slot.rawValue == slot && $0.state != .released }
        let value = view.reading?.slots[slot]
        let isEmpty = value == nil && holder == nil
        let role: Role = isRuling ? .textStrong : isEmpty ? .textDim : .text
        switch column {
        case 0: return .text((isRuling ? "▶ " : "") + String(slot), role, isRuling ? .bold : [])
        case 1: return .text(PrioritySlot.meaning(of: slot), isEmpty ? .textDim : .text)
        case 2:
            if view.reading == nil { return .text(Numbers.unknown, .textDim) }
            return .text(value.map { view.point.kind.shown($0) } ?? "–", role, isRuling ? .bold : [])
        case 3:
            guard let holder else { return .text(value == nil ? "" : "not through us", .text) }
            let who = holder.slot == .operatorOverride ? holder.author.replacing(":", with: " ") : holder.event.text
            return .text(who, role)
        case 4: return .text(holder.map { clock.brief($0.until, now: now) } ?? "", .text)
        case 5: return .text(holder.map { clock.brief($0.since, now: now) } ?? "", .textDim)
        case 6:
            let isBad = holder?.state == .failed
            return .text(holder?.state.rawValue ?? "", isBad ? .stateBad : .textDim)
        default: return .text(holder?.reason ?? "", .textDim)
        }
    }
}
