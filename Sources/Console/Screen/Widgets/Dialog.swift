/// A question over the screen. The first button is the safe one and is chosen unless the operator moves.
package struct Dialog: Hashable, Sendable {
    package struct Button: Hashable, Sendable {
        package let label: String
        package let key: String
        package let isDanger: Bool

        package init(_ label: String, key: String, isDanger: Bool = false) {
            self.label = label
            self.key = key
            self.isDanger = isDanger
        }
    }

    package var title: String
    package var lines: [[Span]]
    package var buttons: [Button]
    package var selected: Int

    package init(title: String, lines: [[Span]], buttons: [Button], selected: Int = 0) {
        self.title = title
        self.lines = lines
        self.buttons = buttons
        self.selected = selected
    }

    /// Dims what is below, draws the box in the middle and returns the room between text and buttons (for a form of
    /// `extraRows` rows).
    @discardableResult
    package func draw(in screen: Rect, extraRows: Int = 0, minimumWidth: Int = 40, on grid: inout Grid) -> Rect {
        grid.restyle(screen, role: .textDim)
        grid.cursor = nil
        let textWidth = lines.map { $0.reduce(0) { $0 + CharacterWidth.columns($1.text) } }.max() ?? 0
        let wanted = max(minimumWidth, textWidth + 6, buttonsWidth + 6, CharacterWidth.columns(title) + 8)
        let rows = lines.count + extraRows + (extraRows > 0 ? 1 : 0) + 5
        let box = screen.centred(width: min(wanted, screen.width - 2), height: min(rows, screen.height))
        return grid.clipped(to: box) { grid in
            grid.fill(box, on: .text)
            let inner = Panel.draw([Span(title, .title)], isFocused: true, in: box, on: &grid).inset(horizontal: 2)
            for (index, line) in lines.enumerated() where index + 2 < inner.height {
                grid.draw(line, at: Point(x: inner.x, y: inner.y + 1 + index), width: inner.width)
            }
            if inner.height > 0 { drawButtons(in: inner.row(inner.height - 1), on: &grid) }
            let top = min(inner.height, 2 + lines.count)
            return Rect(x: inner.x, y: inner.y + top, width: inner.width, height: inner.height - top - 2)
        }
    }

    private var buttonsWidth: Int {
        buttons.reduce(0) { $0 + CharacterWidth.columns($1.label) + CharacterWidth.columns($1.key) + 7 }
    }

    private func drawButtons(in row: Rect, on grid: inout Grid) {
        var x = row.x
        for (index, button) in buttons.enumerated() where x < row.maxX {
            let isSelected = index == selected
            let role: Role = isSelected ? .buttonSelected : button.isDanger ? .buttonDanger : .button
            let text = isSelected ? "[ \(button.label) ]" : "  \(button.label)  "
            x += grid.draw(text, at: Point(x: x, y: row.y), width: row.maxX - x, role: role, on: role)
            x += grid.draw(" " + button.key, at: Point(x: x, y: row.y), width: max(0, row.maxX - x), role: .key) + 2
        }
    }
}
