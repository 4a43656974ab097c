import EnergyModel
import Ports
import Screen

/// The list of events: what runs above, everything open first.
enum EventsView {
    struct Areas {
        var totals: Rect
        var title: Rect
        var list: Rect
    }

    static func areas(_ area: Rect) -> Areas {
        let parts = area.rows([.fixed(1), .fixed(1), .fill])
        return Areas(totals: parts[0], title: parts[1], list: parts[2])
    }

    private enum Column: Int, CaseIterable {
        case mark, name, id, program, state, window, left, target, expected, achieved, share, bar, buildings, source
        case quality, received
    }

    private static let columns: [TableColumn] = Column.allCases.map { column in
        switch column {
        case .mark: TableColumn("", width: .fixed(1))
        case .name: TableColumn("EVENT", width: .flexible(minimum: 12, weight: 3))
        case .id: TableColumn("ID", width: .flexible(minimum: 14, weight: 1), priority: 6)
        case .program: TableColumn("PROGRAM", width: .fixed(14), priority: 8)
        case .state: TableColumn("STATE", width: .fixed(11))
        case .window: TableColumn("WINDOW", width: .fixed(12))
        case .left: TableColumn("LEFT", width: .fixed(9), align: .right)
        case .target: TableColumn("TARGET kW", width: .fixed(9), align: .right)
        case .expected: TableColumn("EXPECTED kW", width: .fixed(11), align: .right, priority: 2)
        case .achieved: TableColumn("ACHIEVED", width: .fixed(9), align: .right)
        case .share: TableColumn("%", width: .fixed(4), align: .right, priority: 1)
        case .bar: TableColumn("OF TARGET", width: .flexible(minimum: 12, weight: 1), priority: 9)
        case .buildings: TableColumn("BUILDINGS", width: .fixed(9), align: .right, priority: 3)
        case .source: TableColumn("SOURCE", width: .fixed(13), priority: 4)
        case .quality: TableColumn("PLAN ON", width: .fixed(9), priority: 7)
        case .received: TableColumn("RECEIVED", width: .fixed(11), priority: 10)
        }
    }

    static func table(_ state: ConsoleState, _ pane: Pane) -> Table {
        let events = pane.events
        return Table(
            columns: columns, rowCount: events.index.rows.count,
            selected: events.cursor.selected == nil ? nil : events.cursor.position,
            window: ListWindow(top: events.cursor.first), emptyText: emptyText(state, pane), isFocused: pane.hasFocus)
    }

    private static func emptyText(_ state: ConsoleState, _ pane: Pane) -> String {
        let events = pane.events
        if events.list.value == nil { return events.list.failure ?? "Asking for the events …" }
        guard events.filter.isEmpty else { return "No event passes the filter \(events.filter.text): Esc clears it" }
        let by = state.mayAct ? state.keys.hint(.create, in: .events).map { ", \($0) makes one by hand" } ?? "" : ""
        return "No \(events.choice.words) yet: the utility sends them\(by)"
    }

    static func draw(_ state: ConsoleState, _ pane: Pane, in area: Rect, on grid: inout Grid) {
        guard let sight = state.sight else { return Chrome.waiting(state, in: area, on: &grid) }
        let areas = areas(area)
        drawTotals(sight, in: areas.totals, on: &grid)
        drawTitle(state, pane, in: areas.title, on: &grid)
        let index = pane.events.index
        let clock = state.clock(for: pane)
        Chrome.draw(table(state, pane), in: areas.list, on: &grid) { row, column in
            guard index.rows.indices.contains(row), let column = Column(rawValue: column) else { return .empty }
            let event = index.rows[row]
            return cell(event, column, index.buildings[event.id], sight.now, clock)
        }
    }

