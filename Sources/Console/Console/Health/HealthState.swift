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
        /// One line of what to do about the row above; `isFirst` carries the arrow.
        case remedy(String, isFirst: Bool)
        case empty(String)
        case gap
    }

    /// One column below 160 cells; else what can fail left, what is measured right. What needs attention stands above
    /// either, with its advice as long as all of it fits into `size`; else the advice stands with the rows below.
    let columns: [[Line]]

    init(_ sections: [HealthSection], size: Size) {
        let isWide = size.columns >= 160 && sections.count > 4
        let width = isWide ? size.columns / 2 : size.columns
        var attention: [Line] = []
        var rest = sections
        if let urgent = HealthSection.attention(sections) {
            attention = Self.lines([urgent], width: width)
            if attention.count <= size.rows {
                rest = sections.map { $0.withoutAdvice }
            } else {
                attention = Self.lines([urgent.withoutAdvice], width: width)
            }
            attention.append(.gap)
        }
        guard isWide else {
            columns = [attention + Self.lines(rest[...], width: width)]
            return
        }
        columns = [
            attention + Self.lines(rest[..<4], width: width), Self.lines(rest[4...], width: width),
        ]
    }

    private static func lines(_ sections: ArraySlice<HealthSection>, width: Int) -> [Line] {
        var lines: [Line] = []
        for section in sections {
            if !lines.isEmpty { lines.append(.gap) }
            lines.append(.heading(section.title, unit: section.unit))
            if section.rows.isEmpty { lines.append(.empty(section.empty)) }
            for (index, row) in section.rows.enumerated() {
                lines.append(.row(row))
                // The same advice for neighbours stands once, under the last of them.
                let next = index + 1 < section.rows.count ? section.rows[index + 1].remedy : ""
                guard !row.remedy.isEmpty, row.remedy != next else { continue }
                let rows = TextView.wrap([Span(row.remedy)], width: max(20, width - 12))
                lines += rows.enumerated().map { offset, spans in
                    .remedy(spans.map(\.text).joined(), isFirst: offset == 0)
                }
            }
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

extension HealthSection {
    /// For rows whose advice stands elsewhere on the same screen.
    fileprivate var withoutAdvice: HealthSection {
        var section = self
        for index in section.rows.indices where section.rows[index].isTrouble { section.rows[index].remedy = "" }
        return section
    }
}
