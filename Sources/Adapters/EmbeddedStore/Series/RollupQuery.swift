import EnergyModel
import GRDB
import Ports

/// Reads rollups of one granularity, inside a read transaction.
struct RollupQuery {
    let database: Database
    let granularity: Granularity

    private var columns: String { "SELECT position, mean_kw, min_kw, max_kw, kwh, count, good_count" }
    private var table: String { RollupPosition.table(granularity) }

    /// One look-up a window, jumping over windows nobody wrote.
    func rollups(of series: SeriesKey, in range: TimeRange, limit: Int) throws -> [Rollup] {
        let statement = try RawStatement(
            database, "\(columns) FROM \(table) WHERE position >= ? ORDER BY position LIMIT 1")
        var rollups: [Rollup] = []
        var start = firstStart(in: range)
        while start < range.end, rollups.count < limit {
            let wanted = RollupPosition.pack(start: start, series: series)
            statement.bind(1, wanted)
            guard try statement.step() else { break }
            let found = statement.integer(0)
            if found == wanted { rollups.append(rollup(statement)) }
            statement.reset()
            start = next(after: start, wanted: wanted, found: found)
        }
        return rollups
    }

    func rollups(
        _ scope: RollupScope, in range: TimeRange, after cursor: RollupCursor?, limit: Int
    ) throws -> RollupSlice {
        let scopeBit = RollupPosition.scopeBit(meters: scope == .meters)
        let statement = try RawStatement(
            database,
            "\(columns) FROM \(table) WHERE position >= ? AND position < ? AND position & 2147483648 = ? ORDER BY position"
        )
        let after = cursor.map { RollupPosition.pack(start: $0.start, series: $0.series) + 1 }
        let first = RollupPosition.first(start: firstStart(in: range), scopeBit: 0)
        statement.bind(1, max(first, after ?? first))
        statement.bind(2, RollupPosition.first(start: firstStart(from: range.end), scopeBit: 0))
        statement.bind(3, scopeBit)
        defer { statement.reset() }
        var rollups: [Rollup] = []
        while try statement.step() {
            if rollups.count == limit {
                let next = rollups.last.map { RollupCursor(start: $0.start, series: $0.series) }
                return RollupSlice(rollups: rollups, next: next)
            }
            rollups.append(rollup(statement))
        }
        return RollupSlice(rollups: rollups, next: nil)
    }

    private func firstStart(in range: TimeRange) -> UTCInstant { firstStart(from: range.start) }

    /// The first window start at or after a moment.
    private func firstStart(from moment: UTCInstant) -> UTCInstant {
        let start = granularity.windowStart(of: moment)
        return start == moment ? start : start.advanced(by: .milliseconds(granularity.milliseconds))
    }

    private func next(after start: UTCInstant, wanted: Int64, found: Int64) -> UTCInstant {
        let following = start.advanced(by: .milliseconds(granularity.milliseconds))
        guard found > wanted else { return following }
        return max(following, RollupPosition.start(of: found))
    }

    private func rollup(_ row: RawStatement) -> Rollup {
        let position = row.integer(0)
        return Rollup(
            series: RollupPosition.series(of: position), granularity: granularity,
            start: RollupPosition.start(of: position), meanKilowatts: row.double(1), minKilowatts: row.double(2),
            maxKilowatts: row.double(3), kilowattHours: row.double(4),
            count: UInt32(truncatingIfNeeded: row.integer(5)),
            goodCount: UInt32(truncatingIfNeeded: row.integer(6)))
    }
}
