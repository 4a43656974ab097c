import EnergyModel
import GRDB
import Ports

/// Stores a `SeriesWrite`, inside a transaction.
struct SeriesWriter {
    let database: Database

    func store(_ write: SeriesWrite) throws {
        try storeSlices(write.readings)
        for granularity in Granularity.allCases { try store(write.rollups, granularity) }
        // Cleared first: an hour that is both cleared and late again in one write stays late.
        try clear(write.clearedLateHours)
        try store(write.lateHours)
        try store(write.processed)
        if let closedUntil = write.closedUntil { try setState("closed_until", closedUntil.milliseconds) }
    }

    /// One slice, or one an hour when the readings span more: a stray old reading must not make a slice cover years.
    private func storeSlices(_ readings: [Reading]) throws {
        guard var span = readings.first.map({ ($0.time, $0.time) }) else { return }
        for reading in readings {
            if reading.time < span.0 { span.0 = reading.time }
            if reading.time > span.1 { span.1 = reading.time }
        }
        if span.1.milliseconds - span.0.milliseconds <= Granularity.hour.milliseconds {
            return try storeSlice(readings, from: span.0, to: span.1)
        }
        let hours = Dictionary(grouping: readings) { Granularity.hour.windowStart(of: $0.time) }
        for (start, readings) in hours.sorted(by: { $0.key < $1.key }) {
            try storeSlice(readings, from: start, to: start.advanced(by: .milliseconds(3_599_999)))
        }
    }

    private func storeSlice(_ readings: [Reading], from low: UTCInstant, to high: UTCInstant) throws {
        let insert = try RawStatement(
            database, "INSERT INTO reading_slices (min_time, max_time, readings, block) VALUES (?, ?, ?, ?)")
        insert.bind(1, low.milliseconds)
        insert.bind(2, high.milliseconds)
        insert.bind(3, Int64(readings.count))
        try ReadingBlock.encode(readings).withUnsafeBytes { bytes in
            insert.bind(4, borrowing: bytes)
            try insert.run()
        }
    }

    private func store(_ rollups: [Rollup], _ granularity: Granularity) throws {
        let insert = try RawStatement(
            database,
            """
            INSERT OR REPLACE INTO \(RollupPosition.table(granularity))
            (position, mean_kw, min_kw, max_kw, kwh, count, good_count) VALUES (?, ?, ?, ?, ?, ?, ?)
            """)
        // In key order: the B-tree's cursor stays on its page.
        var order: [(position: Int64, index: Int)] = []
        order.reserveCapacity(rollups.count)
        for (index, rollup) in rollups.enumerated() where rollup.granularity == granularity {
            order.append((RollupPosition.pack(start: rollup.start, series: rollup.series), index))
        }
        order.sort { ($0.position, $0.index) < ($1.position, $1.index) }
        for (position, index) in order {
            let rollup = rollups[index]
            insert.bind(1, position)
            insert.bind(2, rollup.meanKilowatts)
            insert.bind(3, rollup.minKilowatts)
            insert.bind(4, rollup.maxKilowatts)
            insert.bind(5, rollup.kilowattHours)
            insert.bind(6, Int64(rollup.count))
            insert.bind(7, Int64(rollup.goodCount))
            try insert.run()
        }
    }

    private func clear(_ hours: [LateHour]) throws {
        let delete = try RawStatement(database, "DELETE FROM late_hours WHERE hour = ? AND meter = ?")
        for late in hours {
            delete.bind(1, late.hour.milliseconds)
            delete.bind(2, Int64(late.meter.rawValue))
            try delete.run()
        }
    }

    private func store(_ hours: [LateHour]) throws {
        let insert = try RawStatement(
            database, "INSERT OR REPLACE INTO late_hours (hour, meter, facility) VALUES (?, ?, ?)")
        for late in hours {
            insert.bind(1, late.hour.milliseconds)
            insert.bind(2, Int64(late.meter.rawValue))
            insert.bind(3, Int64(late.facility.rawValue))
            try insert.run()
        }
    }

