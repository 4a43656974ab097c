extension JSONScanner {
    /// Steps over an escape, a surrogate pair as one. Half a pair is no text: refused, as Foundation does.
    mutating func skipEscape() throws(Fault) {
        guard let unit = try escapedUnit() else { return }
        if unit & 0xFC00 == 0xD800 {
            guard next == UInt8(ascii: "\\"), let low = try escapedUnit(), low & 0xFC00 == 0xDC00 else {
                throw fault("the second half of a surrogate pair")
            }
        } else if unit & 0xFC00 == 0xDC00 {
            throw fault("a surrogate pair that begins with its first half")
        }
    }

    /// Steps over one escape; the UTF-16 unit of a `\u` escape, nil for the short ones.
    private mutating func escapedUnit() throws(Fault) -> UInt32? {
        guard end - position >= 2 else { throw fault("a whole escape") }
        switch bytes[position + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            advance(by: 2)
            return nil
        case UInt8(ascii: "u"):
            guard end - position >= 6 else { throw fault("four hexadecimal digits") }
            var unit: UInt32 = 0
            for index in position + 2..<position + 6 {
                guard let digit = hexadecimalDigit(bytes[index]) else { throw fault("four hexadecimal digits") }
                unit = unit << 4 | digit
            }
            advance(by: 6)
            return unit
        default:
            throw fault("an escape that JSON knows")
        }
    }

    /// Where the multi-byte sequence at `position` ends. Overlong forms, surrogates and values past U+10FFFF are refused
    /// (Unicode 15, table 3-7).
    func endOfUTF8Sequence() throws(Fault) -> Int {
        let first = bytes[position]
        let (length, lowest, highest): (Int, UInt8, UInt8)
        switch first {
        case 0xC2...0xDF: (length, lowest, highest) = (2, 0x80, 0xBF)
        case 0xE0: (length, lowest, highest) = (3, 0xA0, 0xBF)
        case 0xED: (length, lowest, highest) = (3, 0x80, 0x9F)
        case 0xE1...0xEF: (length, lowest, highest) = (3, 0x80, 0xBF)
        case 0xF0: (length, lowest, highest) = (4, 0x90, 0xBF)
        case 0xF1...0xF3: (length, lowest, highest) = (4, 0x80, 0xBF)
        case 0xF4: (length, lowest, highest) = (4, 0x80, 0x8F)
        default: throw fault("valid UTF-8")
        }
        guard end - position >= length, (lowest...highest).contains(bytes[position + 1]) else {
            throw fault("valid UTF-8")
        }
        for index in position + 2..<position + max(2, length) where bytes[index] & 0xC0 != 0x80 {
            throw fault("valid UTF-8")
        }
        return position + length
    }

    /// The text with its escapes resolved. Allocates: not for the good reading's path. `text` comes from `string()`, so
    /// every escape in it is whole.
    func resolved(_ text: Text) -> String {
        let slice = UnsafeRawBufferPointer(rebasing: bytes[text.range])
        return text.isEscaped ? Self.resolved(slice) : String(decoding: slice, as: UTF8.self)
    }

    /// The same for the bytes between a string's quotes.
    static func resolved(_ slice: UnsafeRawBufferPointer) -> String {
        var units: [UInt8] = []
        var index = 0
        while index < slice.count {
            guard slice[index] == UInt8(ascii: "\\") else {
                units.append(slice[index])
                index += 1
                continue
            }
            let escape = slice[index + 1]
            guard escape == UInt8(ascii: "u") else {
                units.append(shortEscape(escape))
                index += 2
                continue
            }
            var scalar = hexadecimal(slice, at: index + 2)
            index += 6
            if scalar & 0xFC00 == 0xD800 {
                scalar = 0x10000 + (scalar & 0x3FF) << 10 + hexadecimal(slice, at: index + 2) & 0x3FF
                index += 6
            }
            units.append(contentsOf: String(Unicode.Scalar(scalar) ?? "\u{FFFD}").utf8)
        }
        return String(decoding: units, as: UTF8.self)
    }
}

private func hexadecimalDigit(_ byte: UInt8) -> UInt32? {
    switch byte {
    case 48...57: UInt32(byte) - 48
    case 65...70: UInt32(byte) - 55
    case 97...102: UInt32(byte) - 87
    default: nil
    }
}

private func hexadecimal(_ bytes: UnsafeRawBufferPointer, at start: Int) -> UInt32 {
    (start..<start + 4).reduce(0) { $0 << 4 | (hexadecimalDigit(bytes[$1]) ?? 0) }
}

private func shortEscape(_ letter: UInt8) -> UInt8 {
    switch letter {
    case UInt8(ascii: "b"): 0x08
    case UInt8(ascii: "f"): 0x0C
    case UInt8(ascii: "n"): 0x0A
    case UInt8(ascii: "r"): 0x0D
    case UInt8(ascii: "t"): 0x09
    default: letter
    }
}
