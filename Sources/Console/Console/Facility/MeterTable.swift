import EnergyModel
import Ports
import Screen

/// The meters of a facility as they stand now.
struct MeterTable {
    let state: ConsoleState
    let pane: Pane

    private static let columns = [
        TableColumn("", width: .fixed(1)), TableColumn("METER", width: .flexible(minimum: 14, weight: 1)),
        TableColumn("LOAD kW", width: .fixed(11), align: .right),
        TableColumn("REGISTER kWh", width: .fixed(14), align: .right, priority: 2),
        TableColumn("VOLTS", width: .fixed(7), align: .right, priority: 3),
        TableColumn("QUALITY", width: .fixed(13)),
        TableColumn("MISSING 1 h", width: .fixed(11), align: .right, priority: 1),
        TableColumn("AGE", width: .fixed(7), align: .right),
        // Takes half of what is left on a wide screen, so that a name stays near its numbers.
        TableColumn("", width: .flexible(minimum: 0, weight: 1)),
    ]

    var table: Table {
        let facility = pane.facility
        let text =
            facility.meters.value == nil
            ? facility.meters.failure ?? "Asking for the meters …"
            : "No meters yet: they appear with their first reading, or with `switchyard facilities import FILE`"
        return Table(
            columns: Self.columns, rowCount: facility.meters.value?.count ?? 0,
            selected: facility.list.selected == nil ? nil : facility.list.position,
            window: ListWindow(top: facility.list.first), emptyText: text, isFocused: pane.hasFocus)
    }

    func draw(in area: Rect, on grid: inout Grid) {
        let meters = pane.facility.meters.value ?? []
        let now = meterNow
        Chrome.draw(table, in: area, on: &grid) { row, column in
            meters.indices.contains(row) ? cell(meters[row], column, now: now) : .empty
        }
    }

    /// Meters age against the engine's clock, like everything else.
    private var meterNow: UTCInstant { state.past == nil ? state.moment : .distantPast }

    private func cell(_ meter: MeterSnapshot, _ column: Int, now: UTCInstant) -> TableCell {
        // Their values are of now; in the past only the names hold.
        guard state.past == nil else { return pastCell(meter, column) }
        let freshness = meter.newest.map { Freshness(age: now.since($0)) } ?? .bad
        let isUsable = freshness != .bad
        let role: Role = freshness == .stale ? .stateStale : .text
        switch column {
        case 0:
            switch freshness {
            case .fresh: return .empty
            case .stale: return .text("○", .stateStale)
            case .bad: return .text(meter.newest == nil ? "·" : "×", meter.newest == nil ? .textDim : .stateBad)
            }
        case 1: return .text(meter.id.text)
        case 2: return .text(Numbers.kilowatts(isUsable ? meter.kilowatts : nil), isUsable ? role : .stateBad)
        case 3: return .text(Numbers.kilowatts(isUsable ? meter.registerKilowattHours : nil), .textDim)
        case 4: return .text(Numbers.kilowatts(isUsable ? meter.volts : nil), .textDim)
        case 5: return quality(meter, freshness)
        case 6:
            let missing = meter.missingSlotsLastHour
            return .text("\(missing) of 240", missing > 0 ? .stateStale : .textDim)
        case 7: return .text(Age.column(meter.newest.map { now.since($0) }), freshness == .fresh ? .textDim : role)
        default: return .empty
        }
    }

    private func pastCell(_ meter: MeterSnapshot, _ column: Int) -> TableCell {
        switch column {
        case 0, 8: .empty
        case 1: .text(meter.id.text)
        default: .text(Numbers.unknown, .textDim)
        }
    }

    private func quality(_ meter: MeterSnapshot, _ freshness: Freshness) -> TableCell {
        switch freshness {
        case .bad: return .text(meter.newest == nil ? "no data" : "bad", meter.newest == nil ? .textDim : .stateBad)
        case .stale: return .text("stale", .stateStale)
        case .fresh:
            let quality = meter.quality
            return .text(quality?.name ?? "unknown", quality?.isGood == true ? .textDim : .stateEstimated)
        }
    }
}

/// A meter's readings newest first, with a line for every hole.
enum ReadingRows {
    enum Row: Equatable {
        case point(SeriesAnswer.Point)
        case missing(Int, from: UTCInstant)
    }

    static func all(_ answer: SeriesAnswer?) -> [Row] {
        guard let answer, answer.stepMilliseconds > 0 else { return [] }
        var rows: [Row] = []
        rows.reserveCapacity(answer.points.count)
        var later: UTCInstant?
        for point in answer.points.reversed() {
            if let later {
                let steps =
                    (later.milliseconds - point.start.milliseconds + answer.stepMilliseconds / 2)
                    / answer.stepMilliseconds
                if steps > 1 {
                    rows.append(
                        .missing(Int(steps) - 1, from: point.start.advanced(by: .milliseconds(answer.stepMilliseconds)))
                    )
                }
            }
            rows.append(.point(point))
            later = point.start
        }
        return rows
    }
}
