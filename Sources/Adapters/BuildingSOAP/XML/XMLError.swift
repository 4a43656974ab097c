/// Why a document was not read. Never quotes the document: what it holds is hostile until proven otherwise.
struct XMLError: Error, Hashable, Sendable, CustomStringConvertible {
    enum Code: String, Sendable, CaseIterable {
        case tooLarge, notUTF8, character, documentType, processingInstruction, entity, syntax, namespace, tooDeep
        case tooManyElements, truncated
    }

    let code: Code
    let sentence: String
    /// Byte at which reading stopped.
    let offset: Int

    init(_ code: Code, at offset: Int, _ sentence: String) {
        self.code = code
        self.sentence = sentence
        self.offset = offset
    }

    var description: String { "\(sentence) (byte \(offset))" }
}

/// What a document may cost at most (RELIABILITY T14, §4).
struct XMLLimits: Hashable, Sendable {
    var bytes = 1 << 20
    var depth = 32
    /// Elements in all, and as many attributes.
    var elements = 20_000
    /// Of one element, namespace declarations included.
    var attributes = 32
    var attributeBytes = 8192
    /// Of a prefix or a local part.
    var nameBytes = 128
    /// Namespace declarations in force at one place: each look-up walks them.
    var namespaces = 64
}

struct XMLName: Hashable, Sendable {
    /// Empty for none.
    var namespace: String
    var local: String

    init(_ namespace: String, _ local: String) {
        self.namespace = namespace
        self.local = local
    }
}

struct XMLAttribute: Hashable, Sendable {
    var name: XMLName
    var value: String
}

enum XMLEvent: Hashable, Sendable {
    case start(XMLName, [XMLAttribute])
    /// A piece of character data; a comment or a CDATA section may lie between two pieces of one text.
    case text(String)
    case end
}
