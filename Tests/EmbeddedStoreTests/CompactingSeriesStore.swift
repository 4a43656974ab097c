import EmbeddedStore
import EnergyModel
import Ports
import Synchronization

/// The real series store, compacted after every other write: reads then find the same key in chunks and in slices.
final class CompactingSeriesStore: SeriesStore {
    private let store: EmbeddedSeriesStore
    private let writes = Mutex(0)

    init(store: EmbeddedSeriesStore) { self.store = store }

    func write(_ write: SeriesWrite) async throws(PortError) {
        try await store.write(write)
        let count = writes.withLock { count in
            count += 1
            return count
        }
        if count % 2 == 1 { try await store.compact() }
    }

    func progress() async throws(PortError) -> SeriesProgress { try await store.progress() }

    func readings(of meter: MeterNumber, in range: TimeRange, limit: Int) async throws(PortError) -> [Reading] {
        try await store.readings(of: meter, in: range, limit: limit)
    }

    func readings(in range: TimeRange, after cursor: ReadingCursor?, limit: Int) async throws(PortError) -> ReadingSlice
    {
        try await store.readings(in: range, after: cursor, limit: limit)
    }

    func lastReading(of meter: MeterNumber, before time: UTCInstant) async throws(PortError) -> Reading? {
        try await store.lastReading(of: meter, before: time)
    }

    func newestReadings(at time: UTCInstant, lookback: Duration) async throws(PortError) -> [Reading] {
        try await store.newestReadings(at: time, lookback: lookback)
    }

    func members(in range: TimeRange) async throws(PortError) -> [FacilityNumber: Set<MeterNumber>] {
        try await store.members(in: range)
    }

    func rollups(
        of series: SeriesKey, _ granularity: Granularity, in range: TimeRange, limit: Int
    ) async throws(PortError) -> [Rollup] {
        try await store.rollups(of: series, granularity, in: range, limit: limit)
    }

    func rollups(
        _ scope: RollupScope, _ granularity: Granularity, in range: TimeRange, after cursor: RollupCursor?, limit: Int
    ) async throws(PortError) -> RollupSlice {
        try await store.rollups(scope, granularity, in: range, after: cursor, limit: limit)
    }

    func enforceRetention(rawBefore: UTCInstant, rollupsBefore: UTCInstant, batch: Int) async throws(PortError) -> Int {
        try await store.enforceRetention(rawBefore: rawBefore, rollupsBefore: rollupsBefore, batch: batch)
    }

    func storedBytes() async throws(PortError) -> Int64 { try await store.storedBytes() }
}
