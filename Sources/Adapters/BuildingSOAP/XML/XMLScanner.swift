/// Reads XML 1.0 with namespaces in one pass, without recursion and without expanding anything: there is no DTD, hence no
/// entity beyond the five and no outside resource. Stricter than XML asks: UTF-8 only, ASCII names, no processing
/// instructions (SOAP forbids them as well).
///
/// Own code rather than FoundationXML, which drops the text after an entity and reports success, takes any depth, and reads
/// whatever encoding the document names, so that no check of its bytes beforehand can be trusted (RELIABILITY T14).
struct XMLScanner {
    private let bytes: [UInt8]
    private let limits: XMLLimits
    private var position = 0
    private var open: [OpenElement] = []
    private var scope: NamespaceScope
    private var elements = 0
    private var attributes = 0
    /// The element just started was `<empty/>`: its end comes next.
    private var endsAtOnce = false

    private struct OpenElement {
        let name: PrefixedName
        /// Declarations in force outside it.
        let outer: Int
    }

    /// Checks size, encoding, characters and the XML declaration.
    init(_ bytes: [UInt8], limits: XMLLimits = XMLLimits()) throws(XMLError) {
        self.bytes = bytes
        self.limits = limits
        scope = NamespaceScope(limit: limits.namespaces)
        guard bytes.count <= limits.bytes else {
            throw XMLError(.tooLarge, at: limits.bytes, "The document is larger than \(limits.bytes) bytes.")
        }
        guard String(validating: bytes, as: UTF8.self) != nil else {
            throw XMLError(.notUTF8, at: 0, "The document is not UTF-8; send it in UTF-8.")
        }
        if let bad = firstForbiddenByte(in: bytes) {
            throw XMLError(.character, at: bad, "The document holds a character that XML does not allow.")
        }
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
        try declaration()
    }

    /// The next event; nil after the root element and what may follow it.
    mutating func next() throws(XMLError) -> XMLEvent? {
        if endsAtOnce {
            endsAtOnce = false
            close()
            return .end
        }
        while position < bytes.count {
            if bytes[position] == UInt8(ascii: "<") {
                if let event = try markup() { return event }
            } else if open.isEmpty {
                guard isSpace(bytes[position]) else { throw syntax("Text stands outside the root element.") }
                position += 1
            } else {
                return .text(try characters())
            }
        }
        guard open.isEmpty, elements > 0 else {
            throw XMLError(.truncated, at: position, "The document ends before its root element does.")
        }
        return nil
    }

    // MARK: - Markup

    /// Nil for a comment.
    private mutating func markup() throws(XMLError) -> XMLEvent? {
        if starts("<!--") {
            try comment()
            return nil
        }
        if starts("<![CDATA[") {
            guard !open.isEmpty else { throw syntax("A CDATA section stands outside the root element.") }
            let end = try find("]]>", from: position + 9)
            let text = normalised(position + 9..<end)
            position = end + 3
            return .text(text)
        }
        if starts("<!") {
            throw XMLError(.documentType, at: position, "The document has a DOCTYPE or a declaration; send it without.")
        }
        if starts("<?") {
            throw XMLError(.processingInstruction, at: position, "SOAP forbids processing instructions; leave it out.")
        }
        if starts("</") { return try endTag() }
        return try startTag()
    }

    private mutating func comment() throws(XMLError) {
        let end = try find("--", from: position + 4)
        position = end + 2
        try expect(">", "A comment holds two hyphens.")
    }

