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
    private let upkeep: Mutex<SeriesUpkeep>

    /// Blocks: looks at what waits for compaction.
    init(file: StoreFile) throws(PortError) {
        self.file = file
        do {
            let (backlog, upkeep) = try file.writer.queue.writeWithoutTransaction {
                (try CompactionBacklog.load($0), try SeriesUpkeep.load($0))
            }
            self.backlog = Mutex(backlog)
            self.upkeep = Mutex(upkeep)
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
        guard !range.isEmpty else { return [] }
        return try await NewestReadings.gather(in: range, from: file.reader)
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
        let outcome = try await file.writer.write { database in
            try SeriesRetention(database: database).drop(
                rawBefore: rawBefore, rollupsBefore: rollupsBefore, batch: batch)
        }
        upkeep.withLock { $0.add(setAside: outcome.setAside) }
        // A chunk frees less than half a page, a rollup less: what the call freed goes back, and some of what was free.
        let pages = outcome.dropped + FreeSpace.pagesInStep
        _ = try await file.writer.write { database in try FreeSpace(database: database).release(atMost: pages) }
        return outcome.dropped
    }

    package func storedBytes() async throws(PortError) -> Int64 { try await file.usedBytes() }

    /// What is wrong with the store's own upkeep, with what to do; nil while all is well. Reading and writing go on.
    package var maintenanceFault: String? { upkeep.withLock { $0.fault(of: file.name) } }

    /// Compactions that failed since the store was opened.
    package var failedCompactions: Int { upkeep.withLock { $0.failedCompactions } }

    /// Compacts everything that waits now; for tests, benchmarks and before a backup.
    package func compact() async throws(PortError) { _ = try await compactSettingAside() }

    /// Returns how many blocks could not be read and were set aside.
    func compactSettingAside() async throws(PortError) -> Int {
        var outcome = Compaction.Outcome()
        var moved = 0
        repeat {
            outcome = try await file.writer.write { database in try Compaction(database: database).step() }
            add(setAside: outcome.setAside)
            moved += outcome.setAside
        } while outcome.slices > 0
        backlog.withLock { $0.clear() }
        upkeep.withLock { $0.succeed() }
        return moved
    }

    func add(setAside count: Int) { upkeep.withLock { $0.add(setAside: count) } }

    /// Runs behind the write that made it due, on the writer's queue: later writes wait for one step at most.
    private func compactLater() {
        do throws(PortError) {
            try file.writer.enqueue { database in
                do {
                    var outcome = Compaction.Outcome()
                    try database.inTransaction(.immediate) {
                        outcome = try Compaction(database: database).step()
                        return .commit
                    }
                    self.upkeep.withLock { upkeep in
                        upkeep.add(setAside: outcome.setAside)
                        upkeep.succeed()
                    }
                    let rest = try CompactionBacklog.load(database)
                    self.backlog.withLock { $0.replace(by: rest) }
                } catch {
                    // Nothing is lost, reads see the slices; a write tries again when more of them wait.
                    let failure = storeError(error, file: self.file.name)
                    self.upkeep.withLock { $0.fail(failure) }
                    self.backlog.withLock { $0.postpone() }
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
