/// A JSON text as a tree (RFC 8259), for manifests: bounded in depth, so that no file can exhaust the stack.
enum ManifestNode: Hashable, Sendable {
    case null
    case bool(Bool)
    case number(Double)
    case text(String)
    case array([ManifestNode])
    case object([String: ManifestNode])

    static let deepest = 32

    init(json bytes: [UInt8]) throws(ScoreInputError) {
        var parser = ManifestParser(bytes: bytes)
        self = try parser.document()
    }

    subscript(key: String) -> ManifestNode? {
        guard case .object(let members) = self else { return nil }
        return members[key]
    }

    var text: String? {
        guard case .text(let text) = self else { return nil }
        return text
    }

    var number: Double? {
        guard case .number(let number) = self else { return nil }
        return number
    }
}

private struct ManifestParser {
    let bytes: [UInt8]
    var position = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func document() throws(ScoreInputError) -> ManifestNode {
        let node = try value(depth: 0)
        skipSpace()
        guard position == bytes.count else { throw malformed("the end") }
        return node
    }

    private func malformed(_ expected: String) -> ScoreInputError {
        let line = bytes.prefix(position).reduce(1) { $1 == UInt8(ascii: "\n") ? $0 + 1 : $0 }
        return ScoreInputError(line: line, sentence: "expected \(expected)")
    }

    private var next: UInt8 { position < bytes.count ? bytes[position] : 0 }

    private mutating func skipSpace() {
        while position < bytes.count, [0x20, 0x0A, 0x0D, 0x09].contains(bytes[position]) { position += 1 }
    }

    private mutating func take(_ letter: Unicode.Scalar) -> Bool {
        skipSpace()
        guard position < bytes.count, bytes[position] == UInt8(ascii: letter) else { return false }
        position += 1
        return true
    }

    private mutating func value(depth: Int) throws(ScoreInputError) -> ManifestNode {
        guard depth < ManifestNode.deepest else { throw malformed("at most \(ManifestNode.deepest) levels") }
        skipSpace()
        switch next {
        case UInt8(ascii: "{"): return try object(depth)
        case UInt8(ascii: "["): return try array(depth)
        case UInt8(ascii: "\""): return .text(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return .number(try number())
        }
    }

    private mutating func word(_ word: String, _ node: ManifestNode) throws(ScoreInputError) -> ManifestNode {
        guard bytes[position...].starts(with: word.utf8) else { throw malformed("a value") }
        position += word.utf8.count
        return node
    }

    private mutating func object(_ depth: Int) throws(ScoreInputError) -> ManifestNode {
        position += 1
        var members: [String: ManifestNode] = [:]
        if take("}") { return .object(members) }
        repeat {
            skipSpace()
            guard next == UInt8(ascii: "\"") else { throw malformed("a key") }
            let key = try string()
            guard take(":") else { throw malformed("a colon") }
            members[key] = try value(depth: depth + 1)
        } while take(",")
        guard take("}") else { throw malformed("a comma or }") }
        return .object(members)
    }

    private mutating func array(_ depth: Int) throws(ScoreInputError) -> ManifestNode {
        position += 1
        var elements: [ManifestNode] = []
        if take("]") { return .array(elements) }
        repeat { elements.append(try value(depth: depth + 1)) } while take(",")
        guard take("]") else { throw malformed("a comma or ]") }
        return .array(elements)
    }

    private mutating func number() throws(ScoreInputError) -> Double {
        let start = position
        while position < bytes.count, position - start < 64, "+-.eE0123456789".utf8.contains(bytes[position]) {
            position += 1
        }
        guard let number = Double(String(decoding: bytes[start..<position], as: UTF8.self)), number.isFinite else {
            throw malformed("a value")
        }
        return number
    }

    private mutating func string() throws(ScoreInputError) -> String {
        position += 1
        var text: [UInt8] = []
        while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
            if bytes[position] == UInt8(ascii: "\\") {
                text += Array(String(try escape()).utf8)
            } else {
                text.append(bytes[position])
                position += 1
            }
        }
        guard position < bytes.count, let string = String(validating: text, as: UTF8.self) else {
            throw malformed("a text with its closing quote")
        }
        position += 1
        return string
    }

    private mutating func escape() throws(ScoreInputError) -> Character {
        position += 1
        let letter = next
        position += 1
        let plain: [UInt8: Character] = [
            UInt8(ascii: "\""): "\"", UInt8(ascii: "\\"): "\\", UInt8(ascii: "/"): "/", UInt8(ascii: "n"): "\n",
            UInt8(ascii: "t"): "\t", UInt8(ascii: "r"): "\r", UInt8(ascii: "b"): "\u{8}", UInt8(ascii: "f"): "\u{C}",
        ]
        if let plain = plain[letter] { return plain }
        guard letter == UInt8(ascii: "u"), position + 4 <= bytes.count,
            let code = UInt32(String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16)
        else { throw malformed("an escape that JSON knows") }
        position += 4
        // Halves of a pair stand for nothing a manifest needs.
        return Character(Unicode.Scalar(code) ?? "\u{FFFD}")
    }
}
