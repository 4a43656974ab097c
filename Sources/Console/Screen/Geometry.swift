/// A cell's place: column `x` from the left, row `y` from the top, both from 0.
package struct Point: Hashable, Sendable {
    package var x: Int
    package var y: Int

    package init(x: Int, y: Int) {
        self.x = x
        self.y = y
    }
}

/// A screen's extent in cells; never negative.
package struct Size: Hashable, Sendable {
    package let columns: Int
    package let rows: Int

    package init(columns: Int, rows: Int) {
        self.columns = max(0, columns)
        self.rows = max(0, rows)
    }
}

/// A box of cells. Width and height are never negative; an empty box is legal and nothing is drawn into it.
package struct Rect: Hashable, Sendable {
    package var x: Int
    package var y: Int
    package var width: Int
    package var height: Int

    package init(x: Int, y: Int, width: Int, height: Int) {
        self.x = x
        self.y = y
        self.width = max(0, width)
        self.height = max(0, height)
    }

    package init(_ size: Size) {
        self.init(x: 0, y: 0, width: size.columns, height: size.rows)
    }

    package var maxX: Int { x + width }
    package var maxY: Int { y + height }
    package var isEmpty: Bool { width == 0 || height == 0 }
    package var origin: Point { Point(x: x, y: y) }

    package func contains(_ point: Point) -> Bool {
        point.x >= x && point.x < maxX && point.y >= y && point.y < maxY
    }

    package func intersection(_ other: Rect) -> Rect {
        let left = max(x, other.x)
        let top = max(y, other.y)
        return Rect(x: left, y: top, width: min(maxX, other.maxX) - left, height: min(maxY, other.maxY) - top)
    }

    /// Smaller by so many cells on each side, never below empty.
    package func inset(horizontal: Int = 0, vertical: Int = 0) -> Rect {
        Rect(x: x + horizontal, y: y + vertical, width: width - 2 * horizontal, height: height - 2 * vertical)
    }

    /// One row of the box, counted from its top; empty when the box has no such row.
    package func row(_ index: Int) -> Rect {
        index >= 0 && index < height
            ? Rect(x: x, y: y + index, width: width, height: 1) : Rect(x: x, y: y, width: 0, height: 0)
    }

    /// Everything below the first `count` rows.
    package func dropRows(_ count: Int) -> Rect {
        let dropped = min(max(0, count), height)
        return Rect(x: x, y: y + dropped, width: width, height: height - dropped)
    }

    /// A box of this size in the middle, cut to fit.
    package func centred(width wanted: Int, height tall: Int) -> Rect {
        let width = min(max(0, wanted), self.width)
        let height = min(max(0, tall), self.height)
        return Rect(
            x: x + (self.width - width) / 2, y: y + (self.height - height) / 2, width: width, height: height)
    }
}
