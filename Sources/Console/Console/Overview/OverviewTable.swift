import EnergyModel
import Ports
import Screen

/// The table of facilities; only its visible rows are ever formatted.
struct OverviewTable {
    private enum Column: Int, CaseIterable {
        case mark, name, id, kind, region, load, bar, percent, lastHour, peak, forecast, response, meters, quality, age
    }

    /// Which heading sorts by what.
    private static let sorts: [Int: OverviewColumn] = [
        Column.mark.rawValue: .trouble, Column.name.rawValue: .name, Column.id.rawValue: .id,
        Column.kind.rawValue: .kind,
        Column.region.rawValue: .region, Column.load.rawValue: .load, Column.bar.rawValue: .contract,
        Column.percent.rawValue: .contract, Column.peak.rawValue: .peak, Column.forecast.rawValue: .forecast,
        Column.meters.rawValue: .meters,
        Column.quality.rawValue: .quality, Column.age.rawValue: .age,
    ]

    private static let columns: [TableColumn] = Column.allCases.map { column in
        switch column {
        case .mark: TableColumn("", width: .fixed(1))
        case .name: TableColumn("FACILITY", width: .flexible(minimum: 16, weight: 3))
        case .id: TableColumn("ID", width: .fixed(8), priority: 7)
        case .kind: TableColumn("KIND", width: .fixed(11), priority: 5)
        case .region: TableColumn("REGION", width: .fixed(10), priority: 10)
        case .load: TableColumn("LOAD kW ", width: .fixed(11), align: .right)
        case .bar: TableColumn("OF CONTRACT", width: .flexible(minimum: 12, weight: 2), priority: 2)
        case .percent: TableColumn("%", width: .fixed(4), align: .right)
        case .lastHour: TableColumn("LAST HOUR", width: .flexible(minimum: 12, weight: 1), priority: 4)
        case .peak: TableColumn("PEAK TODAY kW", width: .fixed(13), align: .right, priority: 6)
        case .forecast: TableColumn("FORECAST PEAK", width: .fixed(13), align: .right, priority: 3)
        case .response: TableColumn("DR kW", width: .fixed(15))
        case .meters: TableColumn("METERS", width: .fixed(9), align: .right, priority: 8)
        case .quality: TableColumn("QUALITY", width: .fixed(9), priority: 1)
        case .age: TableColumn("AGE", width: .fixed(7), align: .right)
        }
    }

    let sight: Sight
    let pane: Pane
    /// Of the times of peaks.
    let clock: ZoneClock
    let isFocused: Bool

    var table: Table {
        let overview = pane.overview
        let sorted = order.firstIndex { Self.sorts[$0.rawValue] == overview.sort }
        let sort = sorted.map { Table.Sort(column: $0, isAscending: !overview.isDescending) }
        return Table(
            columns: order.map { Self.columns[$0.rawValue] }, rowCount: overview.index.rows.count,
            selected: overview.cursor.selected == nil ? nil : overview.cursor.position,
            window: ListWindow(top: overview.cursor.first), sort: sort, emptyText: emptyText, isFocused: isFocused)
    }

    /// The DR column stands only while a building takes part in something, the forecast's once there is one.
    private var order: [Column] {
        let index = pane.overview.index
        if index.hasResponse, index.hasForecast { return Column.allCases }
        return Column.allCases.filter { column in
            switch column {
            case .response: index.hasResponse
            case .forecast: index.hasForecast
            default: true
            }
        }
    }

    /// What a click on this column's heading sorts by.
    func sort(atColumn column: Int) -> OverviewColumn? {
        order.indices.contains(column) ? Self.sorts[order[column].rawValue] : nil
    }

    private var emptyText: String {
        sight.snapshot.facilities.isEmpty
            ? "No facilities yet: `switchyard facilities import FILE` or start `switchyard simulate meters`"
            : "No facility passes the filter \(pane.overview.filter.text): Esc clears it"
    }

