import Testing

@testable import BuildingSOAP

@Suite("WSDL")
struct WSDLTests {
    @Test("is well formed, describes every operation twice over, and names what is on the wire")
    func complete() throws {
        let root = try XMLElement.parse(Array(BuildingWSDL.text.utf8))
        let wsdl = root.name.namespace
        #expect(root.attribute(XMLName("", "targetNamespace")) == BuildingWSDL.namespace)
        let operations = BuildingOperation.Name.allCases.map(\.rawValue)
        for part in root.children where ["portType", "binding"].contains(part.name.local) {
            let named = part.children.filter { $0.name == XMLName(wsdl, "operation") }
            #expect(named.compactMap { $0.attribute(XMLName("", "name")) } == operations)
        }
        #expect(root.children.filter { $0.name.local == "binding" }.count == 2)
        #expect(root.children.filter { $0.name.local == "message" }.count == 2 * operations.count + 1)

        let schema = try #require(root.children.first { $0.name.local == "types" }?.children.first)
        var declared: Set<String> = []
        collect(schema, &declared)
        var used: Set<String> = []
        for (operation, _) in EnvelopeTests.operations {
            used.formUnion(names(try SOAPRequestEnvelope(.soap11, operation).encoded()))
        }
        for (answer, _) in EnvelopeTests.answers {
            used.formUnion(names(try SOAPAnswerEnvelope(.soap11, answer).encoded()))
        }
        used.formUnion(
            names(try SOAPAnswerEnvelope(.soap11, SOAPFault(.sender, faultCode: "X", reason: "x")).encoded()))
        used.insert("activePriority")
        #expect(used == declared)
    }

    @Test("carries the server's own address, whatever it holds")
    func addresses() throws {
        let text = BuildingWSDL.text(endpoint: "http://h:1/a?b=1&c=\"<x>\u{1B}")
        #expect(text.contains("location=\"http://h:1/a?b=1&amp;c=&quot;&lt;x&gt;\""))
        #expect(throws: Never.self) { try XMLElement.parse(Array(text.utf8)) }
    }

    private func collect(_ element: XMLElement, _ names: inout Set<String>) {
        if element.name.local == "element", let name = element.attribute(XMLName("", "name")) { names.insert(name) }
        for child in element.children { collect(child, &names) }
    }

    /// Elements of our namespace.
    private func names(_ message: [UInt8]) -> Set<String> {
        var found: Set<String> = []
        func walk(_ element: XMLElement) {
            if element.name.namespace == BuildingWSDL.namespace { found.insert(element.name.local) }
            element.children.forEach(walk)
        }
        if let root = try? XMLElement.parse(message) { walk(root) }
        return found
    }
}
