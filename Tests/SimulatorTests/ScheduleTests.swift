import EnergyModel
import Metering
import Testing

@testable import Simulator

@Suite("Schedule, text and mischief")
struct ScheduleTests {
    static let start = UTCInstant(iso8601: "2026-06-01T00:00:00Z") ?? .distantPast

    @Test(
        "every meter reports once a period, in order of time, evenly spread",
        arguments: [
            (1, 15_000), (7, 15_000), (2000, 15_000), (2000, 66), (3, 1),
        ] as [(Int, Int64)])
    func schedule(meters: Int, period: Int64) {
        let schedule = ReadingSchedule(meters: meters, periodMilliseconds: period)
        let first = schedule.first(notBefore: Self.start.milliseconds + 3)
        #expect(schedule.milliseconds(first) >= Self.start.milliseconds + 3)
        #expect(schedule.milliseconds(first - 1) < Self.start.milliseconds + 3)
        var last: [Int: Int64] = [:]
        var previous = Int64.min
        for number in first..<(first + Int64(meters) * 3) {
            let time = schedule.milliseconds(number)
            #expect(time >= previous)
            previous = time
            if let earlier = last[schedule.meter(number)] { #expect(time - earlier == period) }
            last[schedule.meter(number)] = time
        }
        #expect(last.count == meters)
    }

    @Test(
        "a rate becomes a period in whole milliseconds",
        arguments: [
            (2000, 133, 15_037), (2000, 20_000, 100), (2000, 30_000, 66), (10, 10_000, 1),
        ] as [(Int, Int, Int64)])
    func rate(meters: Int, rate: Int, period: Int64) {
        #expect(ReadingSchedule(meters: meters, readingsPerSecond: rate)?.periodMilliseconds == period)
        #expect(ReadingSchedule(meters: meters, readingsPerSecond: meters * 1000 + 1) == nil)
    }

    @Test("our own decoder reads every reading back as it was")
    func decodes() throws {
        let fleet = try Fleet(facilities: 3, meters: 9, seed: 4, from: Self.start)
        let text = ReadingText(fleet: fleet)
        let directory = Self.directory(fleet)
        var generator = ReadingGenerator(fleet: fleet, seed: 4)
        var readings: [SimulatedReading] = []
        var body: [UInt8] = []
        for step in 0..<300 {
            let time = UTCInstant(milliseconds: Self.start.milliseconds + Int64(step) * 1337)
            readings.append(generator.reading(meter: step % 9, at: time))
            text.appendJSON(readings[step], to: &body)
            body.append(10)
        }
        for (value, volts) in [(0, 0), (-1, 1), (-12_340, 2300), (1_000_000_000, 10)] as [(Int64, Int32)] {
            readings.append(
                SimulatedReading(
                    meter: 1, time: Self.start, watts: value, registerWattHours: abs(value), decivolts: volts))
            text.appendJSON(readings[readings.count - 1], to: &body)
            body.append(10)
        }
        var decoder = ReadingDecoder()
        var decoded = DecodedReadings()
        decoder.decode(
            body, format: .ndjson, directory: directory, now: Self.start.advanced(by: .seconds(600)), into: &decoded)
        #expect(decoded.readings.count == readings.count)
        for (ours, theirs) in zip(readings, decoded.readings) {
            #expect(theirs.time == ours.time && theirs.kilowatts == ours.kilowatts)
            #expect(theirs.registerKilowattHours == ours.registerKilowattHours)
            #expect(theirs.meter.rawValue == UInt32(ours.meter) && theirs.volts == Float(ours.decivolts) / 10)
        }
    }

    @Test("no malformed payload passes as a reading", arguments: MalformedPayload.allCases)
    func malformed(kind: MalformedPayload) throws {
        let fleet = try Fleet(facilities: 3, meters: 9, seed: 4, from: Self.start)
        let text = ReadingText(fleet: fleet)
        let directory = Self.directory(fleet)
        var generator = ReadingGenerator(fleet: fleet, seed: 4)
        var decoder = ReadingDecoder()
        for dice in UInt64(0)..<200 {
            let reading = generator.reading(meter: Int(dice % 9), at: Self.start)
            var decoded = DecodedReadings()
            decoder.decode(
                kind.payload(of: reading, text, mixed(1, dice)), format: .json,
                topic: ReadingTopic(text.topics[Int(reading.meter)]), directory: directory, now: Self.start,
                into: &decoded)
            #expect(decoded.readings.isEmpty, "\(kind) \(dice)")
        }
    }

    @Test("mischief comes at its rate, the same for the same seed")
    func rates() throws {
        let fleet = try Fleet(facilities: 2, meters: 200, seed: 4, from: Self.start)
        let text = ReadingText(fleet: fleet)
        let mischief = Mischief(
            late: .share(0.1), duplicate: .share(0.2), skewed: .share(0.25), malformed: .share(0.05),
            silent: .meters([fleet.meterIDs[3]]))
        let maker = try MischiefMaker(mischief, seed: 9, text: text)
        let again = try MischiefMaker(mischief, seed: 9, text: text)
        var generator = ReadingGenerator(fleet: fleet, seed: 4)
        var emissions: [Emission] = []
        var repeated: [Emission] = []
        for step in 0..<50 {
            for meter in 0..<200 {
                let reading = generator.reading(meter: meter, at: Self.start.advanced(by: .seconds(15 * step)))
                maker.befall(reading, into: &emissions)
                again.befall(reading, into: &repeated)
            }
        }
        #expect(emissions == repeated)
        #expect(!emissions.contains { $0.meter == 3 })
        let readings = emissions.compactMap { emission -> SimulatedReading? in
            if case .reading(let reading) = emission.content { reading } else { nil }
        }
        let count = Double(199 * 50)
        #expect(abs(Double(readings.count) / count - 1.2) < 0.02)
        #expect(abs(Double(emissions.count - readings.count) / count - 0.05) < 0.01)
        let skewed = Set(readings.filter { $0.time.milliseconds % 15_000 != 0 }.map(\.meter))
        #expect((30...70).contains(skewed.count))
    }

    static func directory(_ fleet: Fleet) -> MeterDirectory {
        var directory = MeterDirectory()
        for (index, facility) in fleet.facilities.enumerated() {
            directory.insert(
                Facility(number: FacilityNumber(rawValue: UInt32(index)), id: facility.id, name: facility.name))
        }
        for (index, id) in fleet.meterIDs.enumerated() {
            let facility = FacilityNumber(rawValue: UInt32(fleet.facilityOfMeter[index]))
            directory.insert(Meter(number: MeterNumber(rawValue: UInt32(index)), id: id, facility: facility))
        }
        return directory
    }
}