    func draw(in area: Rect, on grid: inout Grid) {
        let rows = pane.overview.index.rows
        let facilities = sight.snapshot.facilities
        let order = order
        Chrome.draw(table, in: area, on: &grid) { row, column in
            guard rows.indices.contains(row), order.indices.contains(column) else { return .empty }
            let column = order[column]
            switch rows[row] {
            case .facility(let index):
                return facilities.indices.contains(index) ? cell(facilities[index], column) : .empty
            case .heading(let title, let count, let load, let contract):
                return heading(title, count, load, contract, column)
            }
        }
    }

    private func heading(_ title: String, _ count: Int, _ load: Double?, _ contract: Double?, _ column: Column)
        -> TableCell
    {
        switch column {
        case .name: .spans([Span(title, .title), Span("  \(Numeral.grouped(count))", .textDim)])
        case .load: .text(Numbers.kilowatts(load) + " ", .textDim)
        default: .empty
        }
    }

    private func cell(_ facility: FacilitySnapshot, _ column: Column) -> TableCell {
        let quality = FacilityQuality(facility, now: sight.now)
        let share = quality.isUsable ? facility.contractShare : nil
        let contract = ContractState(share: share)
        let isBeyond = contract == .near || contract == .over
        switch column {
        case .mark:
            if facility.response?.state == .failed { return .text("×", .stateBad) }
            if quality.mark != " " { return .text(quality.mark, quality.role) }
            if let mark = contract.mark { return .text(mark, .barOver, .bold) }
            return facility.response?.state == .degraded ? .text("!", .stateStale) : .empty
        case .name: return .text(facility.name, quality == .bad ? .textDim : .text)
        case .id: return .text(facility.id.text, .textDim)
        case .kind: return .text(facility.kind.rawValue, .textDim)
        case .region: return .text(facility.region, .textDim)
        case .load: return load(facility, quality)
        case .bar:
            let limit = facility.contractDemand?.kilowatts
            return .bar(
                Bar(
                    value: share == nil ? nil : facility.load?.kilowatts, limit: limit,
                    fill: isBeyond ? .barOver : .barFill))
        case .percent: return .text(Numbers.percent(share), isBeyond ? .barOver : .text, isBeyond ? .bold : [])
        case .lastHour: return .sparkline(Chrome.trend(facility.lastHour.map { $0.map(Double.init) }))
        case .peak: return .text(Numbers.kilowatts(facility.peakToday?.kilowatts), .textDim)
        case .forecast:
            guard let peak = PeakAhead(facility, now: sight.now, clock: clock) else {
                return .text("–      ", .textDim)
            }
            return .spans(peak.column)
        case .response: return facility.response.map { .spans($0.column(now: sight.now)) } ?? .text("–", .textDim)
        case .meters: return meters(facility, quality)
        case .quality: return .text(quality.word, quality.role)
        case .age:
            let isOld = quality == .stale || quality == .bad
            return .text(Age.column(facility.newest.map { sight.now.since($0) }), isOld ? quality.role : .textDim)
        }
    }

    /// The place behind the number holds the mark of a stale or uncertain value, so that digits stay under digits.
    private func load(_ facility: FacilitySnapshot, _ quality: FacilityQuality) -> TableCell {
        guard quality.isUsable else {
            return .spans([Span(Numbers.unknown, quality.role), Span(" ")])
        }
        let mark = quality == .stale ? "○" : quality == .uncertain ? "~" : " "
        let role: Role = quality == .stale ? .stateStale : .text
        return .spans([Span(Numbers.kilowatts(facility.load?.kilowatts), role), Span(mark, quality.role)])
    }

    private func meters(_ facility: FacilitySnapshot, _ quality: FacilityQuality) -> TableCell {
        let fresh = quality == .good || quality == .uncertain ? facility.freshMeters : 0
        let role: Role = fresh == facility.meters ? .textDim : .stateStale
        return .text("\(fresh)/\(facility.meters)", role)
    }
}
