import Testing

@testable import Screen

@Suite struct WidgetTests {
    private func drawn(
        _ columns: Int, _ rows: Int, _ glyphs: Glyphs = .unicode, _ body: (Rect, inout Grid) -> Void
    ) -> [String] {
        var grid = Grid(size: Size(columns: columns, rows: rows), glyphs: glyphs)
        body(grid.bounds, &grid)
        return (0..<rows).map { grid.text(row: $0) }
    }

    @Test(
        "a bar shows eighths, marks what is over its limit, and is empty when nothing is known",
        arguments: [
            (5.0, 10.0, "█████─────", "#####-----"), (5.4, 10, "█████▍────", "#####-----"),
            (10, 10, "██████████", "##########"),
            (12, 10, "█████████▶", "#########>"), (0, 10, "──────────", "----------"),
            (nil, 10, "──────────", "----------"),
            (3, nil, "──────────", "----------"), (.nan, 10, "──────────", "----------"),
        ] as [(Double?, Double?, String, String)])
    func bar(_ value: Double?, _ limit: Double?, _ unicode: String, _ ascii: String) {
        #expect(drawn(10, 1) { Bar(value: value, limit: limit).draw(in: $0, on: &$1) } == [unicode])
        #expect(drawn(10, 1, .ascii) { Bar(value: value, limit: limit).draw(in: $0, on: &$1) } == [ascii])
    }

    @Test("a sparkline keeps gaps and stands at the right")
    func sparkline() {
        let line = Sparkline([0, 4, nil, 8, .nan, 2])
        #expect(drawn(8, 1) { line.draw(in: $0, on: &$1) } == ["  ▁▅ █ ▃"])
        #expect(drawn(8, 1, .ascii) { line.draw(in: $0, on: &$1) } == ["  _= # -"])
        #expect(Sparkline.resample([1, 3, nil, nil, 5, 7], columns: 3) == [2, nil, 6])
    }

    private func table(_ rows: Int = 1_000_000) -> Table {
        Table(
            columns: [
                TableColumn("NAME", width: .flexible(minimum: 6, weight: 1)),
                TableColumn("KIND", width: .fixed(6), priority: 2),
                TableColumn("LOAD kW", width: .fixed(8), align: .right),
                TableColumn("%", width: .fixed(3), align: .right, priority: 1),
            ], rowCount: rows, selected: 500_001, window: ListWindow(top: 500_000),
            sort: .init(column: 2, isAscending: false),
            emptyText: "nothing here")
    }

    @Test("a table asks only for visible cells, of a million rows")
    func visibleOnly() {
        var asked: Set<Int> = []
        let rows = drawn(36, 4) { rect, grid in
            table().draw(in: rect, on: &grid) { row, column in
                asked.insert(row)
                return [.text("row \(row)"), .text("store"), .text("1,842.3"), .text("92")][column]
            }
        }
        #expect(asked == [500_000, 500_001, 500_002])
        #expect(rows[0] == "NAME         KIND    LOAD kW▾    %")
        #expect(rows[1].hasPrefix("row 500000   store    1,842.3   92"))
    }

    @Test(
        "columns drop out by priority when the table is narrow",
        arguments: [
            (40, [0, 1, 2, 3]), (27, [0, 2, 3]), (20, [0, 2]), (8, [0]),
        ])
    func priorities(_ width: Int, _ shown: [Int]) {
        #expect(table().layout(width: width).map(\.column) == shown)
    }

    @Test("an empty table says why")
    func empty() {
        let rows = drawn(30, 6) { table(0).draw(in: $0, on: &$1) { _, _ in .empty } }
        #expect(rows.contains { $0.contains("nothing here") })
    }

    @Test("a click finds its row and column")
    func clicks() {
        let rect = Rect(x: 2, y: 3, width: 42, height: 5)
        #expect(table().row(at: Point(x: 5, y: 4), in: rect) == 500_000)
        #expect(table().row(at: Point(x: 5, y: 3), in: rect) == nil)
        #expect(table().column(at: Point(x: 2, y: 3), in: rect) == 0)
    }

    @Test("a list scrolls no further than needed and never past its end")
    func window() {
        #expect(ListWindow(top: 0).showing(5, of: 100, height: 10).top == 0)
        #expect(ListWindow(top: 0).showing(12, of: 100, height: 10).top == 3)
        #expect(ListWindow(top: 50).showing(20, of: 100, height: 10).top == 20)
        #expect(ListWindow(top: 95).showing(nil, of: 100, height: 10).top == 90)
        #expect(ListWindow(top: 9).showing(2, of: 3, height: 10).top == 0)
        #expect(ListWindow(top: 7).visible(of: 3, height: 10).isEmpty)
    }