    private static func drawTotals(_ sight: Sight, in line: Rect, on grid: inout Grid) {
        let totals = ResponseTotals(sight.snapshot.openEvents)
        let updated = Chrome.updated(sight)
        let width = updated.reduce(0) { $0 + CharacterWidth.columns($1.text) }
        var spans = totals.spans(now: sight.now)
        if spans.isEmpty { spans = [Span("No event is running", .textDim)] }
        if totals.active > 0, totals.scheduled > 0 { spans.append(Span("   \(totals.scheduled) scheduled", .textDim)) }
        if totals.releasing > 0 { spans.append(Span("   \(totals.releasing) releasing", .textDim)) }
        if totals.overrides > 0 {
            spans.append(Span("   " + Numbers.count(totals.overrides, "override", "overrides"), .textDim))
        }
        // How old the list is stands below as well: what is wrong must not be cut for it.
        let wanted = spans.reduce(0) { $0 + CharacterWidth.columns($1.text) }
        guard wanted + width + 4 <= line.width else {
            grid.draw(spans, at: Point(x: line.x + 1, y: line.y), width: line.width - 2)
            return
        }
        grid.draw(spans, at: Point(x: line.x + 1, y: line.y), width: wanted)
        grid.draw(updated, at: Point(x: line.maxX - width - 1, y: line.y), width: width)
    }

    private static func drawTitle(_ state: ConsoleState, _ pane: Pane, in line: Rect, on grid: inout Grid) {
        let events = pane.events
        let index = events.index
        var title = [Span(events.choice.words, .textStrong)]
        if events.list.value != nil || !index.rows.isEmpty {
            let more = (events.list.value?.count ?? 0) >= events.depth ? ", older ones below" : ""
            title.append(
                Span(
                    " · \(Numeral.grouped(index.open)) open of \(Numeral.grouped(index.known)), open first\(more)",
                    .textDim))
        }
        if !events.filter.isEmpty { title += [Span(" · filter ", .textDim), Span(events.filter.text, .match)] }
        let room = line.width - Chrome.width(title) - 8
        Panel.rule(title, note: Chrome.updated(events.list, now: state.now, room: room), in: line, on: &grid)
    }

    private static func cell(
        _ event: DemandResponseEvent, _ column: Column, _ buildings: EventIndex.Buildings?, _ now: UTCInstant,
        _ clock: ZoneClock
    ) -> TableCell {
        let look = event.look
        let isOver = event.isSettled
        switch column {
        case .mark: return .text(look.mark, look.role, .bold)
        case .name: return .text(event.title, isOver ? .textDim : .text)
        case .id: return .text(event.id.text, .textDim)
        case .program: return .text(event.program, .textDim)
        case .state: return .text(look.word, look.role)
        case .window: return .text(window(event, now, clock), isOver ? .textDim : .text)
        case .left: return .text(event.timeLeft(at: now), .textDim)
        case .target: return power(event.target, isOver ? .textDim : .text)
        case .expected: return power(event.expected, .textDim)
        case .achieved:
            return power(event.achieved, event.isLow ? .stateStale : isOver ? .textDim : .textStrong)
        case .share:
            return .text(Numbers.percent(event.achievedShare), event.isLow ? .stateStale : .textDim)
        case .bar:
            return event.achievedShare == nil ? .empty : .bar(Bar(fraction: event.achievedShare))
        case .buildings:
            guard let buildings else { return .text("–", .textDim) }
            let role: Role = buildings.failed > 0 ? .stateBad : .textDim
            return .text("\(buildings.active) of \(buildings.all)", role)
        case .source: return .text(event.source, .textDim)
        case .quality:
            let quality = event.forecastQuality
            return .text(quality?.rawValue ?? "–", quality?.caution == nil ? .textDim : .stateEstimated)
        case .received: return .text(clock.shortDateTime(event.receivedAt), .textDim)
        }
    }

    private static func power(_ power: Power?, _ role: Role) -> TableCell {
        power.map { .text(Numbers.kilowatts($0.kilowatts), role) } ?? .text(Numbers.unknown, .textDim)
    }

    /// `21:00–22:00`, with its date on another day; the end of a longer one stands on its page.
    private static func window(_ event: DemandResponseEvent, _ now: UTCInstant, _ clock: ZoneClock) -> String {
        let start = event.window.start
        guard clock.date(start) == clock.date(now) else { return clock.shortDateTime(start) }
        guard !event.isOpenEnded else { return "\(clock.shortTime(start))–open" }
        return "\(clock.shortTime(start))–\(clock.shortTime(event.window.end))"
    }
}

extension DemandResponseEvent {
    /// What a person calls it: its name, else its id.
    var title: String { name.contains { $0 != " " } ? name : id.text }
}
