/// A titled frame, or only a titled rule.
package enum Panel {
    /// Draws a box with its title in the top edge and returns the room inside.
    @discardableResult
    package static func draw(
        _ title: [Span], note: [Span] = [], isFocused: Bool = false, in rect: Rect, on grid: inout Grid
    ) -> Rect {
        guard rect.width >= 2, rect.height >= 2 else { return Rect(x: rect.x, y: rect.y, width: 0, height: 0) }
        let role: Role = isFocused ? .title : .border
        let right = rect.maxX - 1
        let bottom = rect.maxY - 1
        for y in (rect.y + 1)..<max(bottom, rect.y + 1) {
            grid.put("│", at: Point(x: rect.x, y: y), role: role)
            grid.put("│", at: Point(x: right, y: y), role: role)
        }
        for y in [rect.y, bottom] { grid.repeat("─", at: Point(x: rect.x, y: y), count: rect.width, role: role) }
        grid.put("┌", at: rect.origin, role: role)
        grid.put("┐", at: Point(x: right, y: rect.y), role: role)
        grid.put("└", at: Point(x: rect.x, y: bottom), role: role)
        grid.put("┘", at: Point(x: right, y: bottom), role: role)
        heading(title, note: note, in: Rect(x: rect.x + 1, y: rect.y, width: rect.width - 2, height: 1), on: &grid)
        return rect.inset(horizontal: 1, vertical: 1)
    }

    /// One line `── Title ─────── note ──` and returns the room below.
    @discardableResult
    package static func rule(
        _ title: [Span] = [], note: [Span] = [], in rect: Rect, on grid: inout Grid
    ) -> Rect {
        guard !rect.isEmpty else { return rect }
        grid.repeat("─", at: rect.origin, count: rect.width, role: .rule)
        heading(title, note: note, in: rect.row(0), on: &grid)
        return rect.dropRows(1)
    }

    private static func heading(_ title: [Span], note: [Span], in rect: Rect, on grid: inout Grid) {
        let titleWidth = title.reduce(0) { $0 + CharacterWidth.columns($1.text) }
        let noteWidth = note.reduce(0) { $0 + CharacterWidth.columns($1.text) }
        if titleWidth > 0, rect.width > 4 {
            let room = min(titleWidth, rect.width - 4)
            grid.draw(" ", at: Point(x: rect.x + 1, y: rect.y))
            grid.draw(title, at: Point(x: rect.x + 2, y: rect.y), width: room)
            grid.draw(" ", at: Point(x: rect.x + 2 + room, y: rect.y))
        }
        guard noteWidth > 0, titleWidth + noteWidth + 8 <= rect.width else { return }
        let x = rect.maxX - noteWidth - 3
        grid.draw(" ", at: Point(x: x, y: rect.y))
        grid.draw(note, at: Point(x: x + 1, y: rect.y), width: noteWidth)
        grid.draw(" ", at: Point(x: x + 1 + noteWidth, y: rect.y))
    }
}
