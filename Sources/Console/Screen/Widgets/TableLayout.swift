extension Table {
    /// A column on the screen: its index, and where it lies from the table's left edge.
    struct Place: Hashable, Sendable {
        let column: Int
        var x: Int
        var width: Int
    }

    static let gap = 2

    /// The last two columns of the box are kept for the scroll bar.
    static func room(_ rect: Rect) -> Int { max(0, rect.width - 2) }

    /// Columns drop out, highest priority number first (the rightmost of equals), until the rest fits; what is left over
    /// goes to the flexible ones by weight.
    func layout(width: Int) -> [Place] {
        var shown = Array(columns.indices)
        while !shown.isEmpty, needed(shown) > width {
            guard let drop = shown.filter({ columns[$0].priority > 0 }).max(by: dropsLater) else { break }
            shown.removeAll { $0 == drop }
        }
        let widths = Rect.lengths(shown.map(extent), total: width, gap: Self.gap)
        var x = 0
        var places: [Place] = []
        for (column, width) in zip(shown, widths) {
            if width > 0 { places.append(Place(column: column, x: x, width: width)) }
            x += width + Self.gap
        }
        return places
    }

    private func needed(_ shown: [Int]) -> Int {
        shown.reduce(0) { $0 + columns[$1].minimum } + Self.gap * max(0, shown.count - 1)
    }

    private func dropsLater(_ a: Int, _ b: Int) -> Bool {
        (columns[a].priority, a) < (columns[b].priority, b)
    }

    private func extent(_ column: Int) -> Extent {
        switch columns[column].width {
        case .fixed(let cells): .fixed(cells)
        case .flexible(let minimum, let weight): .flexible(minimum: minimum, weight: weight)
        }
    }
}
