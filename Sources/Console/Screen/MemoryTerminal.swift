/// A terminal in memory that is drawn on only by differences, as the real one is: what it shows proves the diff, and is
/// what screen goldens are made of.
package struct MemoryTerminal: Sendable {
    private var cells: [[(text: String, style: Style)]]
    private var shown: Grid?
    package let size: Size
    /// Cells redrawn by the last frame.
    package private(set) var lastRedrawn = 0

    package init(size: Size) {
        self.size = size
        cells = Array(
            repeating: Array(repeating: (" ", Style(role: .text)), count: size.columns), count: size.rows)
    }

    /// Frames of another size are ignored, as a resize will bring the right one.
    package mutating func show(_ grid: Grid) {
        guard grid.size == size else { return }
        lastRedrawn = 0
        for run in GridDiff.runs(from: shown, to: grid) {
            for x in run.columns {
                let text = String(String.UnicodeScalarView(grid.scalars(x: x, y: run.row)))
                cells[run.row][x] = (text, grid[x, run.row].style)
                lastRedrawn += 1
            }
        }
        shown = grid
    }

    /// The rows without trailing spaces.
    package var text: [String] {
        cells.map { row in
            var line = row.map(\.text).joined()
            while line.last == " " { line.removeLast() }
            return line
        }
    }

    /// One letter a cell: `.` for plain text, others by the legend that follows. Blank cells without a background or
    /// attribute do not show their role, for it cannot be seen.
    package var styleOverlay: [String] {
        var letters: [Style: Character] = [:]
        var legend: [String] = []
        let alphabet = Array("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&*+=?@")
        let rows = cells.map { row -> String in
            var line = ""
            for cell in row {
                let isBlank = cell.text == " " || cell.text.isEmpty
                let style =
                    isBlank
                    ? Style(role: .text, ground: cell.style.ground, attributes: cell.style.attributes) : cell.style
                if style == Style(role: .text) {
                    line.append(isBlank ? " " : ".")
                } else if let letter = letters[style] {
                    line.append(letter)
                } else {
                    let letter = letters.count < alphabet.count ? alphabet[letters.count] : "~"
                    letters[style] = letter
                    legend.append("\(letter) \(style)")
                    line.append(letter)
                }
            }
            while line.last == " " { line.removeLast() }
            return line
        }
        return rows + legend
    }

    /// A golden file: the text, a line of dashes, the overlay with its legend, and the cursor.
    package var golden: String {
        let cursor = shown?.cursor.map { "cursor \($0.x),\($0.y)" } ?? "no cursor"
        return (text + ["----"] + styleOverlay + [cursor]).joined(separator: "\n") + "\n"
    }
}

extension Style: CustomStringConvertible {
    /// `alarm.high on selection +bold`.
    package var description: String {
        var text = role.name
        if ground != .text { text += " on \(ground.name)" }
        if !attributes.isEmpty { text += " +" + attributes.names.joined(separator: " +") }
        return text
    }
}
