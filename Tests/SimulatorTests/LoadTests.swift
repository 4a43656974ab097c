import EnergyModel
import Testing

@testable import Simulator

@Suite("Simulated load")
struct LoadTests {
    static let start = UTCInstant(iso8601: "2026-06-01T00:00:00Z") ?? .distantPast

    @Test("the same seed makes the same fleet, another seed another")
    func seeded() throws {
        let first = try Fleet(facilities: 10, meters: 40, seed: 7, from: Self.start)
        let same = try Fleet(facilities: 10, meters: 40, seed: 7, from: Self.start)
        let other = try Fleet(facilities: 10, meters: 40, seed: 8, from: Self.start)
        #expect(first.yaml == same.yaml)
        #expect(first.yaml != other.yaml)
        #expect(first.facilities[1].id.text == "F-002" && first.meterIDs[39].text == "M-00040")
        #expect(first.yaml.hasPrefix("facilities:\n  - id: F-001\n    name: \""))
    }

    @Test("a facility's shares make up its whole load")
    func shares() throws {
        let fleet = try Fleet(facilities: 7, meters: 100, seed: 1, from: Self.start)
        for facility in 0..<7 {
            let own = zip(fleet.shares, fleet.facilityOfMeter).filter { $0.1 == facility }.map(\.0)
            #expect(own.count == fleet.facilities[facility].meters.count)
            #expect(abs(own.reduce(0, +) - 1) < 1e-9)
        }
    }

    @Test("typical peaks lie between 60 % and 95 % of the contract")
    func contract() throws {
        let fleet = try Fleet(facilities: 12, meters: 24, seed: 3, from: Self.start)
        for (facility, load) in zip(fleet.facilities, fleet.loads) {
            let contract = try #require(facility.contractDemand).kilowatts
            let peaks = load.peaks()
            #expect((0.6...0.95).contains(peaks.typical / contract), "\(facility.id): \(peaks) of \(contract)")
            #expect(peaks.highest <= contract)
        }
    }

    @Test("an office works by day and rests on weekends, in its own time zone")
    func calendar() throws {
        let berlin = try #require(LocalCalendar(timeZone: "Europe/Berlin", around: Self.start.milliseconds))
        let noon = try #require(UTCInstant(iso8601: "2026-06-03T10:30:00Z"))
        #expect(berlin.moment(at: noon.milliseconds).hour == 12.5)
        #expect(!berlin.moment(at: noon.milliseconds).isWeekend)
        let saturday = try #require(UTCInstant(iso8601: "2026-06-05T22:00:00Z"))
        #expect(berlin.moment(at: saturday.milliseconds).isWeekend)
        let winter = try #require(UTCInstant(iso8601: "2026-12-01T11:00:00Z"))
        #expect(berlin.moment(at: winter.milliseconds).hour == 12)
        #expect(LocalCalendar(timeZone: "Atlantis/Capital", around: 0) == nil)
        let office = LoadProfile.of(.office)
        let busy = office.share(local: berlin.moment(at: noon.milliseconds), celsius: 20)
        let idle = office.share(local: berlin.moment(at: saturday.milliseconds), celsius: 20)
        #expect(busy > 2 * idle)
    }

    @Test("heat and cold raise the load", arguments: FacilityKind.allCases)
    func weather(kind: FacilityKind) {
        let noon = LocalCalendar.Moment(hour: 12, isWeekend: false, dayOfYear: 150)
        let profile = LoadProfile.of(kind)
        #expect(profile.share(local: noon, celsius: 33) > profile.share(local: noon, celsius: 15))
        #expect(profile.share(local: noon, celsius: -10) >= profile.share(local: noon, celsius: 15))
    }

    @Test("noise is smooth: near moments agree, far ones do not")
    func noise() {
        let noise = SmoothNoise(seed: 5, periodMilliseconds: 60_000)
        let moments = (0..<2000).map { Int64($0) * 120_000 + 7 }
        let near = moments.map { abs(noise.value(at: $0 + 1000) - noise.value(at: $0)) }.max() ?? 1
        let far = moments.map { abs(noise.value(at: $0 + 120_000) - noise.value(at: $0)) }.reduce(0, +) / 2000
        let mean = moments.map { noise.value(at: $0) }.reduce(0, +) / 2000
        #expect(near < 0.06 && far > 0.3 && abs(mean) < 0.06)
    }

