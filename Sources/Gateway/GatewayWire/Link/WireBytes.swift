/// Bytes that are not what this version writes.
package struct WireFault: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}

/// Writes the numbers of a frame: variable length, little end first, as differences from what the reader has already.
struct WireWriter {
    private(set) var bytes: [UInt8] = []

    mutating func count(_ value: UInt64) {
        var rest = value
        while rest > 0x7F {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    mutating func count(_ value: Int) { count(UInt64(value)) }

    /// Small whichever its sign.
    mutating func signed(_ value: Int64) { count(UInt64(bitPattern: value << 1 ^ value >> 63)) }

    mutating func block(_ block: [UInt8]) {
        count(block.count)
        bytes += block
    }

    /// The bits that differ, without the zero bytes before and behind them: a load that moved a little shares its exponent, and
    /// a sum of meters' floats ends in zeros.
    mutating func bits<Word: FixedWidthInteger & UnsignedInteger>(_ differing: Word) {
        let leading = differing.leadingZeroBitCount / 8
        let trailing = differing == 0 ? 0 : differing.trailingZeroBitCount / 8
        bytes.append(UInt8(leading << 4 | trailing))
        for index in trailing..<max(trailing, Word.bitWidth / 8 - leading) {
            bytes.append(UInt8(truncatingIfNeeded: differing >> Word(index * 8)))
        }
    }
}

/// Reads what `WireWriter` wrote. Any bytes at all may be given: it throws, never traps.
struct WireReader {
    private let bytes: ArraySlice<UInt8>
    private var position: Int

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        position = bytes.startIndex
    }

    var isAtEnd: Bool { position == bytes.endIndex }

    mutating func byte() throws(WireFault) -> UInt8 {
        guard position < bytes.endIndex else { throw WireFault("a frame ends early") }
        defer { position += 1 }
        return bytes[position]
    }

    mutating func count() throws(WireFault) -> UInt64 {
        var (value, shift) = (UInt64(0), UInt64(0))
        while true {
            let byte = try byte()
            guard shift < 63 || byte <= 1 else { throw WireFault("a frame holds a number beyond 64 bits") }
            value |= UInt64(byte & 0x7F) << shift
            guard byte > 0x7F else { return value }
            shift += 7
        }
    }

    /// A number of things, at most `limit`.
    mutating func count(upTo limit: Int) throws(WireFault) -> Int {
        let value = try count()
        guard value <= UInt64(limit) else { throw WireFault("a frame speaks of \(value) things where \(limit) may be") }
        return Int(value)
    }

    mutating func signed() throws(WireFault) -> Int64 {
        let value = try count()
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }

    mutating func block() throws(WireFault) -> ArraySlice<UInt8> {
        let length = try count(upTo: bytes.count)
        // Only now: reading the length has moved the position.
        guard length <= bytes.endIndex - position else { throw WireFault("a frame ends early") }
        defer { position += length }
        return bytes[position..<position + length]
    }

    mutating func bits<Word: FixedWidthInteger & UnsignedInteger>(_: Word.Type) throws(WireFault) -> Word {
        let head = try byte()
        let (leading, trailing) = (Int(head >> 4), Int(head & 0x0F))
        let width = Word.bitWidth / 8
        guard leading + trailing <= width else { throw WireFault("a frame holds a number of a strange width") }
        var word: Word = 0
        for index in trailing..<(width - leading) { word |= Word(try byte()) << Word(index * 8) }
        return word
    }
}
