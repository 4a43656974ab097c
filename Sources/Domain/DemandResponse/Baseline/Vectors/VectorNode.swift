/// A JSON value that knows the line it stands on, so that a wrong figure can be found in its file.
struct VectorNode: Sendable {
    struct Member: Sendable {
        var key: String
        var value: VectorNode
    }

    enum Value: Sendable {
        case object([Member])
        case array([VectorNode])
        case string(String)
        case number(Double)
        case flag(Bool)
        case null
    }

    var value: Value
    var line: Int

    var kind: String {
        switch value {
        case .object: "an object"
        case .array: "a list"
        case .string: "a text"
        case .number: "a number"
        case .flag: "true or false"
        case .null: "null"
        }
    }

    var members: [Member]? {
        if case .object(let members) = value { return members }
        return nil
    }

    subscript(key: String) -> VectorNode? { members?.first { $0.key == key }?.value }
}

/// Reads JSON (RFC 8259). Refuses what the format leaves open: a key that stands twice, nesting beyond 32.
struct VectorParser {
    private let bytes: [UInt8]
    private var position = 0
    private var line = 1

    static func parse(_ bytes: [UInt8]) throws(BaselineVectorsError) -> VectorNode {
        var parser = VectorParser(bytes: bytes)
        let node = try parser.value(depth: 0)
        parser.skipSpace()
        guard parser.position == parser.bytes.count else { throw parser.failure("something stands after the end") }
        return node
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private func failure(_ sentence: String) -> BaselineVectorsError {
        BaselineVectorsError(line: line, place: [], sentence: "not valid JSON: \(sentence)")
    }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D {
            if byte == 0x0A { line += 1 }
            position += 1
        }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        guard let byte = next, UInt32(byte) == character.value else { return false }
        position += 1
        return true
    }

    private mutating func value(depth: Int) throws(BaselineVectorsError) -> VectorNode {
        guard depth < 32 else { throw failure("nested too deeply") }
        skipSpace()
        let start = line
        switch next {
        case nil: throw failure("the file ends too early")
        case UInt8(ascii: "{"): return VectorNode(value: try object(depth: depth), line: start)
        case UInt8(ascii: "["): return VectorNode(value: try array(depth: depth), line: start)
        case UInt8(ascii: "\""): return VectorNode(value: .string(try string()), line: start)
        default: return VectorNode(value: try scalar(), line: start)
        }
    }

    private mutating func object(depth: Int) throws(BaselineVectorsError) -> VectorNode.Value {
        position += 1
        var members: [VectorNode.Member] = []
        var keys: Set<String> = []
        if take("}") { return .object([]) }
        while true {
            skipSpace()
            guard next == UInt8(ascii: "\"") else { throw failure("a key in quotes must stand here") }
            let key = try string()
            guard keys.insert(key).inserted else { throw failure("the key \(key.debugDescription) stands twice") }
            guard take(":") else { throw failure("a colon must stand after \(key.debugDescription)") }
            members.append(VectorNode.Member(key: key, value: try value(depth: depth + 1)))
            if take("}") { return .object(members) }
            guard take(",") else { throw failure("a comma or } must stand after \(key.debugDescription)") }
        }
    }

    private mutating func array(depth: Int) throws(BaselineVectorsError) -> VectorNode.Value {
        position += 1
        var elements: [VectorNode] = []
        if take("]") { return .array([]) }
        while true {
            elements.append(try value(depth: depth + 1))
            if take("]") { return .array(elements) }
            guard take(",") else { throw failure("a comma or ] must stand here") }
        }
    }

    private mutating func scalar() throws(BaselineVectorsError) -> VectorNode.Value {
        let start = position
        while let byte = next, isScalarByte(byte) { position += 1 }
        let word = String(decoding: bytes[start..<position], as: UTF8.self)
        switch word {
        case "true": return .flag(true)
        case "false": return .flag(false)
        case "null": return .null
        default:
            let digits = word.first == "-" ? word.dropFirst() : word[...]
            let hasLeadingZero = digits.first == "0" && digits.dropFirst().first?.isNumber == true
            guard let first = digits.first, first.isNumber, !hasLeadingZero, digits.last != ".",
                let number = Double(word), number.isFinite
            else { throw failure("\(word.debugDescription) is no value") }
            return .number(number)
        }
    }

    private func isScalarByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 48...57, 65...90, 97...122, UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."): true
        default: false
        }
    }

    private mutating func string() throws(BaselineVectorsError) -> String {
        position += 1
        var text: [UInt8] = []
        while let byte = next {
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"): text += Array(String(try escaped()).utf8)
            case 0..<0x20: throw failure("a control character inside a text")
            default: text.append(byte)
            }
        }
        throw failure("a text does not end")
    }

    private mutating func escaped() throws(BaselineVectorsError) -> Unicode.Scalar {
        guard let byte = next else { throw failure("a text does not end") }
        position += 1
        switch byte {
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "u"):
            let high = try hexadecimal()
            if let scalar = Unicode.Scalar(high) { return scalar }
            guard (0xD800..<0xDC00).contains(high), bytes[position...].starts(with: [0x5C, 0x75]) else { break }
            position += 2
            let low = try hexadecimal()
            guard (0xDC00..<0xE000).contains(low) else { break }
            if let scalar = Unicode.Scalar(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00)) { return scalar }
        default: break
        }
        throw failure("an escape that JSON does not know")
    }

    private mutating func hexadecimal() throws(BaselineVectorsError) -> UInt32 {
        guard position + 4 <= bytes.count,
            let code = UInt32(String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16)
        else { throw failure("four hexadecimal digits must follow \\u") }
        position += 4
        return code
    }
}

/// What is wrong with a file of baseline vectors, and where.
package struct BaselineVectorsError: Error, Hashable, CustomStringConvertible {
    package var line: Int
    /// Case, preset and key, from the outside in.
    package var place: [String]
    package var sentence: String

    package var description: String {
        "line \(line): " + (place.isEmpty ? "" : place.joined(separator: " > ") + ": ") + sentence
    }
}
