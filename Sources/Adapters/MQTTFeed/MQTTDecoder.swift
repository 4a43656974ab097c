import NIOCore

/// Cuts packets out of a stream of bytes. Strict: the first violation is thrown, and the connection must end.
struct MQTTDecoder {
    private let version: MQTTVersion
    private let maximumPacketBytes: Int
    /// What is left of a publish that was too large and has been reported.
    private var bytesToSkip = 0

    /// Payload bytes kept of a publish above the limit.
    static let keptOfTooLarge = 4096

    init(version: MQTTVersion, maximumPacketBytes: Int) {
        self.version = version
        self.maximumPacketBytes = maximumPacketBytes
    }

    /// The next whole packet, or nil until more bytes come; `buffer` then keeps the incomplete one.
    mutating func next(from buffer: inout ByteBuffer) throws(MQTTError) -> MQTTIncomingPacket? {
        if bytesToSkip > 0 {
            let skipped = min(bytesToSkip, buffer.readableBytes)
            buffer.moveReaderIndex(forwardBy: skipped)
            bytesToSkip -= skipped
        }
        guard bytesToSkip == 0, let header = try fixedHeader(buffer) else { return nil }
        guard header.bytes + header.remaining <= maximumPacketBytes else { return try tooLarge(header, &buffer) }
        guard buffer.readableBytes >= header.bytes + header.remaining else { return nil }
        buffer.moveReaderIndex(forwardBy: header.bytes)
        guard let body = buffer.readSlice(length: header.remaining) else { return nil }
        var reader = MQTTReader(body)
        let packet = try decode(header, &reader)
        guard reader.isAtEnd else {
            throw MQTTError(.malformedPacket, "The broker sent a packet longer than its fields.")
        }
        return packet
    }

    private struct Header {
        let first: UInt8
        /// Bytes of the fixed header.
        let bytes: Int
        let remaining: Int
        var type: UInt8 { first >> 4 }
        var flags: UInt8 { first & 0x0F }
    }

    private func fixedHeader(_ buffer: ByteBuffer) throws(MQTTError) -> Header? {
        let start = buffer.readerIndex
        guard let first: UInt8 = buffer.getInteger(at: start) else { return nil }
        var remaining = 0
        for position in 0..<4 {
            guard let byte: UInt8 = buffer.getInteger(at: start + 1 + position) else { return nil }
            remaining |= Int(byte & 0x7F) << (7 * position)
            if byte & 0x80 == 0 {
                guard position == 0 || byte != 0 else { break }
                return Header(first: first, bytes: position + 2, remaining: remaining)
            }
        }
        throw MQTTError(.malformedPacket, "The broker sent a remaining length of more than four bytes.")
    }

    private func decode(_ header: Header, _ reader: inout MQTTReader) throws(MQTTError) -> MQTTIncomingPacket {
        if header.type == 3 { return try publish(header, &reader) }
        guard header.flags == 0 else {
            throw MQTTError(.malformedPacket, "The broker sent a packet of type \(header.type) with wrong flags.")
        }
        switch header.type {
        case 2: return try connectAnswer(header, &reader)
        case 4: return try publishAcknowledged(&reader)
        case 9: return try subscribed(&reader)
        case 13: return .pingResponse
        case 14 where version == .v5: return try disconnected(&reader)
        case 5, 6, 7: throw MQTTError(.unsupported, "The broker speaks QoS 2, which this client refuses.")
        case 15:
            throw MQTTError(.unsupported, "The broker asks for extended authentication, which this client does not do.")
        default:
            throw MQTTError(
                .protocolViolation, "The broker sent a packet of type \(header.type), which is not for clients.")
        }
    }

