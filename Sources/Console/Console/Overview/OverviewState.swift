import EnergyModel
import Ports

/// The columns one can sort by; the raw value is the word in the palette and in filters.
enum OverviewColumn: String, CaseIterable, Sendable {
    case name, trouble, id, kind, region, load, contract, peak, forecast, quality, meters, age

    var meaning: String {
        switch self {
        case .name: "name"
        case .trouble: "trouble, the worst first"
        case .id: "facility id"
        case .kind: "kind"
        case .region: "region"
        case .load: "load in kW"
        case .contract: "share of contract demand"
        case .peak: "highest 15-min mean today"
        case .forecast: "forecast peak of the next 24 h"
        case .quality: "share of good readings"
        case .meters: "number of meters"
        case .age: "age of the newest reading"
        }
    }

    /// Where an operator looks for the large ones first.
    var startsDescending: Bool {
        switch self {
        case .trouble, .load, .contract, .peak, .forecast, .meters, .age: true
        case .name, .id, .kind, .region, .quality: false
        }
    }
}

enum OverviewGrouping: String, CaseIterable, Sendable {
    case none, kind, region
}

struct OverviewState: Sendable {
    var sort = OverviewColumn.name
    var isDescending = false
    var grouping = OverviewGrouping.none
    var filter = RowFilter.everything
    var cursor = ListCursor<FacilityID>()
    var index = OverviewIndex()

    mutating func sort(by column: OverviewColumn) {
        isDescending = column == sort ? !isDescending : column.startsDescending
        sort = column
    }
}

/// A row of the table: a facility by its place in the snapshot, or the heading of a group.
enum OverviewRow: Sendable, Equatable {
    case facility(Int)
    case heading(title: String, count: Int, load: Double?, contract: Double?)
}

/// Order and totals of one snapshot under one sort, filter and grouping; made again only when one of them changes.
struct OverviewIndex: Sendable {
    struct Key: Sendable, Equatable {
        var sequence: UInt64
        var at: UTCInstant
        var isPast: Bool
        var sort: OverviewColumn
        var isDescending: Bool
        var grouping: OverviewGrouping
        var filter: RowFilter
    }

    private(set) var key: Key?
    private(set) var rows: [OverviewRow] = []
    private(set) var place: [FacilityID: Int] = [:]
    /// Of the snapshot's facilities, in its order.
    private var ids: [FacilityID] = []
    /// Facilities that pass the filter.
    private(set) var shown = 0
    /// Sum over facilities by minute; a minute that many facilities lack is a gap, else the total would seem to fall.
    private(set) var lastHour: [Double?] = []
    /// A building takes part in an event that is not settled.
    private(set) var hasResponse = false
    /// Some building's load is forecast.
    private(set) var hasForecast = false

    init() {}

    /// Begins with the order of `previous`: a second later it is nearly right, and sorting what is sorted costs one pass.
    init(key: Key, facilities: [FacilitySnapshot], after previous: OverviewIndex) {
        self.key = key
        // In place: for a thousand facilities a copy of each costs more than the sums.
        (lastHour, hasResponse, hasForecast) = facilities.withUnsafeBufferPointer { facilities in
            (
                Self.total(of: facilities), facilities.indices.contains { facilities[$0].response != nil },
                facilities.indices.contains { facilities[$0].forecast != nil }
            )
        }
        var chosen = Self.order(previous, count: facilities.count)
        if !key.filter.isEmpty {
            let pass = FilterPass(key.filter, fields: OverviewRoom.filterFields)
            chosen = chosen.filter { pass.accepts(FilterableFacility(facility: facilities[$0], now: key.at)) }
        }
        shown = chosen.count
        Self.sort(&chosen, facilities, key)
        rows = Self.grouped(chosen, facilities, by: key.grouping)
        if rows == previous.rows, Self.areSame(previous.ids, facilities) {
            (ids, place) = (previous.ids, previous.place)
            return
        }
        ids = facilities.map(\.id)
        place.reserveCapacity(rows.count)
        for (position, row) in rows.enumerated() {
            if case .facility(let index) = row { place[facilities[index].id] = position }
        }
    }

    private static func areSame(_ ids: [FacilityID], _ facilities: [FacilitySnapshot]) -> Bool {
        guard ids.count == facilities.count else { return false }
        return facilities.withUnsafeBufferPointer { facilities in
            ids.indices.allSatisfy { ids[$0] == facilities[$0].id }
        }
    }

    /// Every facility once: those that were shown in their order, then the others.
    private static func order(_ previous: OverviewIndex, count: Int) -> [Int] {
        var order: [Int] = []
        order.reserveCapacity(count)
        var isIn = [Bool](repeating: false, count: count)
        for case .facility(let index) in previous.rows where index < count && !isIn[index] {
            order.append(index)
            isIn[index] = true
        }
        for index in 0..<count where !isIn[index] { order.append(index) }
        return order
    }

    private static func sort(_ chosen: inout [Int], _ facilities: [FacilitySnapshot], _ key: Key) {
        let column = key.sort
        let descending = key.isDescending
        if let keys = texts(of: facilities, column) {
            chosen.sort { a, b in
                if keys[a] != keys[b] { return (keys[a] < keys[b]) != descending }
                return facilities[a].id < facilities[b].id
            }
        } else {
            let keys = facilities.withUnsafeBufferPointer { facilities in
                facilities.indices.map { number(facilities[$0], column, now: key.at) }
            }
            chosen.sort { a, b in
                // What is unknown stands last, whatever the order.
                switch (keys[a], keys[b]) {
                case (let x?, let y?) where x != y: return (x < y) != descending
                case (nil, _?): return false
                case (_?, nil): return true
                default: return facilities[a].id < facilities[b].id
                }
            }
        }
    }

