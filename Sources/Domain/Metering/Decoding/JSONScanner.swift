/// Steps through one JSON text in UTF-8 (RFC 8259). Reads only between `position` and `end`; allocates nothing.
struct JSONScanner {
    /// Where a text stops being JSON, and what should have stood there.
    struct Fault: Error {
        let position: Int
        let expected: StaticString
    }

    /// A string's bytes between its quotes: escapes checked but not resolved, UTF-8 checked.
    struct Text {
        let range: Range<Int>
        let isEscaped: Bool
    }

    let bytes: UnsafeRawBufferPointer
    let end: Int
    private(set) var position: Int
    private let maximumDepth: Int

    init(_ bytes: UnsafeRawBufferPointer, in range: Range<Int>, maximumDepth: Int) {
        self.bytes = bytes
        self.maximumDepth = maximumDepth
        position = range.lowerBound
        end = range.upperBound
    }

    var isAtEnd: Bool { position >= end }
    /// The byte at `position`; 0, which starts nothing in JSON, at the end.
    var next: UInt8 { position < end ? bytes[position] : 0 }

    func fault(_ expected: StaticString) -> Fault { Fault(position: position, expected: expected) }

    mutating func advance(by count: Int) { position += count }

    mutating func skipWhitespace() {
        while position < end {
            let byte = bytes[position]
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return }
            position += 1
        }
    }

    /// Steps over `byte` if it is next.
    mutating func take(_ byte: UInt8) -> Bool {
        guard position < end, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    mutating func string() throws(Fault) -> Text {
        guard take(UInt8(ascii: "\"")) else { throw fault("a string") }
        let start = position
        var isEscaped = false
        while position < end {
            skipPlainCharacters()
            guard position < end else { break }
            let byte = bytes[position]
            if byte == UInt8(ascii: "\"") {
                position += 1
                return Text(range: start..<position - 1, isEscaped: isEscaped)
            }
            if byte == UInt8(ascii: "\\") {
                isEscaped = true
                try skipEscape()
            } else if byte >= 0x80 {
                position = try endOfUTF8Sequence()
            } else {
                guard byte >= 0x20 else { throw fault("no bare control character in a string") }
                position += 1
            }
        }
        throw fault("a closing quote")
    }

    /// Steps over characters of a string that need no look at them, eight at a time; stops at a quote, a backslash, a control
    /// character, a byte beyond ASCII, or in the last seven bytes anywhere. A byte-wise test of a word may flag too much only
    /// above a true hit, and the lowest flag is the one used.
    @inline(__always)
    private mutating func skipPlainCharacters() {
        let ones: UInt64 = 0x0101_0101_0101_0101
        while end - position >= 8 {
            let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
            let quote = word ^ (ones &* 0x22)
            let backslash = word ^ (ones &* 0x5C)
            let hits = (quote &- ones) | (backslash &- ones) | (word &- ones &* 0x20) | word
            let flags = hits & (ones &* 0x80)
            guard flags == 0 else {
                position += flags.trailingZeroBitCount >> 3
                return
            }
            position += 8
        }
    }

    mutating func number() throws(Fault) -> Decimal {
        let isNegative = take(UInt8(ascii: "-"))
        let start = position
        var mantissa: UInt64 = 0
        if !take(UInt8(ascii: "0")) {
            digits(into: &mantissa)
            guard position > start else { throw fault("a value") }
        }
        var count = position - start
        var exponent = 0
        if take(UInt8(ascii: ".")) {
            let first = position
            digits(into: &mantissa)
            guard position > first else { throw fault("a digit after the decimal point") }
            count += position - first
            exponent = first - position
        }
        if next | 0x20 == UInt8(ascii: "e") { exponent += try exponentPart() }
        return Decimal(mantissa: mantissa, exponent: exponent, isNegative: isNegative, isExact: count <= 19)
    }

    mutating func literal(_ word: StaticString) throws(Fault) {
        let count = word.utf8CodeUnitCount
        guard end - position >= count else { throw fault("a value") }
        for index in 0..<count where bytes[position + index] != word.utf8Start[index] { throw fault("a value") }
        position += count
    }

    /// Steps over any value. `depth` is how many objects and arrays are open around it.
    mutating func skipValue(depth: Int) throws(Fault) {
        switch next {
        case UInt8(ascii: "\""): _ = try string()
        case UInt8(ascii: "{"): try skipObject(depth: depth + 1)
        case UInt8(ascii: "["): try skipArray(depth: depth + 1)
        case UInt8(ascii: "t"): try literal("true")
        case UInt8(ascii: "f"): try literal("false")
        case UInt8(ascii: "n"): try literal("null")
        default: _ = try number()
        }
    }

    /// The separator after a member or element: true to go on, false when `close` ended it.
    mutating func continues(until close: UInt8) throws(Fault) -> Bool {
        skipWhitespace()
        if take(UInt8(ascii: ",")) { return true }
        guard take(close) else { throw fault("a comma or the closing bracket") }
        return false
    }

    /// The colon after a key and the space round it.
    mutating func colon() throws(Fault) {
        skipWhitespace()
        guard take(UInt8(ascii: ":")) else { throw fault("a colon after the key") }
        skipWhitespace()
    }

    private mutating func skipObject(depth: Int) throws(Fault) {
        guard depth <= maximumDepth else { throw fault("less nesting") }
        position += 1
        skipWhitespace()
        if take(UInt8(ascii: "}")) { return }
        repeat {
            skipWhitespace()
            _ = try string()
            try colon()
            try skipValue(depth: depth)
        } while try continues(until: UInt8(ascii: "}"))
    }

    private mutating func skipArray(depth: Int) throws(Fault) {
        guard depth <= maximumDepth else { throw fault("less nesting") }
        position += 1
        skipWhitespace()
        if take(UInt8(ascii: "]")) { return }
        repeat {
            skipWhitespace()
            try skipValue(depth: depth)
        } while try continues(until: UInt8(ascii: "]"))
    }

    /// Overflow wraps: whoever sees more than 19 digits does not use the mantissa.
    private mutating func digits(into mantissa: inout UInt64) {
        while position < end {
            let digit = bytes[position] &- 48
            guard digit < 10 else { return }
            mantissa = mantissa &* 10 &+ UInt64(digit)
            position += 1
        }
    }

    private mutating func exponentPart() throws(Fault) -> Int {
        position += 1
        let isNegative = take(UInt8(ascii: "-"))
        if !isNegative { _ = take(UInt8(ascii: "+")) }
        let first = position
        var value = 0
        while position < end, bytes[position] &- 48 < 10 {
            value = min(value * 10 + Int(bytes[position] &- 48), 1_000_000)
            position += 1
        }
        guard position > first else { throw fault("a digit in the exponent") }
        return isNegative ? -value : value
    }
}
