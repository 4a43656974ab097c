import Foundation

/// The one way in which values of the ports become JSON on the operator's link, and back. Members that are not known are
/// passed over; numbers that are none travel as `nan`, `inf` and `-inf`.
package enum LinkJSON {
    /// Brackets inside each other; the deepest value of the ports needs a dozen.
    package static let depthLimit = 64

    package static func encode(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return Array(try encoder.encode(value))
    }

    /// Refuses what nests deeper than `depthLimit` before any of it is parsed.
    package static func decode<Value: Decodable>(_: Value.Type, from bytes: [UInt8]) throws -> Value {
        guard isShallow(bytes, limit: depthLimit) else {
            throw WireFault("the JSON nests deeper than \(depthLimit) brackets; send it flatter")
        }
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return try decoder.decode(Value.self, from: Data(bytes))
    }
}

/// Whether no more than `limit` brackets of the JSON are open at once, those in strings apart. One pass, no memory.
package func isShallow(_ bytes: some Sequence<UInt8>, limit: Int) -> Bool {
    var (depth, isInString, isEscaped) = (0, false, false)
    for byte in bytes {
        if isInString {
            if isEscaped {
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "\"") {
                isInString = false
            }
            continue
        }
        switch byte {
        case UInt8(ascii: "\""): isInString = true
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            depth += 1
            if depth > limit { return false }
        case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
        default: break
        }
    }
    return true
}

/// RFC 4648 §4, with padding.
enum Base64 {
    static func encode(_ bytes: [UInt8]) -> String { Data(bytes).base64EncodedString() }

    /// Nil for what is none.
    static func decode(_ text: some StringProtocol) -> [UInt8]? {
        Data(base64Encoded: String(text)).map { Array($0) }
    }
}
