import EnergyModel

/// Everything one step of aggregation stores, in one transaction: all of it or nothing.
package struct SeriesWrite: Sendable {
    package var readings: [Reading] = []
    package var rollups: [Rollup] = []
    package var lateHours: [LateHour] = []
    package var clearedLateHours: [LateHour] = []
    /// Offsets up to which the log is contained in this store after the write (ledger AGG-04, CF-28).
    package var processed: [Partition: Int64] = [:]
    /// Windows that end at or before this moment have their rollups stored; nil leaves it as it was.
    package var closedUntil: UTCInstant?

    package init() {}

    package var isEmpty: Bool {
        readings.isEmpty && rollups.isEmpty && lateHours.isEmpty && clearedLateHours.isEmpty && processed.isEmpty
            && closedUntil == nil
    }
}

/// Where aggregation stands in the store, read once at start.
package struct SeriesProgress: Sendable, Hashable {
    package var processed: [Partition: Int64]
    package var closedUntil: UTCInstant?
    package var lateHours: [LateHour]
    package init(processed: [Partition: Int64], closedUntil: UTCInstant?, lateHours: [LateHour]) {
        self.processed = processed
        self.closedUntil = closedUntil
        self.lateHours = lateHours
    }
}

/// Raw readings and rollups. Idempotent: a reading is keyed by (meter, time), a rollup by (series, granularity, start);
/// writing the same key again replaces it. Every read has a row limit and a deadline (ledger TSDB-12).
package protocol SeriesStore: Sendable {
    /// One transaction. Durability may lag behind the log's (SQLite NORMAL), atomicity and order may not.
    func write(_ write: SeriesWrite) async throws(PortError)

    func progress() async throws(PortError) -> SeriesProgress

    /// Readings of one meter by time, one per timestamp (the newest written wins), at most `limit` from the start.
    func readings(of meter: MeterNumber, in range: TimeRange, limit: Int) async throws(PortError) -> [Reading]

    /// Readings of all meters by quarter hour (UTC), then meter, then time: an order in which any store finds its place again at
    /// once. A slice ends with a meter's quarter hour and holds `limit` readings or a few more; pass its `next` to go on.
    func readings(in range: TimeRange, after cursor: ReadingCursor?, limit: Int) async throws(PortError) -> ReadingSlice

    /// The newest reading of a meter before `time`, looking back at most 7 days; nil when there is none.
    func lastReading(of meter: MeterNumber, before time: UTCInstant) async throws(PortError) -> Reading?

    /// The newest stored reading of each meter at or before `time`, looking back `lookback` at most.
    func newestReadings(at time: UTCInstant, lookback: Duration) async throws(PortError) -> [Reading]

    /// Which meters have readings of the range, by the facility that these name: a meter that moved belongs to the facility
    /// where it was.
    func members(in range: TimeRange) async throws(PortError) -> [FacilityNumber: Set<MeterNumber>]

    func rollups(
        of series: SeriesKey, _ granularity: Granularity, in range: TimeRange, limit: Int
    ) async throws(PortError) -> [Rollup]

    /// Rollups of all facilities (or all meters) by start then series, for exports and Overview; paged like `readings`.
    func rollups(
        _ scope: RollupScope, _ granularity: Granularity, in range: TimeRange, after cursor: RollupCursor?, limit: Int
    ) async throws(PortError) -> RollupSlice

    /// Drops raw readings before one moment and rollups before the other (ledger BASE-09), at most `batch` rows or chunks a
    /// call so that a caller can throttle; returns how many went, 0 when done.
    func enforceRetention(rawBefore: UTCInstant, rollupsBefore: UTCInstant, batch: Int) async throws(PortError) -> Int

    func storedBytes() async throws(PortError) -> Int64

    /// After a read threw `.corrupt`: moves readings of the range that nobody can read any more out of the way of the others
    /// and keeps their bytes for a repair; returns how many blocks. The readings come again from a backup only.
    func setAsideDamage(in range: TimeRange) async throws(PortError) -> Int
}

extension SeriesStore {
    package func members(in range: TimeRange) async throws(PortError) -> [FacilityNumber: Set<MeterNumber>] {
        var members: [FacilityNumber: Set<MeterNumber>] = [:]
        var cursor: ReadingCursor?
        repeat {
            let slice = try await readings(in: range, after: cursor, limit: 50_000)
            for reading in slice.readings { members[reading.facility, default: []].insert(reading.meter) }
            cursor = slice.next
        } while cursor != nil
        return members
    }

    /// A store that serves what it can by itself has nothing to set aside.
    package func setAsideDamage(in range: TimeRange) async throws(PortError) -> Int { 0 }
}

package enum RollupScope: Sendable, Hashable { case facilities, meters }

/// A meter's quarter hour, after which a slice of readings begins.
package struct ReadingCursor: Sendable, Hashable, Comparable {
    /// The quarter hour's start.
    package var quarter: UTCInstant
    package var meter: MeterNumber
    package init(quarter: UTCInstant, meter: MeterNumber) {
        self.quarter = quarter
        self.meter = meter
    }

    /// Where a reading stands.
    package init(of reading: Reading) {
        self.init(quarter: Granularity.quarterHour.windowStart(of: reading.time), meter: reading.meter)
    }

    package static func < (left: Self, right: Self) -> Bool {
        (left.quarter, left.meter) < (right.quarter, right.meter)
    }
}

package struct ReadingSlice: Sendable {
    package var readings: [Reading]
    /// Nil when the range is exhausted.
    package var next: ReadingCursor?
    package init(readings: [Reading], next: ReadingCursor?) {
        self.readings = readings
        self.next = next
    }
}

package struct RollupCursor: Sendable, Hashable {
    package var start: UTCInstant
    package var series: SeriesKey
    package init(start: UTCInstant, series: SeriesKey) {
        self.start = start
        self.series = series
    }
}

package struct RollupSlice: Sendable {
    package var rollups: [Rollup]
    package var next: RollupCursor?
    package init(rollups: [Rollup], next: RollupCursor?) {
        self.rollups = rollups
        self.next = next
    }
}
