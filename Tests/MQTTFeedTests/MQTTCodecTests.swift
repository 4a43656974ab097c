import NIOCore
import Testing

@testable import MQTTFeed

/// SplitMix64; the same seed gives the same test.
struct SeededBytes: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

func encoded(_ packet: MQTTOutgoingPacket, _ version: MQTTVersion) -> [UInt8] {
    var buffer = ByteBuffer()
    MQTTEncoder(version: version).write(packet, to: &buffer)
    return Array(buffer.readableBytesView)
}

func decoded(_ bytes: [UInt8], _ version: MQTTVersion, limit: Int = 1 << 20) throws(MQTTError) -> [MQTTIncomingPacket] {
    var decoder = MQTTDecoder(version: version, maximumPacketBytes: limit)
    var buffer = ByteBuffer(bytes: bytes)
    var packets: [MQTTIncomingPacket] = []
    while let packet = try decoder.next(from: &buffer) { packets.append(packet) }
    return packets
}

@Suite("MQTT codec")
struct MQTTCodecTests {
    @Test("CONNECT is written as the standard lays it out")
    func connect() {
        let request = MQTTConnectRequest(
            clientID: "c", user: "u", password: "p", cleanStart: true, keepAliveSeconds: 30, sessionExpirySeconds: 1,
            receiveMaximum: 2, maximumPacketBytes: 3, will: MQTTMessage(topic: "w", payload: [9]))
        let name: [UInt8] = [0, 4, 0x4D, 0x51, 0x54, 0x54]
        let tail: [UInt8] = [0, 1, 0x77, 0, 1, 9, 0, 1, 0x75, 0, 1, 0x70]
        let older: [UInt8] = [0x10, 25] + name + [4, 0xCE, 0, 30, 0, 1, 0x63] + tail
        #expect(encoded(.connect(request), .v311) == older)
        let properties: [UInt8] = [13, 17, 0, 0, 0, 1, 33, 0, 2, 39, 0, 0, 0, 3]
        let newer: [UInt8] = [0x10, 40] + name + [5, 0xCE, 0, 30] + properties + [0, 1, 0x63, 0] + tail
        #expect(encoded(.connect(request), .v5) == newer)
    }

