import EnergyModel

/// Walks the items of one JSON or NDJSON payload.
struct JSONPayload {
    var object: ReadingObject
    var flat: FlatReadingScanner
    private let bytes: UnsafeRawBufferPointer
    private let checks: ReadingChecks
    private var index = 0
    /// Senders name their meters in the same order each time, and that is the order in which they got their numbers.
    private var nextMeter: UInt32 = 0

    init(_ bytes: UnsafeRawBufferPointer, checks: ReadingChecks, object: ReadingObject, flat: FlatReadingScanner) {
        self.flat = flat
        self.bytes = bytes
        self.checks = checks
        self.object = object
    }

    mutating func decodeText(into decoded: inout DecodedReadings) {
        let start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        var scanner = scanner(start..<bytes.count)
        scanner.skipWhitespace()
        guard scanner.next == UInt8(ascii: "[") else {
            if takeFlatText(scanner.position, into: &decoded) { return }
            return decodeWhole(start..<bytes.count, bytesOfItem: 0..<bytes.count, into: &decoded)
        }
        decodeArray(&scanner, into: &decoded)
    }

    mutating func decodeLines(into decoded: inout DecodedReadings) {
        var start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        while start < bytes.count {
            if let next = takeFlatLine(start, into: &decoded) {
                start = next
                continue
            }
            let end = endOfLine(from: start)
            if !isBlank(start..<end) { decodeWhole(start..<end, bytesOfItem: start..<end, into: &decoded) }
            start = end + 1
        }
    }

    /// One line the short way; where the next line begins, or nil when it has to go the long way.
    @inline(__always)
    private mutating func takeFlatLine(_ start: Int, into decoded: inout DecodedReadings) -> Int? {
        guard bytes[start] == UInt8(ascii: "{") else { return nil }
        var position = start
        guard let reading = flat.reading(bytes, at: &position) else { return nil }
        if position < bytes.count, bytes[position] == 0x0D { position += 1 }
        guard position == bytes.count || bytes[position] == 0x0A else { return nil }
        settle(reading, start..<position, into: &decoded)
        return position + 1
    }

    /// The whole text the short way; false when it has to go the long way.
    private mutating func takeFlatText(_ start: Int, into decoded: inout DecodedReadings) -> Bool {
        var position = start
        guard start < bytes.count, bytes[start] == UInt8(ascii: "{"), let reading = flat.reading(bytes, at: &position)
        else { return false }
        var rest = scanner(position..<bytes.count)
        rest.skipWhitespace()
        guard rest.isAtEnd else { return false }
        settle(reading, 0..<bytes.count, into: &decoded)
        return true
    }

    /// Sound ones at once; the others by the checks that can say why.
    @inline(__always)
    private mutating func settle(_ reading: FlatReading, _ range: Range<Int>, into decoded: inout DecodedReadings) {
        guard let numbers = checks.numbers(ofSound: reading, in: bytes, guess: nextMeter) else {
            return settle(reading.draft(in: bytes), range, into: &decoded)
        }
        nextMeter = numbers.meter.rawValue &+ 1
        decoded.readings.append(reading.reading(meter: numbers.meter, facility: numbers.facility))
        decoded.items += 1
        index += 1
    }

    private mutating func settle(_ draft: ReadingDraft, _ range: Range<Int>, into decoded: inout DecodedReadings) {
        do throws(ItemFault) {
            decoded.readings.append(try checks.reading(of: draft))
            decoded.items += 1
            index += 1
        } catch {
            reject(error, range, into: &decoded)
        }
    }

    private func isBlank(_ line: Range<Int>) -> Bool {
        for index in line {
            let byte = bytes[index]
            guard byte == 0x20 || byte == 0x0D || byte == 0x09 else { return false }
        }
        return true
    }

