import EnergyModel
import Ports
import Screen

/// Below the chart: how the forecast stands, and hour by hour what is expected and why.
enum ForecastPage {
    /// From here on the standing has a column of its own; below that it stands over the hours.
    static let wide = 110
    private static let labelWidth = 10

    // MARK: - Rows

    /// Beside the hours: warnings, then label by label, then remarks.
    private static func side(_ lines: ForecastLines, width: Int) -> [[Span]] {
        let facts = lines.facts.flatMap { label, spans -> [[Span]] in
            let rows = TextView.wrap(spans, width: max(12, width - labelWidth))
            return rows.enumerated().map { index, row in
                let name = index == 0 ? label : ""
                let blanks = String(repeating: " ", count: max(1, labelWidth - CharacterWidth.columns(name)))
                return [Span(name + blanks, .textDim)] + row
            }
        }
        let remarks = wrapped(lines.remarks, width)
        return wrapped(lines.warnings, width) + facts + (remarks.isEmpty ? [] : [[]] + remarks)
    }

    private static func wrapped(_ lines: [[Span]], _ width: Int) -> [[Span]] {
        lines.flatMap { TextView.wrap($0, width: width) }
    }

    private static func lines(_ state: ConsoleState, _ pane: Pane) -> ForecastLines? {
        FacilityChart(state: state, pane: pane).forecast.map {
            ForecastLines(answer: $0, now: state.moment, clock: state.clock(for: pane))
        }
    }

    static func hours(_ state: ConsoleState, _ pane: Pane) -> [ForecastHour] {
        guard let forecast = FacilityChart(state: state, pane: pane).forecast?.forecast else { return [] }
        return ForecastHour.all(forecast, from: state.moment, clock: state.clock(for: pane))
    }

    /// On a narrow screen: what somebody has to know over the hours, the rest under them.
    private struct Stack {
        var above: [[Span]]
        var hours: [ForecastHour]
        var below: [[Span]]

        var rows: Int { above.count + 1 + hours.count + below.count }
    }

    private static func stack(_ state: ConsoleState, _ pane: Pane, width: Int) -> Stack {
        guard let lines = lines(state, pane) else { return Stack(above: [], hours: [], below: []) }
        return Stack(
            above: wrapped(lines.warnings, width), hours: hours(state, pane),
            below: [[]] + wrapped(lines.brief + lines.remarks, width))
    }

    /// How far the page can be scrolled.
    static func overflow(_ state: ConsoleState, _ pane: Pane, in box: Rect) -> Int {
        let inner = box.inset(horizontal: 1)
        guard inner.width >= wide else {
            return max(0, stack(state, pane, width: inner.width - 2).rows - inner.height)
        }
        let sides = sides(inner)
        let beside = lines(state, pane).map { side($0, width: sides.standing.width - 2).count } ?? 0
        return max(0, beside - inner.height, hours(state, pane).count - Table.dataRows(height: inner.height))
    }

    private static func sides(_ box: Rect) -> (standing: Rect, hours: Rect) {
        let parts = box.columns([.fixed(min(64, box.width / 3)), .fill], gap: 2)
        return (parts[0], parts[1])
    }

    // MARK: - Drawing

    static func draw(
        _ facility: FacilitySnapshot, _ state: ConsoleState, _ pane: Pane, in box: Rect, on grid: inout Grid
    ) {
        let fetch = pane.facility.forecast
        guard fetch.value != nil else {
            return Chrome.empty(fetch.failure ?? "Asking for the forecast …", in: box, on: &grid)
        }
        guard let lines = lines(state, pane), lines.answer.forecast != nil else {
            return drawNone(state, pane, in: box, on: &grid)
        }
        let inner = box.inset(horizontal: 1)
        let top = pane.facility.pageTop
        guard inner.width >= wide else { return drawStack(facility, state, pane, top, in: inner, on: &grid) }
        let sides = sides(inner)
        let beside = side(lines, width: sides.standing.width - 2)
        TextView(beside, window: ListWindow(top: min(top, max(0, beside.count - inner.height))), wraps: false)
            .draw(in: sides.standing, on: &grid)
        drawHours(hours(state, pane), facility, state, pane, top: top, in: sides.hours, on: &grid)
    }

