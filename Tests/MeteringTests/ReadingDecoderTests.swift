import EnergyModel
import Metering
import Testing

private func decode(
    _ text: String, _ format: ReadingFormat = .json, topic: ReadingTopic? = nil, rules: ReadingRules = ReadingRules()
) -> DecodedReadings {
    decode(Array(text.utf8), format, topic: topic, rules: rules)
}

private func decode(
    _ bytes: [UInt8], _ format: ReadingFormat = .json, topic: ReadingTopic? = nil, rules: ReadingRules = ReadingRules()
) -> DecodedReadings {
    var decoder = ReadingDecoder(rules: rules)
    var decoded = DecodedReadings()
    decoder.decode(
        bytes, format: format, topic: topic, directory: directory(meters: 4, perFacility: 2), now: noon, into: &decoded)
    return decoded
}

private func plain(_ members: String, ids: String = "\"meter_id\":\"M-1\",\"facility_id\":\"F-0\"") -> String {
    "{\(ids),\"ts\":\"2026-11-21T11:59:45Z\",\(members)}"
}

private func canonical(_ members: String) -> String {
    "{\"facility_id\":\"F-0\",\"meter_id\":\"M-1\",\"start\":\"2026-11-21T11:59:45Z\",\(members)}"
}

@Suite("Reading decoder") struct ReadingDecoderTests {
    @Test("the plain form carries everything a reading has")
    func plainForm() throws {
        let decoded = decode(plain("\"kw\":-12.5,\"kwh\":1234.75,\"voltage\":229.5,\"quality\":\"edited\""))
        #expect(decoded.rejections == [])
        let reading = try #require(decoded.readings.first)
        #expect(reading.meter == meter(1))
        #expect(reading.facility == facility(0))
        #expect(reading.time == at(-15))
        #expect(reading.kilowatts == -12.5)
        #expect(reading.registerKilowattHours == 1234.75)
        #expect(reading.volts == 229.5)
        #expect(reading.quality == .edited)
    }

    @Test("escaped keys and ids mean what they spell, unknown keys of any value are skipped")
    func escapesAndUnknowns() {
        let text =
            #"{"met\u0065r_id":"M\u002d1","facility_id":"F-0","x":[{"kw":[null,true]},"\ud83d\ude00é"],"#
            + #""ts":1795262385,"k\u0077":1,"y":{"z":-1e400},"quality":null,"voltage":null}"#
        let decoded = decode(text)
        #expect(decoded.rejections == [])
        #expect(decoded.readings.map(\.kilowatts) == [1])
    }

    @Test(
        "timestamps: RFC 3339, seconds, milliseconds",
        arguments: [
            ("\"2026-11-21T11:59:45Z\"", -15.0), ("\"2026-11-21T13:59:45.250+02:00\"", -14.75), ("1795262385", -15.0),
            ("1795262385.5", -14.5), ("1795262385000", -15.0), ("1.795262385e9", -15.0), ("1795262385123", -14.877),
        ])
    func timestamps(text: String, seconds: Double) {
        let decoded = decode("{\"meter_id\":\"M-1\",\"facility_id\":\"F-0\",\"kw\":1,\"ts\":\(text)}")
        #expect(decoded.readings.map(\.time) == [at(seconds)])
    }

