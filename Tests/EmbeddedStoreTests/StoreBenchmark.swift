import EmbeddedStore
import EnergyModel
import Foundation
import Ports
import Testing

/// Figures, printed; run with STORE_BENCHMARK=1 and a release build.
@Suite("Store benchmark", .enabled(if: environment("STORE_BENCHMARK") != nil), .serialized)
struct StoreBenchmark {
    private static let hour = testNow.floor(toMilliseconds: 3_600_000)

    private static func reading(_ meter: Int, _ slot: Int) -> Reading {
        Reading(
            time: hour.advanced(by: .seconds(15 * slot)), meter: MeterNumber(rawValue: UInt32(meter)),
            facility: FacilityNumber(rawValue: UInt32(meter % 128)), kilowatts: Double(slot) + 0.5,
            registerKilowattHours: Double(meter), volts: 230)
    }

    private func measure(_ name: String, count: Int, _ body: () async throws -> Void) async throws {
        let (clock, cpu) = (ContinuousClock(), processSeconds())
        let wall = try await clock.measure { try await body() }
        let used = processSeconds() - cpu
        let seconds = Double(wall.components.seconds) + Double(wall.components.attoseconds) / 1e18
        print("\(name): \(count) in \(seconds) s wall, \(used) s CPU = \(Int(Double(count) / seconds))/s")
    }

    private func probe(_ place: StorePlace) throws {
        let descriptor = open(place.file("probe"), O_WRONLY | O_CREAT, 0o600)
        defer { close(descriptor) }
        let page = [UInt8](repeating: 1, count: 4096)
        let began = ContinuousClock().now
        for index in 0..<200 {
            guard pwrite(descriptor, page, 4096, off_t(index * 4096)) == 4096, fdatasync(descriptor) == 0 else {
                return
            }
        }
        print("fsync probe: \((ContinuousClock().now - began) / 200) each")
    }

    @Test("append to the log")
    func append() async throws {
        let place = try StorePlace()
        try probe(place)
        let store = try await place.open()
        for (size, writers, calls) in [(1000, 64, 16), (1000, 16, 64), (10, 64, 100)] {
            let readings = (0..<size).map { Self.reading($0, 0) }
            try await measure("append blocks of \(size), \(writers) writers", count: size * writers * calls) {
                try await withThrowingTaskGroup(of: Void.self) { tasks in
                    for writer in 0..<writers {
                        tasks.addTask {
                            for _ in 0..<calls {
                                let record = LogRecord(
                                    key: "F-\(writer)", value: ReadingBlock.encode(readings), time: testNow, items: size
                                )
                                try await store.log.append([record], to: .sensorReadings)
                            }
                        }
                    }
                    try await tasks.waitForAll()
                }
            }
        }
        let consumer = try await store.log.consumer(of: .sensorReadings, group: "g")
        try await measure("consume and acknowledge", count: 2_112_000) {
            while let batch = try await consumer.next(items: 20_000, wait: .zero) {
                try await consumer.acknowledge(batch)
            }
        }
    }

    private static func hourOfWrites(batch: Int) -> [SeriesWrite] {
        var writes: [SeriesWrite] = []
        var write = SeriesWrite()
        for slot in 0..<240 {
            for meter in 0..<2000 {
                write.readings.append(reading(meter, slot))
                if write.readings.count == batch {
                    writes.append(write)
                    write = SeriesWrite()
                }
            }
            for granularity in Granularity.allCases where (slot + 1) % granularity.slots == 0 {
                write.rollups += rollups(granularity, endingAt: slot + 1)
            }
        }
        writes.append(write)
        return writes
    }

    private static func rollups(_ granularity: Granularity, endingAt slot: Int) -> [Rollup] {
        let start = hour.advanced(by: .seconds(15 * (slot - granularity.slots)))
        let meters = (0..<2000).map { SeriesKey.meter(MeterNumber(rawValue: UInt32($0))) }
        let facilities = (0..<128).map { SeriesKey.facility(FacilityNumber(rawValue: UInt32($0))) }
        return (meters + facilities).map {
            Rollup(
                series: $0, granularity: granularity, start: start, meanKilowatts: 1.5, minKilowatts: 0.25,
                maxKilowatts: 9, kilowattHours: 0.1, count: 4, goodCount: 4)
        }
    }

    @Test("an hour of 2,000 meters into the series, and out again")
    func series() async throws {
        let place = try StorePlace()
        let store = try await place.open()
        let writes = Self.hourOfWrites(batch: 10_000)
        try await measure("480,000 readings and their rollups", count: 480_000) {
            for write in writes { try await store.series.write(write) }
        }
        try await measure("compaction of the rest", count: 480_000) { try await store.series.compact() }
        let range = TimeRange(start: Self.hour, end: Self.hour.advanced(by: .seconds(86_400)))
        let meter = MeterNumber(rawValue: 1234)
        try await measure("one meter", count: 240) {
            let found = try await store.series.readings(of: meter, in: range, limit: 10_000)
            #expect(found.count == 240)
        }
        try await measure("newest of all meters", count: 2000) {
            let found = try await store.series.newestReadings(at: range.end, lookback: .seconds(86_400))
            #expect(found.count == 2000)
        }
        try await measure("fleet export", count: 480_000) {
            var cursor: ReadingCursor?
            repeat {
                cursor = try await store.series.readings(in: range, after: cursor, limit: 20_000).next
            } while cursor != nil
        }
        print("series bytes: \(try await store.series.storedBytes())")
    }
}

private func processSeconds() -> Double {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
        + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
}
