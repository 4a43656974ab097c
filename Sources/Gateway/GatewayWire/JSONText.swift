/// Writes one JSON object, members in the order they are given.
///
/// Text is neutralised on the way: control, invisible and bidirectional characters leave as `\uXXXX`, so an answer that
/// quotes hostile input shows harmlessly in a terminal and still carries it whole (ledger SEC-06).
package struct JSONText {
    package private(set) var bytes: [UInt8] = [UInt8(ascii: "{")]
    private var isEmpty = true

    package static func object(_ build: (inout JSONText) -> Void) -> [UInt8] {
        var text = JSONText()
        build(&text)
        return text.bytes + [UInt8(ascii: "}")]
    }

    package mutating func member(_ name: String, _ value: String) {
        begin(name)
        append(quoting: value)
    }

    package mutating func member(_ name: String, _ value: Int) {
        begin(name)
        bytes += String(value).utf8
    }

    package mutating func member(_ name: String, _ value: Bool) {
        begin(name)
        bytes += (value ? "true" : "false").utf8
    }

    /// An array of texts.
    package mutating func member(_ name: String, _ values: [String]) {
        begin(name)
        bytes.append(UInt8(ascii: "["))
        for (position, value) in values.enumerated() {
            if position > 0 { bytes.append(UInt8(ascii: ",")) }
            append(quoting: value)
        }
        bytes.append(UInt8(ascii: "]"))
    }

    /// An array of objects.
    package mutating func member<Element>(
        _ name: String, _ values: [Element], _ build: (Element, inout JSONText) -> Void
    ) {
        begin(name)
        bytes.append(UInt8(ascii: "["))
        for (position, value) in values.enumerated() {
            if position > 0 { bytes.append(UInt8(ascii: ",")) }
            bytes += JSONText.object { build(value, &$0) }
        }
        bytes.append(UInt8(ascii: "]"))
    }

    private mutating func begin(_ name: String) {
        if !isEmpty { bytes.append(UInt8(ascii: ",")) }
        isEmpty = false
        append(quoting: name)
        bytes.append(UInt8(ascii: ":"))
    }

    private mutating func append(quoting value: String) { JSONText.append(quoting: value, to: &bytes) }

    /// A JSON string, neutralised as said above.
    static func append(quoting value: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"", "\\":
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(UInt8(scalar.value))
            case " "..."~": bytes.append(UInt8(scalar.value))
            default:
                if isInvisible(scalar) {
                    appendEscape(scalar, to: &bytes)
                } else {
                    bytes += UTF8.encode(scalar).map { Array($0) } ?? []
                }
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func appendEscape(_ scalar: Unicode.Scalar, to bytes: inout [UInt8]) {
        for unit in UTF16.encode(scalar) ?? UTF16.encodedReplacementCharacter {
            let digits = String(unit, radix: 16)
            bytes += "\\u".utf8
            bytes += String(repeating: "0", count: 4 - digits.count).utf8
            bytes += digits.utf8
        }
    }
}

private func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned: true
    default: false
    }
}
