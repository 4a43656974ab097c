/// A JSON text as a tree, for the small and rare documents that utilities send (RFC 8259). Bytes from outside: depth, size
/// and number of values are bounded before anything is built, and a repeated key is refused, because two readers of one
/// signed message must not see two different events (RELIABILITY T13).
enum JSONTree: Hashable, Sendable {
    case null
    case bool(Bool)
    case number(Double)
    case text(String)
    case array([JSONTree])
    /// Keys are folded: lower case, without `_`. So `programID`, `program_id` and `programId` are one.
    case object([String: JSONTree])

    struct Limits: Hashable, Sendable {
        var bytes = 1_048_576
        var depth = 32
        var values = 50_000
    }

    static func parse(_ bytes: some Collection<UInt8>, _ limits: Limits = Limits()) throws(EventRejection) -> JSONTree {
        guard bytes.count <= limits.bytes else {
            throw EventRejection(.tooLarge, "", "the body has \(bytes.count) bytes; at most \(limits.bytes) are read")
        }
        var parser = JSONTreeParser(bytes: Array(bytes), limits: limits)
        return try parser.document()
    }

    static func folded(_ key: String) -> String { key.lowercased().filter { $0 != "_" } }
}

private struct JSONTreeParser {
    let bytes: [UInt8]
    let limits: JSONTree.Limits
    var position = 0
    var values = 0

    init(bytes: [UInt8], limits: JSONTree.Limits) {
        self.bytes = bytes
        self.limits = limits
    }

    mutating func document() throws(EventRejection) -> JSONTree {
        skipSpace()
        let tree = try value(depth: 0)
        skipSpace()
        guard position == bytes.count else { throw malformed("the end of the text") }
        return tree
    }

    private var next: UInt8 { position < bytes.count ? bytes[position] : 0 }

    private func malformed(_ expected: String) -> EventRejection {
        EventRejection(.malformedJSON, "", "at byte \(position): expected \(expected)", at: position)
    }

    private mutating func skipSpace() {
        while position < bytes.count, [0x20, 0x0A, 0x0D, 0x09].contains(bytes[position]) { position += 1 }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard position < bytes.count, UInt32(bytes[position]) == character.value else { return false }
        position += 1
        return true
    }

    private mutating func value(depth: Int) throws(EventRejection) -> JSONTree {
        values += 1
        guard values <= limits.values else { throw EventRejection(.tooLarge, "", "more than \(limits.values) values") }
        guard depth <= limits.depth else { throw EventRejection(.tooLarge, "", "nested deeper than \(limits.depth)") }
        switch next {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .text(try string())
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        default: return .number(try number())
        }
    }

    private mutating func literal(_ word: String, _ tree: JSONTree) throws(EventRejection) -> JSONTree {
        guard bytes[position...].starts(with: word.utf8) else { throw malformed("a value") }
        position += word.utf8.count
        return tree
    }

    private mutating func object(depth: Int) throws(EventRejection) -> JSONTree {
        position += 1
        var members: [String: JSONTree] = [:]
        skipSpace()
        if take("}") { return .object(members) }
        repeat {
            skipSpace()
            guard next == UInt8(ascii: "\"") else { throw malformed("a key") }
            let name = try string()
            skipSpace()
            guard take(":") else { throw malformed("a colon") }
            skipSpace()
            let member = try value(depth: depth + 1)
            guard members.updateValue(member, forKey: JSONTree.folded(name)) == nil else {
                throw EventRejection(
                    .malformedJSON, "", "at byte \(position): the key \(name.prefix(40).debugDescription) comes twice")
            }
            skipSpace()
        } while take(",")
        guard take("}") else { throw malformed("a comma or }") }
        return .object(members)
    }

    private mutating func array(depth: Int) throws(EventRejection) -> JSONTree {
        position += 1
        var elements: [JSONTree] = []
        skipSpace()
        if take("]") { return .array(elements) }
        repeat {
            skipSpace()
            elements.append(try value(depth: depth + 1))
            skipSpace()
        } while take(",")
        guard take("]") else { throw malformed("a comma or ]") }
        return .array(elements)
    }

    private mutating func number() throws(EventRejection) -> Double {
        let start = position
        _ = take("-")
        if !take("0") { try digits() }
        if take(".") { try digits() }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            try digits()
        }
        guard position - start <= 64, let value = Double(String(decoding: bytes[start..<position], as: UTF8.self)),
            value.isFinite
        else { throw malformed("a number that a computer can hold") }
        return value
    }

    private mutating func digits() throws(EventRejection) {
        let start = position
        while position < bytes.count, bytes[position] &- 48 < 10 { position += 1 }
        guard position > start else { throw malformed("a value") }
    }

    private mutating func string() throws(EventRejection) -> String {
        position += 1
        var text: [UInt8] = []
        while position < bytes.count {
            let byte = bytes[position]
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                guard let string = String(validating: text, as: UTF8.self) else { throw malformed("valid UTF-8") }
                return string
            case UInt8(ascii: "\\"): text += Array(String(Character(try escape())).utf8)
            case 0..<0x20: throw malformed("no bare control character")
            default:
                text.append(byte)
                position += 1
            }
        }
        throw malformed("a closing quote")
    }

    private mutating func escape() throws(EventRejection) -> Unicode.Scalar {
        position += 1
        let letter = next
        position += 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(letter)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try unicodeEscape()
        default: throw malformed("an escape that JSON knows")
        }
    }

    private mutating func unicodeEscape() throws(EventRejection) -> Unicode.Scalar {
        let high = try hexadecimal()
        if let scalar = Unicode.Scalar(high) { return scalar }
        guard high & 0xFC00 == 0xD800, take("\\"), take("u") else { throw malformed("a surrogate pair") }
        let low = try hexadecimal()
        guard low & 0xFC00 == 0xDC00,
            let scalar = Unicode.Scalar(0x10000 + (high & 0x3FF) << 10 + (low & 0x3FF))
        else { throw malformed("a surrogate pair") }
        return scalar
    }

    private mutating func hexadecimal() throws(EventRejection) -> UInt32 {
        guard bytes.count - position >= 4 else { throw malformed("four hexadecimal digits") }
        var value: UInt32 = 0
        for byte in bytes[position..<position + 4] {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else {
                throw malformed("four hexadecimal digits")
            }
            value = value << 4 | UInt32(digit)
        }
        position += 4
        return value
    }
}