    @Test("a form names what is wrong only after the field was left")
    func form() {
        var form = Form([
            .init("kw", "Target", .number(TextInput("12x"), unit: "kW", range: 0...5_000), isRequired: true),
            .init("why", "Reason", .text(TextInput()), isRequired: true),
            .init("kind", "Kind", .choice(["office", "store"], selected: 0)),
        ])
        func press(_ key: Key) {
            let isTaken = form.press(KeyPress(key))
            #expect(isTaken)
        }
        #expect(form.height == 3)
        #expect(!form.isValid)
        press(.tab)
        #expect(form.height == 4)
        #expect(form["kw"]?.message == "Enter digits, like 1250 or 12.5.")
        for character in "peak" { press(.character(character)) }
        form.focused = 0
        press(.backspace)
        #expect(form.isValid)
        #expect(form["kw"]?.number == 12)
        form.focused = 2
        press(.right)
        #expect(form["kind"]?.value == .choice(["office", "store"], selected: 1))
        let tookEnter = form.press(KeyPress(.enter))
        #expect(!tookEnter)
    }

    @Test("text input edits, refuses controls and keeps the caret in sight")
    func textInput() {
        var input = TextInput("abc def")
        let tookDelete = input.press(KeyPress("w", .control))
        #expect(tookDelete)
        #expect(input.text == "abc ")
        input.insert("x\u{1B}[2J\ny")
        #expect(input.text == "abc x\u{FFFD}[2J y")
        let tookEnter = input.press(KeyPress(.enter))
        #expect(!tookEnter)
        var grid = Grid(size: Size(columns: 5, rows: 1))
        TextInput("0123456789").draw(in: grid.bounds, isFocused: true, on: &grid)
        #expect(grid.text(row: 0) == "6789")
        #expect(grid.cursor == Point(x: 4, y: 0))
    }

    @Test(
        "text wraps at words and inside words too long, by columns",
        arguments: [
            ("the quick brown fox", 10, ["the quick ", "brown fox"]), ("abcdefghijkl", 5, ["abcde", "fghij", "kl"]),
            ("東京電力", 5, ["東京", "電力"]), ("", 5, [""]),
        ])
    func wrap(_ text: String, _ width: Int, _ rows: [String]) {
        #expect(TextView.wrap([Span(text)], width: width).map { $0.map(\.text).joined() } == rows)
    }

    @Test("a dialog stands in the middle and offers its safe button")
    func dialog() {
        let rows = drawn(44, 9) { rect, grid in
            Dialog(
                title: "Release?", lines: [[Span("3 points go back.")]],
                buttons: [.init("Cancel", key: "Esc"), .init("Release", key: "R", isDanger: true)]
            ).draw(in: rect, on: &grid)
        }
        #expect(rows[1] == "  ┌─ Release? ───────────────────────────┐")
        #expect(rows[3] == "  │  3 points go back.                   │")
        #expect(rows[5] == "  │  [ Cancel ] Esc    Release   R       │")
    }

    @Test("a tree draws its branches, tabs shorten, hints fall off whole")
    func small() {
        let tree = Tree([
            .init(depth: 0, fold: .open, spans: [Span("root")], trailing: [Span("9 ms")]),
            .init(depth: 1, fold: .leaf, spans: [Span("leaf")], isLast: true),
        ])
        #expect(drawn(20, 2) { tree.draw(in: $0, on: &$1) } == ["▾ root        9 ms", "└   leaf"])
        let tabs = Tabs(
            [.init(key: "1", title: "Overview"), .init(key: "2", title: "Facility", count: "3")], selected: 0)
        #expect(drawn(30, 1) { tabs.draw(in: $0, on: &$1) } == [" 1 Overview   2 Facility 3"])
        #expect(drawn(18, 1) { tabs.draw(in: $0, on: &$1) } == [" 1 Overview   2 3"])
        #expect(drawn(12, 1) { KeyHints.draw([("?", "help"), (":", "palette")], in: $0, on: &$1) } == ["? help"])
    }

    @Test("every widget survives every size, in every glyph set")
    func sizes() {
        for glyphs in [Glyphs.unicode, .blocks, .ascii] {
            for width in 0..<30 {
                for height in [0, 1, 2, 5, 8] {
                    _ = drawn(width, height, glyphs) { rect, grid in
                        table().draw(in: rect, on: &grid) { _, _ in .text("漢x") }
                        ChartTests.sample.draw(in: rect, on: &grid)
                        Dialog(title: "漢字", lines: [[]], buttons: [.init("A", key: "a")]).draw(in: rect, on: &grid)
                        TextView("漢字 abc\n\n").draw(in: rect, on: &grid)
                        Form([.init("a", "漢", .number(TextInput("漢"), unit: "kW", range: 0...1), isRequired: true)])
                            .draw(in: rect, on: &grid)
                        Panel.draw([Span("漢字")], note: [Span("x")], in: rect, on: &grid)
                        Scrollbar.draw(in: rect, top: 99, visible: height, count: 100, on: &grid)
                    }
                }
            }
        }
    }
}
