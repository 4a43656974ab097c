import EmbeddedStore
import EnergyModel
import GRDB
import Ports
import Testing

@Suite("The embedded store's upkeep")
struct UpkeepTests {
    private func readings(_ count: Int, meters: Int = 10, from start: UTCInstant = testNow) -> [Reading] {
        (0..<count).map { number in
            Reading(
                time: start.advanced(by: .seconds(15 * (number / meters))),
                meter: MeterNumber(rawValue: UInt32(number % meters)), facility: FacilityNumber(rawValue: 1),
                kilowatts: 1, registerKilowattHours: 0, volts: 230, quality: .validated)
        }
    }

    private func write(_ readings: [Reading], to store: EmbeddedSeriesStore) async throws {
        var write = SeriesWrite()
        write.readings = readings
        try await store.write(write)
    }

    private func number(_ sql: String, in path: String) throws -> Int {
        try DatabaseQueue(path: path).read { database in try Int.fetchOne(database, sql: sql) ?? -1 }
    }

    @Test("the log gives space back when retention dropped records")
    func logSpace() async throws {
        let place = try StorePlace()
        let log = try await place.open().log
        for _ in 0..<12 {
            let value = [UInt8](repeating: 7, count: 1 << 20)
            try await log.append([LogRecord(key: "A", value: value, time: testNow)], to: .sensorReadings)
        }
        let full = try number("PRAGMA page_count", in: place.file("log.sqlite"))
        #expect(full > 3000)
        let outcome = try await log.enforceRetention(
            of: .sensorReadings, olderThan: testNow.advanced(by: .seconds(1)), maximumBytes: .max,
            evenUnconsumed: true)
        #expect(outcome.droppedItems == 12)
        #expect(try number("PRAGMA page_count", in: place.file("log.sqlite")) < 300)
    }

    @Test("the series give space back when retention dropped chunks, and count no free page")
    func seriesSpace() async throws {
        let place = try StorePlace()
        let store = try await place.open().series
        try await write(readings(60_000, meters: 50), to: store)
        try await store.compact()
        let (before, full) = (
            try await store.storedBytes(), try number("PRAGMA page_count", in: place.file("series.sqlite"))
        )
        let far = testNow.advanced(by: .seconds(86_400))
        while try await store.enforceRetention(rawBefore: far, rollupsBefore: far, batch: 500) > 0 {}
        #expect(try number("PRAGMA page_count", in: place.file("series.sqlite")) < min(300, full))
        #expect(try await store.storedBytes() < before / 5)
        #expect(try await store.newestReadings(at: far, lookback: .seconds(2 * 86_400)).isEmpty)
    }

    @Test("a slice and chunks nobody can read are set aside once, told, and the rest is compacted")
    func damaged() async throws {
        let place = try StorePlace()
        let store = try await place.open().series
        try await write(readings(20, meters: 1), to: store)
        try await store.compact()
        #expect(store.maintenanceFault == nil)
        let later = testNow.advanced(by: .seconds(7200))
        for start in [testNow.advanced(by: .seconds(5)), later, later.advanced(by: .seconds(7))] {
            try await write(readings(20, meters: 1, from: start), to: store)
        }
        let outside = try DatabaseQueue(path: place.file("series.sqlite"))
        try await outside.write { database in
            try database.execute(
                sql: """
                    UPDATE reading_chunks SET chunk = X'8100';
                    UPDATE reading_slices SET block = X'00' WHERE id = (SELECT max(id) FROM reading_slices);
                    """)
        }
        try await store.compact()
        let fault = try #require(store.maintenanceFault)
        #expect(fault.hasPrefix("3 blocks of readings in series.sqlite cannot be read"))
        let all = TimeRange(start: testNow, end: testNow.advanced(by: .seconds(86_400)))
        #expect(try await store.readings(of: MeterNumber(rawValue: 0), in: all, limit: 999).count == 40)
        try await store.compact()
        #expect(try number("SELECT count(*) FROM damaged_blocks", in: place.file("series.sqlite")) == 3)
        #expect(try number("SELECT count(*) FROM reading_slices", in: place.file("series.sqlite")) == 0)
        #expect(try await place.open().series.maintenanceFault == fault)
    }

    @Test("a chunk nobody can read is set aside when asked for its range, and the others are read again")
    func repair() async throws {
        let place = try StorePlace()
        let store = try await place.open().series
        try await write(readings(4000, meters: 10), to: store)
        try await store.compact()
        let outside = try DatabaseQueue(path: place.file("series.sqlite"))
        let position = try await outside.write { database in
            try database.execute(
                sql: """
                    UPDATE reading_chunks SET chunk = X'8100' WHERE position =
                        (SELECT position FROM reading_chunks ORDER BY position LIMIT 1 OFFSET 17)
                    """)
            return try Int64.fetchOne(
                database, sql: "SELECT position FROM reading_chunks WHERE chunk = X'8100'")
        }
        #expect(position != nil)
        let all = TimeRange(start: testNow, end: testNow.advanced(by: .seconds(86_400)))
        let error = await #expect(throws: PortError.self) { try await store.readings(in: all, after: nil, limit: 9999) }
        #expect(error?.code == .corrupt)
        let before = TimeRange(start: .distantPast, end: testNow.advanced(by: .seconds(-900)))
        #expect(try await store.setAsideDamage(in: before) == 0)
        #expect(try await store.setAsideDamage(in: all) == 1)
        #expect(try await store.readings(in: all, after: nil, limit: 9999).readings.count > 3900)
        #expect(store.maintenanceFault?.hasPrefix("1 blocks") == true)
        #expect(try await place.open().integrityFaults().count == 1, "doctor tells it from the file")
        #expect(try number("SELECT length(block) FROM damaged_blocks", in: place.file("series.sqlite")) == 2)
    }

    @Test("a compaction that fails is counted and told, and not tried again at each write")
    func failing() async throws {
        let place = try StorePlace()
        let store = try await place.open().series
        let outside = try DatabaseQueue(path: place.file("series.sqlite"))
        try await outside.write { database in
            try database.execute(sql: "ALTER TABLE reading_chunks RENAME TO hidden")
        }
        try await write(readings(60_000), to: store)
        for _ in 0..<5 { try await write(readings(1), to: store) }
        #expect(store.failedCompactions == 1)
        #expect(store.maintenanceFault?.hasPrefix("readings are stored but cannot be compacted") == true)
        try await outside.write { database in
            try database.execute(sql: "ALTER TABLE hidden RENAME TO reading_chunks")
        }
        try await store.compact()
        #expect(store.maintenanceFault == nil)
    }
}
