/// What must be drawn to turn one screen into another.
package enum GridDiff {
    /// Neighbouring changed cells of one row. Never begins or ends inside a wide character of the new grid.
    package struct Run: Hashable, Sendable {
        package let row: Int
        package let columns: Range<Int>
    }

    /// Top to bottom, left to right; O(cells). Grids of different sizes, or no old one, give every row whole.
    package static func runs(from old: Grid?, to new: Grid) -> [Run] {
        let width = new.size.columns
        guard let old, old.size == new.size else {
            return width == 0 ? [] : (0..<new.size.rows).map { Run(row: $0, columns: 0..<width) }
        }
        var runs: [Run] = []
        old.cells.withUnsafeBufferPointer { before in
            new.cells.withUnsafeBufferPointer { after in
                for row in 0..<new.size.rows {
                    let base = row * width
                    var x = 0
                    while x < width {
                        if old.shows(before[base + x], sameAs: after[base + x], in: new) {
                            x += 1
                            continue
                        }
                        var start = x
                        if after[base + x].isContinuation, x > 0 { start -= 1 }
                        x += 1
                        while x < width,
                            after[base + x].isContinuation
                                || !old.shows(before[base + x], sameAs: after[base + x], in: new)
                        { x += 1 }
                        runs.append(Run(row: row, columns: start..<x))
                    }
                }
            }
        }
        return runs
    }
}
