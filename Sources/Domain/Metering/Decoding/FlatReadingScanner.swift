import EnergyModel

/// The short way for what meters send nearly always: one flat object in the plain form, without escapes, without keys of
/// others, no key twice. It understands only that; at anything else it gives up without a verdict and the item goes the
/// long way (`JSONScanner`, `ReadingObject`), which alone refuses. So it may be narrow, but never wrong. Three times as
/// fast as the long way.
struct FlatReadingScanner: Sendable {
    /// The date last seen, as its ten bytes, and its start: most readings share it.
    private var dateHead: UInt64 = 0
    private var dateTail: UInt16 = 0
    private var dayStart: Int64 = 0

    /// Where a member's text lies.
    private struct Span {
        var start = 0
        var count = -1
        var isSet: Bool { count >= 0 }
    }

    /// The object at `position`, its opening brace; `position` moves past it. Nil, and `position` as it was, when the object
    /// has to go the long way.
    @inline(__always)
    mutating func draft(_ source: UnsafeRawBufferPointer, at position: inout Int) -> ReadingDraft? {
        let bytes = FlatBytes(source)
        var at = position + 1
        var (meter, facility, time, quality) = (Span(), Span(), Span(), Span())
        var (kilowatts, register, volts) = (Double.nan, Double.nan, Double.nan)
        while true {
            bytes.skipSpaces(&at)
            guard let key = bytes.key(&at) else { return nil }
            switch key {
            case .meterID: guard !meter.isSet, bytes.text(&at, &meter.start, &meter.count) else { return nil }
            case .facilityID:
                guard !facility.isSet, bytes.text(&at, &facility.start, &facility.count) else { return nil }
            case .ts: guard !time.isSet, bytes.text(&at, &time.start, &time.count) else { return nil }
            case .quality: guard !quality.isSet, bytes.text(&at, &quality.start, &quality.count) else { return nil }
            case .kw: guard kilowatts.isNaN, bytes.number(&at, &kilowatts) else { return nil }
            case .kwh: guard register.isNaN, bytes.number(&at, &register) else { return nil }
            case .voltage: guard volts.isNaN, bytes.number(&at, &volts) else { return nil }
            default: return nil
            }
            bytes.skipSpaces(&at)
            let byte = bytes[at]
            at += 1
            if byte == UInt8(ascii: ",") { continue }
            guard byte == UInt8(ascii: "}") else { return nil }
            break
        }
        guard time.isSet, !kilowatts.isNaN || !register.isNaN || !volts.isNaN else { return nil }
        guard let instant = instant(UnsafeRawBufferPointer(rebasing: source[time.start..<time.start + time.count]))
        else { return nil }
        var draft = ReadingDraft(time: instant, kilowatts: kilowatts, registerKilowattHours: register, volts: volts)
        if quality.isSet {
            guard bytes.isRaw(quality.start, quality.count) else { return nil }
        }
        if meter.isSet {
            draft.meter = .bytes(UnsafeRawBufferPointer(rebasing: source[meter.start..<meter.start + meter.count]))
        }
        if facility.isSet {
            draft.facility = .bytes(
                UnsafeRawBufferPointer(rebasing: source[facility.start..<facility.start + facility.count]))
        }
        position = at
        return draft
    }

    /// `YYYY-MM-DDThh:mm:ssZ` of the date seen last by its time of day alone; other times in full.
    @inline(__always)
    private mutating func instant(_ text: UnsafeRawBufferPointer) -> UTCInstant? {
        if text.count == 20, text.loadUnaligned(as: UInt64.self) == dateHead,
            text.loadUnaligned(fromByteOffset: 8, as: UInt16.self) == dateTail, let seconds = Self.timeOfDay(text)
        {
            return UTCInstant(milliseconds: dayStart + seconds * 1000)
        }
        return newDate(text)
    }

    private mutating func newDate(_ text: UnsafeRawBufferPointer) -> UTCInstant? {
        guard let instant = UTCInstant(rfc3339: text.assumingMemoryBound(to: UInt8.self)) else { return nil }
        if text.count == 20, let seconds = Self.timeOfDay(text) {
            dateHead = text.loadUnaligned(as: UInt64.self)
            dateTail = text.loadUnaligned(fromByteOffset: 8, as: UInt16.self)
            dayStart = instant.milliseconds - seconds * 1000
        }
        return instant
    }

