/// Which rows of a long list are on the screen.
package struct ListWindow: Hashable, Sendable {
    /// The first visible row.
    package var top: Int

    package init(top: Int = 0) { self.top = top }

    /// Scrolls as little as needed so that `selected` shows with `margin` rows around it, and never past the end.
    package func showing(_ selected: Int?, of count: Int, height: Int, margin: Int = 0) -> ListWindow {
        guard height > 0 else { return ListWindow(top: 0) }
        var top = self.top
        if let selected {
            let margin = max(0, min(margin, (height - 1) / 2))
            top = min(top, selected - margin)
            top = max(top, selected - height + 1 + margin)
        }
        return ListWindow(top: max(0, min(top, count - height)))
    }

    package func visible(of count: Int, height: Int) -> Range<Int> {
        let first = max(0, min(top, count))
        return first..<max(first, min(count, first + max(0, height)))
    }
}

/// A bar at the right edge that says how much of a list is shown and where.
package enum Scrollbar {
    package static func draw(in rect: Rect, top: Int, visible: Int, count: Int, on grid: inout Grid) {
        guard count > visible, rect.height > 0, rect.width > 0 else { return }
        let length = max(1, rect.height * visible / count)
        let travel = rect.height - length
        let start = count > visible ? travel * min(top, count - visible) / (count - visible) : 0
        for y in 0..<rect.height {
            let isThumb = y >= start && y < start + length
            grid.put(
                isThumb ? "┃" : "│", at: Point(x: rect.maxX - 1, y: rect.y + y), role: isThumb ? .scrollbar : .rule)
        }
    }
}
