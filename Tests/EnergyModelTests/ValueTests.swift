import EnergyModel
import Testing

@Suite("Readings and rollups") struct ValueTests {
    private func reading(_ index: Int) -> Reading {
        Reading(
            time: UTCInstant(milliseconds: Int64(index) * 15_000 - 7),
            meter: MeterNumber(rawValue: UInt32(index) &* 977_777_777),
            facility: FacilityNumber(rawValue: UInt32(index)), kilowatts: index % 3 == 0 ? .nan : -Double(index) / 7,
            registerKilowattHours: Double(index) * 1e9, volts: index % 2 == 0 ? .nan : 230.5,
            quality: ReadingQuality.allCases[index % ReadingQuality.allCases.count])
    }

    @Test("a block gives back what it took, bit for bit")
    func blocks() throws {
        let readings = (0..<100).map(reading)
        let block = ReadingBlock.encode(readings)
        #expect(block.count == 1 + 100 * ReadingBlock.bytesPerReading)
        #expect(ReadingBlock.encode(try ReadingBlock.decode(block)) == block)
        #expect(try ReadingBlock.decode(ReadingBlock.encode([Reading]())).isEmpty)
    }

    @Test("a damaged block is refused and leaves nothing behind")
    func damagedBlocks() {
        var block = ReadingBlock.encode([reading(1), reading(2)])
        #expect(throws: ReadingBlockError.truncated(bytes: block.count - 1)) {
            try ReadingBlock.decode(Array(block.dropLast()))
        }
        #expect(throws: ReadingBlockError.unknownVersion(nil)) { try ReadingBlock.decode([]) }
        block[1 + ReadingBlock.bytesPerReading + 36] = 200
        var readings = [reading(5)]
        let failure = block.withUnsafeBytes { bytes -> ReadingBlockError? in
            do throws(ReadingBlockError) {
                try ReadingBlock.decode(bytes, into: &readings)
                return nil
            } catch {
                return error
            }
        }
        #expect(failure == .unknownQuality(200))
        #expect(readings.count == 1)
        block[0] = 9
        #expect(throws: ReadingBlockError.unknownVersion(9)) { try ReadingBlock.decode(block) }
    }

    @Test("ids: 1 to 64 of the alphabet")
    func identifiers() {
        for good in ["F-007", "a", "A.b_c:d-9", String(repeating: "x", count: 64)] {
            #expect(FacilityID(good)?.text == good && MeterID(good)?.text == good)
        }
        for bad in ["", " ", "a b", "ä", "a/b", "a\u{0}", String(repeating: "x", count: 65), "a\n"] {
            #expect(FacilityID(bad) == nil && MeterID(bad) == nil)
        }
    }

    @Test("a rollup's id names facility, start in seconds and granularity; a meter's stands before it")
    func rollupIdentifiers() throws {
        let rollup = Rollup(
            series: .meter(MeterNumber(rawValue: 1)), granularity: .quarterHour,
            start: UTCInstant(seconds: 1_795_262_400),
            meanKilowatts: 1, minKilowatts: 1, maxKilowatts: 1, kilowattHours: 0.25, count: 60, goodCount: 30)
        let facility = try #require(FacilityID("F-007"))
        #expect(rollup.identifier(facility: facility, meter: nil) == "F-007-1795262400-15m")
        #expect(rollup.identifier(facility: facility, meter: MeterID("M-1")) == "M-1-F-007-1795262400-15m")
        #expect(rollup.qualityShare(expectedPerSlot: 1) == 0.5)
        #expect(rollup.qualityShare(expectedPerSlot: 0) == 0)
        #expect(rollup.end == UTCInstant(seconds: 1_795_263_300))
    }

    @Test("names of granularities and qualities lead back to them")
    func names() {
        for granularity in Granularity.allCases { #expect(Granularity(label: granularity.label) == granularity) }
        for quality in ReadingQuality.allCases { #expect(ReadingQuality(name: quality.name) == quality) }
        #expect(Granularity(label: "1d") == nil)
        #expect(ReadingQuality.allCases.filter(\.isGood) == [.validated, .raw, .edited])
    }
}
