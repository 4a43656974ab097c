import Ports

/// A request on the wire, from either side.
package struct SOAPRequestEnvelope: Hashable, Sendable {
    package var version: SOAPVersion
    package var operation: BuildingOperation

    package init(_ version: SOAPVersion, _ operation: BuildingOperation) {
        self.version = version
        self.operation = operation
    }

    /// The HTTP body. Throws for a text that XML cannot carry.
    package func encoded() throws(SOAPEncodingError) -> [UInt8] {
        try SOAPEnvelope.write(version) { operation.write(to: &$0) }
    }

    /// Server side. What it throws goes back as `SOAPAnswerEnvelope(refusal)`; nothing must be done then.
    package static func decode(_ body: [UInt8]) throws(SOAPRefusal) -> SOAPRequestEnvelope {
        let (version, element) = try SOAPEnvelope.read(body)
        do {
            return SOAPRequestEnvelope(version, try BuildingOperation(element))
        } catch {
            throw SOAPRefusal(version, SOAPFault(.sender, faultCode: "MALFORMED", reason: error.sentence))
        }
    }
}

/// An answer on the wire, from either side.
package struct SOAPAnswerEnvelope: Hashable, Sendable {
    package enum Content: Hashable, Sendable {
        case answer(BuildingOperationAnswer)
        case fault(SOAPFault)
    }

    package var version: SOAPVersion
    package var content: Content

    package init(_ version: SOAPVersion, _ answer: BuildingOperationAnswer) {
        self.version = version
        content = .answer(answer)
    }

    package init(_ version: SOAPVersion, _ fault: SOAPFault) {
        self.version = version
        content = .fault(fault)
    }

    package init(_ refusal: SOAPRefusal) { self.init(refusal.version, refusal.fault) }

    /// As the HTTP bindings want it: a fault travels with 500, in 1.2 with 400 when the sender is to blame.
    package var httpStatus: Int {
        guard case .fault(let fault) = content else { return 200 }
        return version == .soap12 && fault.code == .sender ? 400 : 500
    }

    /// The HTTP body; goes out with `version.contentType`. Throws for a text that XML cannot carry.
    package func encoded() throws(SOAPEncodingError) -> [UInt8] {
        try SOAPEnvelope.write(version) { writer in
            switch content {
            case .answer(let answer): answer.write(to: &writer)
            case .fault(let fault): fault.write(to: &writer, version)
            }
        }
    }

    /// Client side. Throws when it is no answer of ours: then nobody knows what the server did.
    static func decode(_ body: [UInt8]) throws(UnreadableAnswer) -> SOAPAnswerEnvelope {
        let version: SOAPVersion
        let element: XMLElement
        do {
            (version, element) = try SOAPEnvelope.read(body)
        } catch {
            throw UnreadableAnswer(sentence: error.fault.reason)
        }
        if element.name == XMLName(version.namespace, "Fault") {
            return SOAPAnswerEnvelope(version, SOAPFault(element, version))
        }
        do {
            return SOAPAnswerEnvelope(version, try BuildingOperationAnswer(element))
        } catch {
            throw UnreadableAnswer(sentence: error.sentence)
        }
    }
}

/// What came back is no answer that the WSDL allows. The sentence is ours and quotes nothing.
struct UnreadableAnswer: Error, Hashable, Sendable {
    var sentence: String
}