    /// Where the next line feed is, or the payload's end; eight bytes at a time.
    private func endOfLine(from start: Int) -> Int {
        let ones: UInt64 = 0x0101_0101_0101_0101
        var index = start
        while bytes.count - index >= 8 {
            let word =
                UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)) ^ (ones &* 0x0A)
            let flags = (word &- ones) & ~word & (ones &* 0x80)
            if flags != 0 { return index + (flags.trailingZeroBitCount >> 3) }
            index += 8
        }
        while index < bytes.count, bytes[index] != 0x0A { index += 1 }
        return index
    }

    /// One JSON text that is one reading.
    private mutating func decodeWhole(_ range: Range<Int>, bytesOfItem: Range<Int>, into decoded: inout DecodedReadings)
    {
        var scanner = scanner(range)
        do throws(JSONScanner.Fault) {
            scanner.skipWhitespace()
            let isObject = try readItem(&scanner, depth: 0)
            scanner.skipWhitespace()
            guard scanner.isAtEnd else { throw scanner.fault("the end of the text") }
            settle(isObject: isObject, bytesOfItem, into: &decoded)
        } catch {
            reject(malformed(error), bytesOfItem, into: &decoded)
        }
    }

    private mutating func decodeArray(_ scanner: inout JSONScanner, into decoded: inout DecodedReadings) {
        scanner.advance(by: 1)
        var itemStart = scanner.position
        do throws(JSONScanner.Fault) {
            scanner.skipWhitespace()
            if !scanner.take(UInt8(ascii: "]")) {
                repeat {
                    scanner.skipWhitespace()
                    itemStart = scanner.position
                    if takeFlatElement(&scanner, into: &decoded) {
                        itemStart = scanner.position
                        continue
                    }
                    let isObject = try readItem(&scanner, depth: 1)
                    settle(isObject: isObject, itemStart..<scanner.position, into: &decoded)
                    itemStart = scanner.position
                } while try scanner.continues(until: UInt8(ascii: "]"))
            }
            itemStart = scanner.position
            scanner.skipWhitespace()
            guard scanner.isAtEnd else { throw scanner.fault("the end of the text") }
        } catch {
            reject(malformed(error), itemStart..<bytes.count, into: &decoded)
        }
    }

    /// One element the short way; false when it has to go the long way.
    @inline(__always)
    private mutating func takeFlatElement(_ scanner: inout JSONScanner, into decoded: inout DecodedReadings) -> Bool {
        guard scanner.next == UInt8(ascii: "{") else { return false }
        let start = scanner.position
        var position = start
        guard let reading = flat.reading(bytes, at: &position) else { return false }
        scanner.advance(by: position - start)
        settle(reading, start..<position, into: &decoded)
        return true
    }

    /// False when the item is a value of another type than an object.
    private mutating func readItem(_ scanner: inout JSONScanner, depth: Int) throws(JSONScanner.Fault) -> Bool {
        guard scanner.next == UInt8(ascii: "{") else {
            try scanner.skipValue(depth: depth)
            return false
        }
        try object.read(&scanner, depth: depth, maximumKeys: checks.rules.maximumKeys)
        return true
    }

    private mutating func settle(isObject: Bool, _ range: Range<Int>, into decoded: inout DecodedReadings) {
        do throws(ItemFault) {
            guard isObject else { throw ItemFault(.wrongType, "the item is not an object: send one object a reading") }
            decoded.readings.append(try checks.reading(of: object.draft(in: bytes)))
            decoded.items += 1
            index += 1
        } catch {
            reject(error, range, into: &decoded)
        }
    }

    private mutating func reject(_ fault: ItemFault, _ range: Range<Int>, into decoded: inout DecodedReadings) {
        decoded.rejections.append(ReadingRejection(fault, index: index, bytes: range))
        decoded.items += 1
        index += 1
    }

    private func malformed(_ fault: JSONScanner.Fault) -> ItemFault {
        let what = fault.position >= bytes.count ? "the payload ends" : "malformed JSON"
        return ItemFault(
            .malformedJSON, "\(what) at byte \(fault.position): expected \(fault.expected)", at: fault.position)
    }

    private func scanner(_ range: Range<Int>) -> JSONScanner {
        JSONScanner(bytes, in: range, maximumDepth: checks.rules.maximumDepth)
    }
}

extension ReadingRejection {
    init(_ fault: ItemFault, index: Int, bytes: Range<Int>) {
        self.init(
            index: index, reason: fault.reason, message: fault.message, bytes: bytes, facility: fault.facility,
            meter: fault.meter, pending: fault.pending, offset: fault.offset)
    }
}
