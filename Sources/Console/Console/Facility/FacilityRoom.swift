import EnergyModel
import Ports
import Screen

/// One facility: its load against its contract over time, its meters, and one level down a meter's own readings.
enum FacilityRoom: Room {
    struct Areas {
        var title: Rect
        var facts: Rect
        var chartTitle: Rect
        var chart: Rect
        var listTitle: Rect
        var list: Rect
    }

    /// The chart takes a little more than half of what is left under the facts.
    static func areas(_ area: Rect) -> Areas {
        let left = area.height - 4
        let parts = area.rows([.fixed(1), .fixed(1), .fixed(1), .fixed(max(8, left * 11 / 20)), .fixed(1), .fill])
        return Areas(
            title: parts[0], facts: parts[1], chartTitle: parts[2], chart: parts[3], listTitle: parts[4], list: parts[5]
        )
    }

    // MARK: - Data

    static func refresh(_ state: inout ConsoleState, pane: Int) {
        state.panes[pane].facility.come(to: state.panes[pane].route)
        let range = state.panes[pane].facility.range(moment: state.moment)
        if let cursor = state.panes[pane].facility.cursor, !range.contains(cursor) {
            state.panes[pane].facility.cursor = nil
        }
        ask(&state, pane: pane)
        askForecast(&state, pane: pane)
        askMeters(&state, pane: pane)
    }

    private static func subject(of route: Route) -> SeriesRequest.Subject? {
        switch route {
        case .facility(let id?): .facility(id)
        case .meter(_, let meter): .meter(meter)
        default: nil
        }
    }

    private static func ask(_ state: inout ConsoleState, pane: Int) {
        let route = state.panes[pane].route
        let facility = state.panes[pane].facility
        guard let subject = subject(of: route) else { return }
        let resolution: SeriesRequest.Resolution
        if case .meter = subject {
            resolution = facility.zoom.meterResolution
        } else {
            resolution = .rollup(facility.zoom.granularity)
        }
        let request = SeriesRequest(
            subject: subject, resolution: resolution, range: facility.measured(moment: state.moment))
        let id = state.ask(.series(request))
        state.panes[pane].facility.series.asked(id, at: state.now)
    }

    /// Reaches as far back as the chart, at most the 14 days that can be asked for.
    private static func askForecast(_ state: inout ConsoleState, pane: Int) {
        guard case .facility(let id?) = state.panes[pane].route else { return }
        let start = state.panes[pane].facility.range(moment: state.moment).start
        let earliest = state.moment.advanced(by: .seconds(-14 * 86_400))
        let query = ForecastQuery(facility: id, at: state.past?.moment, dayAheadFrom: max(start, earliest))
        let effect = state.ask(.forecast(query))
        state.panes[pane].facility.forecast.asked(effect, at: state.now)
    }

    /// Meters have no stored past of their own values: asked for only while live.
    private static func askMeters(_ state: inout ConsoleState, pane: Int) {
        guard let id = state.panes[pane].route.facility,
            state.past == nil || state.panes[pane].facility.meters.value == nil
        else { return }
        let effect = state.ask(.meters(id))
        state.panes[pane].facility.meters.asked(effect, at: state.now)
    }

    static func tick(_ state: inout ConsoleState, pane: Int) {
        if state.panes[pane].route == .facility(nil) { choose(&state, pane: pane) }
        guard state.panes[pane].route.facility != nil else { return }
        let facility = state.panes[pane].facility
        let follows = state.past == nil && facility.range(moment: state.moment).end > state.moment
        if facility.series.isDue(every: follows ? facility.zoom.refresh : .seconds(3600), now: state.now) {
            ask(&state, pane: pane)
        }
        let lasts: Duration = state.past == nil ? .seconds(60) : .seconds(3600)
        if facility.forecast.isDue(every: lasts, now: state.now) { askForecast(&state, pane: pane) }
        if state.past == nil, facility.meters.isDue(every: .seconds(5), now: state.now) {
            askMeters(&state, pane: pane)
        }
    }

    /// Opened before the fleet was there: takes what Overview selects, or its first row, as soon as there is one.
    private static func choose(_ state: inout ConsoleState, pane: Int) {
        let selected = state.panes[pane].overview.cursor.selected
        let first = state.sight?.snapshot.facilities.min { $0.name < $1.name }?.id
        guard let facility = selected ?? first else { return }
        state.panes[pane].route = .facility(facility)
        refresh(&state, pane: pane)
    }

