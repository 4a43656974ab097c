import EnergyModel
import Ports

/// What every series store does. Each case wants an empty store.
package enum SeriesStoreContract {
    package static let cases: [ContractCase<any SeriesStore>] = [
        ContractCase("readings come back by time, the newest write of a key winning") { try await readings($0) },
        ContractCase("readings of the fleet come by time then meter, page by page") { try await fleet($0) },
        ContractCase("the last reading before a moment, at most 7 days back") { try await lastReading($0) },
        ContractCase("the newest reading of each meter at a moment") { try await newest($0) },
        ContractCase("a meter is a member of the facility where it was") { try await members($0) },
        ContractCase("rollups come back by start, the newest write of a key winning") { try await rollups($0) },
        ContractCase("rollups of a scope come by start then series, page by page") { try await rollupPages($0) },
        ContractCase("progress is stored with the data") { try await progress($0) },
        ContractCase("an hour both cleared and late again stays late") { try await lateAgain($0) },
        ContractCase("retention drops what is older, in batches, to the last") { try await retention($0) },
        ContractCase("any order of writing, overlapping and late, reads as the last write") { try await model($0) },
    ]

    private static let start = UTCInstant(seconds: 1_790_000_100).floor(toMilliseconds: 3_600_000)

    private static func reading(_ meter: UInt32, _ slot: Int64, _ kilowatts: Double, facility: UInt32 = 1) -> Reading {
        Reading(
            time: start.advanced(by: .milliseconds(slot * 15_000)), meter: MeterNumber(rawValue: meter),
            facility: FacilityNumber(rawValue: facility), kilowatts: kilowatts, registerKilowattHours: 1e6 + kilowatts,
            volts: 230.5, quality: .validated)
    }

    private static func write(_ store: any SeriesStore, _ readings: [Reading]) async throws {
        var write = SeriesWrite()
        write.readings = readings
        try await store.write(write)
    }

    private static func range(_ from: Int64, _ to: Int64) -> TimeRange {
        TimeRange(
            start: start.advanced(by: .milliseconds(from * 15_000)), end: start.advanced(by: .milliseconds(to * 15_000))
        )
    }

    private static func readings(_ store: any SeriesStore) async throws {
        try await write(store, [reading(1, 2, 2), reading(2, 2, 9), reading(1, 0, 0), reading(1, 1, 1)])
        try await write(store, [reading(1, 1, 11), reading(1, 70, 70, facility: 2), reading(1, 1, 12)])
        let meter = MeterNumber(rawValue: 1)
        let all = try await store.readings(of: meter, in: range(0, 100), limit: 100)
        try requireEqual(
            all, [reading(1, 0, 0), reading(1, 1, 12), reading(1, 2, 2), reading(1, 70, 70, facility: 2)], "all")
        let some = try await store.readings(of: meter, in: range(1, 70), limit: 1)
        try requireEqual(some, [reading(1, 1, 12)], "the first of a range")
        try requireEqual(try await store.readings(of: meter, in: range(3, 70), limit: 9), [], "a gap")
    }

    private static func fleet(_ store: any SeriesStore) async throws {
        var expected: [Reading] = []
        for slot in [Int64(0), 1, 59, 60, 61, 400] {
            for meter in UInt32(1)...3 { expected.append(reading(meter, slot, 1)) }
        }
        try await write(store, expected.reversed())
        try await write(store, [expected[4]])
        expected.sort { (ReadingCursor(of: $0), $0.time) < (ReadingCursor(of: $1), $1.time) }
        for limit in [1, 4, 100] {
            var found: [Reading] = []
            var cursor: ReadingCursor?
            repeat {
                let slice = try await store.readings(in: range(0, 401), after: cursor, limit: limit)
                found += slice.readings
                cursor = slice.next
            } while cursor != nil
            try requireEqual(found, expected, "pages of \(limit)")
        }
        try requireEqual(
            try await store.readings(in: range(1, 60), after: nil, limit: 99).readings,
            expected.filter { range(1, 60).contains($0.time) },
            "a range")
    }

    private static func lastReading(_ store: any SeriesStore) async throws {
        let meter = MeterNumber(rawValue: 2)
        let week = Int64(7 * 5760)
        try await write(store, [reading(2, 0, 0), reading(2, 5, 5), reading(1, 6, 6), reading(3, 7, 7)])
        func last(_ slot: Int64) async throws -> Double? {
            try await store.lastReading(of: meter, before: range(slot, slot).start)?.kilowatts
        }
        try requireEqual(try await last(5), 0, "strictly before")
        try requireEqual(try await last(6), 5, "the newest before")
        try requireEqual(try await last(5 + week), 5, "7 days back")
        try requireEqual(try await last(6 + week), nil, "not further")
        try requireEqual(try await last(0), nil, "none")
    }

    private static func newest(_ store: any SeriesStore) async throws {
        try await write(
            store, [reading(2, 1, 1), reading(1, 5, 5), reading(2, 4, 4), reading(3, 90, 90), reading(4, -400, 0)])
        let found = try await store.newestReadings(at: range(5, 5).start, lookback: .seconds(3600))
        try requireEqual(found.sorted { $0.meter < $1.meter }, [reading(1, 5, 5), reading(2, 4, 4)], "at the moment")
    }

    private static func members(_ store: any SeriesStore) async throws {
        try await write(store, [reading(1, 0, 1), reading(2, 0, 1), reading(2, 100, 1, facility: 2)])
        try await write(store, [reading(3, 400, 1, facility: 3)])
        let found = try await store.members(in: range(0, 240))
        let expected: [UInt32: [UInt32]] = [1: [1, 2], 2: [2]]
        try requireEqual(
            found.map { [$0.key.rawValue: $0.value.map(\.rawValue).sorted()] }.reduce(into: [:]) {
                $0.merge($1) { $1 }
            }, expected, "members by facility")
    }

    private static func rollup(
        _ series: SeriesKey, _ granularity: Granularity, _ window: Int64, _ value: Double
    ) -> Rollup {
        Rollup(
            series: series, granularity: granularity,
            start: start.advanced(by: .milliseconds(window * granularity.milliseconds)), meanKilowatts: value,
            minKilowatts: -value, maxKilowatts: value + 1, kilowattHours: value / 60, count: 4, goodCount: 3)
    }

    private static let meter = SeriesKey.meter(MeterNumber(rawValue: 7))
    private static let facility = SeriesKey.facility(FacilityNumber(rawValue: 7))

    private static func rollups(_ store: any SeriesStore) async throws {
        var write = SeriesWrite()
        write.rollups = [rollup(meter, .minute, 2, 2), rollup(meter, .minute, 0, 0), rollup(meter, .quarterHour, 0, 9)]
        write.rollups += [rollup(facility, .minute, 0, 5), rollup(meter, .minute, 2000, 3)]
        try await store.write(write)
        write.rollups = [rollup(meter, .minute, 2, 22), rollup(meter, .minute, 2, 23)]
        try await store.write(write)
        let found = try await store.rollups(of: meter, .minute, in: range(0, 100_000), limit: 10)
        try requireEqual(
            found, [rollup(meter, .minute, 0, 0), rollup(meter, .minute, 2, 23), rollup(meter, .minute, 2000, 3)], "all"
        )
        let first = try await store.rollups(of: meter, .minute, in: range(4, 12), limit: 10)
        try requireEqual(first, [rollup(meter, .minute, 2, 23)], "a range by start")
        var unknown = rollup(facility, .hour, 0, .nan)
        unknown.kilowattHours = 0
        write.rollups = [unknown]
        try await store.write(write)
        let hours = try await store.rollups(of: facility, .hour, in: range(0, 1), limit: 10)
        try require(hours.count == 1 && hours[0].meanKilowatts.isNaN && hours[0].count == 4, "NaN comes back as NaN")
    }

    private static func rollupPages(_ store: any SeriesStore) async throws {
        var write = SeriesWrite()
        var expected: [Rollup] = []
        for window in [Int64(0), 1, 5] {
            for number in UInt32(1)...3 {
                expected.append(rollup(.facility(FacilityNumber(rawValue: number)), .minute, window, 1))
                write.rollups.append(rollup(.meter(MeterNumber(rawValue: number)), .minute, window, 1))
            }
        }
        write.rollups += expected
        try await store.write(write)
        for limit in [1, 4, 100] {
            var found: [Rollup] = []
            var cursor: RollupCursor?
            repeat {
                let slice = try await store.rollups(
                    .facilities, .minute, in: range(0, 400), after: cursor, limit: limit)
                found += slice.rollups
                cursor = slice.next
            } while cursor != nil
            try requireEqual(found, expected, "pages of \(limit)")
        }
        let meters = try await store.rollups(.meters, .minute, in: range(4, 8), after: nil, limit: 100)
        try requireEqual(meters.rollups.count, 3, "meters in a range")
    }

    private static let late = LateHour(
        meter: MeterNumber(rawValue: 1), facility: FacilityNumber(rawValue: 2), hour: start)

    private static func progress(_ store: any SeriesStore) async throws {
        let empty = SeriesProgress(processed: [:], closedUntil: nil, lateHours: [])
        try requireEqual(try await store.progress(), empty, "progress of an empty store")
        let partition = Partition(topic: .sensorReadings, index: 3)
        var write = SeriesWrite()
        write.processed = [partition: 17]
        write.closedUntil = start
        write.lateHours = [late]
        try await store.write(write)
        var next = SeriesWrite()
        next.processed = [partition: 20]
        try await store.write(next)
        let expected = SeriesProgress(processed: [partition: 20], closedUntil: start, lateHours: [late])
        try requireEqual(try await store.progress(), expected, "progress")
        next.clearedLateHours = [late]
        try await store.write(next)
        try requireEqual(try await store.progress().lateHours, [], "late hours after clearing")
    }

    private static func lateAgain(_ store: any SeriesStore) async throws {
        var write = SeriesWrite()
        write.lateHours = [late]
        write.clearedLateHours = [late]
        try await store.write(write)
        try requireEqual(try await store.progress().lateHours, [late], "late hours")
    }

    private static func retention(_ store: any SeriesStore) async throws {
        try await write(store, [0, 60, 120, 180].map { reading(1, $0, 1) })
        var rollups = SeriesWrite()
        rollups.rollups = (0..<4).map { rollup(meter, .hour, $0, 1) }
        try await store.write(rollups)
        let (raw, hours) = (range(120, 120).start, range(480, 480).start)
        var dropped: [Int] = []
        repeat {
            dropped.append(try await store.enforceRetention(rawBefore: raw, rollupsBefore: hours, batch: 3))
            try require(dropped.count < 10, "retention comes to an end")
        } while dropped.last != 0
        try requireEqual(dropped, [3, 1, 0], "batches")
        let left = try await store.readings(of: MeterNumber(rawValue: 1), in: range(0, 999), limit: 9)
        try requireEqual(left, [reading(1, 120, 1), reading(1, 180, 1)], "readings left")
        let rest = try await store.rollups(of: meter, .hour, in: range(0, 9999), limit: 9)
        try requireEqual(rest, [rollup(meter, .hour, 2, 1), rollup(meter, .hour, 3, 1)], "rollups left")
    }

    /// Random writes against a dictionary, from a seed.
    private static func model(_ store: any SeriesStore) async throws {
        var dice = SplitMix64(seed: 42)
        var truth: [MeterNumber: [UTCInstant: Reading]] = [:]
        for round in 0..<60 {
            let readings = (0..<Int.random(in: 1...80, using: &dice)).map { _ in
                reading(
                    .random(in: 1...5, using: &dice), .random(in: 0...500, using: &dice), Double(round),
                    facility: .random(in: 1...2, using: &dice))
            }
            for reading in readings { truth[reading.meter, default: [:]][reading.time] = reading }
            try await write(store, readings)
        }
        for (meter, readings) in truth {
            let expected = readings.values.sorted { $0.time < $1.time }
            let found = try await store.readings(of: meter, in: range(0, 501), limit: 1000)
            try requireEqual(found, expected, "readings of \(meter)")
            let last = try await store.lastReading(of: meter, before: range(0, 501).end)
            try requireEqual(last, expected.last, "last reading of \(meter)")
        }
        let all = truth.values.flatMap(\.values).sorted {
            (ReadingCursor(of: $0), $0.time) < (ReadingCursor(of: $1), $1.time)
        }
        try requireEqual(
            try await store.readings(in: range(0, 501), after: nil, limit: 9999).readings, all, "the fleet")
    }
}
