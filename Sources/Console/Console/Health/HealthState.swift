import EnergyModel
import Ports
import Screen

struct HealthState: Sendable {
    var cursor = ListCursor<String>()
}

/// Sections poured into columns, as drawn lines.
struct HealthLayout {
    enum Line: Equatable {
        case heading(String, unit: String)
        case row(HealthRow)
        case empty(String)
        case gap
    }

    /// One column below 160 cells; else what can fail left, what is measured right.
    let columns: [[Line]]

    init(_ sections: [HealthSection], width: Int) {
        guard width >= 160, sections.count > 4 else {
            columns = [Self.lines(sections[...])]
            return
        }
        columns = [Self.lines(sections[..<4]), Self.lines(sections[4...])]
    }

    private static func lines(_ sections: ArraySlice<HealthSection>) -> [Line] {
        var lines: [Line] = []
        for section in sections {
            if !lines.isEmpty { lines.append(.gap) }
            lines.append(.heading(section.title, unit: section.unit))
            lines += section.rows.isEmpty ? [.empty(section.empty)] : section.rows.map { .row($0) }
        }
        return lines
    }

    /// Rows in reading order, for the cursor.
    var rows: [HealthRow] {
        columns.flatMap { $0 }.compactMap { if case .row(let row) = $0 { row } else { nil } }
    }

    /// Where a column must begin so that the selected row shows.
    static func top(of lines: [Line], selected: String?, height: Int) -> Int {
        let place = lines.firstIndex { if case .row(let row) = $0 { row.id == selected } else { false } }
        guard let place, lines.count > height else { return 0 }
        return max(0, min(place - height / 2, lines.count - height))
    }
}
