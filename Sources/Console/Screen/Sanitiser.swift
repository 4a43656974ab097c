/// Makes text from outside safe to draw, log or print (RELIABILITY T15, §4; CWE-150).
///
/// The grid passes everything it draws through ``ClusterReader``, so no screen can forget. What cannot be drawn leaves a
/// visible `�` rather than vanishing: a name with a hidden character must not look like the name without it.
package enum Sanitiser {
    /// At most so many combining marks stay on one character (an ncurses cell holds no more); further ones are dropped.
    package static let maximumMarks = 4

    enum Verdict { case draw, space, drop, mark }

    /// One line of drawable text: no control, escape, C1, bidirectional, zero-width or tag character is left.
    /// Tab and line ends become one space; a run of anything else undrawable becomes one `�`.
    package static func drawable(_ text: String) -> String {
        if CharacterWidth.asciiLength(text) != nil { return text }
        var clusters = ClusterReader(text)
        var result = ""
        while let cluster = clusters.next() { cluster.append(to: &result) }
        return result
    }

    /// The same for bytes; each byte that is not UTF-8 shows as `\xNN`.
    package static func drawable(bytes: some Sequence<UInt8>) -> String {
        var result = ""
        forEachScalar(of: bytes) { piece in
            switch piece {
            case .success(let scalar): result.unicodeScalars.append(scalar)
            case .failure(let bad): result += hexByte(bad.byte)
            }
        }
        return drawable(result)
    }

    /// Every undrawable character spelled out (`\n`, `\x1B`, `\u{202E}`), and a real backslash doubled, so the original
    /// can be read and told apart. For detail views. Combining marks beyond the cap are spelled out too.
    package static func escaped(_ text: String) -> String {
        var result = ""
        var marks = 0
        for scalar in text.unicodeScalars { escape(scalar, marks: &marks, into: &result) }
        return result
    }

    package static func escaped(bytes: some Sequence<UInt8>) -> String {
        var result = ""
        var marks = 0
        forEachScalar(of: bytes) { piece in
            switch piece {
            case .success(let scalar): escape(scalar, marks: &marks, into: &result)
            case .failure(let bad): result += hexByte(bad.byte)
            }
        }
        return result
    }

    static func verdict(_ scalar: Unicode.Scalar) -> Verdict {
        let value = scalar.value
        if value >= 0x20 && value < 0x7F { return .draw }
        if value < 0xA0 { return value == 0x09 || value == 0x0A || value == 0x0D ? .space : .mark }
        if value < 0x0300 { return value == 0xAD ? .drop : .draw }
        switch value {
        // joiners, variation selectors, grapheme joiner: honest in Persian, Indic and emoji text, but without a column
        case 0x034F, 0x180B...0x180F, 0x200C, 0x200D, 0xFE00...0xFE0F, 0xE0100...0xE01EF: return .drop
        case 0x0600...0x0605, 0x061C, 0x06DD, 0x070F, 0x0890...0x0891, 0x08E2: return .mark
        case 0x115F, 0x1160, 0x3164, 0xFFA0: return .mark  // Hangul fillers: blank, but not a space
        case 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F, 0xFEFF, 0xFFF0...0xFFFB: return .mark
        case 0x110BD, 0x110CD, 0x13430...0x1343F, 0x1BCA0...0x1BCA3, 0x1D173...0x1D17A: return .mark
        case 0xFDD0...0xFDEF, 0xE0000...0xE0FFF: return .mark
        default: return value & 0xFFFE == 0xFFFE ? .mark : .draw
        }
    }

    private static func escape(_ scalar: Unicode.Scalar, marks: inout Int, into result: inout String) {
        if scalar == "\\" {
            result += "\\\\"
        } else if scalar == "\n" {
            result += "\\n"
        } else if scalar == "\r" {
            result += "\\r"
        } else if scalar == "\t" {
            result += "\\t"
        } else if verdict(scalar) != .draw {
            result += scalar.value < 0x80 ? hexByte(UInt8(scalar.value)) : hexScalar(scalar)
        } else {
            let isMark = CharacterWidth.columns(scalar) == 0
            marks = isMark ? marks + 1 : 0
            if marks > maximumMarks {
                result += hexScalar(scalar)
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
    }

    /// One scalar by its escape, whatever it is.
    static func spelled(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\n": "\\n"
        case "\r": "\\r"
        case "\t": "\\t"
        default: scalar.value < 0x80 ? hexByte(UInt8(scalar.value)) : hexScalar(scalar)
        }
    }

    private static func hexByte(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 16, uppercase: true)
        return digits.count < 2 ? "\\x0" + digits : "\\x" + digits
    }

    private static func hexScalar(_ scalar: Unicode.Scalar) -> String {
        "\\u{" + String(scalar.value, radix: 16, uppercase: true) + "}"
    }

    private struct BadByte: Error { let byte: UInt8 }

    /// Decodes by hand: the standard decoder says that something was wrong, not which bytes.
    private static func forEachScalar(
        of bytes: some Sequence<UInt8>, _ body: (Result<Unicode.Scalar, BadByte>) -> Void
    ) {
        var decoder = UTF8ScalarDecoder()
        func emit(_ step: UTF8ScalarDecoder.Step) {
            switch step {
            case .needsMore: break
            case .scalar(let scalar): body(.success(scalar))
            case .invalid(let bad): for byte in bad { body(.failure(BadByte(byte: byte))) }
            }
        }
        for byte in bytes {
            let first = decoder.push(byte)
            emit(first)
            if case .invalid = first, !decoder.tookLastByte { emit(decoder.push(byte)) }
        }
        emit(decoder.finish())
    }
}