    private static func drawStack(
        _ facility: FacilitySnapshot, _ state: ConsoleState, _ pane: Pane, _ top: Int, in box: Rect, on grid: inout Grid
    ) {
        let stack = stack(state, pane, width: box.width - 2)
        var rest = box
        func put(_ lines: ArraySlice<[Span]>) {
            for (offset, line) in lines.prefix(rest.height).enumerated() {
                grid.draw(line, at: Point(x: rest.x, y: rest.y + offset), width: rest.width - 2)
            }
            rest = rest.dropRows(lines.count)
        }
        put(stack.above.dropFirst(top))
        // The heading stays while there are hours under it.
        let first = max(0, top - stack.above.count)
        let rows = max(0, stack.hours.count - first)
        if rows > 0 {
            let table = Rect(x: rest.x, y: rest.y, width: rest.width, height: min(rest.height, rows + 1))
            drawHours(stack.hours, facility, state, pane, top: first, in: table, on: &grid)
            rest = rest.dropRows(table.height)
        }
        put(stack.below.dropFirst(max(0, first - stack.hours.count)))
    }

    private static func drawNone(_ state: ConsoleState, _ pane: Pane, in box: Rect, on grid: inout Grid) {
        let text =
            state.past == nil
            ? "No forecast yet: the first is made with the next quarter hour, from the building's kind and contract if nothing "
                + "was measured"
            : "No forecast is stored for this moment"
        Chrome.empty(text, in: box, on: &grid)
    }

    private static let columns = [
        TableColumn("", width: .fixed(1)), TableColumn("HOUR", width: .fixed(11)),
        TableColumn("LOW kW", width: .fixed(7), align: .right),
        TableColumn("EXPECTED", width: .fixed(8), align: .right),
        TableColumn("HIGH kW", width: .fixed(7), align: .right),
        TableColumn("USUAL", width: .fixed(7), align: .right, priority: 3),
        TableColumn("RECENT", width: .fixed(7), align: .right, priority: 1),
        TableColumn("WEATHER", width: .fixed(7), align: .right, priority: 2),
        TableColumn("", width: .flexible(minimum: 4, weight: 1), priority: 4),
    ]

    private static func drawHours(
        _ hours: [ForecastHour], _ facility: FacilitySnapshot, _ state: ConsoleState, _ pane: Pane, top: Int,
        in box: Rect, on grid: inout Grid
    ) {
        guard box.height > 1 else { return }
        let clock = state.clock(for: pane)
        let window = ListWindow(top: min(top, max(0, hours.count - Table.dataRows(height: box.height))))
        let table = Table(
            columns: columns, rowCount: hours.count, window: window,
            emptyText: "The forecast is over: the newest that is stored reaches no further", isFocused: pane.hasFocus)
        // A tenth of a kilowatt is not forecast where hundreds are.
        let decimals = hours.contains { $0.high >= 100 } ? 0 : 1
        Chrome.draw(table, in: box, on: &grid) { row, column in
            guard hours.indices.contains(row) else { return .empty }
            let before = row > 0 ? hours[row - 1] : nil
            return cell(hours[row], column, decimals, before: before, facility, clock)
        }
    }

    private static func cell(
        _ hour: ForecastHour, _ column: Int, _ decimals: Int, before: ForecastHour?, _ facility: FacilitySnapshot,
        _ clock: ZoneClock
    ) -> TableCell {
        let demand = facility.contractDemand?.kilowatts ?? .infinity
        let near = demand * ForecastLook.nearContract
        func number(_ value: Double) -> String { Numeral.fixed(value, decimals: decimals) }
        switch column {
        case 0: return hour.middle >= near ? .text(hour.middle > demand ? "▶" : "!", .barOver, .bold) : .empty
        case 1:
            let isNewDay = before.map { clock.date($0.start) != clock.date(hour.start) } ?? true
            let text = isNewDay ? clock.shortDateTime(hour.start) : "      " + clock.shortTime(hour.start)
            return .text(text, isNewDay ? .text : .textDim)
        case 2: return .text(number(hour.low), .textDim)
        case 3:
            return .text(number(hour.middle), hour.middle >= near ? .barOver : .textStrong, hour.hasPeak ? .bold : [])
        case 4: return .text(number(hour.high), hour.high >= near ? .barOver : .textDim)
        case 5: return .text(number(hour.usual))
        case 6: return .text(Numbers.signed(hour.recent, decimals: decimals))
        case 7: return .text(Numbers.signed(hour.weather, decimals: decimals))
        default: return .text(note(hour, before: before, facility, clock), .textDim)
        }
    }

    private static func note(
        _ hour: ForecastHour, before: ForecastHour?, _ facility: FacilitySnapshot, _ clock: ZoneClock
    ) -> String {
        var notes: [String] = []
        if hour.hasPeak { notes.append("peak") }
        if let window = facility.response?.window, window.start < hour.end, hour.start < window.end {
            notes.append("DR")
        }
        if let before, clock.offset(at: before.start) != clock.offset(at: hour.start) {
            notes.append(clock.label(at: hour.start))
        }
        return notes.joined(separator: ", ")
    }
}
