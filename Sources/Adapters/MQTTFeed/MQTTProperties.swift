/// The properties of one MQTT 5 packet (§2.2.2), checked: known, allowed in that packet, at most once (user properties
/// excepted), well-formed.
struct MQTTProperties: Sendable, Hashable {
    enum Value: Sendable, Hashable {
        case number(UInt32)
        case text(String)
        case binary([UInt8])
    }
    private(set) var values: [MQTTProperty: Value] = [:]
    private(set) var userProperties: [[String]] = []

    subscript(number property: MQTTProperty) -> UInt32? {
        if case .number(let number) = values[property] { number } else { nil }
    }
    subscript(text property: MQTTProperty) -> String? {
        if case .text(let text) = values[property] { text } else { nil }
    }

    init() {}

    init(from reader: inout MQTTReader, in packet: MQTTProperty.Packet) throws(MQTTError) {
        let length = try reader.variableInteger()
        guard length > 0 else { return }
        var properties = try reader.nested(length)
        while !properties.isAtEnd {
            let identifier = try properties.variableInteger()
            guard let property = UInt8(exactly: identifier).flatMap(MQTTProperty.init),
                property.packets.contains(packet)
            else {
                throw MQTTError(
                    .malformedPacket, "The broker sent a property (\(identifier)) that has no place in its packet.")
            }
            try read(property, from: &properties)
        }
    }

    private mutating func read(_ property: MQTTProperty, from reader: inout MQTTReader) throws(MQTTError) {
        let value: Value
        switch property.form {
        case .pair:
            userProperties.append([try reader.string(), try reader.string()])
            return
        case .flag:
            let byte = try reader.byte()
            guard byte <= 1 else {
                throw MQTTError(.protocolViolation, "The broker sent a flag property that is neither 0 nor 1.")
            }
            value = .number(UInt32(byte))
        case .twoBytes: value = .number(UInt32(try reader.twoBytes()))
        case .fourBytes: value = .number(try reader.fourBytes())
        case .variable: value = .number(UInt32(try reader.variableInteger()))
        case .text: value = .text(try reader.string())
        case .binary: value = .binary(try reader.binary())
        }
        if case .number(0) = value, property.mayNotBeZero {
            throw MQTTError(
                .protocolViolation, "The broker sent 0 for a property (\(property.rawValue)) that cannot be 0.")
        }
        guard values.updateValue(value, forKey: property) == nil || property == .subscriptionIdentifier else {
            throw MQTTError(
                .protocolViolation, "The broker sent a property (\(property.rawValue)) twice in one packet.")
        }
    }
}

/// Table 2-4 of the standard, as far as a client receives them.
enum MQTTProperty: UInt8, Sendable, Hashable, CaseIterable {
    case payloadFormat = 1, messageExpiry = 2, contentType = 3, responseTopic = 8, correlationData = 9
    case subscriptionIdentifier = 11, sessionExpiry = 17, assignedClientID = 18, serverKeepAlive = 19
    case authenticationMethod = 21, authenticationData = 22, responseDetails = 26, serverReference = 28
    case reasonString = 31, receiveMaximum = 33, topicAlias = 35, maximumQoS = 36, retainAvailable = 37
    case userProperty = 38, maximumPacketSize = 39, wildcardAvailable = 40, identifiersAvailable = 41
    case sharedAvailable = 42, topicAliasMaximum = 34

    enum Form { case flag, twoBytes, fourBytes, variable, text, binary, pair }
    struct Packet: OptionSet, Sendable {
        let rawValue: UInt8
        static let connectAnswer = Packet(rawValue: 1)
        static let publish = Packet(rawValue: 2)
        /// PUBACK and SUBACK.
        static let acknowledgement = Packet(rawValue: 4)
        static let disconnect = Packet(rawValue: 8)
    }

    var form: Form {
        switch self {
        case .payloadFormat, .maximumQoS, .retainAvailable, .wildcardAvailable, .identifiersAvailable, .sharedAvailable:
            .flag
        case .serverKeepAlive, .receiveMaximum, .topicAlias, .topicAliasMaximum: .twoBytes
        case .messageExpiry, .sessionExpiry, .maximumPacketSize: .fourBytes
        case .subscriptionIdentifier: .variable
        case .correlationData, .authenticationData: .binary
        case .userProperty: .pair
        case .contentType, .responseTopic, .assignedClientID, .authenticationMethod, .responseDetails, .serverReference,
            .reasonString:
            .text
        }
    }

    var packets: Packet {
        switch self {
        case .payloadFormat, .messageExpiry, .contentType, .responseTopic, .correlationData, .subscriptionIdentifier,
            .topicAlias:
            .publish
        case .userProperty: [.connectAnswer, .publish, .acknowledgement, .disconnect]
        case .reasonString: [.connectAnswer, .acknowledgement, .disconnect]
        case .serverReference: [.connectAnswer, .disconnect]
        default: .connectAnswer
        }
    }

    var mayNotBeZero: Bool {
        switch self {
        case .subscriptionIdentifier, .receiveMaximum, .topicAlias, .maximumPacketSize: true
        default: false
        }
    }
}