    @Test(
        "the canonical form: power, energy and voltage become readings",
        arguments: [
            (#""kind":"power","unit":"W","value":1500"#, 1.5, Double.nan, Float.nan),
            (#""kind":"power","unit":"MW","value":2,"flow":"export""#, -2000, .nan, .nan),
            (#""kind":"power","unit":"kW","value":-3,"flow":"net","instant":true,"seq":7"#, -3, .nan, .nan),
            (#""kind":"cumulative","unit":"Wh","value":2500,"flow":"import","channel":"A+""#, .nan, 2.5, .nan),
            (#""kind":"interval_energy","unit":"kWh","value":0.5,"duration_s":15"#, 120, .nan, .nan),
            (
                #""kind":"voltage","unit":"V","value":231,"source":"x","message_id":"m","received_at":0"#, .nan, .nan,
                231
            ),
        ])
    func canonicalForm(members: String, kilowatts: Double, register: Double, volts: Float) throws {
        let decoded = decode(canonical(members))
        #expect(decoded.rejections == [])
        let reading = try #require(decoded.readings.first)
        #expect(reading.kilowatts == kilowatts || (reading.kilowatts.isNaN && kilowatts.isNaN))
        #expect(reading.registerKilowattHours == register || (reading.registerKilowattHours.isNaN && register.isNaN))
        #expect(reading.volts == volts || (reading.volts.isNaN && volts.isNaN))
    }

    static let refused: [(String, ReadingRejection.Reason)] = [
        ("", .malformedJSON), ("nul", .malformedJSON), ("7", .wrongType), ("null", .wrongType), ("{}", .missingField),
        (plain("\"kw\":1") + ",", .malformedJSON), (plain("\"kw\":01"), .malformedJSON),
        (plain("\"kw\":1."), .malformedJSON),
        (plain("\"kw\":.5"), .malformedJSON), (plain("\"kw\":+1"), .malformedJSON),
        (plain("\"kw\":NaN"), .malformedJSON),
        (plain("\"kw\":1,"), .malformedJSON), (plain("\"kw\":\"\\ud800\""), .malformedJSON),
        (plain("\"kw\":\"\t\""), .malformedJSON), (plain("\"kw\":'1'"), .malformedJSON),
        (plain("\"kw\":\"1\""), .wrongType), (plain("\"kw\":true"), .wrongType), (plain("\"kw\":{}"), .wrongType),
        (plain("\"kw\":1,\"kw\":1"), .duplicateKey), (plain("\"kw\":1,\"k\\u0077\":1"), .duplicateKey),
        (plain("\"kw\":1,\"x\":1,\"\\u0078\":2"), .duplicateKey), (plain("\"kw\":null,\"kw\":1"), .duplicateKey),
        (plain("\"note\":1"), .missingField), (plain("\"kw\":null"), .missingField),
        (plain("\"kw\":1", ids: "\"meter_id\":\"M-1\""), .missingField),
        (plain("\"kw\":1", ids: "\"facility_id\":\"F-0\""), .missingField),
        (plain("\"kw\":1", ids: "\"meter_id\":1,\"facility_id\":\"F-0\""), .wrongType),
        ("{\"meter_id\":\"M-1\",\"facility_id\":\"F-0\",\"kw\":1}", .missingField),
        ("{\"meter_id\":\"M-1\",\"facility_id\":\"F-0\",\"kw\":1,\"ts\":\"yesterday\"}", .wrongType),
        ("{\"meter_id\":\"M-1\",\"facility_id\":\"F-0\",\"kw\":1,\"ts\":\"2026-11-21T11:59:45\"}", .wrongType),
        ("{\"meter_id\":\"M-1\",\"facility_id\":\"F-0\",\"kw\":1,\"ts\":1e300}", .outOfRange),
        ("{\"meter_id\":\"M-1\",\"facility_id\":\"F-0\",\"kw\":1,\"ts\":1e400}", .outOfRange),
        ("{\"meter_id\":\"M-1\",\"facility_id\":\"F-0\",\"kw\":1,\"ts\":0}", .timestampTooOld),
        (
            "{\"meter_id\":\"M-1\",\"facility_id\":\"F-0\",\"kw\":1,\"ts\":\"2026-11-21T12:05:00.001Z\"}",
            .timestampInFuture
        ),
        (plain("\"kw\":1000000.1"), .outOfRange), (plain("\"kw\":-1e7"), .outOfRange),
        (plain("\"kw\":1e400"), .outOfRange),
        (plain("\"kwh\":-0.1"), .outOfRange), (plain("\"kwh\":1.1e12"), .outOfRange),
        (plain("\"voltage\":-1"), .outOfRange),
        (plain("\"kw\":1,\"quality\":\"fine\""), .outOfRange), (plain("\"kw\":1,\"quality\":3"), .wrongType),
        (plain("\"kw\":1", ids: "\"meter_id\":\"M 1\",\"facility_id\":\"F-0\""), .invalidIdentifier),
        (plain("\"kw\":1", ids: "\"meter_id\":\"\",\"facility_id\":\"F-0\""), .invalidIdentifier),
        (plain("\"kw\":1", ids: "\"meter_id\":\"M-1\",\"facility_id\":\"F\\u0000\""), .invalidIdentifier),
        (plain("\"kw\":1", ids: "\"meter_id\":\"M-9\",\"facility_id\":\"F-0\""), .unknownMeter),
        (plain("\"kw\":1", ids: "\"meter_id\":\"M-9\",\"facility_id\":\"F-9\""), .unknownFacility),
        (plain("\"kw\":1", ids: "\"meter_id\":\"M-1\",\"facility_id\":\"F-1\""), .facilityMismatch),
        (plain("\"kw\":1", ids: "\"meter_id\":\"M-1\",\"facility_id\":\"F-9\""), .facilityMismatch),
        (canonical(#""kind":"pf","unit":"1","value":1"#), .unsupportedQuantity),
        (canonical(#""kind":"power","unit":"kWh","value":1"#), .unsupportedQuantity),
        (canonical(#""kind":"power","unit":"kW","value":-1,"flow":"import""#), .outOfRange),
        (canonical(#""kind":"cumulative","unit":"kWh","value":1,"flow":"export""#), .unsupportedQuantity),
        (canonical(#""kind":"interval_energy","unit":"kWh","value":1,"duration_s":900"#), .unsupportedQuantity),
        (canonical(#""kind":"interval_energy","unit":"kWh","value":1"#), .missingField),
        (canonical(#""unit":"kW","value":1"#), .missingField), (canonical(#""kind":"power","value":1"#), .missingField),
    ]

    @Test("what is no reading is refused with its reason", arguments: refused)
    func refusal(text: String, reason: ReadingRejection.Reason) {
        let decoded = decode(text)
        #expect(decoded.readings.isEmpty)
        #expect(decoded.rejections.map(\.reason) == [reason], "\(text)")
        #expect(decoded.rejections.allSatisfy { !$0.message.isEmpty && $0.bytes == 0..<text.utf8.count })
        #expect(decoded.rejections.allSatisfy { $0.message.utf8.allSatisfy { (0x20..<0x7F).contains($0) } })
    }

    @Test("limits themselves are allowed")
    func limits() {
        #expect(decode(plain("\"kw\":1e6,\"kwh\":1e12,\"voltage\":1000000")).readings.count == 1)
        #expect(
            decode("{\"meter_id\":\"M-1\",\"facility_id\":\"F-0\",\"kw\":1,\"ts\":\"2026-11-21T12:05Z\"}").readings
                .count == 1)
    }

    @Test("one bad item of an array or of NDJSON spoils no other")
    func isolation() {
        let good = plain("\"kw\":1")
        let array = decode("[ \(good) ,{\"kw\":1}, 5,\(good)]")
        #expect(array.readings.count == 2)
        #expect(array.rejections.map(\.index) == [1, 2])
        #expect(array.items == 4)
        let text = " \n\(good)\r\n{\"kw\":}\n\n\(good)\n\(good) \(good)"
        let lines = decode(text, .ndjson)
        #expect(lines.readings.count == 2)
        #expect(lines.rejections.map(\.index) == [1, 3])
        #expect(
            lines.rejections.map { String(decoding: Array(text.utf8)[$0.bytes], as: UTF8.self) } == [
                "{\"kw\":}", "\(good) \(good)",
            ])
        #expect(decode("[]").items == 0)
        #expect(decode("\n \n", .ndjson).items == 0)
    }

    @Test("an array that breaks off keeps the items before the break and names the place")
    func brokenArray() throws {
        let good = plain("\"kw\":1")
        let text = "[\(good),\(good),{\"kw\":1"
        let decoded = decode(text)
        #expect(decoded.readings.count == 2)
        let rejection = try #require(decoded.rejections.first)
        #expect(rejection.reason == .malformedJSON)
        #expect(rejection.index == 2)
        #expect(rejection.bytes == (good.utf8.count * 2 + 3)..<text.utf8.count)
        #expect(rejection.message.contains("byte \(text.utf8.count)"))
    }

    @Test("a topic stands in for absent ids and contradicts others")
    func topics() throws {
        let topic = try #require(ReadingTopic("energy/F-0/M-1/readings"))
        #expect(topic.text == "energy/F-0/M-1/readings")
        #expect(ReadingTopic("energy/F-0/M-1/readings.pb") == topic)
        let bare = "{\"ts\":\"2026-11-21T11:59:45Z\",\"kw\":1}"
        #expect(decode(bare, topic: topic).readings.map(\.meter) == [meter(1)])
        #expect(decode(plain("\"kw\":1"), topic: topic).readings.count == 1)
        let other = plain("\"kw\":1", ids: "\"meter_id\":\"M-0\",\"facility_id\":\"F-0\"")
        #expect(decode(other, topic: topic).rejections.map(\.reason) == [.topicMismatch])
        for bad in [
            "energy/F-0/M-1", "energy/F-0/M-1/readings/x", "x/F-0/M-1/readings", "energy//M-1/readings",
            "energy/F 0/M/readings", "energy/F-0/M-1/readings.json", "energy/F-0/M-1/readings.pb/x",
        ] {
            #expect(ReadingTopic(bad) == nil)
        }
    }

    @Test("an unknown meter leaves a reading that only waits for its number")
    func pending() throws {
        let decoded = decode(plain("\"kw\":4.5", ids: "\"meter_id\":\"new\",\"facility_id\":\"F-0\""))
        let pending = try #require(decoded.rejections.first?.pending)
        #expect(pending.meter == id("new"))
        var known = directory(meters: 4, perFacility: 2)
        #expect(known.resolve(pending) == .failure(.unknownMeter))
        known.insert(Meter(number: meter(77), id: id("new"), facility: facility(0)))
        #expect(try known.resolve(pending).get().meter == meter(77))
        #expect(try known.resolve(pending).get().kilowatts == 4.5)
    }

    @Test("numbers come out as the nearest double")
    func numbers() {
        var random = Seeded(7)
        for round in 0..<20_000 {
            let text: String
            if round % 2 == 0 {
                text =
                    "\(Double(bitPattern: random.next() >> 2 & 0x3FFF_FFFF_FFFF_FFFF).truncatingRemainder(dividingBy: 1e6))"
            } else {
                let digits = Int.random(in: 1...21, using: &random)
                let head =
                    "\(UInt64.random(in: 0...9, using: &random)).\((0..<digits).map { _ in String(random.next() % 10) }.joined())"
                text = head + "e\(Int.random(in: -30...5, using: &random))"
            }
            let decoded = decode(plain("\"kw\":\(text)"))
            #expect(decoded.readings.first?.kilowatts.bitPattern == Double(text)?.bitPattern, "\(text)")
        }
    }

    @Test("what the encoder writes the decoder reads back bit for bit")
    func roundTrip() throws {
        var random = Seeded(11)
        for _ in 0..<2000 {
            let original = Reading(
                time: at(-Double.random(in: 0...86_400, using: &random).rounded()), meter: meter(3),
                facility: facility(1),
                kilowatts: .random(in: -1e6...1e6, using: &random),
                registerKilowattHours: random.chance(0.3) ? .nan : .random(in: 0...1e12, using: &random),
                volts: random.chance(0.3) ? .nan : .random(in: 0...1e6, using: &random),
                quality: ReadingQuality.allCases.randomElement(using: &random) ?? .raw)
            var bytes: [UInt8] = []
            ReadingEncoder.appendJSON(original, meter: id("M-3"), facility: site("F-1"), to: &bytes)
            let binary = try ReadingEncoder.protobuf([(original, id("M-3"), site("F-1"))], facility: site("F-1"))
            for decoded in [decode(bytes), decode(binary, .protobuf)] {
                #expect(ReadingBlock.encode(decoded.readings) == ReadingBlock.encode([original]))
            }
        }
    }
}
