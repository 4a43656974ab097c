/// Writes a document; the caller never escapes anything. What XML cannot carry is found at the end, once.
struct XMLWriter {
    private var bytes: [UInt8] = Array(#"<?xml version="1.0" encoding="utf-8"?>"#.utf8)
    private var open: [String] = []
    private var isUnwritable = false

    /// `name` and attribute names are ours and constant; values may be anything.
    mutating func open(_ name: String, _ attributes: [(name: String, value: String)] = []) {
        startTag(name, attributes)
        bytes.append(UInt8(ascii: ">"))
        open.append(name)
    }

    mutating func close() {
        guard let name = open.popLast() else { preconditionFailure("closed more elements than were opened") }
        bytes.append(contentsOf: "</\(name)>".utf8)
    }

    mutating func leaf(_ name: String, _ text: String, _ attributes: [(name: String, value: String)] = []) {
        open(name, attributes)
        escape(text)
        close()
    }

    mutating func empty(_ name: String, _ attributes: [(name: String, value: String)] = []) {
        startTag(name, attributes)
        bytes.append(contentsOf: "/>".utf8)
    }

    /// The document, once every element is closed.
    consuming func finish() throws(SOAPEncodingError) -> [UInt8] {
        precondition(open.isEmpty, "an element was left open")
        guard !isUnwritable else {
            throw SOAPEncodingError(
                sentence: "A text holds a control character that XML cannot carry; take it out of the point or key.")
        }
        return bytes
    }

    private mutating func startTag(_ name: String, _ attributes: [(name: String, value: String)]) {
        bytes.append(contentsOf: "<\(name)".utf8)
        for attribute in attributes {
            bytes.append(contentsOf: " \(attribute.name)=\"".utf8)
            escape(attribute.value)
            bytes.append(UInt8(ascii: "\""))
        }
    }

    /// Good for text and attributes alike: white space other than blanks as references, so that no reader changes it.
    private mutating func escape(_ text: String) {
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": bytes.append(contentsOf: "&amp;".utf8)
            case "<": bytes.append(contentsOf: "&lt;".utf8)
            case ">": bytes.append(contentsOf: "&gt;".utf8)
            case "\"": bytes.append(contentsOf: "&quot;".utf8)
            case "'": bytes.append(contentsOf: "&apos;".utf8)
            case "\t", "\n", "\r": bytes.append(contentsOf: "&#\(scalar.value);".utf8)
            default:
                if isXMLCharacter(scalar) {
                    bytes.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
                } else {
                    isUnwritable = true
                }
            }
        }
    }
}

/// The request cannot be written down. Nothing was sent.
package struct SOAPEncodingError: Error, Hashable, Sendable, CustomStringConvertible {
    package let sentence: String
    package init(sentence: String) { self.sentence = sentence }
    package var description: String { sentence }
}
