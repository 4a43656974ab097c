import Testing

@testable import Screen

/// Layouts as pictures: each part is filled with its letter.
@Suite struct LayoutTests {
    private func picture(_ parts: [Rect], in box: Rect) -> [String] {
        var grid = Grid(size: Size(columns: box.maxX, rows: box.maxY))
        for (index, part) in parts.enumerated() {
            for y in part.y..<part.maxY {
                grid.repeat(
                    Unicode.Scalar(UInt8(97 + index)), at: Point(x: part.x, y: y), count: part.width, role: .text)
            }
        }
        return (0..<box.maxY).map { grid.text(row: $0) }
    }

    @Test(
        "columns: fixed and minimum first, then fractions, the rest is shared",
        arguments: [
            ([.fixed(3), .fill, .fixed(2)], 0, "aaabbbbbcc"),
            ([.fill, .fill, .fill], 0, "aaabbbcccc"),
            ([.fill, .fill], 2, "aaaa  bbbb"),
            ([.fraction(0.3), .fill], 0, "aaabbbbbbb"),
            ([.minimum(6), .fill], 0, "aaaaaaaabb"),
            ([.flexible(minimum: 1, weight: 3), .flexible(minimum: 1, weight: 1)], 0, "aaaaaaabbb"),
            ([.fixed(8), .fixed(8)], 0, "aaaaaaaabb"),
            ([.fixed(20), .fixed(1)], 0, "aaaaaaaaaa"),
        ] as [([Extent], Int, String)])
    func columns(_ extents: [Extent], _ gap: Int, _ drawn: String) {
        let box = Rect(x: 0, y: 0, width: 10, height: 1)
        #expect(picture(box.columns(extents, gap: gap), in: box) == [drawn])
    }

    @Test("rows inside columns")
    func nested() {
        let box = Rect(x: 0, y: 0, width: 6, height: 4)
        let rows = box.rows([.fixed(1), .fill, .fixed(1)])
        let middle = rows[1].columns([.fixed(2), .fill])
        #expect(picture([rows[0]] + middle + [rows[2]], in: box) == ["aaaaaa", "bbcccc", "bbcccc", "dddddd"])
    }

    @Test("parts never overlap, never leave the box, and fill it when one may grow")
    func bounds() {
        var generator = SeededGenerator(seed: 3)
        for _ in 0..<2_000 {
            let box = Rect(
                x: Int.random(in: -4...4, using: &generator), y: 0, width: Int.random(in: 0...40, using: &generator),
                height: 1)
            let extents: [Extent] = (0..<Int.random(in: 1...6, using: &generator)).map { _ in
                switch Int.random(in: 0...3, using: &generator) {
                case 0: .fixed(Int.random(in: -2...20, using: &generator))
                case 1: .fraction(Double.random(in: -0.5...1.5, using: &generator))
                case 2: .minimum(Int.random(in: 0...20, using: &generator))
                default: .flexible(minimum: 1, weight: Int.random(in: 0...3, using: &generator))
                }
            }
            let gap = Int.random(in: 0...2, using: &generator)
            let parts = box.columns(extents, gap: gap)
            var edge = box.x
            for part in parts {
                #expect(part.isEmpty || (part.x >= edge && part.maxX <= box.maxX))
                edge = max(edge, part.maxX)
            }
        }
    }
}
