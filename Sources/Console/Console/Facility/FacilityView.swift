import EnergyModel
import Ports
import Screen

extension FacilityRoom {
    static func draw(_ state: ConsoleState, pane: Pane, into grid: inout Grid, area: Rect) {
        guard let sight = state.sight else { return Chrome.waiting(state, in: area, on: &grid) }
        guard let id = pane.route.facility else {
            return Chrome.empty(
                "No facility is chosen: Enter on a row of Overview, or :go and its id or name", in: area, on: &grid)
        }
        guard let facility = sight.snapshot.facilities.first(where: { $0.id == id }) else {
            return Chrome.empty(
                "No facility \(id) is known\(sight.isPast ? " at this moment" : ""): :go lists those that are",
                in: area, on: &grid)
        }
        let areas = areas(area)
        drawTitle(facility, state, sight, pane, in: areas.title, on: &grid)
        drawFacts(facility, sight, state.clock(for: pane), in: areas.facts, on: &grid)
        drawChart(state, pane, areas, on: &grid)
        if case .meter(_, let meter) = pane.route {
            drawReadings(meter, state, pane, areas, on: &grid)
        } else {
            drawPart(facility, state, pane, areas, on: &grid)
        }
    }

    private static func drawTitle(
        _ facility: FacilitySnapshot, _ state: ConsoleState, _ sight: Sight, _ pane: Pane, in line: Rect,
        on grid: inout Grid
    ) {
        var spans = [Span(facility.name, .title, .bold), Span("  \(facility.id)", .textDim)]
        if case .meter(_, let meter) = pane.route { spans += [Span("  › ", .textDim), Span("meter \(meter)", .title)] }
        let place = [facility.kind.rawValue, facility.region, facility.timeZone].filter { !$0.isEmpty }
        spans.append(Span("   " + place.joined(separator: " · "), .textDim))
        if !facility.isDescribed { spans.append(Span("   ! not described: import it", .stateStale)) }
        let updated = Chrome.updated(sight)
        let width = updated.reduce(0) { $0 + CharacterWidth.columns($1.text) }
        grid.draw(spans, at: Point(x: line.x + 1, y: line.y), width: line.width - width - 4)
        grid.draw(updated, at: Point(x: line.maxX - width - 1, y: line.y), width: width)
    }

    private static func drawFacts(
        _ facility: FacilitySnapshot, _ sight: Sight, _ clock: ZoneClock, in line: Rect, on grid: inout Grid
    ) {
        let quality = FacilityQuality(facility, now: sight.now)
        let share = quality.isUsable ? facility.contractShare : nil
        let isBeyond = (share ?? 0) > 0.9
        let mark = quality.mark == " " ? "" : quality.mark + " "
        let load = quality.isUsable ? facility.load : nil
        var x = line.x + 1
        x +=
            grid.draw(
                [
                    Span("Load ", .textDim), Span(mark, quality.role),
                    Span(Numbers.power(load), quality == .stale ? .stateStale : .textStrong, .bold),
                ],
                at: Point(x: x, y: line.y)) + 2
        Bar(
            value: share == nil ? nil : load?.kilowatts, limit: facility.contractDemand?.kilowatts,
            fill: isBeyond ? .barOver : .barFill
        )
        .draw(in: Rect(x: x, y: line.y, width: 12, height: 1), on: &grid)
        x += 14
        // Of each fact the longest wording that fits; a fact that does not fit stays away.
        for wordings in FacilityFacts(facility, sight, clock).wordings {
            let fact = wordings.first { !$0.isEmpty && x + Chrome.width($0) < line.maxX }
            guard let fact else { continue }
            x += grid.draw(fact, at: Point(x: x, y: line.y), width: Chrome.width(fact)) + 3
        }
    }

    private static func drawChart(_ state: ConsoleState, _ pane: Pane, _ areas: Areas, on grid: inout Grid) {
        let view = FacilityChart(state: state, pane: pane)
        let facility = pane.facility
        let range = facility.range(moment: state.moment)
        let clock = state.clock(for: pane)
        let note =
            facility.cursor.map { [Span(view.reading(at: $0), .chartCursor)] }
            ?? Chrome.updated(facility.series, now: state.now, room: areas.chartTitle.width / 2)
        let titles = FacilityTitles.chart(view, state, pane, edge: range.end, clock)
        // Both stand in one line: the note whole, and of the titles the longest that leaves it room.
        let title =
            titles.first { Chrome.width($0) + Chrome.width(note) + 8 <= areas.chartTitle.width } ?? titles.last ?? []
        Panel.rule(title, note: note, in: areas.chartTitle, on: &grid)
        view.chart(range).draw(in: areas.chart.inset(horizontal: 1), on: &grid)
    }

