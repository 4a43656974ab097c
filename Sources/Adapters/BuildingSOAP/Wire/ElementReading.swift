import EnergyModel

/// An element that is not what the WSDL says. The sentence names elements of ours and quotes nothing of the document.
struct WireError: Error, Hashable, Sendable {
    var sentence: String
}

/// Reads the WSDL's elements: only those of our namespace count, each at most once where one is meant, so that two readers
/// cannot see two meanings. Elements of other namespaces are extensions and are passed over.
extension XMLElement {
    var trimmedText: String { trimmed(text) }

    private func ours(_ local: String) -> [XMLElement] {
        children.filter { $0.name.local == local && $0.name.namespace == BuildingWSDL.namespace }
    }

    func repeated(_ local: String, atMost limit: Int = 10_000) throws(WireError) -> [XMLElement] {
        let found = ours(local)
        guard found.count <= limit else { throw WireError(sentence: "\(local) stands more than \(limit) times.") }
        return found
    }

    func optional(_ local: String) throws(WireError) -> XMLElement? {
        let found = ours(local)
        guard found.count <= 1 else { throw WireError(sentence: "\(local) stands more than once.") }
        return found.first
    }

    func required(_ local: String) throws(WireError) -> XMLElement {
        guard let found = try optional(local) else { throw WireError(sentence: "\(local) is missing.") }
        return found
    }

    // MARK: - Simple types

    /// Text without children, white space round it cut off.
    func simpleText() throws(WireError) -> String {
        guard children.isEmpty else { throw WireError(sentence: "\(name.local) must hold text only.") }
        return trimmedText
    }

    /// 1 to `limit` printable ASCII characters.
    func token(limit: Int = 200) throws(WireError) -> String {
        let text = try simpleText()
        guard isToken(text, limit: limit) else {
            throw WireError(sentence: "\(name.local) must be 1-\(limit) printable ASCII characters.")
        }
        return text
    }

    func point() throws(WireError) -> PointID {
        guard let point = PointID(try simpleText()) else {
            throw WireError(sentence: "\(name.local) must be 1-128 printable ASCII characters.")
        }
        return point
    }

    /// A finite `xs:double`, written in decimal.
    func number() throws(WireError) -> Double {
        let text = try simpleText()
        guard text.utf8.allSatisfy(isDecimalByte), let value = Double(text), value.isFinite else {
            throw WireError(sentence: "\(name.local) must be a finite decimal number.")
        }
        return value
    }

    /// The same; nil only for `xsi:nil`. A missing element never stands for NULL.
    func nillableNumber() throws(WireError) -> Double? {
        guard let mark = attribute(XMLName(schemaInstanceNamespace, "nil")).map(trimmed), mark == "true" || mark == "1"
        else { return try number() }
        guard try simpleText().isEmpty else { throw WireError(sentence: "\(name.local) is nil and holds text.") }
        return nil
    }

    func integer(_ range: ClosedRange<Int>) throws(WireError) -> Int {
        guard let value = Int(try simpleText()), range.contains(value) else {
            throw WireError(
                sentence: "\(name.local) must be a whole number from \(range.lowerBound) to \(range.upperBound).")
        }
        return value
    }

    func boolean() throws(WireError) -> Bool {
        switch try simpleText() {
        case "true", "1": return true
        case "false", "0": return false
        default: throw WireError(sentence: "\(name.local) must be true or false.")
        }
    }

    func instant() throws(WireError) -> UTCInstant {
        guard let instant = UTCInstant(iso8601: try simpleText()) else {
            throw WireError(sentence: "\(name.local) must be a date and time with its zone, 2026-07-15T21:00:00Z.")
        }
        return instant
    }
}

extension XMLWriter {
    mutating func nillable(_ name: String, _ value: Double?) {
        if let value { leaf(name, decimal(value)) } else { empty(name, [("xsi:nil", "true")]) }
    }
}

/// `xs:double`. Callers hand over finite values only.
func decimal(_ value: Double) -> String {
    precondition(value.isFinite, "a value that is not finite cannot be sent to a building")
    return "\(value)"
}

/// XML's white space cut off both ends.
func trimmed(_ text: String) -> String {
    func isInk(_ scalar: Unicode.Scalar) -> Bool { scalar != " " && !(0x09...0x0D).contains(scalar.value) }
    let scalars = text.unicodeScalars
    guard let first = scalars.firstIndex(where: isInk), let last = scalars.lastIndex(where: isInk) else { return "" }
    return String(scalars[first...last])
}

func isToken(_ text: String, limit: Int) -> Bool {
    (1...limit).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
}

private func isDecimalByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 48...57, 43, 45, 46, 69, 101: true
    default: false
    }
}