    @Test("the small packets are written as the standard lays them out")
    func smallPackets() {
        let filters = [MQTTSubscription("a/+"), MQTTSubscription("b", qos: .atMostOnce)]
        #expect(
            encoded(.subscribe(id: 7, filters), .v311) == [0x82, 12, 0, 7, 0, 3, 0x61, 0x2F, 0x2B, 1, 0, 1, 0x62, 0])
        #expect(encoded(.acknowledge([1, 0x1234]), .v5) == [0x40, 2, 0, 1, 0x40, 2, 0x12, 0x34])
        #expect(encoded(.pingRequest, .v311) == [0xC0, 0])
        #expect(encoded(.disconnect(reason: 0), .v5) == [0xE0, 0])
        #expect(encoded(.disconnect(reason: 4), .v5) == [0xE0, 1, 4])
    }

    @Test("publishes come back as they went, whatever the cuts", arguments: MQTTVersion.allCases)
    func publishRoundTrip(version: MQTTVersion) throws {
        var random = SeededBytes(state: 11)
        for _ in 0..<2_000 {
            let count = Int.random(in: 0..<[1, 200, 20_000].randomElement(using: &random)!, using: &random)
            let payload = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            let topic = ["energy/F-1/M-1/readings", "é/漢", "x"].randomElement(using: &random)!
            var message = MQTTMessage(
                topic: topic, payload: payload, qos: MQTTQoS.allCases.randomElement(using: &random)!,
                retain: Bool.random(using: &random))
            message.isDuplicate = message.qos == .atLeastOnce && Bool.random(using: &random)
            let id: UInt16 = message.qos == .atLeastOnce ? .random(in: 1...65_535, using: &random) : 0
            let bytes = encoded(.publish(message, id: id), version)
            #expect(MQTTEncoder(version: version).size(of: message) == bytes.count)
            var decoder = MQTTDecoder(version: version, maximumPacketBytes: 1 << 20)
            let cut = Int.random(in: 0..<bytes.count, using: &random)
            var buffer = ByteBuffer(bytes: bytes[..<cut])
            #expect(try decoder.next(from: &buffer) == nil)
            buffer.writeBytes(bytes[cut...])
            #expect(try decoder.next(from: &buffer) == .publish(message, id: id))
            #expect(buffer.readableBytes == 0)
        }
    }

    @Test("the broker's answers are read")
    func answers() throws {
        let older = MQTTConnectAcknowledgement(sessionPresent: true, reason: 0)
        #expect(try decoded([0x20, 2, 1, 0], .v311) == [.connectAnswer(older)])
        guard case .connectAnswer(let answer) = try decoded([0x20, 6, 0, 0, 3, 33, 0, 10], .v5).first else {
            Issue.record("no answer")
            return
        }
        #expect(answer.properties[number: .receiveMaximum] == 10)
        guard case .connectAnswer(let old) = try decoded([0x20, 2, 0, 1], .v5).first else {
            Issue.record("no answer")
            return
        }
        #expect(old.isOlderForm)
        #expect(try decoded([0x40, 2, 0, 9], .v5) == [.publishAcknowledged(id: 9, reason: 0)])
        #expect(try decoded([0x40, 3, 0, 9, 0x97], .v5) == [.publishAcknowledged(id: 9, reason: 0x97)])
        #expect(try decoded([0x90, 5, 0, 3, 0, 1, 0x87], .v5) == [.subscribed(id: 3, [1, 0x87])])
        #expect(try decoded([0xD0, 0], .v5) == [.pingResponse])
        #expect(try decoded([0xE0, 1, 0x8E], .v5) == [.disconnected(reason: 0x8E, text: nil)])
    }

    private static let violations: [([UInt8], MQTTVersion, MQTTError.Code)] = [
        ([0x20, 2, 2, 0], MQTTVersion.v311, MQTTError.Code.malformedPacket),
        ([0x21, 2, 0, 0], .v311, .malformedPacket),
        ([0x20, 3, 0, 0, 0], .v311, .malformedPacket),
        ([0x20, 1, 0], .v311, .malformedPacket),
        ([0x30, 0x80, 0x80, 0x80, 0x80, 1], .v311, .malformedPacket),
        ([0x30, 0x81, 0x00], .v311, .malformedPacket),
        ([0x30, 4, 0, 2, 0xC3, 0x28], .v311, .malformedPacket),
        ([0x30, 3, 0, 1, 0], .v311, .malformedPacket),
        ([0x30, 3, 0, 1, 0x23], .v311, .malformedPacket),
        ([0x30, 2, 0, 0], .v311, .malformedPacket),
        ([0x38, 3, 0, 1, 0x61], .v311, .malformedPacket),
        ([0x32, 5, 0, 1, 0x61, 0, 0], .v311, .malformedPacket),
        ([0x34, 5, 0, 1, 0x61, 0, 1], .v311, .unsupported),
        ([0x36, 5, 0, 1, 0x61, 0, 1], .v311, .malformedPacket),
        ([0x50, 2, 0, 1], .v5, .unsupported),
        ([0xF0, 0], .v5, .unsupported),
        ([0xE0, 0], .v311, .protocolViolation),
        ([0x10, 0], .v5, .protocolViolation),
        ([0x30, 7, 0, 1, 0x61, 3, 35, 0, 1], .v5, .protocolViolation),
        ([0x20, 9, 0, 0, 6, 33, 0, 1, 33, 0, 1], .v5, .protocolViolation),
        ([0x20, 6, 0, 0, 3, 33, 0, 0], .v5, .protocolViolation),
        ([0x20, 5, 0, 0, 2, 1, 0], .v5, .malformedPacket),
        ([0x90, 4, 0, 3, 0, 7], .v5, .malformedPacket),
        ([0x30, 0xFF, 0xFF, 0xFF, 0x7F], .v5, .packetTooLarge),
    ]

    @Test("what breaks the standard is refused with its kind of error")
    func refused() {
        for (bytes, version, code) in Self.violations {
            let error = #expect(throws: MQTTError.self) { try decoded(bytes, version) }
            #expect(error?.code == code, "\(bytes)")
        }
    }

    @Test("a 3.1.1 publish above the limit keeps its first bytes, and the stream goes on behind it")
    func tooLarge() throws {
        let large = MQTTMessage(topic: "t", payload: Array(repeating: 5, count: 100_000))
        let small = MQTTMessage(topic: "t", payload: [1])
        let bytes = encoded(.publish(large, id: 3), .v311) + encoded(.publish(small, id: 4), .v311)
        let packets = try decoded(bytes, .v311, limit: 50_000)
        var kept = large
        kept.payload = Array(repeating: 5, count: MQTTDecoder.keptOfTooLarge)
        kept.truncatedFrom = 100_000
        #expect(packets == [.publish(kept, id: 3), .publish(small, id: 4)])
    }

    @Test("no bytes at all stop the decoder", arguments: MQTTVersion.allCases)
    func fuzz(version: MQTTVersion) {
        var random = SeededBytes(state: 20_260)
        let seeds: [[UInt8]] = [
            encoded(.publish(MQTTMessage(topic: "energy/F/M/readings", payload: [1, 2, 3]), id: 9), version),
            [0x20, 12, 0, 0, 9, 33, 0, 9, 31, 0, 3, 0x61, 0x62, 0x63], [0x20, 2, 0, 0], [0x40, 2, 0, 9],
            [0x90, 5, 0, 3, 0, 1, 0x87], [0xE0, 6, 0x8E, 4, 31, 0, 1, 0x61],
            [0x30, 12, 0, 1, 0x61, 8, 38, 0, 1, 0x61, 0, 2, 0x62, 0x63],
        ]
        var accepted = 0
        var refused = 0
        for _ in 0..<40_000 {
            var bytes = seeds.randomElement(using: &random)! + seeds.randomElement(using: &random)!
            for _ in 0..<Int.random(in: 0...4, using: &random) { mutate(&bytes, &random) }
            do {
                accepted += try decoded(bytes, version, limit: 4096).count
            } catch {
                refused += 1
            }
        }
        #expect(accepted > 5_000)
        #expect(refused > 5_000)
    }

    private func mutate(_ bytes: inout [UInt8], _ random: inout SeededBytes) {
        guard !bytes.isEmpty else { return }
        let place = Int.random(in: bytes.indices, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes[place] = .random(in: 0...255, using: &random)
        case 1: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 2: bytes.remove(at: place)
        default: bytes.insert(.random(in: 0...255, using: &random), at: place)
        }
    }
}
