/// The shape of a series in one row. nil is a gap and stays empty; the newest value is at the right.
package struct Sparkline: Hashable, Sendable {
    package var values: [Double?]
    /// What the lowest and highest mark mean; nil takes the data's own, from 0 when all values are positive.
    package var range: ClosedRange<Double>?
    package var role: Role

    package init(_ values: [Double?], range: ClosedRange<Double>? = nil, role: Role = .sparkline) {
        self.values = values
        self.range = range
        self.role = role
    }

    /// One mark a column. More values than columns are averaged in equal groups; fewer stand at the right.
    package func draw(in rect: Rect, on grid: inout Grid) {
        guard !rect.isEmpty, !values.isEmpty else { return }
        let columns = Self.resample(values, columns: rect.width)
        let known = columns.compactMap { $0 }
        guard let least = known.min(), let most = known.max() else { return }
        let range = self.range ?? (min(0, least)...max(most, 0))
        let marks: [Unicode.Scalar] =
            grid.glyphs.isASCII ? ["_", ".", "-", "~", "=", "+", "^", "#"] : ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
        let span = range.upperBound - range.lowerBound
        for (offset, value) in columns.enumerated() {
            guard let value else { continue }
            let share = span > 0 ? min(max((value - range.lowerBound) / span, 0), 1) : 0
            let mark = marks[min(7, Int(share * 8))]
            grid.put(mark, at: Point(x: rect.maxX - columns.count + offset, y: rect.y), role: role)
        }
    }

    /// A group with no known value is a gap.
    static func resample(_ values: [Double?], columns: Int) -> [Double?] {
        let finite = values.map { $0.flatMap { $0.isFinite ? $0 : nil } }
        guard columns > 0, values.count > columns else { return finite }
        return (0..<columns).map { column in
            let from = column * finite.count / columns
            let to = (column + 1) * finite.count / columns
            let known = finite[from..<to].compactMap { $0 }
            return known.isEmpty ? nil : known.reduce(0, +) / Double(known.count)
        }
    }
}
