import EnergyModel
import Ports

/// The live fleet as it was at a moment, from what is stored: for time travel, warm starts, and commands beside a running
/// engine.
struct StoredFleet: Sendable {
    let series: any SeriesStore
    let settings: EngineSettings
    let time: Timekeeper

    /// Newest readings, the readings of `span` before `moment`, an hour of facility minutes and a day of quarter hours; each
    /// part is given to `apply` as it comes. About `settings.aggregation.sliceReadings` readings are in memory at a time.
    func load(
        at moment: UTCInstant, span: Duration, lookback: Duration, apply: ([Reading], [Rollup]) -> Void
    ) async throws(PortError) {
        let newest = try await read { [series] () throws(PortError) in
            try await series.newestReadings(at: moment, lookback: lookback)
        }
        apply(newest, [])
        let minutes = TimeRange(start: moment.advanced(by: .seconds(-3660)), end: moment)
        try await rollups(.minute, in: minutes, apply: apply)
        let quarters = TimeRange(start: moment.advanced(by: .seconds(-26 * 3600)), end: moment)
        try await rollups(.quarterHour, in: quarters, apply: apply)
        let range = TimeRange(start: moment.advanced(by: .zero - span), end: moment.advanced(by: .milliseconds(1)))
        var cursor: ReadingCursor?
        repeat {
            let (after, limit) = (cursor, settings.aggregation.sliceReadings)
            let slice = try await read { [series] () throws(PortError) in
                try await series.readings(in: range, after: after, limit: limit)
            }
            apply(slice.readings, [])
            cursor = slice.next
        } while cursor != nil
    }

    private func rollups(
        _ granularity: Granularity, in range: TimeRange, apply: ([Reading], [Rollup]) -> Void
    ) async throws(PortError) {
        var cursor: RollupCursor?
        repeat {
            let after = cursor
            let slice = try await read { [series] () throws(PortError) in
                try await series.rollups(.facilities, granularity, in: range, after: after, limit: 20_000)
            }
            apply([], slice.rollups)
            cursor = slice.next
        } while cursor != nil
    }

    private func read<Value: Sendable>(
        _ body: @escaping @Sendable () async throws(PortError) -> Value
    ) async throws(PortError) -> Value {
        try await bounded(by: settings.series.queryTimeout * 5, "reading stored readings", time: time, body)
    }
}
