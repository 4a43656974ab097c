import Testing

@testable import Screen

@Suite struct GridTests {
    private func grid(_ columns: Int, _ rows: Int = 1, _ glyphs: Glyphs = .unicode) -> Grid {
        Grid(size: Size(columns: columns, rows: rows), glyphs: glyphs)
    }

    @Test("text is cut with an ellipsis, a number is never cut to another number")
    func cutting() {
        var grid = grid(10, 4)
        grid.draw("a longer line", at: Point(x: 0, y: 0), width: 8)
        grid.draw("12,345.6", at: Point(x: 0, y: 1), width: 6, align: .right)
        grid.draw("345.6", at: Point(x: 0, y: 2), width: 8, align: .right)
        grid.draw("mid", at: Point(x: 0, y: 3), width: 9, align: .centre)
        #expect((0..<4).map { grid.text(row: $0) } == ["a longe…", "     …", "   345.6", "   mid"])
    }

    @Test("a wide character that does not fit becomes a space, and half an overwritten one is cleared")
    func wide() {
        var grid = grid(5)
        grid.draw("東京都", at: Point(x: 0, y: 0))
        #expect(grid.text(row: 0) == "東京")
        grid.draw("x", at: Point(x: 1, y: 0))
        #expect(grid.text(row: 0) == " x京")
        grid.draw("漢", at: Point(x: 1, y: 0))
        #expect(grid.text(row: 0) == " 漢")
        grid.draw("京", at: Point(x: 0, y: 0), width: 2)
        #expect(grid.text(row: 0) == "京")
    }

    @Test("nothing is drawn outside the clip, and coordinates outside the grid do nothing")
    func clipping() {
        var grid = grid(8, 3)
        grid.clipped(to: Rect(x: 2, y: 1, width: 3, height: 1)) { grid in
            for y in -1..<5 { grid.draw("abcdefgh", at: Point(x: 0, y: y)) }
            grid.draw("x", at: Point(x: -400, y: 1))
        }
        #expect((0..<3).map { grid.text(row: $0) } == ["", "  cde", ""])
    }

    @Test("drawing keeps the background, filling sets it")
    func grounds() {
        var grid = grid(4)
        grid.fill(grid.bounds, on: .selection)
        grid.draw("▲", at: Point(x: 1, y: 0), role: .alarmHigh)
        #expect(grid[1, 0].style == Style(role: .alarmHigh, ground: .selection))
    }

    @Test(
        "hostile text of any kind changes only its own cells and leaves whole characters",
        arguments: EscapeCorpus.items.map(\.text))
    func hostile(_ text: String) {
        for glyphs in [Glyphs.unicode, .ascii] {
            var grid = grid(12, 3, glyphs)
            for y in 0..<3 { grid.draw(String(repeating: "#", count: 12), at: Point(x: 0, y: y)) }
            grid.draw(text, at: Point(x: 3, y: 1), width: 6)
            #expect(grid.text(row: 0) == "############")
            #expect(grid.text(row: 2) == "############")
            #expect((0..<3).allSatisfy { grid.scalars(x: $0, y: 1) == ["#"] })
            #expect((9..<12).allSatisfy { grid.scalars(x: $0, y: 1) == ["#"] })
            let drawn = grid.text(row: 1).unicodeScalars
            #expect(!drawn.contains(where: EscapeCorpus.isForbidden))
            if glyphs == .ascii { #expect(drawn.allSatisfy { $0.value < 0x7F }) }
        }
    }

    @Test("after any drawing every wide character has both its halves")
    func halves() {
        for seed in UInt64(0)..<400 {
            var generator = SeededGenerator(seed: seed)
            let grid = Self.scribble(size: Size(columns: 17, rows: 4), &generator)
            for y in 0..<4 {
                for x in 0..<17 where grid[x, y].isContinuation {
                    #expect(x > 0, "seed \(seed)")
                    guard x > 0, let left = grid.scalars(x: x - 1, y: y).first else {
                        Issue.record("half without its left, seed \(seed)")
                        continue
                    }
                    #expect(CharacterWidth.columns(left) == 2, "seed \(seed)")
                }
                let width = (0..<17).reduce(0) { sum, x in
                    sum + (grid.scalars(x: x, y: y).first.map(CharacterWidth.columns) ?? 0)
                }
                #expect(width == 17, "seed \(seed), row \(y)")
            }
        }
    }

    @Test("a terminal drawn only by differences shows every frame exactly")
    func differences() {
        for seed in UInt64(0)..<100 {
            var generator = SeededGenerator(seed: seed)
            let size = Size(columns: 23, rows: 6)
            var terminal = MemoryTerminal(size: size)
            for _ in 0..<8 {
                let grid = Self.scribble(size: size, &generator)
                terminal.show(grid)
                var fresh = MemoryTerminal(size: size)
                fresh.show(grid)
                #expect(terminal.golden == fresh.golden, "seed \(seed)")
                #expect(terminal.text == (0..<6).map { grid.text(row: $0) }, "seed \(seed)")
            }
        }
    }

    @Test("an unchanged frame draws nothing, a changed clock only its digit")
    func smallDifference() {
        var before = grid(120, 40)
        before.draw("東京 e\u{301} 21:04:15 UTC", at: Point(x: 90, y: 0))
        var after = grid(120, 40)
        after.draw("東京 e\u{301} 21:04:16 UTC", at: Point(x: 90, y: 0))
        #expect(GridDiff.runs(from: before, to: before).isEmpty)
        #expect(GridDiff.runs(from: before, to: after) == [GridDiff.Run(row: 0, columns: 104..<105)])
    }

    static func scribble(size: Size, _ generator: inout SeededGenerator) -> Grid {
        var grid = Grid(size: size)
        for _ in 0..<Int.random(in: 0...20, using: &generator) {
            let x = Int.random(in: -3...size.columns + 2, using: &generator)
            let y = Int.random(in: -1...size.rows, using: &generator)
            let role = Role.allCases.randomElement(using: &generator) ?? .text
            let width = Int.random(in: 0...12, using: &generator)
            switch Int.random(in: 0...3, using: &generator) {
            case 0: grid.fill(Rect(x: x, y: y, width: width, height: 2), on: role)
            case 1:
                let clip = Rect(x: x, y: y, width: width, height: 2)
                grid.clipped(to: clip) { _ = $0.draw(generator.hostileText(), at: Point(x: x - 1, y: y), role: role) }
            default: grid.draw(generator.hostileText(), at: Point(x: x, y: y), width: width, role: role)
            }
        }
        return grid
    }
}
