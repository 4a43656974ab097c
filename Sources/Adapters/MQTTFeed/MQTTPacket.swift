/// What a client sends.
enum MQTTOutgoingPacket: Sendable, Hashable {
    case connect(MQTTConnectRequest)
    case publish(MQTTMessage, id: UInt16)
    /// One PUBACK each, in this order.
    case acknowledge([UInt16])
    case subscribe(id: UInt16, [MQTTSubscription])
    case pingRequest
    /// The reason is sent with MQTT 5 only.
    case disconnect(reason: UInt8)
}

struct MQTTConnectRequest: Sendable, Hashable {
    var clientID: String
    var user: String?
    var password: String?
    var cleanStart: Bool
    /// 0...65,535 s.
    var keepAliveSeconds: UInt16
    /// MQTT 5; 0 ends the session with the connection, `.max` never ends it.
    var sessionExpirySeconds: UInt32
    var receiveMaximum: UInt16
    var maximumPacketBytes: UInt32
    var will: MQTTMessage?
}

/// What a client receives.
enum MQTTIncomingPacket: Sendable, Hashable {
    case connectAnswer(MQTTConnectAcknowledgement)
    /// `id` is 0 at QoS 0.
    case publish(MQTTMessage, id: UInt16)
    case publishAcknowledged(id: UInt16, reason: UInt8)
    case subscribed(id: UInt16, [UInt8])
    case pingResponse
    case disconnected(reason: UInt8, text: String?)
}

struct MQTTConnectAcknowledgement: Sendable, Hashable {
    var sessionPresent: Bool
    var reason: UInt8
    var properties = MQTTProperties()
    /// The broker answered a MQTT 5 CONNECT in the form of 3.1.1: it does not know 5.
    var isOlderForm = false
}

/// Reason codes, in words.
enum MQTTReason {
    static let unsupportedVersion: UInt8 = 0x84
    static let unsupportedVersionOlder: UInt8 = 0x01
    static let protocolError: UInt8 = 0x82
    static let normalDisconnection: UInt8 = 0

    /// MQTT 3.1.1 §3.2.2.3.
    static func olderConnectSentence(_ code: UInt8) -> String {
        switch code {
        case 1: "it does not speak this version of MQTT"
        case 2: "it does not allow this client id"
        case 3: "its service is unavailable"
        case 4: "user name or password is wrong"
        case 5: "this client is not authorised"
        default: "return code \(code)"
        }
    }

    /// MQTT 5 §2.4; codes that a client meets.
    static func sentence(_ code: UInt8) -> String {
        sentences[code].map { "\($0) (0x\(String(code, radix: 16)))" } ?? "reason 0x\(String(code, radix: 16))"
    }

    private static let sentences: [UInt8: String] = [
        0x10: "no matching subscribers", 0x80: "unspecified error", 0x81: "malformed packet", 0x82: "protocol error",
        0x83: "implementation specific error", 0x84: "unsupported protocol version", 0x85: "client id not valid",
        0x86: "bad user name or password", 0x87: "not authorised", 0x88: "server unavailable", 0x89: "server busy",
        0x8A: "banned", 0x8B: "server shutting down", 0x8C: "bad authentication method", 0x8D: "keep alive timeout",
        0x8E: "session taken over by another client with this id", 0x8F: "topic filter invalid",
        0x90: "topic name invalid", 0x93: "receive maximum exceeded", 0x95: "packet too large",
        0x96: "message rate too high", 0x97: "quota exceeded", 0x98: "administrative action",
        0x99: "payload format invalid", 0x9A: "retain not supported", 0x9B: "QoS not supported",
        0x9C: "use another server", 0x9D: "server moved", 0x9E: "shared subscriptions not supported",
        0x9F: "connection rate exceeded", 0xA1: "subscription identifiers not supported",
        0xA2: "wildcard subscriptions not supported",
    ]
}
