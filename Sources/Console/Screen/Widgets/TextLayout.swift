/// A text cut into rows of one width, and which of them are on the screen. Made again by every change of text or size, in
/// one pass over the text.
struct TextLayout: Sendable {
    private(set) var width = 80
    private(set) var height = 24
    private(set) var top = 0
    /// Where each row begins; never empty.
    private(set) var starts = [0]
    /// The number of the line that begins with this row, from 1; 0 for what goes on from the row above.
    private(set) var lines = [1]
    private var laid = 0

    /// A spelled-out scalar takes up to ten columns, and one is left for the caret behind the last.
    static let narrowest = 12

    var rows: Int { starts.count }
    var page: Int { max(1, height - 1) }
    var gutter: Int { max(3, String(lines.last { $0 > 0 } ?? 1).count) + 1 }
    /// Columns for the text: what gutter, caret and scroll bar leave.
    private var room: Int { max(Self.narrowest, width - gutter - 3) }

    mutating func resize(width: Int, height: Int, _ scalars: [Unicode.Scalar]) {
        self.height = max(1, height)
        guard width != self.width else { return }
        self.width = width
        lay(scalars)
    }

    mutating func lay(_ scalars: [Unicode.Scalar]) {
        // The gutter grows with the number of lines: count them before anything is cut.
        var count = 1
        for scalar in scalars where scalar == "\n" { count += 1 }
        lines = [count]
        let room = room
        (starts, lines, laid) = ([0], [1], scalars.count)
        var used = 0
        var line = 1
        for index in scalars.indices {
            let scalar = scalars[index]
            if scalar == "\n" {
                line += 1
                starts.append(index + 1)
                lines.append(line)
                used = 0
                continue
            }
            let columns = Spelling.columns(scalar)
            if used + columns > room, used > 0 {
                starts.append(index)
                lines.append(0)
                used = 0
            }
            used += columns
        }
    }

    /// Scrolls as little as needed.
    mutating func show(_ caret: Int) {
        top = ListWindow(top: top).showing(row(of: caret), of: rows, height: height, margin: 1).top
    }

    /// The last row that begins at or before this place. O(log n).
    func row(of index: Int) -> Int {
        var low = 0
        var high = starts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if starts[middle] <= index { low = middle } else { high = middle }
        }
        return low
    }

    /// The scalars of a row, its line end among them.
    func range(of row: Int, in scalars: [Unicode.Scalar]) -> Range<Int> {
        let start = min(starts[row], scalars.count)
        let end = row + 1 < starts.count ? starts[row + 1] : scalars.count
        return start..<max(start, min(end, scalars.count))
    }

    /// Where End goes: before the line end, or on the last scalar of a row that goes on.
    func rowEnd(_ row: Int, in scalars: [Unicode.Scalar]) -> Int {
        let range = range(of: row, in: scalars)
        return row + 1 < starts.count ? max(range.lowerBound, range.upperBound - 1) : range.upperBound
    }

    func column(of index: Int, in scalars: [Unicode.Scalar]) -> Int {
        let start = starts[row(of: index)]
        guard start <= index else { return 0 }
        return scalars[start..<min(index, scalars.count)].reduce(0) { $0 + Spelling.columns($1) }
    }

    /// The place in a row nearest to a column; rows beyond the text are its first and last.
    func index(row: Int, column: Int, in scalars: [Unicode.Scalar]) -> Int {
        if row < 0 { return 0 }
        if row >= rows { return scalars.count }
        let end = rowEnd(row, in: scalars)
        var used = 0
        for index in range(of: row, in: scalars) where index < end {
            used += Spelling.columns(scalars[index])
            if used > column { return index }
        }
        return end
    }
}

// MARK: - Drawing

extension TextEditor {
    /// Must be told its size before it is drawn, and whenever that changes.
    package mutating func resize(width: Int, height: Int) {
        layout.resize(width: width, height: height, scalars)
        layout.show(caret)
    }

    /// The place under a point, for clicks; nil outside.
    package func index(at point: Point, in rect: Rect) -> Int? {
        guard rect.contains(point) else { return nil }
        let column = max(0, point.x - rect.x - layout.gutter)
        return layout.index(row: layout.top + point.y - rect.y, column: column, in: scalars)
    }

    /// `mark` is a scalar to point at; a place behind the last shows as a marked blank.
    package func draw(in rect: Rect, mark: Int? = nil, isFocused: Bool, on grid: inout Grid) {
        guard !rect.isEmpty else { return }
        let visible = ListWindow(top: layout.top).visible(of: layout.rows, height: rect.height)
        grid.clipped(to: rect) { grid in
            for (offset, row) in visible.enumerated() {
                draw(row: row, at: Point(x: rect.x, y: rect.y + offset), mark: mark, on: &grid)
            }
            Scrollbar.draw(
                in: rect, top: visible.lowerBound, visible: rect.height, count: layout.rows, on: &grid)
        }
        let row = layout.row(of: caret)
        guard isFocused, visible.contains(row) else { return }
        let x = rect.x + layout.gutter + layout.column(of: caret, in: scalars)
        grid.cursor = Point(x: min(x, rect.maxX - 1), y: rect.y + row - visible.lowerBound)
    }

    private func draw(row: Int, at point: Point, mark: Int?, on grid: inout Grid) {
        let number = layout.lines[row]
        let gutter = layout.gutter
        let label = number > 0 ? String(number) : "·"
        grid.draw(label, at: point, width: gutter - 1, role: .textDim, align: .right)
        let range = layout.range(of: row, in: scalars)
        let text = range.last.map { scalars[$0] == "\n" } == true ? range.dropLast() : range[...]
        var x = point.x + gutter
        let isMarked = mark.map { range.contains($0) || ($0 == scalars.count && row == layout.rows - 1) } == true
        guard let mark, isMarked else {
            grid.draw(Spelling.spans(scalars[text.startIndex..<text.endIndex]), at: Point(x: x, y: point.y))
            return
        }
        let head = text.startIndex..<min(max(text.startIndex, mark), text.endIndex)
        x += grid.draw(Spelling.spans(scalars[head]), at: Point(x: x, y: point.y))
        let isInside = mark < text.endIndex
        let here = isInside ? Spelling.spelled(scalars[mark]) ?? String(Character(scalars[mark])) : " "
        x += grid.draw(here, at: Point(x: x, y: point.y), role: .inputError, on: .inputError)
        guard isInside else { return }
        grid.draw(Spelling.spans(scalars[(mark + 1)..<text.endIndex]), at: Point(x: x, y: point.y))
    }
}