    private func publish(_ header: Header, _ reader: inout MQTTReader) throws(MQTTError) -> MQTTIncomingPacket {
        guard let qos = MQTTQoS(rawValue: header.flags >> 1 & 3) else {
            let isTwo = header.flags >> 1 & 3 == 2
            throw MQTTError(
                isTwo ? .unsupported : .malformedPacket,
                isTwo
                    ? "The broker sent a message at QoS 2, which this client refuses."
                    : "The broker sent a message at QoS 3.")
        }
        guard qos == .atLeastOnce || header.flags & 8 == 0 else {
            throw MQTTError(.malformedPacket, "The broker marked a QoS 0 message as a duplicate.")
        }
        let topic = try reader.string()
        let id = qos == .atLeastOnce ? try packetID(&reader) : 0
        if version == .v5 {
            let properties = try MQTTProperties(from: &reader, in: .publish)
            guard properties[number: .topicAlias] == nil else {
                throw MQTTError(.protocolViolation, "The broker used a topic alias, which this client did not allow.")
            }
        }
        guard !topic.isEmpty, !topic.utf8.contains(where: { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "#") }) else {
            throw MQTTError(.malformedPacket, "The broker sent a message whose topic is empty or has a wildcard.")
        }
        var message = MQTTMessage(topic: topic, payload: reader.rest(), qos: qos, retain: header.flags & 1 == 1)
        message.isDuplicate = header.flags & 8 != 0
        return .publish(message, id: id)
    }

    private func connectAnswer(_ header: Header, _ reader: inout MQTTReader) throws(MQTTError) -> MQTTIncomingPacket {
        let flags = try reader.byte()
        var answer = MQTTConnectAcknowledgement(sessionPresent: flags == 1, reason: try reader.byte())
        guard flags <= 1, flags == 0 || answer.reason == 0 else {
            throw MQTTError(.malformedPacket, "The broker's answer to CONNECT has wrong flags.")
        }
        if version == .v5 {
            answer.isOlderForm = header.remaining == 2 && answer.reason != 0
            if !answer.isOlderForm { answer.properties = try MQTTProperties(from: &reader, in: .connectAnswer) }
        }
        return .connectAnswer(answer)
    }

    private func publishAcknowledged(_ reader: inout MQTTReader) throws(MQTTError) -> MQTTIncomingPacket {
        let id = try packetID(&reader)
        guard version == .v5, !reader.isAtEnd else { return .publishAcknowledged(id: id, reason: 0) }
        let reason = try reader.byte()
        if !reader.isAtEnd { _ = try MQTTProperties(from: &reader, in: .acknowledgement) }
        return .publishAcknowledged(id: id, reason: reason)
    }

    private func subscribed(_ reader: inout MQTTReader) throws(MQTTError) -> MQTTIncomingPacket {
        let id = try packetID(&reader)
        if version == .v5 { _ = try MQTTProperties(from: &reader, in: .acknowledgement) }
        let codes = reader.rest()
        guard !codes.isEmpty, codes.allSatisfy({ $0 <= 2 || $0 >= 0x80 }) else {
            throw MQTTError(.malformedPacket, "The broker's answer to SUBSCRIBE has no valid codes.")
        }
        return .subscribed(id: id, codes)
    }

    private func disconnected(_ reader: inout MQTTReader) throws(MQTTError) -> MQTTIncomingPacket {
        guard !reader.isAtEnd else { return .disconnected(reason: 0, text: nil) }
        let reason = try reader.byte()
        guard !reader.isAtEnd else { return .disconnected(reason: reason, text: nil) }
        let properties = try MQTTProperties(from: &reader, in: .disconnect)
        return .disconnected(reason: reason, text: properties[text: .reasonString])
    }

    private func packetID(_ reader: inout MQTTReader) throws(MQTTError) -> UInt16 {
        let id = try reader.twoBytes()
        guard id != 0 else { throw MQTTError(.malformedPacket, "The broker sent packet id 0.") }
        return id
    }

    /// With MQTT 5 the broker knew our limit. A 3.1.1 broker could not know, and would send the same message for ever if we
    /// hung up: so it is taken with its first bytes, marked as truncated, and the rest is skipped.
    private mutating func tooLarge(_ header: Header, _ buffer: inout ByteBuffer) throws(MQTTError)
        -> MQTTIncomingPacket?
    {
        let size = header.bytes + header.remaining
        let error = MQTTError(
            .packetTooLarge, "The broker sent a packet of \(size) bytes; \(maximumPacketBytes) are allowed.")
        guard version == .v311, header.type == 3 else { throw error }
        guard let topicBytes: UInt16 = buffer.getInteger(at: buffer.readerIndex + header.bytes) else { return nil }
        let fieldBytes = 2 + Int(topicBytes) + (header.flags & 6 == 0 ? 0 : 2)
        guard fieldBytes <= header.remaining else { throw error }
        let kept = min(header.remaining, fieldBytes + Self.keptOfTooLarge)
        guard buffer.readableBytes >= header.bytes + kept else { return nil }
        buffer.moveReaderIndex(forwardBy: header.bytes)
        guard let body = buffer.readSlice(length: kept) else { return nil }
        var reader = MQTTReader(body)
        guard case .publish(var message, let id) = try publish(header, &reader) else { throw error }
        message.truncatedFrom = header.remaining - fieldBytes
        bytesToSkip = header.remaining - kept
        return .publish(message, id: id)
    }
}
