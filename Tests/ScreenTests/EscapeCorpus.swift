/// Hostile text of RELIABILITY §4 (CWE-150): everything a name or payload from outside may try on a terminal.
enum EscapeCorpus {
    struct Item: Sendable {
        let name: String
        let text: String
    }

    static let items: [Item] = [
        Item(name: "OSC 0 sets the title", text: "\u{1B}]0;owned\u{07}"),
        Item(name: "OSC 8 makes a link", text: "\u{1B}]8;;http://evil\u{1B}\\click\u{1B}]8;;\u{1B}\\"),
        Item(name: "OSC 52 writes the clipboard", text: "\u{1B}]52;c;cm0gLXJmIC8=\u{07}"),
        Item(name: "CSI clears the screen", text: "\u{1B}[2J\u{1B}[H"),
        Item(name: "CSI colours", text: "\u{1B}[31;1mred\u{1B}[0m"),
        Item(name: "CSI reports", text: "\u{1B}[6n\u{1B}[c"),
        Item(name: "DCS", text: "\u{1B}P$q\"p\u{1B}\\"),
        Item(name: "C1 CSI as a scalar", text: "\u{9B}2J"),
        Item(name: "C1 OSC as a scalar", text: "\u{9D}0;owned\u{9C}"),
        Item(name: "carriage return", text: "safe\rowned"),
        Item(name: "backspaces", text: "secret\u{8}\u{8}\u{8}"),
        Item(name: "line feed and tab", text: "a\nb\tc\r\nd"),
        Item(name: "form feed, vertical tab, bell", text: "a\u{0C}b\u{0B}c\u{07}d"),
        Item(name: "shift out", text: "\u{0E}lqk\u{0F}"),
        Item(name: "NUL and DEL", text: "a\u{0}b\u{7F}c"),
        Item(name: "bidirectional embeddings", text: "\u{202A}a\u{202B}b\u{202C}c\u{202D}d\u{202E}e"),
        Item(name: "bidirectional isolates", text: "\u{2066}a\u{2067}b\u{2068}c\u{2069}d\u{200E}\u{200F}\u{061C}"),
        Item(name: "zero-width space and word joiner", text: "Mill\u{200B} 4\u{2060}\u{FEFF}"),
        Item(name: "tag characters", text: "ok\u{E0001}\u{E0068}\u{E0069}\u{E007F}"),
        Item(name: "a thousand combining marks", text: "Z" + String(repeating: "\u{0301}", count: 1_000) + "alg"),
        Item(name: "marks with nothing below", text: "\u{0301}\u{0302}x"),
        Item(name: "wide characters", text: "東京電力東京電力東京電力"),
        Item(name: "emoji with joiners", text: "👩‍👩‍👧‍👦 ❤️ 🇩🇪 👍🏽"),
        Item(name: "variation selectors", text: "a\u{FE0F}b\u{E0100}c"),
        Item(name: "Hangul fillers", text: "a\u{3164}b\u{115F}\u{1160}c\u{FFA0}"),
        Item(name: "line and paragraph separators", text: "a\u{2028}b\u{2029}c"),
        Item(name: "noncharacters and private use", text: text([0xFFFE, 0xFFFF, 0xFDD0, 0xE000, 0x10FFFF])),
        Item(name: "interlinear annotation and object", text: "\u{FFF9}a\u{FFFA}b\u{FFFB}\u{FFFC}"),
        Item(name: "soft hyphen", text: "in\u{AD}visible"),
        Item(name: "injection for other readers", text: "=cmd|' /C calc'!A0, \"x\"\\ \n"),
        Item(name: "nothing", text: ""),
    ]

    /// Scalars that a literal may not hold.
    private static func text(_ values: [UInt32]) -> String {
        String(String.UnicodeScalarView(values.compactMap(Unicode.Scalar.init)))
    }

    /// Bytes that are not UTF-8, with how they are spelled out.
    static let invalid: [(bytes: [UInt8], shown: String)] = [
        ([0x61, 0x9B, 0x32, 0x4A], "a\\x9B2J"),
        ([0xFF, 0xFE], "\\xFF\\xFE"),
        ([0xC0, 0xAF], "\\xC0\\xAF"),
        ([0xED, 0xA0, 0x80], "\\xED\\xA0\\x80"),
        ([0xF4, 0x90, 0x80, 0x80], "\\xF4\\x90\\x80\\x80"),
        ([0xE2, 0x82], "\\xE2\\x82"),
        ([0xE2, 0x82, 0x41], "\\xE2\\x82A"),
        ([0xE2, 0x82, 0xAC], "€"),
        ([], ""),
    ]

    /// What must never be drawn, by the letter of RELIABILITY §4 and not by the code under test.
    static func isForbidden(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x00...0x1F, 0x7F...0x9F, 0x061C, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F, 0xFEFF: true
        case 0xE0000...0xE007F: true
        default: false
        }
    }
}

/// A small seeded generator (SplitMix64): a failing seed can be run again.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// Text from the corpus and from anywhere in Unicode.
    mutating func hostileText() -> String {
        var text = ""
        for _ in 0..<Int.random(in: 0...6, using: &self) {
            if Bool.random(using: &self) {
                text += EscapeCorpus.items.randomElement(using: &self)?.text.prefix(24) ?? ""
            } else if let scalar = Unicode.Scalar(UInt32.random(in: 0...0x10FFFF, using: &self)) {
                text.unicodeScalars.append(scalar)
            } else {
                text += "漢"
            }
        }
        return text
    }
}
