/// Sub-cell dots for charts: 2×4 in braille, 1×2 in half blocks, 1×1 in ASCII. Row 0 is the top.
struct DotCanvas {
    let cells: Size
    let dotsAcross: Int
    let dotsDown: Int
    private let glyphs: Glyphs
    private var marks: [Mark]

    /// What a cell holds. A line wipes the band below it out of its cell, or the band would thicken the line.
    private struct Mark {
        var bits: UInt8 = 0
        var role: Role = .text
        var isLine = false
        var ascii: Unicode.Scalar = " "
    }

    init(cells: Size, glyphs: Glyphs) {
        self.cells = cells
        self.glyphs = glyphs
        let (across, down) =
            switch glyphs {
            case .unicode: (2, 4)
            case .blocks: (1, 2)
            case .ascii: (1, 1)
            }
        dotsAcross = across
        dotsDown = down
        marks = Array(repeating: Mark(), count: cells.columns * cells.rows)
    }

    var width: Int { cells.columns * dotsAcross }
    var height: Int { cells.rows * dotsDown }

    /// Outside the canvas is allowed and draws nothing.
    mutating func line(x: Int, y: Int, role: Role, ascii: Unicode.Scalar) {
        guard x >= 0, x < width, y >= 0, y < height else { return }
        let cell = (y / dotsDown) * cells.columns + x / dotsAcross
        if !marks[cell].isLine { marks[cell] = Mark(isLine: true) }
        marks[cell].bits |= bit(x: x % dotsAcross, y: y % dotsDown)
        marks[cell].role = role
        marks[cell].ascii = ascii
    }

    /// A vertical stretch of a band, thinly dotted so that lines stand out of it.
    mutating func band(x: Int, from top: Int, to bottom: Int, role: Role) {
        guard x >= 0, x < width else { return }
        for y in max(0, top)..<max(max(0, top), min(height, bottom + 1)) {
            let cell = (y / dotsDown) * cells.columns + x / dotsAcross
            if glyphs == .unicode, y % 2 != 0 || (x + y / 2) % 2 != 0 { continue }
            marks[cell].bits |= bit(x: x % dotsAcross, y: y % dotsDown)
            marks[cell].role = role
        }
    }

    /// Straight from dot to dot (Bresenham); `keeps` says which dot columns a dashed line shows.
    mutating func stroke(
        from a: Point, to b: Point, role: Role, ascii: Unicode.Scalar, keeps: (Int) -> Bool = { _ in true }
    ) {
        let dx = abs(b.x - a.x)
        let dy = -abs(b.y - a.y)
        let stepX = a.x < b.x ? 1 : -1
        let stepY = a.y < b.y ? 1 : -1
        var error = dx + dy
        var at = a
        while true {
            if keeps(at.x) { line(x: at.x, y: at.y, role: role, ascii: ascii) }
            if at == b { return }
            let twice = 2 * error
            if twice >= dy {
                error += dy
                at.x += stepX
            }
            if twice <= dx {
                error += dx
                at.y += stepY
            }
        }
    }

    /// Cells without a dot keep what is on the grid.
    func draw(at origin: Point, on grid: inout Grid) {
        for row in 0..<cells.rows {
            for column in 0..<cells.columns {
                let mark = marks[row * cells.columns + column]
                guard mark.bits != 0 else { continue }
                grid.put(scalar(mark), at: Point(x: origin.x + column, y: origin.y + row), role: mark.role)
            }
        }
    }

    private func bit(x: Int, y: Int) -> UInt8 {
        switch glyphs {
        case .unicode: y == 3 ? 0x40 << UInt8(x) : 1 << UInt8(y + 3 * x)
        case .blocks: 1 << UInt8(y)
        case .ascii: 1
        }
    }

    private func scalar(_ mark: Mark) -> Unicode.Scalar {
        switch glyphs {
        case .unicode: Unicode.Scalar(0x2800 + UInt32(mark.bits)) ?? " "
        case .blocks: mark.isLine ? (mark.bits == 3 ? "█" : mark.bits == 1 ? "▀" : "▄") : "░"
        case .ascii: mark.isLine ? mark.ascii : ":"
        }
    }
}
