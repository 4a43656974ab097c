/// What a refusal means for somebody who thinks of sending again.
package enum FaultMeaning: String, Sendable, CaseIterable {
    /// Not now, and surely nothing was done.
    case transient
    /// Never, and surely nothing was done.
    case permanent
    /// It went wrong, and something may have been done.
    case unknown
}

/// The codes the WSDL names, and what makers of controllers say instead of them.
package enum FaultCode: String, Sendable, CaseIterable {
    case busy = "BUSY"
    /// Too many repeats; the controller takes nothing for a while.
    case lockout = "LOCKOUT"
    case rateLimited = "RATE_LIMITED"
    case starting = "STARTING"
    case maintenance = "MAINTENANCE"

    case unknownPoint = "UNKNOWN_POINT"
    case invalidPriority = "INVALID_PRIORITY"
    case invalidValue = "INVALID_VALUE"
    case notWritable = "NOT_WRITABLE"
    case expired = "EXPIRED"
    case keyReused = "KEY_REUSED"
    case denied = "DENIED"
    case malformed = "MALFORMED"

    case communicationFailed = "COMMUNICATION_FAILED"
    case readbackFailed = "READBACK_FAILED"
    /// A fault where the WSDL wants the state DUPLICATE: what was done under the key is told by asking for it.
    case duplicate = "DUPLICATE"

    package var meaning: FaultMeaning {
        switch self {
        case .busy, .lockout, .rateLimited, .starting, .maintenance: .transient
        case .unknownPoint, .invalidPriority, .invalidValue, .notWritable, .expired, .keyReused, .denied, .malformed:
            .permanent
        case .communicationFailed, .readbackFailed, .duplicate: .unknown
        }
    }

    /// Case and punctuation aside; nil for a code that is in no table.
    init?(text: String) {
        let letters = text.uppercased().filter { ("A"..."Z").contains($0) || ("0"..."9").contains($0) }
        if let known = Self.byLetters[letters] { self = known } else { return nil }
    }

    private static let byLetters: [String: FaultCode] = {
        var table = aliases
        for code in allCases { table[code.rawValue.filter { $0 != "_" }] = code }
        return table
    }()

    /// Of BACnet/WS (135 Annex N), Schneider EWS and common controllers (DOMAIN §3.1).
    private static let aliases: [String: FaultCode] = [
        "SERVERBUSY": .busy, "TOOBUSY": .busy, "LOCKED": .lockout, "LOCKEDOUT": .lockout,
        "TOOMANYREQUESTS": .rateLimited, "THROTTLED": .rateLimited, "NOTREADY": .starting, "INITIALIZING": .starting,
        "UNKNOWNOBJECT": .unknownPoint, "NOSUCHPOINT": .unknownPoint, "NOTFORCEABLE": .notWritable,
        "READONLY": .notWritable, "WRITEACCESSDENIED": .notWritable, "OUTOFRANGE": .invalidValue,
        "VALUEOUTOFRANGE": .invalidValue, "ACCESSDENIED": .denied, "UNAUTHORIZED": .denied,
        "24": .communicationFailed, "WSERRCOMMUNICATIONFAILED": .communicationFailed, "TIMEOUT": .communicationFailed,
        "25": .readbackFailed, "WSERRREADBACKFAILED": .readbackFailed,
        "DUPLICATEREQUEST": .duplicate, "DUPLICATEKEY": .duplicate, "ALREADYEXECUTED": .duplicate,
    ]
}

extension SOAPFault {
    /// Client and Sender say that the message is at fault: in vain again. Server and Receiver say that something went wrong on
    /// the way, not that nothing was done: only the building, asked by key, knows.
    var meaning: FaultMeaning {
        if let known = faultCode.flatMap(FaultCode.init(text:)) { return known.meaning }
        return switch code {
        case .sender, .versionMismatch, .mustUnderstand, .dataEncodingUnknown: .permanent
        case .receiver, .other: .unknown
        }
    }
}

extension BuildingRefusal {
    /// A refused item was not taken, whatever its code; but some codes say that the way to the device broke.
    var meaning: FaultMeaning { FaultCode(text: faultCode)?.meaning ?? .permanent }
}

/// What an HTTP status alone says about a request that may act.
func meaning(ofStatus status: Int) -> FaultMeaning {
    switch status {
    // 423 locked, 425 too early, 429 too many, 503 not taken: refused before anything was done.
    case 423, 425, 429, 503: .transient
    // 303 points at a result; 408 and 409 come from servers and proxies that may have passed the request on.
    case 303, 408, 409: .unknown
    case 300..<500: .permanent
    // Not implemented, and HTTP version not supported.
    case 501, 505: .permanent
    // 500 without a fault, 502 and 504 of a gateway that lost its building.
    default: .unknown
    }
}