    /// Nil for a column that is sorted by number.
    private static func texts(of facilities: [FacilitySnapshot], _ column: OverviewColumn) -> [String]? {
        facilities.withUnsafeBufferPointer { facilities in
            switch column {
            case .name: facilities.indices.map { facilities[$0].name }
            case .id: facilities.indices.map { facilities[$0].id.text }
            case .kind: facilities.indices.map { facilities[$0].kind.rawValue }
            case .region: facilities.indices.map { facilities[$0].region }
            default: nil
            }
        }
    }

    private static func number(_ facility: FacilitySnapshot, _ column: OverviewColumn, now: UTCInstant) -> Double? {
        switch column {
        case .trouble: Double(FacilityTrouble(facility, now: now).rawValue)
        case .load: facility.load?.kilowatts
        case .contract: facility.contractShare
        case .peak: facility.peakToday?.kilowatts
        case .forecast: facility.forecast?.peak.kilowatts
        case .quality: facility.qualityShare
        case .meters: Double(facility.meters)
        case .age: facility.newest.map { -Double($0.milliseconds) }
        default: nil
        }
    }

    private static func grouped(
        _ chosen: [Int], _ facilities: [FacilitySnapshot], by grouping: OverviewGrouping
    ) -> [OverviewRow] {
        guard grouping != .none else { return chosen.map { .facility($0) } }
        let title: (Int) -> String = { index in
            let facility = facilities[index]
            if grouping == .kind { return facility.kind.rawValue }
            return facility.region.isEmpty ? "no region" : facility.region
        }
        let groups = Dictionary(grouping: chosen, by: title)
        return groups.keys.sorted().flatMap { name -> [OverviewRow] in
            let members = groups[name] ?? []
            let loads = members.compactMap { facilities[$0].load?.kilowatts }
            let limits = members.compactMap { facilities[$0].contractDemand?.kilowatts }
            let heading = OverviewRow.heading(
                title: name, count: members.count, load: loads.isEmpty ? nil : loads.reduce(0, +),
                contract: limits.isEmpty ? nil : limits.reduce(0, +))
            return [heading] + members.map { .facility($0) }
        }
    }

    private static func total(of facilities: UnsafeBufferPointer<FacilitySnapshot>) -> [Double?] {
        let minutes = facilities.indices.map { facilities[$0].lastHour.count }.max() ?? 0
        var sums = [Double](repeating: 0, count: minutes)
        var counts = [Int](repeating: 0, count: minutes)
        for facility in facilities.indices {
            let offset = minutes - facilities[facility].lastHour.count
            facilities[facility].lastHour.withUnsafeBufferPointer { values in
                for index in values.indices {
                    guard let value = values[index], value.isFinite else { continue }
                    sums[offset + index] += Double(value)
                    counts[offset + index] += 1
                }
            }
        }
        let most = counts.max() ?? 0
        return zip(sums, counts).map { sum, count in count > 0 && count * 5 >= most * 4 ? sum : nil }
    }

    func id(at row: Int, in facilities: [FacilitySnapshot]) -> FacilityID? {
        guard rows.indices.contains(row), case .facility(let index) = rows[row], facilities.indices.contains(index)
        else {
            return nil
        }
        return facilities[index].id
    }
}

extension FacilitySnapshot {
    /// Load as a share of contract demand; nil while either is unknown.
    var contractShare: Double? {
        guard let load, let contractDemand, contractDemand.kilowatts > 0 else { return nil }
        return load.kilowatts / contractDemand.kilowatts
    }
}

/// What `/` sees of a facility.
struct FilterableFacility: Filterable {
    let facility: FacilitySnapshot
    let now: UTCInstant

    func text(of field: String) -> String {
        switch field {
        case "name": facility.name
        case "id": facility.id.text
        case "kind": facility.kind.rawValue
        case "region": facility.region
        case "quality": FacilityQuality(facility, now: now).word
        case "forecast": forecast
        case "dr": facility.response.map { "\($0.event) \(LegProgress(state: $0.state).look.word)" } ?? ""
        default: number(of: field).map { Numbers.kilowatts($0) } ?? Numbers.unknown
        }
    }

    /// `1,960.0 degraded`, `1,960.0 normal stale`: what the table's mark says is found by its word.
    private var forecast: String {
        guard let brief = facility.forecast else { return Numbers.unknown }
        let look = ForecastLook(brief, now: now)
        return "\(Numbers.kilowatts(brief.peak.kilowatts)) \(look.word)\(look.isStale ? " stale" : "")"
    }

    func number(of field: String) -> Double? {
        switch field {
        case "load": facility.load?.kilowatts
        case "contract": facility.contractShare.map { $0 * 100 }
        case "dr": facility.response?.achieved?.kilowatts
        case "peak": facility.peakToday?.kilowatts
        case "forecast": facility.forecast?.peak.kilowatts
        case "meters": Double(facility.meters)
        case "age": facility.newest.map { Double(now.since($0).milliseconds) / 1000 }
        default: nil
        }
    }
}
