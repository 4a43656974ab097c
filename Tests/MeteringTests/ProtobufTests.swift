import EnergyModel
import Metering
import Testing

@Suite("Protobuf readings") struct ProtobufTests {
    private func decode(_ bytes: [UInt8]) -> DecodedReadings {
        var decoder = ReadingDecoder()
        var decoded = DecodedReadings()
        decoder.decode(
            bytes, format: .protobuf, directory: directory(meters: 4, perFacility: 2), now: noon, into: &decoded)
        return decoded
    }

    @Test("one bad reading spoils no other, and its bytes are a batch by themselves")
    func isolation() throws {
        let items = [
            (reading: reading(-15, 1), meter: id("M-0"), facility: site("F-0")),
            (reading: reading(-15, 2e6), meter: id("M-1"), facility: site("F-0")),
            (reading: reading(-15, 3), meter: id("M-2"), facility: site("F-1")),
            (reading: reading(-15), meter: id("M-3"), facility: site("F-1")),
        ]
        let bytes = try ReadingEncoder.protobuf(items, facility: site("F-0"))
        let decoded = decode(bytes)
        #expect(decoded.readings.map(\.kilowatts) == [1, 3])
        #expect(decoded.rejections.map(\.reason) == [.outOfRange, .missingField])
        #expect(decoded.rejections.map(\.index) == [1, 3])
        #expect(decoded.rejections.first?.facility == site("F-0"))
        let alone = decode(Array(bytes[try #require(decoded.rejections.first).bytes]))
        #expect(alone.items == 1)
        #expect(alone.rejections.map(\.reason) == [.missingField])
    }

    @Test("a batch that breaks off keeps what came before")
    func brokenBatch() throws {
        let item = (reading: reading(-15, 1), meter: id("M-0"), facility: site("F-0"))
        let bytes = try ReadingEncoder.protobuf([item, item])
        let decoded = decode(Array(bytes.dropLast(3)))
        #expect(decoded.readings.count == 1)
        #expect(decoded.rejections.map(\.reason) == [.malformedProtobuf])
        #expect(decoded.rejections.first?.bytes == bytes.count / 2..<bytes.count - 3)
    }

    @Test("not-a-number is refused, not taken for not sent")
    func notANumber() {
        // Field 2, 21 bytes: meter "M-0", facility "F-0", kilowatts NaN, time 0.
        let content: [UInt8] = [
            0x0A, 3, 0x4D, 0x2D, 0x30, 0x12, 3, 0x46, 0x2D, 0x30, 0x21, 0, 0, 0, 0, 0, 0, 0xF8, 0x7F,
        ]
        let decoded = decode([0x12, UInt8(content.count)] + content)
        #expect(decoded.rejections.map(\.reason) == [.outOfRange])
    }
}