    private mutating func startTag() throws(XMLError) -> XMLEvent {
        guard !open.isEmpty || elements == 0 else { throw syntax("There is a second root element.") }
        guard open.count < limits.depth else {
            throw XMLError(.tooDeep, at: position, "Elements are nested deeper than \(limits.depth).")
        }
        elements += 1
        position += 1
        let name = try prefixedName()
        let found = try attributeList()
        attributes += found.count
        guard elements <= limits.elements, attributes <= limits.elements else {
            throw XMLError(
                .tooManyElements, at: position, "There are more than \(limits.elements) elements or attributes.")
        }
        open.append(OpenElement(name: name, outer: scope.count))
        do {
            try scope.declare(found)
            return .start(try scope.element(name), try scope.attributes(found))
        } catch {
            throw XMLError(.namespace, at: position, error.sentence)
        }
    }

    /// Up to and including `>` or `/>`.
    private mutating func attributeList() throws(XMLError) -> [PrefixedAttribute] {
        var found: [PrefixedAttribute] = []
        while true {
            let before = position
            skipSpace()
            if take(">") { return found }
            if take("/>") {
                endsAtOnce = true
                return found
            }
            guard position > before else { throw missing("A tag is not well formed.") }
            guard found.count < limits.attributes else {
                throw syntax("An element has more than \(limits.attributes) attributes.")
            }
            let name = try prefixedName()
            skipSpace()
            try expect("=", "An attribute has no value.")
            skipSpace()
            let value = try attributeValue()
            guard !found.contains(where: { $0.name == name }) else { throw syntax("An attribute stands twice.") }
            found.append(PrefixedAttribute(name: name, value: value))
        }
    }

    private mutating func endTag() throws(XMLError) -> XMLEvent {
        position += 2
        let name = try prefixedName()
        skipSpace()
        try expect(">", "An end tag is not well formed.")
        guard open.last?.name == name else { throw syntax("An end tag does not match its start tag.") }
        close()
        return .end
    }

    private mutating func close() {
        guard let element = open.popLast() else { return }
        scope.shrink(to: element.outer)
    }

    // MARK: - Text

