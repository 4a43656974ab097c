import EnergyModel

/// The members of one JSON object, unjudged. Its memory is used again for the next object.
struct ReadingObject: Sendable {
    enum Value: Sendable {
        case null
        case text(Range<Int>, isEscaped: Bool)
        /// The nearest double, infinite when the number is too large for one.
        case number(Double)
        case boolean(Bool)
        case nested
    }

    /// First fault of the object as a reading that shows while its text is read; the text itself is sound.
    enum KeyFault: Sendable {
        case duplicate(Range<Int>)
        case tooMany
    }

    private var values: [Value]
    private var seen: UInt32 = 0
    private var unknownKeys: [Range<Int>] = []
    private(set) var keyFault: KeyFault?

    init() { values = [Value](repeating: .null, count: ReadingKey.allCases.count) }

    /// Without memory: nothing can be read into it. Stands in while the real one is in use.
    private init(values: [Value]) { self.values = values }
    static var empty: ReadingObject { ReadingObject(values: []) }

    /// The value of a key; nil when the key is absent or its value is null.
    subscript(_ key: ReadingKey) -> Value? {
        guard seen & (1 << UInt32(key.rawValue)) != 0 else { return nil }
        if case .null = values[key.rawValue] { return nil }
        return values[key.rawValue]
    }

    /// Reads the object at the scanner's position, which is its opening brace. `depth` is how many arrays are open.
    mutating func read(
        _ scanner: inout JSONScanner, depth: Int, maximumKeys: Int
    ) throws(JSONScanner.Fault) {
        seen = 0
        keyFault = nil
        unknownKeys.removeAll(keepingCapacity: true)
        var keys = 0
        scanner.advance(by: 1)
        scanner.skipWhitespace()
        if scanner.take(UInt8(ascii: "}")) { return }
        repeat {
            scanner.skipWhitespace()
            let text = try scanner.string()
            try scanner.colon()
            keys += 1
            if keys > maximumKeys {
                keyFault = keyFault ?? .tooMany
                try scanner.skipValue(depth: depth + 1)
            } else {
                try readMember(text, &scanner, depth: depth + 1)
            }
        } while try scanner.continues(until: UInt8(ascii: "}"))
    }

    private mutating func readMember(
        _ text: JSONScanner.Text, _ scanner: inout JSONScanner, depth: Int
    ) throws(JSONScanner.Fault) {
        let key =
            text.isEscaped
            ? escapedKey(text, scanner) : ReadingKey(UnsafeRawBufferPointer(rebasing: scanner.bytes[text.range]))
        guard let key else {
            noteUnknown(text, scanner)
            return try scanner.skipValue(depth: depth)
        }
        let bit: UInt32 = 1 << UInt32(key.rawValue)
        if seen & bit != 0 { keyFault = keyFault ?? .duplicate(text.range) }
        seen |= bit
        values[key.rawValue] = try Self.value(&scanner, depth: depth)
    }

    private static func value(_ scanner: inout JSONScanner, depth: Int) throws(JSONScanner.Fault) -> Value {
        switch scanner.next {
        case UInt8(ascii: "\""):
            let text = try scanner.string()
            return .text(text.range, isEscaped: text.isEscaped)
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            try scanner.skipValue(depth: depth)
            return .nested
        case UInt8(ascii: "t"):
            try scanner.literal("true")
            return .boolean(true)
        case UInt8(ascii: "f"):
            try scanner.literal("false")
            return .boolean(false)
        case UInt8(ascii: "n"):
            try scanner.literal("null")
            return .null
        default:
            let start = scanner.position
            let number = try scanner.number()
            return .number(number.nearestDouble ?? double(ofText: scanner.bytes[start..<scanner.position]))
        }
    }

    /// For numbers whose value takes all their digits. Allocates.
    private static func double(ofText text: Slice<UnsafeRawBufferPointer>) -> Double {
        Double(String(decoding: text, as: UTF8.self)) ?? .infinity
    }

    private func escapedKey(_ text: JSONScanner.Text, _ scanner: JSONScanner) -> ReadingKey? {
        var key = scanner.resolved(text)
        return key.withUTF8 { ReadingKey(UnsafeRawBufferPointer($0)) }
    }

    private mutating func noteUnknown(_ text: JSONScanner.Text, _ scanner: JSONScanner) {
        let isKnown = unknownKeys.contains { other in
            let otherBytes = UnsafeRawBufferPointer(rebasing: scanner.bytes[other])
            let bytes = UnsafeRawBufferPointer(rebasing: scanner.bytes[text.range])
            if bytes.equals(otherBytes) { return true }
            guard bytes.contains(UInt8(ascii: "\\")) || otherBytes.contains(UInt8(ascii: "\\")) else { return false }
            let otherText = JSONScanner.Text(range: other, isEscaped: true)
            return Array(scanner.resolved(text).utf8) == Array(scanner.resolved(otherText).utf8)
        }
        if isKnown { keyFault = keyFault ?? .duplicate(text.range) }
        unknownKeys.append(text.range)
    }
}
