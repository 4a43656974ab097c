import Testing

@testable import Screen

@Suite struct TextEditorTests {
    private func press(_ editor: inout TextEditor, _ keys: String) {
        for word in keys.split(separator: " ") {
            guard let key = KeyPress(parsing: word) else { preconditionFailure("no key \(word)") }
            _ = editor.press(key)
        }
    }

    @Test(
        "keys move and change as in any editor",
        arguments: [
            ("x y", "xyab\ncd", 2), ("End x", "abx\ncd", 3), ("Down End x", "ab\ncdx", 6), ("Delete", "b\ncd", 0),
            ("End Delete", "abcd", 2), ("Down Backspace", "abcd", 2), ("End Enter", "ab\n\ncd", 3),
            ("C-End Backspace Backspace", "ab\n", 3), ("C-k", "\ncd", 0), ("C-End C-u", "ab\n", 3),
            ("C-End C-w", "ab\n", 3), ("C-Right x", "abx\ncd", 3), ("C-End C-Left x", "ab\nxcd", 4),
            ("Left Up PgUp Backspace", "ab\ncd", 0), ("PgDn PgDn Right Delete", "ab\ncd", 5), ("Tab", "\tab\ncd", 1),
            ("C-End Home x", "ab\nxcd", 4), ("Space", " ab\ncd", 1),
        ])
    func keys(_ keys: String, _ text: String, _ caret: Int) {
        var editor = TextEditor("ab\ncd")
        press(&editor, keys)
        #expect(editor.text == text && editor.caret == caret)
    }

    @Test("up and down keep their column over short lines")
    func goal() {
        var editor = TextEditor("long line\nx\nlong line")
        press(&editor, "End Down Down x")
        #expect(editor.text == "long line\nx\nlong linex")
    }

    /// The texts that a step leads through until it can go no further.
    private func steps(_ editor: inout TextEditor, _ step: (inout TextEditor) -> Bool) -> [String] {
        var texts: [String] = []
        while step(&editor) { texts.append(editor.text) }
        return texts
    }

    @Test("undo takes back one change at a time, typing in one go, and redo brings it back")
    func undo() {
        var editor = TextEditor("ab")
        press(&editor, "x y z Enter w")
        let typed = editor.text
        #expect(steps(&editor) { $0.undo() } == ["xyz\nab", "xyzab", "ab"] && editor.isUntouched)
        #expect(steps(&editor) { $0.redo() } == ["xyzab", "xyz\nab", typed] && !editor.isUntouched)
        _ = editor.undo()
        press(&editor, "q")
        #expect(steps(&editor) { $0.redo() } == [])
        #expect(steps(&editor) { $0.undo() }.first == "xyz\nab")
    }

    @Test("what would be longer than the limit is refused whole, and what came longer can only shrink")
    func limit() {
        var editor = TextEditor("ab", limit: 4)
        let answers = [editor.insert("é"), editor.insert("x")]
        #expect(answers == [.taken, .full] && editor.bytes == 4)
        var long = TextEditor("abcdef", limit: 4)
        let longer = long.insert("x")
        #expect(longer == .full)
        press(&long, "Delete")
        #expect(long.text == "bcdef")
    }

    @Test("every scalar survives; what cannot be drawn is spelled out and nothing of it reaches the grid")
    func spelledOut() {
        let text = "a\u{1B}[2J\u{202E}é\u{301}\r\n\t漢\u{A0}|"
        var editor = TextEditor(text)
        editor.resize(width: 60, height: 3)
        #expect(editor.text == text)
        var grid = Grid(size: Size(columns: 60, rows: 3))
        editor.draw(in: grid.bounds, isFocused: true, on: &grid)
        #expect(grid.text(row: 0) == #"  1 a\x1B[2J\u{202E}é\u{301}\r"#)
        #expect(grid.text(row: 1) == #"  2 \t漢\u{A0}|"#)
        #expect(grid.cursor == Point(x: 4, y: 0))
        _ = editor.press(KeyPress(.right))
        _ = editor.press(KeyPress(.right))
        editor.draw(in: grid.bounds, isFocused: true, on: &grid)
        #expect(grid.cursor == Point(x: 9, y: 0))
    }

    @Test("long lines go on in the next row; the caret stays on the screen, the mark is where it points")
    func wrapping() {
        var editor = TextEditor(String(repeating: "0123456789", count: 4) + "\nend")
        editor.resize(width: 27, height: 2)
        var grid = Grid(size: Size(columns: 27, rows: 2))
        editor.draw(in: grid.bounds, mark: 21, isFocused: true, on: &grid)
        #expect(
            grid.text(row: 0) == "  1 01234567890123456789  ┃" && grid.text(row: 1) == "  · 01234567890123456789  │")
        #expect(grid[5, 1].style.ground == .inputError && grid[4, 1].style.ground != .inputError)
        _ = editor.press(KeyPress(.end, .control))
        editor.draw(in: grid.bounds, isFocused: true, on: &grid)
        #expect(grid.text(row: 1).hasPrefix("  2 end") && grid.cursor == Point(x: 7, y: 1))
        #expect(editor.index(at: Point(x: 5, y: 0), in: grid.bounds) == 21)
        #expect(editor.place(of: 43).line == 2 && editor.place(of: 43).column == 3)
        #expect(editor.index(ofByte: 41) == 41 && editor.index(ofByte: 999) == 44)
    }

    @Test("any keys on any text: the caret stays inside, bytes are counted, undoing everything is where it began")
    func random() {
        var state: UInt64 = 11
        func roll(_ sides: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(sides))
        }
        let names = [
            "a", "é", "Enter", "Tab", "Backspace", "Delete", "Left", "Right", "Up", "Down", "Home", "End", "PgUp",
            "PgDn",
            "C-k", "C-u", "C-w", "C-Left", "C-Right", "C-Home", "C-End",
        ].compactMap { KeyPress(parsing: $0) }
        for text in ["", "one\ntwo", "\n\n", String(repeating: "漢\u{1B}x", count: 30)] {
            var editor = TextEditor(text)
            for _ in 0..<300 {
                switch roll(12) {
                case 0: editor.resize(width: roll(60), height: roll(6))
                case 1: _ = editor.insert("p\u{202E}\nq")
                case 2: _ = roll(2) == 0 ? editor.undo() : editor.redo()
                default: _ = editor.press(names[roll(names.count)])
                }
                #expect((0...editor.scalars.count).contains(editor.caret) && editor.bytes == editor.text.utf8.count)
                var grid = Grid(size: Size(columns: 30, rows: 4))
                editor.draw(in: grid.bounds, mark: roll(40), isFocused: true, on: &grid)
            }
            while editor.undo() {}
            #expect(!editor.isUntouched || editor.text == text)
        }
    }
}
