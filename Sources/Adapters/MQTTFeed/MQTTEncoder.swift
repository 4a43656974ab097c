import NIOCore

/// Writes packets. What it is given has been checked: topics are valid, strings at most 65,535 bytes, packets below 256 MiB.
struct MQTTEncoder {
    let version: MQTTVersion

    func write(_ packet: MQTTOutgoingPacket, to buffer: inout ByteBuffer) {
        switch packet {
        case .connect(let request): write(request, to: &buffer)
        case .publish(let message, let id): write(message, id: id, to: &buffer)
        case .acknowledge(let ids):
            for id in ids { buffer.writeInteger(UInt32(0x4002_0000) | UInt32(id)) }
        case .subscribe(let id, let subscriptions): write(subscriptions, id: id, to: &buffer)
        case .pingRequest: buffer.writeInteger(UInt16(0xC000))
        case .disconnect(let reason):
            if version == .v5, reason != 0 {
                buffer.writeInteger(UInt16(0xE001))
                buffer.writeInteger(reason)
            } else {
                buffer.writeInteger(UInt16(0xE000))
            }
        }
    }

    /// Bytes of the whole PUBLISH packet, fixed header included.
    func size(of message: MQTTMessage) -> Int {
        let remaining = remainingLength(of: message)
        return 1 + Self.variableIntegerBytes(remaining) + remaining
    }

    private func remainingLength(of message: MQTTMessage) -> Int {
        2 + message.topic.utf8.count + (message.qos == .atMostOnce ? 0 : 2) + (version == .v5 ? 1 : 0)
            + message.payload.count
    }

    private func write(_ message: MQTTMessage, id: UInt16, to buffer: inout ByteBuffer) {
        let flags = (message.isDuplicate ? 8 : 0) | message.qos.rawValue << 1 | (message.retain ? 1 : 0)
        buffer.writeInteger(0x30 | flags)
        Self.writeVariable(remainingLength(of: message), to: &buffer)
        Self.write(message.topic, to: &buffer)
        if message.qos == .atLeastOnce { buffer.writeInteger(id) }
        if version == .v5 { buffer.writeInteger(UInt8(0)) }
        buffer.writeBytes(message.payload)
    }

    private func write(_ request: MQTTConnectRequest, to buffer: inout ByteBuffer) {
        var body = ByteBuffer()
        Self.write("MQTT", to: &body)
        body.writeInteger(version.rawValue)
        var flags: UInt8 = request.cleanStart ? 2 : 0
        if let will = request.will { flags |= 4 | will.qos.rawValue << 3 | (will.retain ? 0x20 : 0) }
        if request.password != nil { flags |= 0x40 }
        if request.user != nil { flags |= 0x80 }
        body.writeInteger(flags)
        body.writeInteger(request.keepAliveSeconds)
        if version == .v5 { writeProperties(of: request, to: &body) }
        Self.write(request.clientID, to: &body)
        if let will = request.will {
            if version == .v5 { body.writeInteger(UInt8(0)) }
            Self.write(will.topic, to: &body)
            body.writeInteger(UInt16(will.payload.count))
            body.writeBytes(will.payload)
        }
        if let user = request.user { Self.write(user, to: &body) }
        if let password = request.password { Self.write(password, to: &body) }
        buffer.writeInteger(UInt8(0x10))
        Self.writeVariable(body.readableBytes, to: &buffer)
        buffer.writeBuffer(&body)
    }

    private func writeProperties(of request: MQTTConnectRequest, to body: inout ByteBuffer) {
        body.writeInteger(UInt8(5 + 3 + 5))
        body.writeInteger(MQTTProperty.sessionExpiry.rawValue)
        body.writeInteger(request.sessionExpirySeconds)
        body.writeInteger(MQTTProperty.receiveMaximum.rawValue)
        body.writeInteger(request.receiveMaximum)
        body.writeInteger(MQTTProperty.maximumPacketSize.rawValue)
        body.writeInteger(request.maximumPacketBytes)
    }

    private func write(_ subscriptions: [MQTTSubscription], id: UInt16, to buffer: inout ByteBuffer) {
        var body = ByteBuffer()
        body.writeInteger(id)
        if version == .v5 { body.writeInteger(UInt8(0)) }
        for subscription in subscriptions {
            Self.write(subscription.filter, to: &body)
            body.writeInteger(subscription.qos.rawValue)
        }
        buffer.writeInteger(UInt8(0x82))
        Self.writeVariable(body.readableBytes, to: &buffer)
        buffer.writeBuffer(&body)
    }

    private static func write(_ text: String, to buffer: inout ByteBuffer) {
        buffer.writeInteger(UInt16(text.utf8.count))
        buffer.writeString(text)
    }

    static func writeVariable(_ value: Int, to buffer: inout ByteBuffer) {
        var rest = value
        repeat {
            let byte = UInt8(rest & 0x7F)
            rest >>= 7
            buffer.writeInteger(rest > 0 ? byte | 0x80 : byte)
        } while rest > 0
    }

    private static func variableIntegerBytes(_ value: Int) -> Int {
        switch value {
        case ..<128: 1
        case ..<16_384: 2
        case ..<2_097_152: 3
        default: 4
        }
    }
}
