import Testing

@testable import Screen

@Suite struct SanitiserTests {
    @Test(
        "no hostile text leaves a control, bidirectional, zero-width or tag character to draw",
        arguments: EscapeCorpus.items.map(\.text))
    func drawable(_ text: String) {
        for form in [Sanitiser.drawable(text), Sanitiser.escaped(text), Sanitiser.drawable(bytes: text.utf8)] {
            #expect(!form.unicodeScalars.contains(where: EscapeCorpus.isForbidden))
        }
    }

    @Test("a million random scalars leave nothing forbidden, and sanitising twice changes nothing")
    func random() {
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<20_000 {
            let once = Sanitiser.drawable(generator.hostileText())
            #expect(!once.unicodeScalars.contains(where: EscapeCorpus.isForbidden))
            #expect(Array(Sanitiser.drawable(once).unicodeScalars) == Array(once.unicodeScalars))
        }
    }

    @Test("what cannot be drawn stays visible, so two names never look the same by a hidden character")
    func visible() {
        #expect(Sanitiser.drawable("Mill\u{200B} 4") == "Mill\u{FFFD} 4")
        #expect(Sanitiser.drawable("\u{1B}[31mred") == "\u{FFFD}[31mred")
        #expect(Sanitiser.drawable("a\u{202E}\u{202D}\u{0}b") == "a\u{FFFD}b")
        #expect(Sanitiser.drawable("a\r\nb\tc\nd") == "a b c d")
    }

    @Test("plain text passes unchanged", arguments: ["", "Harbor Hospital", "Zürich", "東京", "€ 1,842.3", "Ελλάδα"])
    func unchanged(_ text: String) {
        #expect(Sanitiser.drawable(text) == text)
        #expect(Sanitiser.escaped(text) == text)
    }

    @Test("one character keeps at most four combining marks")
    func marks() {
        let zalgo = "e" + String(repeating: "\u{0301}", count: 1_000) + "x"
        #expect(Sanitiser.drawable(zalgo).unicodeScalars.count == 6)
        #expect(Sanitiser.drawable("\u{0301}x").unicodeScalars.first == " ")
    }

    @Test("the escaped form spells everything out and can be told from text that looks like it")
    func escaped() {
        #expect(Sanitiser.escaped("a\u{1B}[2J\n\t\r\u{202E}\\n\u{9B}") == "a\\x1B[2J\\n\\t\\r\\u{202E}\\\\n\\u{9B}")
    }

    @Test("bytes that are not UTF-8 show as \\xNN, one by one")
    func invalidBytes() {
        for item in EscapeCorpus.invalid {
            #expect(Sanitiser.drawable(bytes: item.bytes) == item.shown)
            #expect(Sanitiser.escaped(bytes: item.bytes) == item.shown)
        }
    }

    @Test("our decoder agrees with the standard library on what is UTF-8")
    func decoderAgrees() {
        var generator = SeededGenerator(seed: 11)
        for _ in 0..<5_000 {
            let count = Int.random(in: 0...6, using: &generator)
            let bytes = (0..<count).map { _ in UInt8.random(in: 0x70...0xFF, using: &generator) }
            let isValid = String(validating: bytes, as: UTF8.self) != nil
            #expect(Sanitiser.escaped(bytes: bytes).contains("\\x") == (!isValid || bytes.contains(0x7F)), "\(bytes)")
        }
    }
}

@Suite struct CharacterWidthTests {
    @Test(
        "widths of a table of characters",
        arguments: [
            ("a", 1), ("é", 1), ("\u{300}", 0), ("\u{20DD}", 0), ("漢", 2), ("ｱ", 1), ("Ａ", 2), ("한", 2), ("…", 1),
            ("▲", 1),
            ("●", 1), ("±", 1), ("─", 1), ("█", 1), ("⣿", 1), ("😀", 2), ("⚡", 2), ("❤", 1), ("\u{1F1E9}", 1), ("Ω", 1),
            ("\u{3099}", 0), ("\u{0E31}", 0), ("\u{20000}", 2), ("\u{1100}", 2), ("\u{1161}", 0), ("\u{FE0E}", 0),
        ] as [(Unicode.Scalar, Int)])
    func widths(_ scalar: Unicode.Scalar, _ width: Int) {
        #expect(CharacterWidth.columns(scalar) == width)
    }

    @Test("every mark by Unicode's own category takes no column")
    func marks() {
        for value in UInt32(0x300)...0x1FFFF {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let category = scalar.properties.generalCategory
            // assigned after the table's version of Unicode
            guard let age = scalar.properties.age, age.major <= 14 else { continue }
            if category == .nonspacingMark || category == .enclosingMark {
                #expect(CharacterWidth.columns(scalar) == 0, "\(value)")
            }
        }
    }

    @Test("text is as wide as what is drawn of it")
    func text() {
        #expect(CharacterWidth.columns("abc") == 3)
        #expect(CharacterWidth.columns("東京 e\u{301}") == 6)
        #expect(CharacterWidth.columns("\u{1B}\u{202E}x") == 2)
    }
}