    private func store(_ processed: [Partition: Int64]) throws {
        let insert = try RawStatement(
            database, "INSERT OR REPLACE INTO processed_offsets (topic, partition, next_offset) VALUES (?, ?, ?)")
        for (partition, offset) in processed {
            insert.bind(1, partition.topic.name)
            insert.bind(2, Int64(partition.index))
            insert.bind(3, offset)
            try insert.run()
        }
    }

    private func setState(_ name: String, _ value: Int64) throws {
        let insert = try RawStatement(database, "INSERT OR REPLACE INTO series_state (name, value) VALUES (?, ?)")
        insert.bind(1, name)
        insert.bind(2, value)
        try insert.run()
    }
}

func readProgress(_ database: Database) throws -> SeriesProgress {
    var progress = SeriesProgress(processed: [:], closedUntil: nil, lateHours: [])
    let offsets = try RawStatement(database, "SELECT topic, partition, next_offset FROM processed_offsets")
    while try offsets.step() {
        let partition = Partition(topic: Topic(offsets.text(0)), index: Int(offsets.integer(1)))
        progress.processed[partition] = offsets.integer(2)
    }
    let state = try RawStatement(database, "SELECT value FROM series_state WHERE name = 'closed_until'")
    while try state.step() { progress.closedUntil = UTCInstant(milliseconds: state.integer(0)) }
    let late = try RawStatement(database, "SELECT hour, meter, facility FROM late_hours ORDER BY hour, meter")
    while try late.step() {
        progress.lateHours.append(
            LateHour(
                meter: MeterNumber(rawValue: UInt32(truncatingIfNeeded: late.integer(1))),
                facility: FacilityNumber(rawValue: UInt32(truncatingIfNeeded: late.integer(2))),
                hour: UTCInstant(milliseconds: late.integer(0))))
    }
    return progress
}

/// Drops what is older than its limits, inside a transaction.
struct SeriesRetention {
    let database: Database

    struct Outcome: Sendable {
        /// Chunks and rollups that went, at most the batch.
        var dropped = 0
        var setAside = 0
    }

    func drop(rawBefore: UTCInstant, rollupsBefore: UTCInstant, batch: Int) throws -> Outcome {
        var outcome = Outcome()
        let window = ChunkPosition.window(rawBefore.milliseconds)
        let boundary = window * ChunkPosition.windowMilliseconds
        // Old readings that still wait in slices must become chunks first.
        while try hasSlices(before: boundary) {
            outcome.setAside += try Compaction(database: database).step().setAside
        }
        outcome.dropped = try delete(
            "reading_chunks", below: ChunkPosition.pack(window: window, meter: 0), atMost: batch)
        if outcome.dropped < batch { try MeterWindows(database: database).forget(before: window) }
        for granularity in Granularity.allCases where outcome.dropped < batch {
            let start = granularity.windowStart(
                of: rollupsBefore.advanced(by: .milliseconds(granularity.milliseconds - 1)))
            let position = RollupPosition.first(start: start, scopeBit: 0)
            outcome.dropped += try delete(
                RollupPosition.table(granularity), below: position, atMost: batch - outcome.dropped)
        }
        return outcome
    }

    private func hasSlices(before time: Int64) throws -> Bool {
        let statement = try RawStatement(database, "SELECT 1 FROM reading_slices WHERE min_time < ? LIMIT 1")
        statement.bind(1, time)
        defer { statement.reset() }
        return try statement.step()
    }

    private func delete(_ table: String, below position: Int64, atMost limit: Int) throws -> Int {
        let delete = try RawStatement(
            database,
            """
            DELETE FROM \(table) WHERE position IN
            (SELECT position FROM \(table) WHERE position < ? ORDER BY position LIMIT ?)
            """)
        delete.bind(1, position)
        delete.bind(2, Int64(limit))
        try delete.run()
        return database.changesCount
    }
}
