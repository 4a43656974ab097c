/// Nested rows, already flattened by the caller in the order they show: only what is open is listed.
package struct Tree: Hashable, Sendable {
    package enum Fold: Hashable, Sendable { case leaf, open, closed }

    package struct Row: Hashable, Sendable {
        /// 0 for roots.
        package var depth: Int
        package var fold: Fold
        package var spans: [Span]
        /// Stands at the right edge (a duration, a count).
        package var trailing: [Span]
        /// The last among its siblings, so its branch ends here.
        package var isLast: Bool

        package init(depth: Int, fold: Fold, spans: [Span], trailing: [Span] = [], isLast: Bool = false) {
            self.depth = depth
            self.fold = fold
            self.spans = spans
            self.trailing = trailing
            self.isLast = isLast
        }
    }

    package var rows: [Row]
    package var selected: Int?
    package var window: ListWindow
    package var isFocused: Bool

    package init(_ rows: [Row], selected: Int? = nil, window: ListWindow = ListWindow(), isFocused: Bool = true) {
        self.rows = rows
        self.selected = selected
        self.window = window
        self.isFocused = isFocused
    }

    package func draw(in rect: Rect, on grid: inout Grid) {
        grid.clipped(to: rect) { grid in
            let visible = window.visible(of: rows.count, height: rect.height)
            for (offset, index) in visible.enumerated() {
                let line = Rect(x: rect.x, y: rect.y + offset, width: max(0, rect.width - 2), height: 1)
                if index == selected { grid.fill(line, on: isFocused ? .selection : .marked) }
                draw(rows[index], in: line, on: &grid)
            }
            Scrollbar.draw(in: rect, top: visible.lowerBound, visible: rect.height, count: rows.count, on: &grid)
        }
    }

    private func draw(_ row: Row, in line: Rect, on grid: inout Grid) {
        var x = line.x
        for level in 0..<min(row.depth, line.width / 2) {
            let isBranch = level == row.depth - 1
            grid.draw(isBranch ? (row.isLast ? "└ " : "├ ") : "│ ", at: Point(x: x, y: line.y), role: .border)
            x += 2
        }
        let mark =
            switch row.fold {
            case .leaf: "  "
            case .open: "▾ "
            case .closed: "▸ "
            }
        x += grid.draw(mark, at: Point(x: x, y: line.y), role: .key)
        let trailing = row.trailing.reduce(0) { $0 + CharacterWidth.columns($1.text) }
        let room = max(0, line.maxX - x - (trailing > 0 ? trailing + 1 : 0))
        grid.draw(row.spans, at: Point(x: x, y: line.y), width: room)
        grid.draw(row.trailing, at: Point(x: line.maxX - trailing, y: line.y), width: trailing)
    }
}
