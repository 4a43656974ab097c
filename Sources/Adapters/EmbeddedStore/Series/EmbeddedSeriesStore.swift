import EnergyModel
import GRDB
import Ports
import Synchronization

/// The series store in `series.sqlite`: raw readings, rollups, late hours and processed offsets, one transaction a write
/// (ledger AGG-03, AGG-04, CF-28).
package final class EmbeddedSeriesStore: SeriesStore, Sendable {
    /// Rows a read returns at most, whatever was asked for (ledger TSDB-12).
    static let maximumRows = 1_000_000

    let file: StoreFile
    /// What waits in slices for compaction.
    private let backlog: Mutex<CompactionBacklog>

    /// Blocks: looks at what waits for compaction.
    init(file: StoreFile) throws(PortError) {
        self.file = file
        do {
            let backlog = try file.writer.queue.writeWithoutTransaction { try CompactionBacklog.load($0) }
            self.backlog = Mutex(backlog)
        } catch {
            throw storeError(error, file: file.name)
        }
    }

    package func write(_ write: SeriesWrite) async throws(PortError) {
        guard !write.isEmpty else { return }
        guard write.rollups.allSatisfy({ RollupPosition.isValid($0.series) && $0.isAligned }) else {
            throw PortError(.invalid, "a rollup has a series number above 2^31 or a start off its granularity")
        }
        try await file.writer.write { database in try SeriesWriter(database: database).store(write) }
        let isDue = backlog.withLock { backlog in
            backlog.add(write.readings)
            return backlog.isDue && backlog.claim()
        }
        if isDue { compactLater() }
    }

    package func progress() async throws(PortError) -> SeriesProgress {
        try await file.reader.read { database in try readProgress(database) }
    }

    package func readings(
        of meter: MeterNumber, in range: TimeRange, limit: Int
    ) async throws(PortError) -> [Reading] {
        guard !range.isEmpty, limit > 0 else { return [] }
        return try await file.reader.read { database in
            try ReadingQuery(database: database).readings(
                of: meter, in: range, limit: min(limit, Self.maximumRows))
        }
    }

    package func readings(
        in range: TimeRange, after cursor: ReadingCursor?, limit: Int
    ) async throws(PortError) -> ReadingSlice {
        guard !range.isEmpty, limit > 0 else { return ReadingSlice(readings: [], next: nil) }
        return try await file.reader.read { database in
            try ReadingQuery(database: database).readings(
                in: range, after: cursor, limit: min(limit, Self.maximumRows))
        }
    }

    package func lastReading(of meter: MeterNumber, before time: UTCInstant) async throws(PortError) -> Reading? {
        try await file.reader.read { database in
            try ReadingQuery(database: database).lastReading(of: meter, before: time)
        }
    }

    package func newestReadings(at time: UTCInstant, lookback: Duration) async throws(PortError) -> [Reading] {
        let range = TimeRange(
            start: time.advanced(by: .zero - lookback), end: time.advanced(by: .milliseconds(1)))
        return try await file.reader.read { database in
            try ReadingQuery(database: database).newestReadings(in: range)
        }
    }

    package func rollups(
        of series: SeriesKey, _ granularity: Granularity, in range: TimeRange, limit: Int
    ) async throws(PortError) -> [Rollup] {
        guard !range.isEmpty, limit > 0 else { return [] }
        return try await file.reader.read { database in
            try RollupQuery(database: database, granularity: granularity).rollups(
                of: series, in: range, limit: min(limit, Self.maximumRows))
        }
    }

    package func rollups(
        _ scope: RollupScope, _ granularity: Granularity, in range: TimeRange, after cursor: RollupCursor?, limit: Int
    ) async throws(PortError) -> RollupSlice {
        guard !range.isEmpty, limit > 0 else { return RollupSlice(rollups: [], next: nil) }
        return try await file.reader.read { database in
            try RollupQuery(database: database, granularity: granularity).rollups(
                scope, in: range, after: cursor, limit: min(limit, Self.maximumRows))
        }
    }

    /// Raw readings go by whole quarter hours: those of a window that `rawBefore` falls into stay.
    package func enforceRetention(
        rawBefore: UTCInstant, rollupsBefore: UTCInstant, batch: Int
    ) async throws(PortError) -> Int {
        try await file.writer.write { database in
            try SeriesRetention(database: database).drop(
                rawBefore: rawBefore, rollupsBefore: rollupsBefore, batch: batch)
        }
    }

    package func storedBytes() async throws(PortError) -> Int64 { try await file.usedBytes() }

    /// Compacts everything that waits now; for tests, benchmarks and before a backup.
    package func compact() async throws(PortError) {
        var isDone = false
        while !isDone {
            isDone = try await file.writer.write { database in try Compaction(database: database).step() == 0 }
        }
        backlog.withLock { $0.clear() }
    }

    /// Runs behind the write that made it due, on the writer's queue: later writes wait for one step at most.
    private func compactLater() {
        do throws(PortError) {
            try file.writer.enqueue { database in
                do {
                    try database.inTransaction(.immediate) {
                        _ = try Compaction(database: database).step()
                        return .commit
                    }
                    let rest = try CompactionBacklog.load(database)
                    self.backlog.withLock { $0.replace(by: rest) }
                } catch {
                    // Locked or full: nothing is lost, reads see the slices; the next write tries again.
                    self.backlog.withLock { $0.release() }
                }
            }
        } catch {
            // The writer's queue is full: the next write asks again.
            backlog.withLock { $0.release() }
        }
    }
}

extension Rollup {
    fileprivate var isAligned: Bool { start.milliseconds % granularity.milliseconds == 0 }
}