    static func receive(_ state: inout ConsoleState, pane: Int, id: EffectID, result: EffectResult) -> Bool {
        var facility = state.panes[pane].facility
        defer { state.panes[pane].facility = facility }
        if let outcome = result.outcome(\.series), facility.series.settle(id, outcome, at: state.now) { return true }
        if let outcome = result.outcome(\.meters), facility.meters.settle(id, outcome, at: state.now) { return true }
        if let outcome = result.outcome(\.forecast), facility.forecast.settle(id, outcome, at: state.now) {
            return true
        }
        guard let outcome = result.outcome(\.backtest),
            facility.comparison?.fetch.settle(id, outcome, at: state.now) == true
        else { return false }
        if let comparison = facility.comparison {
            state.say(ModelsPage.ending(comparison), ModelsPage.tone(comparison))
        }
        return true
    }

    static func settle(_ state: inout ConsoleState, pane: Int, area: Rect) {
        guard case .facility = state.panes[pane].route else { return }
        let meters = state.panes[pane].facility.meters.value ?? []
        state.panes[pane].facility.list.settle(
            count: meters.count, height: Table.dataRows(height: areas(area).list.height), id: { meters[$0].id },
            place: { id in meters.firstIndex { $0.id == id } })
    }

    // MARK: - Keys

    static func perform(_ action: Action, _ state: inout ConsoleState, area: Rect) -> Bool {
        switch action {
        case .zoomIn: zoom(to: state.pane.facility.zoom.closer, &state)
        case .zoomOut: zoom(to: state.pane.facility.zoom.wider, &state)
        case .panEarlier: pan(-1, &state)
        case .panLater: pan(1, &state)
        case .live:
            state.pane.facility.end = nil
            state.pane.facility.cursor = nil
            refresh(&state, pane: state.focus)
        case .left: moveCursor(-1, &state, area)
        case .right: moveCursor(1, &state, area)
        case .back where state.pane.facility.cursor != nil: state.pane.facility.cursor = nil
        case .view: turn(&state)
        case .backtest: ModelsPage.begin(&state, weeks: ModelsPage.standardWeeks)
        case .profile: ProfileSheets.enter(&state)
        case .endProfile: ProfileSheets.end(&state)
        case .nextFacility: neighbour(1, &state)
        case .previousFacility: neighbour(-1, &state)
        default: return performList(action, &state, area)
        }
        return true
    }

    private static func turn(_ state: inout ConsoleState) {
        guard case .facility = state.pane.route else {
            return state.say("A meter has no forecast of its own: Esc goes to its facility")
        }
        state.pane.facility.part = state.pane.facility.part.next
        state.pane.facility.pageTop = 0
    }

    private static func zoom(to zoom: ChartZoom, _ state: inout ConsoleState) {
        guard zoom != state.pane.facility.zoom else {
            return state.say("The chart shows \(zoom.title); there is no further step")
        }
        state.pane.facility.zoom = zoom
        refresh(&state, pane: state.focus)
    }

    private static func pan(_ direction: Int, _ state: inout ConsoleState) {
        let facility = state.pane.facility
        let half = Duration.milliseconds(facility.zoom.span.milliseconds / 2)
        let end = (facility.end ?? state.moment).advanced(by: direction < 0 ? .zero - half : half)
        state.pane.facility.end = end >= state.moment ? nil : end
        refresh(&state, pane: state.focus)
    }

    /// One column at a time; the first step begins at the newest value.
    private static func moveCursor(_ direction: Int, _ state: inout ConsoleState, _ area: Rect) {
        let facility = state.pane.facility
        let range = facility.range(moment: state.moment)
        let chart = FacilityChart(state: state, pane: state.pane).chart(range)
        let step = chart.secondsPerColumn(in: chart.frame(in: areas(area).chart))
        let newest = facility.series.value?.points.last?.start ?? range.end
        guard let cursor = facility.cursor else { return state.pane.facility.cursor = min(newest, range.end) }
        let moved = cursor.milliseconds + Int64(Double(direction) * step * 1000)
        state.pane.facility.cursor = UTCInstant(
            milliseconds: min(max(moved, range.start.milliseconds), range.end.milliseconds - 1))
    }

