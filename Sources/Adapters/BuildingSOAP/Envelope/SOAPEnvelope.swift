/// The shell round a body of one element, as document/literal wants it.
enum SOAPEnvelope {
    /// `body` writes the one element inside `Body`; `xsi` is bound.
    static func write(_ version: SOAPVersion, body: (inout XMLWriter) -> Void) throws(SOAPEncodingError) -> [UInt8] {
        var writer = XMLWriter()
        writer.open("s:Envelope", [("xmlns:s", version.namespace), ("xmlns:xsi", schemaInstanceNamespace)])
        writer.open("s:Body")
        body(&writer)
        writer.close()
        writer.close()
        return try writer.finish()
    }

    /// The version and the body's only element. Throws what a receiver must answer with (SOAP 1.1 §4, 1.2 part 1 §5).
    static func read(_ bytes: [UInt8]) throws(SOAPRefusal) -> (version: SOAPVersion, body: XMLElement) {
        let root: XMLElement
        do {
            root = try XMLElement.parse(bytes)
        } catch {
            throw SOAPRefusal(.soap11, SOAPFault(.sender, faultCode: "MALFORMED", reason: error.description))
        }
        guard root.name.local == "Envelope",
            let version = SOAPVersion.allCases.first(where: { $0.namespace == root.name.namespace })
        else {
            throw SOAPRefusal(
                .soap11, SOAPFault(.versionMismatch, reason: "Send an Envelope of SOAP 1.1 or of SOAP 1.2."))
        }
        var parts = root.children[...]
        if let header = parts.first, header.name == XMLName(version.namespace, "Header") {
            try checkHeader(header, version)
            parts.removeFirst()
        }
        guard let body = parts.first, body.name == XMLName(version.namespace, "Body"), parts.count == 1,
            body.children.count == 1, root.trimmedText.isEmpty, body.trimmedText.isEmpty
        else {
            throw SOAPRefusal(
                version, SOAPFault(.sender, faultCode: "MALFORMED", reason: "The Body must hold exactly one element."))
        }
        return (version, body.children[0])
    }

    /// No header block is known here, so none can be understood.
    private static func checkHeader(_ header: XMLElement, _ version: SOAPVersion) throws(SOAPRefusal) {
        for block in header.children {
            let must = block.attribute(XMLName(version.namespace, "mustUnderstand")).map(trimmed)
            let role = block.attribute(version.roleAttribute).map(trimmed) ?? ""
            if must == "1" || must == "true", version.ownRoles.contains(role) {
                throw SOAPRefusal(
                    version, SOAPFault(.mustUnderstand, reason: "A header block must be understood and is not known."))
            }
        }
    }
}

/// A message that cannot be taken, and the fault that says so in the version its sender speaks.
package struct SOAPRefusal: Error, Hashable, Sendable {
    package var version: SOAPVersion
    package var fault: SOAPFault
    package init(_ version: SOAPVersion, _ fault: SOAPFault) {
        self.version = version
        self.fault = fault
    }
}
