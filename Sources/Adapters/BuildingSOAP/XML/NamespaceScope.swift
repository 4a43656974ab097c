/// A name as written.
struct PrefixedName: Hashable, Sendable {
    /// Empty for none.
    let prefix: String
    let local: String
    /// Declares a namespace, rather than saying something of its element.
    var isDeclaration: Bool { prefix == "xmlns" || prefix.isEmpty && local == "xmlns" }
}

struct PrefixedAttribute: Hashable, Sendable {
    let name: PrefixedName
    let value: String
}

/// What prefixes mean at the place reached: a stack of declarations, the innermost last ("Namespaces in XML 1.0").
struct NamespaceScope: Sendable {
    private var bindings = [Binding(prefix: "xml", namespace: xmlNamespace)]
    private let limit: Int

    private struct Binding {
        let prefix: String
        let namespace: String
    }

    struct Violation: Error, Hashable {
        let sentence: String
    }

    init(limit: Int) { self.limit = limit }

    var count: Int { bindings.count }
    mutating func shrink(to count: Int) { bindings.removeLast(bindings.count - count) }

    mutating func declare(_ attributes: [PrefixedAttribute]) throws(Violation) {
        for attribute in attributes where attribute.name.isDeclaration {
            let prefix = attribute.name.prefix.isEmpty ? "" : attribute.name.local
            guard prefix.isEmpty || !attribute.value.isEmpty, prefix != "xmlns", prefix != "xml",
                attribute.value != xmlNamespace, attribute.value != xmlnsNamespace
            else { throw Violation(sentence: "A namespace is declared that cannot be.") }
            guard bindings.count < limit else {
                throw Violation(sentence: "More than \(limit) namespaces are declared.")
            }
            bindings.append(Binding(prefix: prefix, namespace: attribute.value))
        }
    }

    /// A name without prefix takes the default namespace.
    func element(_ name: PrefixedName) throws(Violation) -> XMLName {
        XMLName(try namespace(of: name.prefix), name.local)
    }

    /// Without the declarations. An attribute without prefix is in no namespace.
    func attributes(_ found: [PrefixedAttribute]) throws(Violation) -> [XMLAttribute] {
        var resolved: [XMLAttribute] = []
        for attribute in found where !attribute.name.isDeclaration {
            let prefix = attribute.name.prefix
            let name = XMLName(prefix.isEmpty ? "" : try namespace(of: prefix), attribute.name.local)
            guard !resolved.contains(where: { $0.name == name }) else {
                throw Violation(sentence: "An attribute stands twice under two prefixes.")
            }
            resolved.append(XMLAttribute(name: name, value: attribute.value))
        }
        return resolved
    }

    private func namespace(of prefix: String) throws(Violation) -> String {
        if let binding = bindings.last(where: { $0.prefix == prefix }) { return binding.namespace }
        guard prefix.isEmpty else { throw Violation(sentence: "A namespace prefix is used that is not declared.") }
        return ""
    }
}

private let xmlNamespace = "http://www.w3.org/XML/1998/namespace"
private let xmlnsNamespace = "http://www.w3.org/2000/xmlns/"
