import EnergyModel
import Ports
import Screen

/// Below the chart: how the forecast stands, and hour by hour what is expected and why.
enum ForecastPage {
    /// From here on the standing has a column of its own; below that it stands over the hours.
    static let wide = 110
    private static let labelWidth = 11

    // MARK: - Rows

    /// The standing, wrapped: label by label beside the hours, in few lines above them.
    static func standing(_ state: ConsoleState, _ pane: Pane, width: Int, isWide: Bool) -> [[Span]] {
        guard let answer = pane.facility.forecast.value else { return [] }
        let lines = ForecastLines(answer: answer, now: state.moment, clock: state.clock(for: pane))
        let warnings = lines.warnings.flatMap { TextView.wrap($0, width: width) }
        let remarks = lines.remarks.flatMap { TextView.wrap($0, width: width) }
        guard isWide else {
            return warnings + lines.brief.flatMap { TextView.wrap($0, width: width) } + remarks
        }
        let facts = lines.facts.flatMap { label, spans -> [[Span]] in
            let rows = TextView.wrap(spans, width: max(12, width - labelWidth))
            return rows.enumerated().map { index, row in
                let name = index == 0 ? label : ""
                let blanks = String(repeating: " ", count: max(1, labelWidth - CharacterWidth.columns(name)))
                return [Span(name + blanks, .textDim)] + row
            }
        }
        return warnings + facts + (remarks.isEmpty ? [] : [[]] + remarks)
    }

    static func hours(_ state: ConsoleState, _ pane: Pane) -> [ForecastHour] {
        guard let forecast = FacilityChart(state: state, pane: pane).forecast?.forecast else { return [] }
        return ForecastHour.all(forecast, from: state.moment, clock: state.clock(for: pane))
    }

    /// How far the page can be scrolled.
    static func overflow(_ state: ConsoleState, _ pane: Pane, in box: Rect) -> Int {
        let hours = hours(state, pane).count
        let inner = box.inset(horizontal: 1)
        guard inner.width >= wide else {
            let lines = standing(state, pane, width: inner.width - 2, isWide: false).count
            return max(0, lines + 1 + hours - inner.height)
        }
        let side = sides(inner)
        let lines = standing(state, pane, width: side.standing.width - 2, isWide: true).count
        return max(0, lines - inner.height, hours - Table.dataRows(height: inner.height))
    }

    private static func sides(_ box: Rect) -> (standing: Rect, hours: Rect) {
        let parts = box.columns([.fixed(min(64, box.width * 2 / 5)), .fill], gap: 2)
        return (parts[0], parts[1])
    }

    // MARK: - Drawing

    static func draw(
        _ facility: FacilitySnapshot, _ state: ConsoleState, _ pane: Pane, in box: Rect, on grid: inout Grid
    ) {
        let fetch = pane.facility.forecast
        guard let answer = fetch.value else {
            return Chrome.empty(fetch.failure ?? "Asking for the forecast …", in: box, on: &grid)
        }
        guard answer.forecast != nil else { return drawNone(state, pane, in: box, on: &grid) }
        let inner = box.inset(horizontal: 1)
        let top = pane.facility.pageTop
        guard inner.width >= wide else {
            let lines = standing(state, pane, width: inner.width - 2, isWide: false)
            let shown = lines.dropFirst(top).prefix(inner.height)
            for (offset, line) in shown.enumerated() {
                grid.draw(line, at: Point(x: inner.x, y: inner.y + offset), width: inner.width - 2)
            }
            return drawHours(
                facility, state, pane, top: max(0, top - lines.count), in: inner.dropRows(shown.count), on: &grid)
        }
        let side = sides(inner)
        let lines = standing(state, pane, width: side.standing.width - 2, isWide: true)
        TextView(lines, window: ListWindow(top: min(top, max(0, lines.count - inner.height))), wraps: false)
            .draw(in: side.standing, on: &grid)
        drawHours(facility, state, pane, top: top, in: side.hours, on: &grid)
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
        TableColumn("LOW kW", width: .fixed(9), align: .right),
        TableColumn("EXPECTED", width: .fixed(9), align: .right),
        TableColumn("HIGH kW", width: .fixed(9), align: .right),
        TableColumn("USUAL", width: .fixed(9), align: .right, priority: 3),
        TableColumn("RECENT", width: .fixed(8), align: .right, priority: 1),
        TableColumn("WEATHER", width: .fixed(8), align: .right, priority: 2),
        TableColumn("", width: .flexible(minimum: 6, weight: 1), priority: 4),
    ]

    private static func drawHours(
        _ facility: FacilitySnapshot, _ state: ConsoleState, _ pane: Pane, top: Int, in box: Rect, on grid: inout Grid
    ) {
        guard box.height > 1 else { return }
        let hours = hours(state, pane)
        let clock = state.clock(for: pane)
        let window = ListWindow(top: min(top, max(0, hours.count - Table.dataRows(height: box.height))))
        let table = Table(
            columns: columns, rowCount: hours.count, window: window,
            emptyText: "The forecast is over: the newest that is stored reaches no further", isFocused: pane.hasFocus)
        Chrome.draw(table, in: box, on: &grid) { row, column in
            guard hours.indices.contains(row) else { return .empty }
            let before = row > 0 ? hours[row - 1] : nil
            return cell(hours[row], column, before: before, facility, clock)
        }
    }

    private static func cell(
        _ hour: ForecastHour, _ column: Int, before: ForecastHour?, _ facility: FacilitySnapshot, _ clock: ZoneClock
    ) -> TableCell {
        let demand = facility.contractDemand?.kilowatts ?? .infinity
        let isNear = hour.middle >= demand * ForecastLook.nearContract
        let role: Role = isNear ? .barOver : .textStrong
        switch column {
        case 0: return isNear ? .text(hour.middle > demand ? "▶" : "!", .barOver, .bold) : .empty
        case 1:
            let isNewDay = before.map { clock.date($0.start) != clock.date(hour.start) } ?? true
            let text = isNewDay ? clock.shortDateTime(hour.start) : "      " + clock.shortTime(hour.start)
            return .text(text, isNewDay ? .text : .textDim)
        case 2: return .text(Numbers.kilowatts(hour.low), .textDim)
        case 3: return .text(Numbers.kilowatts(hour.middle), role, hour.hasPeak ? .bold : [])
        case 4:
            return .text(
                Numbers.kilowatts(hour.high), hour.high >= demand * ForecastLook.nearContract ? .barOver : .textDim)
        case 5: return .text(Numbers.kilowatts(hour.usual))
        case 6: return .text(Numbers.signed(hour.recent))
        case 7: return .text(Numbers.signed(hour.weather))
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
