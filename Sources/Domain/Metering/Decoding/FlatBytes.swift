/// Reads of a payload that may look past its end and find zeros there, which stand for nothing in JSON.
struct FlatBytes {
    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let tops: UInt64 = 0x8080_8080_8080_8080
    private let base: UnsafeRawPointer
    private let count: Int

    /// Nil for an empty payload. Valid as long as its memory is.
    @inline(__always)
    init?(_ source: UnsafeRawBufferPointer) {
        guard let base = source.baseAddress else { return nil }
        self.base = base
        count = source.count
    }

    @inline(__always)
    subscript(index: Int) -> UInt8 {
        index < count ? base.load(fromByteOffset: index, as: UInt8.self) : 0
    }

    /// Eight bytes, the first in the lowest place.
    @inline(__always)
    func word(_ index: Int) -> UInt64 {
        if index + 8 <= count { return whole(index) }
        return lastWord(index)
    }

    @inline(__always)
    private func whole(_ index: Int) -> UInt64 {
        UInt64(littleEndian: base.loadUnaligned(fromByteOffset: index, as: UInt64.self))
    }

    private func lastWord(_ index: Int) -> UInt64 {
        var word: UInt64 = 0
        for place in 0..<8 { word |= UInt64(self[index + place]) << UInt64(place * 8) }
        return word
    }

    @inline(__always)
    func skipSpaces(_ at: inout Int) {
        while self[at] == 0x20 { at += 1 }
    }

    /// A key of the plain form with its quotes, colon and the spaces after it.
    func key(_ at: inout Int) -> ReadingKey? {
        guard self[at] == UInt8(ascii: "\"") else { return nil }
        let key: ReadingKey
        switch word(at + 1) {
        case 0x6469_5F72_6574_656D:
            key = .meterID
            at += 9
        case 0x7974_696C_6963_6166:
            guard UInt32(truncatingIfNeeded: word(at + 9)) == 0x2264_695F else { return nil }
            key = .facilityID
            at += 12
        case let head where head & 0xFF_FFFF == 0x22_7374:
            key = .ts
            at += 3
        case let head where head & 0xFF_FFFF == 0x22_776B:
            key = .kw
            at += 3
        case let head where head & 0xFFFF_FFFF == 0x2268_776B:
            key = .kwh
            at += 4
        case 0x2265_6761_746C_6F76:
            key = .voltage
            at += 8
        case 0x2279_7469_6C61_7571:
            key = .quality
            at += 8
        default: return nil
        }
        guard self[at] == UInt8(ascii: "\"") else { return nil }
        at += 1
        skipSpaces(&at)
        guard self[at] == UInt8(ascii: ":") else { return nil }
        at += 1
        skipSpaces(&at)
        return key
    }

    /// The rest of a string of plain ASCII, after its opening quote; `at` moves past the closing one. Nil for any other.
    @inline(__always)
    func text(_ at: inout Int) -> FlatText? {
        var index = at
        while true {
            let word = word(index)
            let quote = word ^ (Self.ones &* 0x22)
            let backslash = word ^ (Self.ones &* 0x5C)
            let hits = (quote &- Self.ones) | (backslash &- Self.ones) | (word &- Self.ones &* 0x20) | word
            let flags = hits & Self.tops
            if flags == 0 {
                index += 8
                continue
            }
            index += flags.trailingZeroBitCount >> 3
            guard self[index] == UInt8(ascii: "\"") else { return nil }
            let text = FlatText(start: at, count: index - at)
            at = index + 1
            return text
        }
    }

    /// A number without exponent. Nil for any other value, and for one that takes the long way to its nearest double.
    @inline(__always)
    func number(_ at: inout Int) -> Double? {
        let isNegative = self[at] == UInt8(ascii: "-")
        if isNegative { at += 1 }
        let start = at
        var mantissa: UInt64 = 0
        digits(&at, &mantissa)
        var count = at - start
        guard count > 0, count == 1 || self[start] != UInt8(ascii: "0") else { return nil }
        var places = 0
        if self[at] == UInt8(ascii: ".") {
            at += 1
            let first = at
            digits(&at, &mantissa)
            places = at - first
            count += places
            guard places > 0 else { return nil }
        }
        guard count <= 19, self[at] | 0x20 != UInt8(ascii: "e") else { return nil }
        return Decimal(mantissa: mantissa, exponent: -places, isNegative: isNegative, isExact: true).nearestDouble
    }

    /// Appends the digits that follow to `mantissa`, eight at a time; wraps around beyond 19 of them.
    @inline(__always)
    private func digits(_ at: inout Int, _ mantissa: inout UInt64) {
        var found = 8
        while found == 8 {
            // Each byte its digit's value; what is no digit has its top bit set in `others`.
            let values = word(at) ^ (Self.ones &* 0x30)
            let others = ((values & ~Self.tops) &+ (Self.ones &* 0x76) | values) & Self.tops
            found = others.trailingZeroBitCount >> 3
            guard found > 0 else { return }
            mantissa = mantissa &* wholePowersOfTen[found] &+ Self.number(ofDigits: values << UInt64(64 - 8 * found))
            at += found
        }
    }

    /// Eight digits, a value each, the first in the lowest byte. Source: D. Lemire, "Quickly parsing eight digits", 2018.
    @inline(__always)
    private static func number(ofDigits digits: UInt64) -> UInt64 {
        let pairs = (digits &* 10 &+ digits >> 8) & 0x00FF_00FF_00FF_00FF
        let fours = (pairs &* 100 &+ pairs >> 16) & 0x0000_FFFF_0000_FFFF
        return (fours &* 10_000 &+ fours >> 32) & 0xFFFF_FFFF
    }

    @inline(__always)
    func isRaw(_ text: FlatText) -> Bool { text.count == 3 && word(text.start) & 0xFF_FFFF == 0x77_6172 }

    @inline(__always)
    func matches(_ joint: ObjectForm.Joint, at index: Int) -> Bool {
        if index + ObjectForm.Joint.capacity <= count {
            let first = (whole(index) ^ joint.words.0) & joint.masks.0
            let second = (whole(index + 8) ^ joint.words.1) & joint.masks.1
            let third = (whole(index + 16) ^ joint.words.2) & joint.masks.2
            return first | second | third == 0
        }
        let first = (word(index) ^ joint.words.0) & joint.masks.0
        let second = (word(index + 8) ^ joint.words.1) & joint.masks.1
        let third = (word(index + 16) ^ joint.words.2) & joint.masks.2
        return first | second | third == 0
    }
}

/// Where a text lies in a payload.
struct FlatText {
    var start = 0
    /// -1: not there.
    var count = -1
    var isSet: Bool { count >= 0 }

    @inline(__always)
    func bytes(in source: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: source[start..<start + count])
    }
}

private let wholePowersOfTen: [UInt64] = [
    1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000,
]
