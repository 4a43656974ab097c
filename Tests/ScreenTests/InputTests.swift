import Testing

@testable import Screen

@Suite struct KeyTests {
    @Test(
        "keys are read and written alike",
        arguments: ["j", "G", "Space", "C-x", "M-Enter", "S-Tab", "F5", "C-M-a", "-", "C--", "ü"])
    func roundTrip(_ text: String) {
        #expect(KeyPress(parsing: text)?.description == (text == "C-M-a" ? "C-M-a" : text))
    }

    @Test(
        "what names no key is refused", arguments: ["", "Entr", "C-", "F13", "F0", "X-a", "C-A", "S-a", "\u{1B}", "ab"])
    func refused(_ text: String) {
        #expect(KeyPress(parsing: text) == nil)
    }

    @Test("a chord waits while it can still be completed")
    func chords() throws {
        let chord = try #require(KeyChord(parsing: "g g"))
        #expect(chord.description == "g g")
        #expect(chord.begins(with: [KeyPress("g")]))
        #expect(!chord.begins(with: [KeyPress("x")]))
        #expect(!chord.begins(with: chord.presses))
        #expect(KeyChord(parsing: "") == nil)
        #expect(KeyChord(parsing: "g nokey") == nil)
    }
}

@Suite struct InputDecoderTests {
    private func keys(_ text: String) -> [String] {
        var decoder = InputDecoder()
        return (decoder.feed(text.utf8) + decoder.flush()).map { event in
            if case .key(let press) = event { return press.description }
            return "\(event)"
        }
    }

    @Test(
        "terminals' key sequences",
        arguments: [
            ("j", ["j"]), ("é漢", ["é", "漢"]), ("\r\t\u{7F}\u{8}", ["Enter", "Tab", "Backspace", "Backspace"]),
            ("\u{18}\u{0}\u{1C}", ["C-x", "C-Space", "C-\\"]), ("\u{1B}", ["Esc"]), ("\u{1B}\u{1B}", ["Esc", "Esc"]),
            ("\u{1B}x\u{1B}\r", ["M-x", "M-Enter"]), ("\u{1B}[A\u{1B}OB\u{1B}[1;5C", ["Up", "Down", "C-Right"]),
            ("\u{1B}[5~\u{1B}[6~\u{1B}[3~\u{1B}[1~\u{1B}[4~", ["PgUp", "PgDn", "Delete", "Home", "End"]),
            ("\u{1B}OP\u{1B}[15~\u{1B}[24~\u{1B}[[B\u{1B}[1;2P", ["F1", "F5", "F12", "F2", "S-F1"]),
            ("\u{1B}[Z", ["S-Tab"]),
            ("\u{1B}[97;5u\u{1B}[27u", ["C-a", "Esc"]), ("\u{1B}]11;rgb:0/0/0\u{7}a\u{1B}P1$r\u{1B}\\b", ["a", "b"]),
            ("\u{1B}[?1;2cx\u{1B}[Iy", ["x", "y"]),
        ] as [(String, [String])])
    func sequences(_ bytes: String, _ expected: [String]) {
        #expect(keys(bytes) == expected)
    }

    @Test("the mouse by SGR: press, drag, release, wheel, from column 1")
    func mouse() {
        var decoder = InputDecoder()
        let events = decoder.feed(
            "\u{1B}[<0;5;3M\u{1B}[<32;6;3M\u{1B}[<0;6;3m\u{1B}[<64;1;1M\u{1B}[<65;1;1M\u{1B}[<16;1;1M".utf8)
        #expect(
            events == [
                .mouse(MouseEvent(.pressed(.left), at: Point(x: 4, y: 2))),
                .mouse(MouseEvent(.dragged(.left), at: Point(x: 5, y: 2))),
                .mouse(MouseEvent(.released(.left), at: Point(x: 5, y: 2))),
                .mouse(MouseEvent(.wheelUp, at: Point(x: 0, y: 0))),
                .mouse(MouseEvent(.wheelDown, at: Point(x: 0, y: 0))),
                .mouse(MouseEvent(.pressed(.left), at: Point(x: 0, y: 0), modifiers: .control)),
            ])
    }

    @Test("a paste is one event whatever it holds, and ends only at its end")
    func paste() {
        var decoder = InputDecoder()
        let events = decoder.feed("\u{1B}[200~q\r:quit\r\n\u{1B}[A\u{1B}[201~j".utf8)
        #expect(events == [.paste("q\n:quit\n\u{1B}[A", isCut: false), .key(KeyPress("j"))])
    }

    @Test("an endless paste keeps a bounded head and still ends")
    func longPaste() {
        var decoder = InputDecoder()
        _ = decoder.feed("\u{1B}[200~".utf8)
        let long = [UInt8](repeating: 0x61, count: InputDecoder.longestPaste + 500)
        let events = decoder.feed(long) + decoder.feed("\u{1B}[201~z".utf8)
        guard case .paste(let text, true)? = events.first else {
            Issue.record("no cut paste")
            return
        }
        #expect(text.utf8.count == InputDecoder.longestPaste)
        #expect(events.last == .key(KeyPress("z")))
    }

    @Test("cut anywhere, the same bytes give the same events")
    func cuts() {
        let bytes = Array("a\u{1B}[1;5A漢\u{1B}[<0;5;3M\u{1B}[200~x\u{1B}[201~\u{1B}OPz".utf8)
        var whole = InputDecoder()
        let expected = whole.feed(bytes)
        for cut in bytes.indices {
            var decoder = InputDecoder()
            let events = decoder.feed(bytes[..<cut]) + decoder.feed(bytes[cut...])
            #expect(events == expected, "cut at \(cut)")
        }
    }

    @Test("after any bytes a plain key is heard again")
    func fuzz() {
        for seed in UInt64(0)..<3_000 {
            var generator = SeededGenerator(seed: seed)
            var decoder = InputDecoder()
            let alphabet: [UInt8] = [
                0x1B, 0x5B, 0x4F, 0x3B, 0x3C, 0x4D, 0x7E, 0x32, 0x30, 0x31, 0x9B, 0xE6, 0x5D, 0x07,
            ]
            let noise = (0..<Int.random(in: 0...40, using: &generator)).map { _ in
                alphabet.randomElement(using: &generator) ?? 0
            }
            _ = decoder.feed(noise)
            // end whatever was open: a string, a paste, a sequence
            _ = decoder.feed("\u{1B}\\\u{1B}[201~\u{7}\u{1B}\\".utf8)
            _ = decoder.feed("  ".utf8)
            _ = decoder.flush()
            let heard = decoder.feed("k".utf8)
            #expect(heard == [.key(KeyPress("k"))], "seed \(seed)")
        }
    }
}