    /// Character data up to the next `<`; line ends become LF.
    private mutating func characters() throws(XMLError) -> String {
        var text: [UInt8] = []
        while position < bytes.count, bytes[position] != UInt8(ascii: "<") {
            if bytes[position] == UInt8(ascii: "&") {
                try reference(into: &text)
            } else {
                if bytes[position] == UInt8(ascii: "]"), starts("]]>") { throw syntax("Text holds ]]>.") }
                text.append(lineEndNormalised())
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    private mutating func attributeValue() throws(XMLError) -> String {
        guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") || bytes[position] == UInt8(ascii: "'")
        else { throw missing("An attribute's value is not quoted.") }
        let quote = bytes[position]
        position += 1
        let start = position
        var text: [UInt8] = []
        while position < bytes.count, bytes[position] != quote {
            guard position - start < limits.attributeBytes else {
                throw syntax("An attribute is longer than \(limits.attributeBytes) bytes.")
            }
            if bytes[position] == UInt8(ascii: "&") {
                try reference(into: &text)
            } else if bytes[position] == UInt8(ascii: "<") {
                throw syntax("An attribute holds <.")
            } else {
                let byte = lineEndNormalised()
                text.append(isSpace(byte) ? 0x20 : byte)
            }
        }
        guard position < bytes.count else {
            throw XMLError(.truncated, at: position, "The document ends inside an attribute.")
        }
        position += 1
        return String(decoding: text, as: UTF8.self)
    }

    private mutating func reference(into text: inout [UInt8]) throws(XMLError) {
        let start = position
        let longest = min(bytes.count, start + 12)
        guard let end = bytes[start..<longest].firstIndex(of: UInt8(ascii: ";")) else {
            throw XMLError(.entity, at: start, "A reference does not end.")
        }
        let name = bytes[start + 1..<end]
        if let byte = predefinedEntities.first(where: { $0.name.elementsEqual(name) })?.byte {
            text.append(byte)
        } else if let scalar = characterReference(name) {
            text.append(contentsOf: Array(String(scalar).utf8))
        } else {
            throw XMLError(.entity, at: start, "An entity is not one of the five that XML defines; write it out.")
        }
        position = end + 1
    }

    private func normalised(_ range: Range<Int>) -> String {
        var rest = self
        rest.position = range.lowerBound
        var text: [UInt8] = []
        while rest.position < range.upperBound { text.append(rest.lineEndNormalised()) }
        return String(decoding: text, as: UTF8.self)
    }

    /// One byte, CR LF and CR as LF.
    private mutating func lineEndNormalised() -> UInt8 {
        let byte = bytes[position]
        position += 1
        guard byte == 0x0D else { return byte }
        if position < bytes.count, bytes[position] == 0x0A { position += 1 }
        return 0x0A
    }

    // MARK: - Parts

    /// `<?xml version="1.0" encoding="utf-8" standalone="yes"?>` or nothing.
    private mutating func declaration() throws(XMLError) {
        guard starts("<?xml"), position + 5 < bytes.count, isSpace(bytes[position + 5]) else { return }
        let end = try find("?>", from: position)
        position += 5
        var expected = ["version", "encoding", "standalone"][...]
        while true {
            let before = position
            skipSpace()
            if position == end { break }
            let name = try prefixedName()
            guard position > before, let index = expected.firstIndex(of: name.local), name.prefix.isEmpty,
                name.local == "version" || expected.first != "version"
            else { throw syntax("The XML declaration is not well formed.") }
            expected = expected[(index + 1)...]
            skipSpace()
            try expect("=", "The XML declaration is not well formed.")
            skipSpace()
            let value = try attributeValue().lowercased()
            switch name.local {
            case "version" where value != "1.0": throw syntax("The document is not XML 1.0.")
            case "encoding" where value != "utf-8" && value != "us-ascii":
                throw XMLError(.notUTF8, at: position, "The document does not call itself UTF-8; send it in UTF-8.")
            case "standalone" where value != "yes" && value != "no":
                throw syntax("The XML declaration is not well formed.")
            default: break
            }
        }
        guard expected.first != "version" else { throw syntax("The XML declaration has no version.") }
        position = end + 2
    }

    private mutating func prefixedName() throws(XMLError) -> PrefixedName {
        let first = try namePart()
        guard take(":") else { return PrefixedName(prefix: "", local: first) }
        return PrefixedName(prefix: first, local: try namePart())
    }

    private mutating func namePart() throws(XMLError) -> String {
        let start = position
        while position < bytes.count, isNameByte(bytes[position], first: position == start) { position += 1 }
        guard position > start, position - start <= limits.nameBytes else {
            throw missing("A name is missing, too long, or not in ASCII.")
        }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private func find(_ text: StaticString, from start: Int) throws(XMLError) -> Int {
        var index = start
        while index < bytes.count {
            if starts(text, at: index) { return index }
            index += 1
        }
        throw XMLError(.truncated, at: bytes.count, "The document ends inside a comment or section.")
    }

    private func starts(_ text: StaticString, at start: Int? = nil) -> Bool {
        let start = start ?? position
        return text.withUTF8Buffer { wanted in
            start + wanted.count <= bytes.count && wanted.indices.allSatisfy { bytes[start + $0] == wanted[$0] }
        }
    }

    private mutating func take(_ text: StaticString) -> Bool {
        guard starts(text) else { return false }
        position += text.utf8CodeUnitCount
        return true
    }

    private mutating func expect(_ text: StaticString, _ otherwise: String) throws(XMLError) {
        guard take(text) else { throw missing(otherwise) }
    }

    private mutating func skipSpace() {
        while position < bytes.count, isSpace(bytes[position]) { position += 1 }
    }

    private func syntax(_ sentence: String) -> XMLError { XMLError(.syntax, at: position, sentence) }

    /// Something else was needed here.
    private func missing(_ sentence: String) -> XMLError {
        position < bytes.count
            ? syntax(sentence) : XMLError(.truncated, at: position, "The document ends in mid-markup.")
    }
}
