/// Where text stands in the width it is given.
package enum Alignment: Hashable, Sendable { case left, right, centre }

/// A piece of text with its meaning; a line is an array of them.
package struct Span: Hashable, Sendable {
    package let text: String
    package let role: Role
    package let attributes: Attributes

    package init(_ text: String, _ role: Role = .text, _ attributes: Attributes = []) {
        self.text = text
        self.role = role
        self.attributes = attributes
    }
}

extension Grid {
    /// Draws one line of any text, outside text included, and returns the columns it took.
    ///
    /// Text longer than `width` is cut with `…`; right-aligned text is taken for a number, and a cut number lies, so that
    /// shows `…` alone. With an alignment other than `left` the width must be given. A nil ground keeps the background
    /// that is there.
    @discardableResult
    package mutating func draw(
        _ text: String, at point: Point, width: Int = .max, role: Role = .text, attributes: Attributes = [],
        align: Alignment = .left, on ground: Role? = nil
    ) -> Int {
        let room = min(width, max(0, size.columns - point.x))
        guard room > 0 else { return 0 }
        let wanted = CharacterWidth.columns(text)
        let pen = Pen(role: role, ground: ground, attributes: attributes)
        guard wanted <= width else {
            guard align != .right else {
                put(glyphs.ellipsis, at: Point(x: point.x + width - 1, y: point.y), pen)
                return width
            }
            return drawCut(text, at: point, width: width, pen)
        }
        var x = point.x
        switch align {
        case .left: break
        case .right: x += width - wanted
        case .centre: x += (width - wanted) / 2
        }
        drawAll(text, x: x, y: point.y, pen)
        return align == .left ? wanted : width
    }

    /// Draws spans one after another on one line, cut as a whole; returns the columns taken.
    @discardableResult
    package mutating func draw(
        _ spans: [Span], at point: Point, width: Int = .max, align: Alignment = .left, on ground: Role? = nil
    ) -> Int {
        let wanted = spans.reduce(0) { $0 + CharacterWidth.columns($1.text) }
        var left = width
        var x = point.x
        if wanted < width, align != .left { x += align == .right ? width - wanted : (width - wanted) / 2 }
        let start = x
        for (index, span) in spans.enumerated() {
            let isLast = index == spans.count - 1
            let columns = CharacterWidth.columns(span.text)
            let cut =
                columns > left || (columns == left && !isLast && spans[(index + 1)...].contains { !$0.text.isEmpty })
            let pen = Pen(role: span.role, ground: ground, attributes: span.attributes)
            if cut {
                x += drawCut(span.text, at: Point(x: x, y: point.y), width: left, pen)
                return x - start
            }
            drawAll(span.text, x: x, y: point.y, pen)
            x += columns
            left -= columns
        }
        return x - start
    }

    /// One character, `count` times to the right.
    package mutating func `repeat`(
        _ scalar: Unicode.Scalar, at point: Point, count: Int, role: Role, attributes: Attributes = [],
        on ground: Role? = nil
    ) {
        let pen = Pen(role: role, ground: ground, attributes: attributes)
        for x in point.x..<(point.x + max(0, min(count, size.columns))) {
            put(scalar, at: Point(x: x, y: point.y), pen)
        }
    }

    /// One character of one column.
    package mutating func put(
        _ scalar: Unicode.Scalar, at point: Point, role: Role, attributes: Attributes = [], on ground: Role? = nil
    ) {
        put(scalar, at: point, Pen(role: role, ground: ground, attributes: attributes))
    }

    // MARK: -

    private struct Pen {
        let role: Role
        let ground: Role?
        let attributes: Attributes
    }

    private mutating func put(_ scalar: Unicode.Scalar, at point: Point, _ pen: Pen) {
        put(
            Cluster(scalar: scalar, marks: [], width: 1), x: point.x, y: point.y, role: pen.role, ground: pen.ground,
            attributes: pen.attributes)
    }

    private mutating func drawAll(_ text: String, x start: Int, y: Int, _ pen: Pen) {
        var x = start
        var clusters = ClusterReader(text)
        while x < clip.maxX, let cluster = clusters.next() {
            put(cluster, x: x, y: y, role: pen.role, ground: pen.ground, attributes: pen.attributes)
            x += cluster.width
        }
    }

    /// As much as leaves a column for `…`.
    private mutating func drawCut(_ text: String, at point: Point, width: Int, _ pen: Pen) -> Int {
        guard width > 0 else { return 0 }
        var x = point.x
        let end = point.x + width - 1
        var clusters = ClusterReader(text)
        while let cluster = clusters.next(), x + cluster.width <= end {
            put(cluster, x: x, y: point.y, role: pen.role, ground: pen.ground, attributes: pen.attributes)
            x += cluster.width
        }
        put(glyphs.ellipsis, at: Point(x: x, y: point.y), pen)
        return x + 1 - point.x
    }
}