    private static func drawPart(
        _ facility: FacilitySnapshot, _ state: ConsoleState, _ pane: Pane, _ areas: Areas, on grid: inout Grid
    ) {
        switch pane.facility.part {
        case .meters: drawMeters(facility, state, pane, areas, on: &grid)
        case .forecast:
            let note = Chrome.updated(pane.facility.forecast, now: state.now, room: areas.listTitle.width / 2)
            let title = FacilityTitles.part([Span("Forecast", .title), Span(" by the hour", .textDim)], state, pane)
            Panel.rule(title, note: note, in: areas.listTitle, on: &grid)
            ForecastPage.draw(facility, state, pane, in: areas.list, on: &grid)
        case .models:
            let title = FacilityTitles.part(ModelsPage.title(pane), state, pane)
            Panel.rule(title, note: ModelsPage.age(pane, now: state.now), in: areas.listTitle, on: &grid)
            ModelsPage.draw(state, pane, in: areas.list, on: &grid)
        }
    }

    private static func drawMeters(
        _ facility: FacilitySnapshot, _ state: ConsoleState, _ pane: Pane, _ areas: Areas, on grid: inout Grid
    ) {
        let isPast = state.past != nil
        let note =
            isPast
            ? [Span("values of a past moment: open a meter", .stateEstimated)]
            : Chrome.updated(pane.facility.meters, now: state.now)
        let title = FacilityTitles.part([Span(Numbers.count(facility.meters, "meter", "meters"), .title)], state, pane)
        Panel.rule(title, note: note, in: areas.listTitle, on: &grid)
        MeterTable(state: state, pane: pane).draw(in: areas.list, on: &grid)
    }

    /// Low and high are left out for raw readings: each is one value.
    private static let readingColumns = [
        TableColumn("TIME", width: .fixed(19)), TableColumn("LOAD kW", width: .fixed(12), align: .right),
        TableColumn("LOW kW", width: .fixed(12), align: .right, priority: 2),
        TableColumn("HIGH kW", width: .fixed(12), align: .right, priority: 2),
        TableColumn("ENERGY kWh", width: .fixed(12), align: .right),
        TableColumn("GOOD %", width: .fixed(6), align: .right),
        TableColumn("", width: .flexible(minimum: 0, weight: 1)),
    ]

    private static func drawReadings(
        _ meter: MeterID, _ state: ConsoleState, _ pane: Pane, _ areas: Areas, on grid: inout Grid
    ) {
        let rows = ReadingRows.all(pane.facility.series.value)
        let points = pane.facility.series.value?.points.count ?? 0
        let clock = state.clock(for: pane)
        Panel.rule(
            [Span(Numbers.count(points, "reading", "readings"), .title), Span(", newest first", .textDim)],
            note: Chrome.updated(pane.facility.series, now: state.now), in: areas.listTitle, on: &grid)
        let isRaw = pane.facility.series.value?.request.resolution == .raw
        let order = isRaw ? [0, 1, 4, 5, 6] : [0, 1, 2, 3, 4, 5, 6]
        var columns = order.map { readingColumns[$0] }
        if !clock.isUTC { columns[0] = TableColumn("TIME", width: .fixed(28)) }
        let table = Table(
            columns: columns, rowCount: rows.count, window: ListWindow(top: pane.facility.readingsTop),
            emptyText: pane.facility.series.value == nil
                ? pane.facility.series.failure ?? "Asking for the readings …"
                : "No readings in this time: < goes further back",
            isFocused: pane.hasFocus)
        Chrome.draw(table, in: areas.list.inset(horizontal: 1), on: &grid) { row, column in
            rows.indices.contains(row) ? cell(rows[row], order[column], clock) : .empty
        }
    }

    /// With its offset where that may change: an hour of autumn stands twice.
    private static func time(_ moment: UTCInstant, _ clock: ZoneClock) -> String {
        clock.isUTC ? clock.dateTime(moment) : "\(clock.dateTime(moment)) \(clock.label(at: moment))"
    }

    private static func cell(_ row: ReadingRows.Row, _ column: Int, _ clock: ZoneClock) -> TableCell {
        switch row {
        case .missing(let count, let from):
            switch column {
            case 0: return .text(time(from, clock), .textDim)
            case 1: return .text(Numbers.unknown, .stateStale)
            case 6: return .text("○ \(Numbers.count(count, "reading", "readings")) missing", .stateStale)
            default: return .empty
            }
        case .point(let point):
            switch column {
            case 0: return .text(time(point.start, clock))
            case 1: return .text(Numbers.kilowatts(point.mean))
            case 2: return .text(Numbers.kilowatts(point.low), .textDim)
            case 3: return .text(Numbers.kilowatts(point.high), .textDim)
            case 4: return .text(Numeral.fixed(point.kilowattHours, decimals: 3))
            case 5:
                return .text(Numbers.percent(point.qualityShare), point.qualityShare < 1 ? .stateEstimated : .textDim)
            default: return .empty
            }
        }
    }
}
