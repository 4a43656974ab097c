/// A screenful of cells. A value: screens draw a new one for every frame and the terminal draws the difference.
///
/// Everything drawn is sanitised, cut at the clip box and never leaves half of a wide character behind. Coordinates are
/// always those of the whole grid, inside a clip too. Drawing outside is allowed and does nothing.
package struct Grid: Sendable {
    package let size: Size
    package let glyphs: Glyphs
    /// Where the terminal's own cursor stands (a text field); nil hides it.
    package var cursor: Point?
    package private(set) var clip: Rect

    var cells: [Cell]
    /// Characters of more than one scalar; cells refer to them by index.
    private(set) var clusters: [[Unicode.Scalar]] = []

    package init(size: Size, glyphs: Glyphs = .unicode) {
        self.size = size
        self.glyphs = glyphs
        clip = Rect(size)
        cells = Array(repeating: .blank, count: size.columns * size.rows)
    }

    package var bounds: Rect { Rect(size) }

    /// The cell at a place inside the grid; traps outside.
    package subscript(x: Int, y: Int) -> Cell { cells[y * size.columns + x] }

    /// Draws with everything outside `rect` protected.
    package mutating func clipped<R>(to rect: Rect, _ body: (inout Grid) throws -> R) rethrows -> R {
        let before = clip
        clip = clip.intersection(rect)
        defer { clip = before }
        return try body(&self)
    }

    /// The character at a place: one scalar and its marks; empty for the right half of a wide one.
    package func scalars(x: Int, y: Int) -> [Unicode.Scalar] { scalars(of: self[x, y]) }

    /// A row as text, without trailing spaces.
    package func text(row: Int) -> String {
        var text = String.UnicodeScalarView()
        for x in 0..<size.columns { text.append(contentsOf: scalars(x: x, y: row)) }
        while text.last == " " { text.removeLast() }
        return String(text)
    }

    /// Same character and style, even when two grids keep it under different indices. A cursor is not compared.
    func shows(_ cell: Cell, sameAs other: Cell, in grid: Grid) -> Bool {
        if !cell.isCluster && !other.isCluster { return cell == other }
        return cell.style == other.style && scalars(of: cell) == grid.scalars(of: other)
    }

    // MARK: - Writing

    /// Puts one character down, if all of it lies inside the clip. A wide one that does not fit at the edge becomes a
    /// space; the other half of a wide character it lands on is blanked.
    mutating func put(_ cluster: Cluster, x: Int, y: Int, role: Role, ground: Role?, attributes: Attributes) {
        guard !clip.isEmpty, y >= clip.y, y < clip.maxY, x < clip.maxX, x + cluster.width > clip.x else { return }
        guard cluster.width == 1 || (x >= clip.x && x + 1 < clip.maxX) else {
            let inside = max(x, clip.x)
            return set(.scalar(" "), x: inside, y: y, role: role, ground: ground, attributes: attributes)
        }
        let single = cluster.marks.isEmpty || glyphs.isASCII
        if glyphs.isASCII, cluster.width == 2 {
            set(.scalar("?"), x: x, y: y, role: role, ground: ground, attributes: attributes)
            return set(.scalar("?"), x: x + 1, y: y, role: role, ground: ground, attributes: attributes)
        }
        let content: Content = single ? .scalar(cluster.scalar) : .cluster([cluster.scalar] + cluster.marks)
        set(content, x: x, y: y, role: role, ground: ground, attributes: attributes)
        if cluster.width == 2 { set(.rightHalf, x: x + 1, y: y, role: role, ground: ground, attributes: attributes) }
    }

    /// Blanks the box and gives it a background; a nil ground leaves the one that is there.
    package mutating func fill(_ rect: Rect, role: Role = .text, on ground: Role? = nil, attributes: Attributes = []) {
        let rect = rect.intersection(clip)
        for y in rect.y..<rect.maxY {
            for x in rect.x..<rect.maxX {
                set(.scalar(" "), x: x, y: y, role: role, ground: ground, attributes: attributes)
            }
        }
    }

    /// Changes the look and keeps the characters: a selected row, a dimmed screen under a dialog. What is nil stays.
    package mutating func restyle(
        _ rect: Rect, role: Role? = nil, on ground: Role? = nil, adding attributes: Attributes = []
    ) {
        let rect = rect.intersection(clip)
        for y in rect.y..<rect.maxY {
            for index in (y * size.columns + rect.x)..<(y * size.columns + rect.maxX) {
                if let role { cells[index].role = role }
                if let ground { cells[index].ground = ground }
                cells[index].attributes.formUnion(attributes)
            }
        }
    }

    enum Content {
        case scalar(Unicode.Scalar)
        case cluster([Unicode.Scalar])
        case rightHalf
    }

    private mutating func set(
        _ content: Content, x: Int, y: Int, role: Role, ground: Role?, attributes: Attributes
    ) {
        let index = y * size.columns + x
        switch content {
        case .rightHalf:
            breakWide(at: index, x: x, keepingLeft: true)
            cells[index].content = Cell.continuation
        case .scalar(let scalar):
            breakWide(at: index, x: x, keepingLeft: false)
            cells[index].content = glyphs.isASCII ? Glyphs.ascii(scalar.value) : scalar.value
        case .cluster(let scalars):
            breakWide(at: index, x: x, keepingLeft: false)
            cells[index].content = Cell.clusterFlag | UInt32(clusters.count)
            clusters.append(scalars)
        }
        cells[index].role = role
        if let ground { cells[index].ground = ground }
        cells[index].attributes = attributes
    }

    /// Whoever overwrites one half of a wide character blanks the other.
    private mutating func breakWide(at index: Int, x: Int, keepingLeft: Bool) {
        if cells[index].isContinuation, !keepingLeft, x > 0 { cells[index - 1].content = 0x20 }
        if x + 1 < size.columns, cells[index + 1].isContinuation { cells[index + 1].content = 0x20 }
    }

    func scalars(of cell: Cell) -> [Unicode.Scalar] {
        if cell.isContinuation { return [] }
        if cell.isCluster { return clusters[Int(cell.content & ~Cell.clusterFlag)] }
        return Unicode.Scalar(cell.content).map { [$0] } ?? [ClusterReader.replacement]
    }
}

extension Grid: Equatable {
    package static func == (a: Grid, b: Grid) -> Bool {
        guard a.size == b.size, a.cursor == b.cursor else { return false }
        return zip(a.cells, b.cells).allSatisfy { a.shows($0, sameAs: $1, in: b) }
    }
}
