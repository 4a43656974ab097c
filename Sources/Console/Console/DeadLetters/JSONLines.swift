import Screen

/// JSON laid out for reading, token by token: nothing is decoded, so duplicate keys, big numbers and odd escapes show as
/// they came (RELIABILITY T13). Nil for what is not one well-formed-looking value or is too deep or long.
struct JSONLines {
    static let longest = 65_536
    static let deepest = 32

    private let bytes: [UInt8]
    /// Texts as they came rather than made drawable: for comparing, never for drawing as they are.
    private let isExact: Bool
    private var position = 0
    private var lines: [[Span]] = [[]]
    private var depth = 0

    static func read(_ bytes: [UInt8]) -> [[Span]]? { read(bytes, isExact: false) }

    /// The same lines with every scalar in them; nil for what is not UTF-8 either.
    static func exact(_ bytes: [UInt8]) -> [String]? {
        guard String(validating: bytes, as: UTF8.self) != nil else { return nil }
        return read(bytes, isExact: true)?.map { $0.map(\.text).joined() }
    }

    private static func read(_ bytes: [UInt8], isExact: Bool) -> [[Span]]? {
        guard bytes.count <= longest, let first = bytes.first(where: { !isSpace($0) }) else { return nil }
        guard first == UInt8(ascii: "{") || first == UInt8(ascii: "[") else { return nil }
        var reader = JSONLines(bytes: bytes, isExact: isExact)
        guard reader.value() else { return nil }
        reader.skipSpace()
        return reader.position == bytes.count ? reader.lines : nil
    }

    private init(bytes: [UInt8], isExact: Bool) {
        self.bytes = bytes
        self.isExact = isExact
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() { while let byte = next, Self.isSpace(byte) { position += 1 } }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func add(_ text: String, _ role: Role = .textDim) {
        lines[lines.count - 1].append(Span(text, role))
    }

    private mutating func newLine() { lines.append([Span(String(repeating: "  ", count: depth))]) }

    private mutating func value() -> Bool {
        skipSpace()
        switch next {
        case UInt8(ascii: "{"): return container(opening: "{", closing: "}", isObject: true)
        case UInt8(ascii: "["): return container(opening: "[", closing: "]", isObject: false)
        case UInt8(ascii: "\""): return string(.text)
        default: return word()
        }
    }

    private mutating func container(opening: Unicode.Scalar, closing: Unicode.Scalar, isObject: Bool) -> Bool {
        guard take(opening), depth < Self.deepest else { return false }
        add(String(opening))
        depth += 1
        skipSpace()
        var isFirst = true
        while !take(closing) {
            if !isFirst {
                guard take(",") else { return false }
                add(",")
                skipSpace()
            }
            isFirst = false
            newLine()
            if isObject {
                guard string(.keyLabel) else { return false }
                skipSpace()
                guard take(":") else { return false }
                add(": ")
            }
            guard value() else { return false }
            skipSpace()
        }
        depth -= 1
        if !isFirst { newLine() }
        add(String(closing))
        return true
    }

    private mutating func string(_ role: Role) -> Bool {
        let start = position
        guard take("\"") else { return false }
        while let byte = next {
            position += byte == UInt8(ascii: "\\") ? 2 : 1
            guard byte == UInt8(ascii: "\"") else { continue }
            add(token(from: start), role)
            return true
        }
        return false
    }

    private mutating func word() -> Bool {
        let start = position
        while let byte = next, !Self.isSpace(byte), !",]}:\"{[".utf8.contains(byte) { position += 1 }
        guard position > start else { return false }
        add(token(from: start), .textStrong)
        return true
    }

    private func token(from start: Int) -> String {
        let token = bytes[start..<min(position, bytes.count)]
        return isExact ? String(decoding: token, as: UTF8.self) : Sanitiser.drawable(bytes: token)
    }
}
