/// A small document in memory. The scanner's limits bound it.
struct XMLElement: Hashable, Sendable {
    var name: XMLName
    var attributes: [XMLAttribute] = []
    /// All character data directly inside, in order, comments and children cut out.
    var text = ""
    var children: [XMLElement] = []

    init(_ name: XMLName, attributes: [XMLAttribute] = []) {
        self.name = name
        self.attributes = attributes
    }

    static func parse(_ bytes: [UInt8], limits: XMLLimits = XMLLimits()) throws(XMLError) -> XMLElement {
        var scanner = try XMLScanner(bytes, limits: limits)
        var open: [XMLElement] = []
        var root: XMLElement?
        while let event = try scanner.next() {
            switch event {
            case .start(let name, let attributes): open.append(XMLElement(name, attributes: attributes))
            case .text(let text): open[open.count - 1].text += text
            case .end:
                let closed = open.removeLast()
                if open.isEmpty { root = closed } else { open[open.count - 1].children.append(closed) }
            }
        }
        guard let root else { throw XMLError(.truncated, at: bytes.count, "There is no root element.") }
        return root
    }

    func attribute(_ name: XMLName) -> String? { attributes.first { $0.name == name }?.value }
}