    /// Seconds since midnight of the twenty-byte form; nil when it is not that form.
    @inline(__always)
    private static func timeOfDay(_ text: UnsafeRawBufferPointer) -> Int64? {
        guard text[10] == UInt8(ascii: "T"), text[13] == UInt8(ascii: ":"), text[16] == UInt8(ascii: ":"),
            text[19] == UInt8(ascii: "Z"), let hour = pair(text, 11), let minute = pair(text, 14),
            let second = pair(text, 17),
            hour < 24, minute < 60, second < 60
        else { return nil }
        return hour * 3600 + minute * 60 + second
    }

    @inline(__always)
    private static func pair(_ text: UnsafeRawBufferPointer, _ index: Int) -> Int64? {
        let (tens, ones) = (text[index] &- 48, text[index + 1] &- 48)
        return tens < 10 && ones < 10 ? Int64(tens) * 10 + Int64(ones) : nil
    }
}

/// Reads of a payload that may look past its end and find zeros there, which stand for nothing in JSON.
private struct FlatBytes {
    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private let source: UnsafeRawBufferPointer

    init(_ source: UnsafeRawBufferPointer) { self.source = source }

    @inline(__always)
    subscript(index: Int) -> UInt8 { index < source.count ? source[index] : 0 }

    @inline(__always)
    func word(_ index: Int) -> UInt64 {
        if index + 8 <= source.count {
            return UInt64(littleEndian: source.loadUnaligned(fromByteOffset: index, as: UInt64.self))
        }
        return lastWord(index)
    }

    private func lastWord(_ index: Int) -> UInt64 {
        (0..<8).reduce(0) { $0 | UInt64(self[index + $1]) << UInt64($1 * 8) }
    }

    @inline(__always)
    func skipSpaces(_ at: inout Int) {
        while self[at] == 0x20 { at += 1 }
    }

    /// A key of the plain form with its quotes, colon and the spaces after it.
    @inline(__always)
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

    /// A string of plain ASCII. False for any other value.
    @inline(__always)
    func text(_ at: inout Int, _ start: inout Int, _ count: inout Int) -> Bool {
        guard self[at] == UInt8(ascii: "\"") else { return false }
        start = at + 1
        var index = start
        while true {
            let word = word(index)
            let quote = word ^ (Self.ones &* 0x22)
            let backslash = word ^ (Self.ones &* 0x5C)
            let hits = (quote &- Self.ones) | (backslash &- Self.ones) | (word &- Self.ones &* 0x20) | word
            let flags = hits & (Self.ones &* 0x80)
            if flags == 0 {
                index += 8
                continue
            }
            index += flags.trailingZeroBitCount >> 3
            guard self[index] == UInt8(ascii: "\"") else { return false }
            count = index - start
            at = index + 1
            return true
        }
    }

    /// A number without exponent. False for any other value.
    @inline(__always)
    func number(_ at: inout Int, _ value: inout Double) -> Bool {
        let isNegative = self[at] == UInt8(ascii: "-")
        if isNegative { at += 1 }
        let start = at
        var mantissa: UInt64 = 0
        digits(&at, &mantissa)
        var count = at - start
        guard count > 0, count == 1 || self[start] != UInt8(ascii: "0") else { return false }
        var exponent = 0
        if self[at] == UInt8(ascii: ".") {
            at += 1
            let first = at
            digits(&at, &mantissa)
            exponent = first - at
            count -= exponent
            guard exponent < 0 else { return false }
        }
        guard count <= 19, self[at] | 0x20 != UInt8(ascii: "e") else { return false }
        let decimal = Decimal(mantissa: mantissa, exponent: exponent, isNegative: isNegative, isExact: true)
        guard let nearest = decimal.nearestDouble else { return false }
        value = nearest
        return true
    }

    @inline(__always)
    private func digits(_ at: inout Int, _ mantissa: inout UInt64) {
        while self[at] &- 48 < 10 {
            mantissa = mantissa &* 10 &+ UInt64(self[at] &- 48)
            at += 1
        }
    }

    @inline(__always)
    func isRaw(_ start: Int, _ count: Int) -> Bool { count == 3 && word(start) & 0xFF_FFFF == 0x77_6172 }
}