    @Test("the register integrates the power, never falls but at its limit, and does not care who asked before")
    func register() throws {
        let fleet = try Fleet(facilities: 3, meters: 30, seed: 2, from: Self.start)
        var generator = ReadingGenerator(fleet: fleet, seed: 2)
        for meter in 0..<30 {
            var energy = 0.0
            var counted = 0.0
            var rollovers = 0
            var last = generator.reading(meter: meter, at: Self.start)
            let limit = try #require(fleet.registerLimits[meter])
            for step in 1...1440 {
                let time = Self.start.advanced(by: .seconds(60 * step))
                let reading = generator.reading(meter: meter, at: time)
                energy += (reading.kilowatts + last.kilowatts) / 2 / 60
                var difference = reading.registerKilowattHours - last.registerKilowattHours
                if difference < 0 {
                    rollovers += 1
                    difference += limit
                }
                counted += difference
                last = reading
            }
            #expect(abs(counted - energy) < 0.02 * energy, "meter \(meter): \(counted) and \(energy) kWh")
            #expect(rollovers <= 1)
        }
        var fresh = ReadingGenerator(fleet: fleet, seed: 2)
        let later = Self.start.advanced(by: .seconds(86_400))
        #expect(fresh.reading(meter: 4, at: later) == generator.reading(meter: 4, at: later))
    }

    @Test("fleets that cannot be are refused", arguments: [(0, 10), (10, 9), (1, 2_000_000), (-1, 5)])
    func impossible(facilities: Int, meters: Int) {
        #expect(throws: SimulationError.self) {
            _ = try Fleet(facilities: facilities, meters: meters, seed: 1, from: Self.start)
        }
    }
}

@Suite("Replay of load files")
struct LoadFileTests {
    static let good =
        "utc,load,temp,holiday\n2014-08-16T23:00Z,100,14.5,0\n2014-08-17T00:00Z,200,,1\n2014-08-17T02:00Z,0,1,0\n"

    @Test("runs straight between rows and goes round at the end")
    func interpolates() throws {
        let file = try LoadFile(parsing: Self.good, name: "a.csv")
        let start = file.span.start.milliseconds
        #expect(file.rows[1].celsius == nil && file.rows[1].isHoliday)
        #expect(file.kilowatts(at: start) == 100)
        #expect(file.kilowatts(at: start + 1_800_000) == 150)
        #expect(file.kilowatts(at: start + 7_200_000) == 100)
        #expect(file.kilowatts(at: start + 3 * 3_600_000 + 1_800_000) == 150)
        #expect(file.kilowatts(at: start - 3_600_000) == 100)
    }

    @Test("drives a facility at any speed while timestamps stay at the wall clock")
    func drives() throws {
        let file = try LoadFile(parsing: Self.good, name: "a.csv")
        let anchor = try #require(UTCInstant(iso8601: "2026-01-01T00:00:00Z"))
        let fleet = try Fleet(
            facilities: 2, meters: 2, seed: 1, from: anchor,
            replays: [LoadReplay(facility: FacilityID("F-002"), file: file, speed: 60)])
        #expect(fleet.loads[1].kilowatts(at: anchor.milliseconds + 30_000) == 150)
        #expect(fleet.loads[0].kilowatts(at: anchor.milliseconds + 30_000) != 150)
    }

    @Test(
        "names the line that is wrong",
        arguments: [
            ("time,load\n", "f:1:"), ("utc,load,temp,holiday\n", "at least two"),
            ("utc,load,temp,holiday\n2014-08-16T23:00Z,1,2\n", "f:2: expected 4 fields"),
            ("utc,load,temp,holiday\n2014-08-16T23:00Z,x,2,0\n", "f:2: load"),
            ("utc,load,temp,holiday\n2014-08-16T23:00Z,nan,2,0\n", "f:2: load"),
            ("utc,load,temp,holiday\n2014-08-16T23:00Z,1,warm,0\n", "f:2: temp"),
            ("utc,load,temp,holiday\n2014-08-16T23:00Z,1,,2\n", "f:2: holiday"),
            ("utc,load,temp,holiday\nyesterday,1,,0\n", "f:2: \"yesterday\""),
            ("utc,load,temp,holiday\n2014-08-16T23:00Z,1,,0\n2014-08-16T23:00Z,1,,0\n", "f:3: times must ascend"),
        ])
    func errors(text: String, expected: String) {
        let error = #expect(throws: SimulationError.self) { _ = try LoadFile(parsing: text, name: "f") }
        #expect(error?.sentence.contains(expected) == true, "\(String(describing: error))")
    }
}