    private static func neighbour(_ step: Int, _ state: inout ConsoleState) {
        guard let facilities = state.sight?.snapshot.facilities, case .facility(let id) = state.pane.route else {
            return
        }
        let index = state.pane.overview.index
        let ids = index.rows.indices.compactMap { index.id(at: $0, in: facilities) }
        guard !ids.isEmpty else { return }
        let here = id.flatMap { ids.firstIndex(of: $0) } ?? -step
        let next = ids[(here + step + ids.count) % ids.count]
        state.pane.overview.cursor.select(next)
        state.go(to: .facility(next))
    }

    private static func performPage(_ action: Action, _ state: inout ConsoleState, _ area: Rect) -> Bool {
        let box = areas(area).list
        let isForecast = state.pane.facility.part == .forecast
        let most =
            isForecast
            ? ForecastPage.overflow(state, state.pane, in: box) : ModelsPage.overflow(state, state.pane, in: box)
        return action.scroll(&state.pane.facility.pageTop, page: Table.dataRows(height: box.height) - 1, most: most)
    }

    private static func performList(_ action: Action, _ state: inout ConsoleState, _ area: Rect) -> Bool {
        if case .meter = state.pane.route { return performReadings(action, &state, area) }
        if state.pane.facility.part != .meters { return performPage(action, &state, area) }
        if action == .enter {
            if let facility = state.pane.route.facility, let meter = state.pane.facility.list.selected {
                state.go(to: .meter(facility, meter))
            }
            return true
        }
        let meters = state.pane.facility.meters.value ?? []
        let page = Table.dataRows(height: areas(area).list.height) - 1
        return state.pane.facility.list.move(action, page: page, count: meters.count) { meters[$0].id }
    }

    private static func performReadings(_ action: Action, _ state: inout ConsoleState, _ area: Rect) -> Bool {
        let height = max(1, Table.dataRows(height: areas(area).list.height))
        let most = ReadingRows.all(state.pane.facility.series.value).count - height
        return action.scroll(&state.pane.facility.readingsTop, page: height, most: most)
    }

    static func click(at point: Point, _ state: inout ConsoleState, area: Rect) {
        let areas = areas(area)
        if areas.chart.contains(point) {
            let range = state.pane.facility.range(moment: state.moment)
            let chart = FacilityChart(state: state, pane: state.pane).chart(range)
            let frame = chart.frame(in: areas.chart)
            guard frame.plot.contains(point) else { return }
            state.pane.facility.cursor = UTCInstant(
                milliseconds: Int64(chart.time(atColumn: point.x, in: frame) * 1000))
        }
        guard case .facility(let id?) = state.pane.route, state.pane.facility.part == .meters else { return }
        let meters = state.pane.facility.meters.value ?? []
        let table = MeterTable(state: state, pane: state.pane).table
        guard let row = table.row(at: point, in: areas.list), meters.indices.contains(row) else { return }
        if state.pane.facility.list.selected == meters[row].id { return state.go(to: .meter(id, meters[row].id)) }
        state.pane.facility.list.select(meters[row].id)
    }

    // MARK: - Export

    static func selection(_ state: ConsoleState, pane: Pane) -> String? {
        if let cursor = pane.facility.cursor { return FacilityChart(state: state, pane: pane).reading(at: cursor) }
        guard let id = pane.route.facility, let facility = state.facility(id) else { return nil }
        let load = FacilityQuality(facility, now: state.moment).isUsable ? facility.load : nil
        return "\(Sanitiser.drawable(facility.name)) (\(id)): \(Numbers.power(load)) at \(state.moment.iso8601)"
    }

    /// The points of the chart: what a spreadsheet can draw again.
    static func table(_ state: ConsoleState, pane: Pane) -> ExportTable {
        if case .facility = pane.route {
            switch pane.facility.part {
            case .meters: break
            case .forecast: return ForecastExport.steps(state, pane)
            case .models: return ForecastExport.models(pane)
            }
        }
        let points = pane.facility.series.value?.points ?? []
        let rows = points.map { point -> [ExportTable.Value] in
            [
                .text(point.start.iso8601), .init(point.mean), .init(point.low), .init(point.high),
                .init(point.kilowattHours), .number((point.qualityShare * 1000).rounded() / 10),
            ]
        }
        return ExportTable(
            title: "\(pane.locator) \(pane.facility.zoom.title)",
            columns: ["start", "mean_kw", "low_kw", "high_kw", "energy_kwh", "good_percent"], rows: rows)
    }
}
