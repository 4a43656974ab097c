import Ports

package enum SOAPVersion: String, Sendable, Codable, CaseIterable {
    case soap11 = "1.1"
    case soap12 = "1.2"

    /// Of `Envelope`, `Header`, `Body` and `Fault`.
    package var namespace: String {
        switch self {
        case .soap11: "http://schemas.xmlsoap.org/soap/envelope/"
        case .soap12: "http://www.w3.org/2003/05/soap-envelope"
        }
    }

    /// Without the action: what an answer carries.
    package var contentType: String {
        switch self {
        case .soap11: "text/xml; charset=utf-8"
        case .soap12: "application/soap+xml; charset=utf-8"
        }
    }

    /// What a request for `operation` carries: 1.1 names the action in a header of its own, 1.2 in the content type.
    package func headers(for operation: BuildingOperation.Name) -> [HTTPHeader] {
        let action = BuildingWSDL.namespace + "/" + operation.rawValue
        return switch self {
        case .soap11: [HTTPHeader("Content-Type", contentType), HTTPHeader("SOAPAction", "\"\(action)\"")]
        case .soap12: [HTTPHeader("Content-Type", contentType + "; action=\"\(action)\"")]
        }
    }

    /// Roles a header block may name that are meant for the one who reads the body.
    var ownRoles: Set<String> {
        switch self {
        case .soap11: ["", "http://schemas.xmlsoap.org/soap/actor/next"]
        case .soap12: ["", namespace + "/role/next", namespace + "/role/ultimateReceiver"]
        }
    }
    var roleAttribute: XMLName { XMLName(namespace, self == .soap11 ? "actor" : "role") }
}

/// `xsi:nil`, the way document/literal says NULL.
let schemaInstanceNamespace = "http://www.w3.org/2001/XMLSchema-instance"
