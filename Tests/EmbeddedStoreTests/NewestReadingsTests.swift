import EmbeddedStore
import EnergyModel
import GRDB
import Ports
import SwitchyardTesting
import Testing

@Suite("The newest readings of the fleet")
struct NewestReadingsTests {
    private static let minute: Int64 = 60_000
    private static let day: Int64 = 86_400_000

    private func reading(_ meter: Int, at time: Int64, _ kilowatts: Double = 1) -> Reading {
        Reading(
            time: UTCInstant(milliseconds: time), meter: MeterNumber(rawValue: UInt32(meter)),
            facility: FacilityNumber(rawValue: 1), kilowatts: kilowatts, registerKilowattHours: 0, volts: 230,
            quality: .validated)
    }

    private func write(_ readings: [Reading], to stores: [any SeriesStore]) async throws {
        var write = SeriesWrite()
        write.readings = readings
        for store in stores { try await store.write(write) }
    }

    @Test(
        "they are those of the store in memory, whatever was compacted and whoever is silent", arguments: UInt64(1)...6)
    func equalsMemory(seed: UInt64) async throws {
        var random = SplitMix64(seed: seed)
        let place = try StorePlace()
        let (store, memory) = (try await place.open().series, MemorySeriesStore())
        let start = testNow.milliseconds
        for step in 0..<40 {
            let base = start + Int64(step) * 3 * 60 * Self.minute
            let readings = (0..<60).map { number -> Reading in
                let meter = Int.random(in: 0..<30, using: &random)
                // Some meters fall silent for good, some write into the past or again what they wrote.
                let silent = meter % 5 == 0 ? Int64(step / 2) * 3 * 60 * Self.minute : 0
                let time = base - silent + Int64.random(in: -20...20, using: &random) * 5 * Self.minute
                return reading(meter, at: time, Double(step * 100 + number))
            }
            try await write(readings, to: [store, memory])
            if Int.random(in: 0..<3, using: &random) == 0 { try await store.compact() }
        }
        for _ in 0..<60 {
            let time = UTCInstant(milliseconds: start + Int64.random(in: -Self.day...6 * Self.day, using: &random))
            let lookback = Duration.seconds(Int.random(in: 0...7 * 86_400, using: &random))
            let expected = try await memory.newestReadings(at: time, lookback: lookback)
            let found = try await store.newestReadings(at: time, lookback: lookback)
            #expect(found == expected)
        }
    }

    @Test("only each meter's newest chunk is decoded: the others may be unreadable")
    func decodesFew() async throws {
        let place = try StorePlace()
        let store = try await place.open().series
        let start = testNow.milliseconds
        for hour in 0..<Int64(5 * 24) {
            // Meter 7 falls silent after the first day.
            var readings: [Reading] = []
            for meter in 0..<20 where meter != 7 || hour < 24 {
                for quarter in hour * 4..<hour * 4 + 4 {
                    readings.append(reading(meter, at: start + quarter * 15 * Self.minute))
                }
            }
            try await write(readings, to: [store])
        }
        try await store.compact()
        let outside = try DatabaseQueue(path: place.file("series.sqlite"))
        let (spoilt, rest) = try await outside.write { database in
            try database.execute(
                sql: """
                    UPDATE reading_chunks SET chunk = X'00' WHERE position NOT IN (
                        SELECT max(position) FROM reading_chunks GROUP BY position & 4294967295)
                    """)
            return (
                database.changesCount,
                try Int.fetchOne(database, sql: "SELECT count(*) FROM reading_chunks WHERE chunk <> X'00'")
            )
        }
        #expect(spoilt > 8000 && rest == 20)
        let end = UTCInstant(milliseconds: start + 5 * Self.day)
        let found = try await store.newestReadings(at: end, lookback: .seconds(7 * 86_400))
        #expect(found.map(\.meter.rawValue) == Array(0..<20))
        #expect(found[7].time.milliseconds == start + Self.day - 15 * Self.minute)
        #expect(try await store.newestReadings(at: end, lookback: .seconds(86_400)).count == 19)
    }

    @Test("a file of the schema before learns which chunks are the newest")
    func migrates() async throws {
        let place = try StorePlace()
        let start = testNow.milliseconds
        let at = testNow.advanced(by: .seconds(86_400))
        let before = try await {
            let store = try await place.open().series
            try await write((0..<50).map { reading($0 % 10, at: start + Int64($0) * 20 * Self.minute) }, to: [store])
            try await store.compact()
            return try await store.newestReadings(at: at, lookback: .seconds(86_400))
        }()
        #expect(before.count == 10)
        let outside = try DatabaseQueue(path: place.file("series.sqlite"))
        try await outside.writeWithoutTransaction { try Schema.series.revert($0, to: 1) }
        let after = try await place.open().series.newestReadings(at: at, lookback: .seconds(86_400))
        #expect(after == before)
    }
}
