import EmbeddedStore
import EnergyModel
import Foundation
import GRDB
import Ports
import Testing

@Suite("The embedded store in trouble")
struct StoreFaultTests {
    private func record(_ number: Int) -> LogRecord { LogRecord(key: "F-\(number)", value: [1, 2, 3], time: testNow) }

    /// Another process's connection, which may leave a transaction open.
    private func outsider(_ path: String) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        return try DatabaseQueue(path: path, configuration: configuration)
    }

    private func code(_ body: () async throws -> Void) async -> PortError.Code? {
        do {
            try await body()
            return nil
        } catch {
            return (error as? PortError)?.code
        }
    }

    @Test("a lock held by another process times calls out at their deadline, and nothing is lost once it is gone")
    func outsideLock() async throws {
        let place = try StorePlace()
        let store = try await place.open { $0.deadline = .seconds(2) }
        try await store.log.append([record(0)], to: .sensorReadings)
        for file in ["log.sqlite", "series.sqlite", "records.sqlite"] {
            let outside = try outsider(place.file(file))
            try await outside.writeWithoutTransaction { database in try database.beginTransaction(.immediate) }
            var write = SeriesWrite()
            write.closedUntil = testNow
            let lateWrite = write
            async let log = code { try await store.log.append([record(1)], to: .sensorReadings) }
            async let series = code { try await store.series.write(lateWrite) }
            async let records = code { _ = try await store.records.importFacilities([]) }
            async let lag = code { _ = try await store.log.lag(of: .sensorReadings, group: "g") }
            let codes = await [log, series, records, lag]
            #expect(codes == ["log", "series", "records", "-"].map { file.hasPrefix($0) ? .timedOut : nil })
            try await outside.writeWithoutTransaction { database in try database.rollback() }
        }
        #expect(await code { try await store.log.append([record(2)], to: .sensorReadings) } == nil)
        let items = try await store.log.lag(of: .sensorReadings, group: "g").reduce(0) { $0 + $1.items }
        #expect(items >= 4)  // two from the rounds in which the log was free, and a timed-out one may be stored too
    }

    @Test("cancelling a call that waits for a lock ends it at once")
    func cancellation() async throws {
        let place = try StorePlace()
        let store = try await place.open { $0.deadline = .seconds(3600) }
        let outside = try outsider(place.file("log.sqlite"))
        try await outside.writeWithoutTransaction { database in try database.beginTransaction(.immediate) }
        let outcome = await withTaskGroup(of: PortError.Code?.self) { tasks in
            tasks.addTask { await code { try await store.log.append([record(1)], to: .sensorReadings) } }
            tasks.addTask { await code { _ = try await store.log.consumer(of: .sensorReadings, group: "g") } }
            tasks.cancelAll()
            var codes: [PortError.Code?] = []
            for await code in tasks { codes.append(code) }
            return codes
        }
        #expect(outcome == [.timedOut, .timedOut])
        try await outside.writeWithoutTransaction { database in try database.rollback() }
    }

    @Test("a damaged file is told at opening, with what to do", arguments: ["log", "series", "records"])
    func corrupt(name: String) async throws {
        let place = try StorePlace()
        try Data(repeating: 0x5A, count: 8192).write(to: URL(fileURLWithPath: place.file("\(name).sqlite")))
        let error = await #expect(throws: PortError.self) { _ = try await place.open() }
        #expect(error?.code == .corrupt)
        #expect(error?.sentence.contains("restore the newest backup") == true)
    }

    @Test("a file of a newer build is refused, and says so")
    func newer() async throws {
        let place = try StorePlace()
        _ = try await place.open()
        let outside = try DatabaseQueue(path: place.file("series.sqlite"))
        try await outside.write { database in
            try database.execute(sql: "INSERT INTO schema_migrations VALUES (99, 'later', 'x')")
        }
        let error = await #expect(throws: PortError.self) { _ = try await place.open() }
        #expect(error?.code == .invalid)
        #expect(error?.sentence.contains("newer Switchyard") == true)
    }

    @Test("no room is .full, and the store goes on once there is room")
    func full() async throws {
        let place = try StorePlace()
        let store = try await place.open()
        try await store.limitPages(of: "log.sqlite", to: 40)
        let large = LogRecord(key: "A", value: [UInt8](repeating: 7, count: 1 << 20), time: testNow)
        #expect(await code { try await store.log.append([large], to: .sensorReadings) } == .full)
        try await store.limitPages(of: "log.sqlite", to: 1_000_000)
        try await store.log.append([large], to: .sensorReadings)
        #expect(try await store.log.lag(of: .sensorReadings, group: "g").map(\.items) == [1])
    }

    @Test("records appended through another store on the same files are noticed")
    func secondProcess() async throws {
        let place = try StorePlace()
        let (mine, other) = (try await place.open { $0.pollInterval = .milliseconds(20) }, try await place.open())
        let consumer = try await mine.log.consumer(of: .sensorReadings, group: "g")
        #expect(try await consumer.next(items: 1, wait: .zero) == nil)
        async let batch = consumer.next(items: 1, wait: .seconds(30))
        try await other.log.append([record(1)], to: .sensorReadings)
        #expect(try await batch?.items == 1)
    }

    @Test("concurrent appends share commits and every one is stored once")
    func groupCommit() async throws {
        let place = try StorePlace()
        let store = try await place.open()
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for number in 0..<400 {
                tasks.addTask { try await store.log.append([record(number)], to: .sensorReadings) }
            }
            try await tasks.waitForAll()
        }
        let consumer = try await store.log.consumer(of: .sensorReadings, group: "g")
        var keys: [String] = []
        while let batch = try await consumer.next(items: 1000, wait: .zero) {
            keys += batch.records.map(\.record.key)
            try await consumer.acknowledge(batch)
        }
        #expect(Set(keys).count == 400 && keys.count == 400)
    }

    @Test("what was stored is there after closing and opening again")
    func reopening() async throws {
        let place = try StorePlace()
        let size = try await {
            let store = try await place.open()
            try await store.log.append([record(1), record(2)], to: .sensorReadings)
            return try await store.log.storedBytes(of: .sensorReadings)
        }()
        let store = try await place.open { $0.partitions = 7 }
        #expect(try await store.log.storedBytes(of: .sensorReadings) == size)
        try await store.log.append([record(1)], to: .sensorReadings)
        let lag = try await store.log.lag(of: .sensorReadings, group: "g")
        #expect(lag.map(\.items).sorted() == [1, 2])  // a topic keeps its number of partitions
    }

    @Test("a backup taken while writes go on is whole and opens")
    func backup() async throws {
        let (place, target) = (try StorePlace(), try StorePlace())
        let store = try await place.open()
        for number in 0..<50 { try await store.log.append([record(number)], to: .sensorReadings) }
        async let more: Void = store.log.append([record(99)], to: .sensorReadings)
        let outcome = try await store.backup(to: target.path)
        try await more
        #expect(outcome.files == ["series.sqlite", "log.sqlite", "records.sqlite"])
        let copy = try await target.open()
        #expect(try await copy.integrityFaults().isEmpty)
        let items = try await copy.log.lag(of: .sensorReadings, group: "g").reduce(0) { $0 + $1.items }
        #expect(items >= 50)
    }
}
