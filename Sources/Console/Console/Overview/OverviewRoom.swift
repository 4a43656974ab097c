import EnergyModel
import Ports
import Screen

/// All facilities: is all well?
enum OverviewRoom: Room {
    static let filterFields = [
        "name", "id", "kind", "region", "load", "contract", "peak", "forecast", "quality", "meters", "age", "dr",
    ]

    static func filter(of pane: Pane) -> RowFilter { pane.overview.filter }

    static func setFilter(_ filter: RowFilter, _ state: inout ConsoleState) { state.pane.overview.filter = filter }

    /// Totals, a rule, then the table with its heading.
    static func tableArea(_ area: Rect) -> Rect { area.dropRows(2) }

    static func settle(_ state: inout ConsoleState, pane: Int, area: Rect) {
        guard let sight = state.sight else { return }
        let facilities = sight.snapshot.facilities
        var overview = state.panes[pane].overview
        let key = OverviewIndex.Key(
            sequence: sight.snapshot.sequence, at: sight.snapshot.at, isPast: sight.isPast, sort: overview.sort,
            isDescending: overview.isDescending, grouping: overview.grouping, filter: overview.filter)
        if overview.index.key != key {
            overview.index = OverviewIndex(key: key, facilities: facilities, after: overview.index)
        }
        let index = overview.index
        overview.cursor.settle(
            count: index.rows.count, height: Table.dataRows(height: tableArea(area).height),
            id: { index.id(at: $0, in: facilities) }, place: { index.place[$0] })
        state.panes[pane].overview = overview
    }

    static func perform(_ action: Action, _ state: inout ConsoleState, area: Rect) -> Bool {
        switch action {
        case .enter:
            guard let id = state.pane.overview.cursor.selected else { return true }
            state.go(to: .facility(id))
        case .sortNext: sort(1, &state)
        case .sortPrevious: sort(-1, &state)
        case .sortReverse: state.pane.overview.isDescending.toggle()
        case .group: group(&state)
        default:
            let facilities = state.sight?.snapshot.facilities ?? []
            let index = state.pane.overview.index
            let page = Table.dataRows(height: tableArea(area).height) - 1
            return state.pane.overview.cursor.move(action, page: page, count: index.rows.count) {
                index.id(at: $0, in: facilities)
            }
        }
        return true
    }

    private static func sort(_ step: Int, _ state: inout ConsoleState) {
        let all = OverviewColumn.allCases
        let here = all.firstIndex(of: state.pane.overview.sort) ?? 0
        let next = all[(here + step + all.count) % all.count]
        state.pane.overview.sort = next
        state.pane.overview.isDescending = next.startsDescending
        state.say("Sorted by \(next.meaning)")
    }

    private static func group(_ state: inout ConsoleState) {
        let all = OverviewGrouping.allCases
        let here = all.firstIndex(of: state.pane.overview.grouping) ?? 0
        let next = all[(here + 1) % all.count]
        state.pane.overview.grouping = next
        state.say(next == .none ? "Not grouped" : "Grouped by \(next.rawValue)")
    }

    static func click(at point: Point, _ state: inout ConsoleState, area: Rect) {
        guard let sight = state.sight else { return }
        let box = tableArea(area)
        let view = OverviewTable(sight: sight, pane: state.pane, clock: state.clock(for: state.pane), isFocused: true)
        let table = view.table
        if point.y == box.y, let column = table.column(at: point, in: box), let sort = view.sort(atColumn: column) {
            return state.pane.overview.sort(by: sort)
        }
        guard let row = table.row(at: point, in: box),
            let id = state.pane.overview.index.id(at: row, in: sight.snapshot.facilities)
        else { return }
        if state.pane.overview.cursor.selected == id { return state.go(to: .facility(id)) }
        state.pane.overview.cursor.select(id)
    }

    static func selection(_ state: ConsoleState, pane: Pane) -> String? {
        guard let id = pane.overview.cursor.selected, let facility = state.facility(id) else { return nil }
        let load = FacilityQuality(facility, now: state.moment).isUsable ? facility.load : nil
        return "\(Sanitiser.drawable(facility.name)) (\(id)): \(Numbers.power(load)) at \(state.moment.iso8601)"
    }

    static func table(_ state: ConsoleState, pane: Pane) -> ExportTable {
        let columns = [
            "id", "name", "kind", "region", "load_kw", "contract_kw", "contract_percent", "peak_today_kw", "quality",
            "good_percent", "meters", "meters_fresh", "newest", "age_s", "dr_event", "dr_state", "dr_achieved_kw",
            "dr_expected_kw", "forecast_peak_kw", "forecast_peak_high_kw", "forecast_peak_at", "forecast_mode",
            "forecast_quality", "forecast_issued_at",
        ]
        let facilities = state.sight?.snapshot.facilities ?? []
        let rows = pane.overview.index.rows.compactMap { row -> [ExportTable.Value]? in
            guard case .facility(let index) = row, facilities.indices.contains(index) else { return nil }
            return export(facilities[index], now: state.moment)
        }
        return ExportTable(title: "Overview at \(state.moment.iso8601)", columns: columns, rows: rows)
    }

    private static func forecast(_ brief: ForecastBrief?) -> [ExportTable.Value] {
        [
            .init(brief?.peak.kilowatts), .init(brief?.peakHigh.kilowatts), .init(brief?.peakAt.iso8601),
            .init(brief?.mode.rawValue), .init(brief.map { ($0.quality * 1000).rounded() / 1000 }),
            .init(brief?.issuedAt.iso8601),
        ]
    }

    private static func export(_ facility: FacilitySnapshot, now: UTCInstant) -> [ExportTable.Value] {
        let quality = FacilityQuality(facility, now: now)
        let usable = quality.isUsable
        return [
            .text(facility.id.text), .text(facility.name), .text(facility.kind.rawValue), .text(facility.region),
            .init(usable ? facility.load?.kilowatts : nil), .init(facility.contractDemand?.kilowatts),
            .init(usable ? facility.contractShare.map { ($0 * 1000).rounded() / 10 } : nil),
            .init(facility.peakToday?.kilowatts), .text(quality.word),
            .number((facility.qualityShare * 1000).rounded() / 10), .number(Double(facility.meters)),
            .number(Double(quality == .good || quality == .uncertain ? facility.freshMeters : 0)),
            .init(facility.newest?.iso8601), .init(facility.newest.map { Double(now.since($0).milliseconds) / 1000 }),
            .init(facility.response?.event.text), .init(facility.response?.state.rawValue),
            .init(facility.response?.achieved?.kilowatts), .init(facility.response?.expected.kilowatts),
        ] + forecast(facility.forecast)
    }
}
