/// A column's heading and how it behaves when room is short.
package struct TableColumn: Hashable, Sendable {
    package enum Width: Hashable, Sendable {
        case fixed(Int)
        /// At least so wide, and a share of what is left over by weight.
        case flexible(minimum: Int, weight: Int)
    }

    /// With its unit: `LOAD kW`.
    package var title: String
    package var width: Width
    package var align: Alignment
    /// 0 never drops out; of the others the highest drops first when the table is too narrow.
    package var priority: Int

    package init(_ title: String, width: Width, align: Alignment = .left, priority: Int = 0) {
        self.title = title
        self.width = width
        self.align = align
        self.priority = priority
    }

    var minimum: Int {
        switch width {
        case .fixed(let cells), .flexible(let cells, _): max(0, cells)
        }
    }
}

/// What stands in one cell of a table.
package enum TableCell: Hashable, Sendable {
    case text(String, Role = .text, Attributes = [])
    case spans([Span])
    case bar(Bar)
    case sparkline(Sparkline)
    case empty
}

/// A table over any number of rows: only the visible ones are asked for.
///
/// Rows: heading, then data. `y` of the first data row is `rect.y + 1`; ``row(at:in:)`` maps a click back.
package struct Table: Hashable, Sendable {
    package struct Sort: Hashable, Sendable {
        package let column: Int
        package let isAscending: Bool

        package init(column: Int, isAscending: Bool) {
            self.column = column
            self.isAscending = isAscending
        }
    }

    package var columns: [TableColumn]
    package var rowCount: Int
    package var selected: Int?
    package var marked: Set<Int>
    package var window: ListWindow
    package var sort: Sort?
    /// Said in the middle when there are no rows: why, and what to do.
    package var emptyText: String
    /// A table without the keyboard shows its selection quietly.
    package var isFocused: Bool

    package init(
        columns: [TableColumn], rowCount: Int, selected: Int? = nil, marked: Set<Int> = [],
        window: ListWindow = ListWindow(), sort: Sort? = nil, emptyText: String = "", isFocused: Bool = true
    ) {
        self.columns = columns
        self.rowCount = rowCount
        self.selected = selected
        self.marked = marked
        self.window = window
        self.sort = sort
        self.emptyText = emptyText
        self.isFocused = isFocused
    }

    /// Data rows that fit in a box of this height.
    package static func dataRows(height: Int) -> Int { max(0, height - 1) }

    /// The row under a point, nil on the heading or below the last.
    package func row(at point: Point, in rect: Rect) -> Int? {
        guard rect.contains(point), point.y > rect.y else { return nil }
        let row = window.top + point.y - rect.y - 1
        return row < rowCount ? row : nil
    }

    /// The column under a point, nil in the gaps.
    package func column(at point: Point, in rect: Rect) -> Int? {
        layout(width: Self.room(rect)).first { point.x >= rect.x + $0.x && point.x < rect.x + $0.x + $0.width }?.column
    }

    /// `content` is asked for (row, column) of visible cells only.
    package func draw(in rect: Rect, on grid: inout Grid, content: (_ row: Int, _ column: Int) -> TableCell) {
        guard !rect.isEmpty else { return }
        let layout = layout(width: Self.room(rect))
        grid.clipped(to: rect) { grid in
            drawHeading(layout, in: rect, on: &grid)
            guard rowCount > 0 else { return drawEmpty(in: rect.dropRows(1), on: &grid) }
            let body = rect.dropRows(1)
            let visible = window.visible(of: rowCount, height: body.height)
            for (offset, row) in visible.enumerated() {
                let line = body.row(offset)
                if row == selected {
                    grid.fill(line, on: isFocused ? .selection : .marked)
                } else if marked.contains(row) {
                    grid.fill(line, on: .marked)
                }
                for place in layout {
                    let box = Rect(x: line.x + place.x, y: line.y, width: place.width, height: 1)
                    draw(content(row, place.column), align: columns[place.column].align, in: box, on: &grid)
                }
            }
            Scrollbar.draw(in: body, top: visible.lowerBound, visible: body.height, count: rowCount, on: &grid)
        }
    }

    private func draw(_ cell: TableCell, align: Alignment, in box: Rect, on grid: inout Grid) {
        switch cell {
        case .text(let text, let role, let attributes):
            grid.draw(text, at: box.origin, width: box.width, role: role, attributes: attributes, align: align)
        case .spans(let spans): grid.draw(spans, at: box.origin, width: box.width, align: align)
        case .bar(let bar): bar.draw(in: box, on: &grid)
        case .sparkline(let line): line.draw(in: box, on: &grid)
        case .empty: break
        }
    }

    private func drawHeading(_ layout: [Place], in rect: Rect, on grid: inout Grid) {
        for place in layout {
            let column = columns[place.column]
            let isSorted = sort?.column == place.column
            let mark = isSorted ? (sort?.isAscending == true ? "▴" : "▾") : ""
            let title = column.title + mark
            // a heading is no number: cut like text
            let fits = CharacterWidth.columns(title) <= place.width
            grid.draw(
                title, at: Point(x: rect.x + place.x, y: rect.y), width: place.width,
                role: isSorted ? .headerStrong : .header, align: fits ? column.align : .left)
        }
    }

    private func drawEmpty(in rect: Rect, on grid: inout Grid) {
        guard rect.height > 0 else { return }
        let box = rect.row(min(rect.height - 1, rect.height / 3))
        grid.draw(emptyText, at: box.origin, width: box.width, role: .textDim, align: .centre)
    }
}
