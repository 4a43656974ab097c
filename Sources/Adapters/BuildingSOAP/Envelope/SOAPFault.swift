/// A fault of either version. Texts are as the other side wrote them: neutralise before they are shown.
package struct SOAPFault: Error, Hashable, Sendable {
    /// 1.1 says Client and Server where 1.2 says Sender and Receiver.
    package enum Code: Hashable, Sendable {
        case sender, receiver, versionMismatch, mustUnderstand, dataEncodingUnknown
        /// 1.1 lets anybody invent codes.
        case other(String)
    }

    package var code: Code
    /// The building's own code, e.g. `LOCKOUT` (see `FaultCode`): from the detail, the subcode, or after the dot of a
    /// 1.1 code.
    package var faultCode: String?
    package var reason: String

    package init(_ code: Code, faultCode: String? = nil, reason: String) {
        self.code = code
        self.faultCode = faultCode
        self.reason = reason
    }
}

extension SOAPFault {
    /// Inside `Body`. `s` is bound to the envelope's namespace.
    func write(to writer: inout XMLWriter, _ version: SOAPVersion) {
        writer.open("s:Fault")
        switch version {
        case .soap11:
            writer.leaf("faultcode", "s:" + code.text(version))
            writer.leaf("faultstring", reason)
            if let faultCode {
                writer.open("detail")
                writeDetail(faultCode, to: &writer)
                writer.close()
            }
        case .soap12:
            writer.open("s:Code")
            writer.leaf("s:Value", "s:" + code.text(version))
            if let faultCode {
                writer.open("s:Subcode")
                writer.leaf("s:Value", "b:" + faultCode, [("xmlns:b", BuildingWSDL.namespace)])
                writer.close()
            }
            writer.close()
            writer.open("s:Reason")
            writer.leaf("s:Text", reason, [("xml:lang", "en")])
            writer.close()
            if let faultCode {
                writer.open("s:Detail")
                writeDetail(faultCode, to: &writer)
                writer.close()
            }
        }
        writer.close()
    }

    private func writeDetail(_ faultCode: String, to writer: inout XMLWriter) {
        writer.open("BuildingFault", [("xmlns", BuildingWSDL.namespace)])
        writer.leaf("faultCode", faultCode)
        writer.leaf("message", reason)
        writer.close()
    }

    /// Reads leniently: a fault is a fault whatever is missing in it. Toolkits differ in whether 1.1's parts are qualified.
    init(_ fault: XMLElement, _ version: SOAPVersion) {
        func child(_ element: XMLElement?, _ local: String) -> XMLElement? {
            element?.children.first { $0.name.local == local }
        }
        var codes: [String] = []
        switch version {
        case .soap11:
            let parts = localPart(child(fault, "faultcode")?.text ?? "").split(separator: ".").map(String.init)
            codes = Array(parts.prefix(1)) + (parts.count > 1 ? [parts[parts.count - 1]] : [])
            reason = child(fault, "faultstring")?.trimmedText ?? ""
        case .soap12:
            var code = child(fault, "Code")
            while let element = code {
                codes.append(localPart(child(element, "Value")?.text ?? ""))
                code = child(element, "Subcode")
            }
            reason = child(child(fault, "Reason"), "Text")?.trimmedText ?? ""
        }
        code = Code(codes.first ?? "")
        let detail = child(fault, version == .soap11 ? "detail" : "Detail")
        let building = detail?.children.first { $0.name == XMLName(BuildingWSDL.namespace, "BuildingFault") }
        let named = child(building, "faultCode")?.trimmedText
        faultCode = named ?? (codes.count > 1 ? codes[codes.count - 1] : nil)
        if reason.isEmpty { reason = child(building, "message")?.trimmedText ?? "" }
        if case .other(let text) = code, faultCode == nil, !text.isEmpty { faultCode = text }
    }
}

extension SOAPFault.Code {
    func text(_ version: SOAPVersion) -> String {
        switch self {
        case .sender: version == .soap11 ? "Client" : "Sender"
        case .receiver: version == .soap11 ? "Server" : "Receiver"
        case .versionMismatch: "VersionMismatch"
        case .mustUnderstand: "MustUnderstand"
        case .dataEncodingUnknown: version == .soap11 ? "Client" : "DataEncodingUnknown"
        case .other: version == .soap11 ? "Server" : "Receiver"
        }
    }

    /// Takes the words of both versions, since peers mix them up.
    init(_ text: String) {
        switch text {
        case "Client", "Sender": self = .sender
        case "Server", "Receiver": self = .receiver
        case "VersionMismatch": self = .versionMismatch
        case "MustUnderstand": self = .mustUnderstand
        case "DataEncodingUnknown": self = .dataEncodingUnknown
        default: self = .other(text)
        }
    }
}

/// Of a qualified name in text, `s:Client`.
private func localPart(_ text: String) -> String {
    let trimmed = trimmed(text)
    return trimmed.lastIndex(of: ":").map { String(trimmed[trimmed.index(after: $0)...]) } ?? trimmed
}
