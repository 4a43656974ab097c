import EnergyModel
import Ports
import Synchronization

/// The series store in memory: the same contract as the durable ones, for tests and small simulations.
package final class MemorySeriesStore: SeriesStore, Sendable {
    private struct RollupKey: Hashable {
        var series: SeriesKey
        var granularity: Granularity
        var start: UTCInstant
    }

    private struct MeterHour: Hashable {
        var meter: MeterNumber
        var hour: UTCInstant
        init(_ late: LateHour) {
            meter = late.meter
            hour = late.hour
        }
    }

    private struct State {
        var readings: [MeterNumber: [UTCInstant: Reading]] = [:]
        var rollups: [RollupKey: Rollup] = [:]
        var lateHours: [MeterHour: LateHour] = [:]
        var processed: [Partition: Int64] = [:]
        var closedUntil: UTCInstant?
    }

    private let state = Mutex(State())
    package let faults: PortFaults

    package init(clock: any Clock<Duration> = ContinuousClock()) { faults = PortFaults(clock: clock) }

    package func write(_ write: SeriesWrite) async throws(PortError) {
        try await faults.pass(storing: true)
        state.withLock { state in
            for reading in write.readings { state.readings[reading.meter, default: [:]][reading.time] = reading }
            for rollup in write.rollups {
                let key = RollupKey(series: rollup.series, granularity: rollup.granularity, start: rollup.start)
                state.rollups[key] = rollup
            }
            for late in write.clearedLateHours { state.lateHours[MeterHour(late)] = nil }
            for late in write.lateHours { state.lateHours[MeterHour(late)] = late }
            for (partition, offset) in write.processed { state.processed[partition] = offset }
            state.closedUntil = write.closedUntil ?? state.closedUntil
        }
    }

    package func progress() async throws(PortError) -> SeriesProgress {
        try await faults.pass()
        return state.withLock { state in
            let late = state.lateHours.values.sorted { ($0.hour, $0.meter) < ($1.hour, $1.meter) }
            return SeriesProgress(processed: state.processed, closedUntil: state.closedUntil, lateHours: late)
        }
    }

    package func readings(
        of meter: MeterNumber, in range: TimeRange, limit: Int
    ) async throws(PortError) -> [Reading] {
        try await faults.pass()
        return state.withLock { state in
            let all = state.readings[meter, default: [:]].values.filter { range.contains($0.time) }
            return Array(all.sorted { $0.time < $1.time }.prefix(limit))
        }
    }

    package func readings(
        in range: TimeRange, after cursor: ReadingCursor?, limit: Int
    ) async throws(PortError) -> ReadingSlice {
        try await faults.pass()
        return state.withLock { state in
            var all = state.readings.values.flatMap { $0.values.filter { range.contains($0.time) } }
            if let cursor { all.removeAll { ReadingCursor(of: $0) <= cursor } }
            all.sort { (ReadingCursor(of: $0), $0.time) < (ReadingCursor(of: $1), $1.time) }
            let last = all.dropFirst(limit - 1).first.map { ReadingCursor(of: $0) }
            let page = last.map { last in Array(all.prefix { ReadingCursor(of: $0) <= last }) } ?? all
            let next = all.count > page.count ? page.last : nil
            return ReadingSlice(readings: page, next: next.map { ReadingCursor(of: $0) })
        }
    }

    package func lastReading(of meter: MeterNumber, before time: UTCInstant) async throws(PortError) -> Reading? {
        try await faults.pass()
        let earliest = time.advanced(by: .seconds(-7 * 86_400))
        return state.withLock { state in
            state.readings[meter, default: [:]].values
                .filter { $0.time < time && $0.time >= earliest }.max { $0.time < $1.time }
        }
    }

    package func newestReadings(at time: UTCInstant, lookback: Duration) async throws(PortError) -> [Reading] {
        try await faults.pass()
        let earliest = time.advanced(by: .zero - lookback)
        return state.withLock { state in
            let newest = state.readings.values.compactMap { readings in
                readings.values.filter { $0.time <= time && $0.time >= earliest }.max { $0.time < $1.time }
            }
            return newest.sorted { $0.meter < $1.meter }
        }
    }

    package func rollups(
        of series: SeriesKey, _ granularity: Granularity, in range: TimeRange, limit: Int
    ) async throws(PortError) -> [Rollup] {
        try await faults.pass()
        return state.withLock { state in
            let all = state.rollups.values.filter {
                $0.series == series && $0.granularity == granularity && range.contains($0.start)
            }
            return Array(all.sorted { $0.start < $1.start }.prefix(limit))
        }
    }

    package func rollups(
        _ scope: RollupScope, _ granularity: Granularity, in range: TimeRange, after cursor: RollupCursor?, limit: Int
    ) async throws(PortError) -> RollupSlice {
        try await faults.pass()
        return state.withLock { state in
            var all = state.rollups.values.filter {
                $0.series.scope == scope && $0.granularity == granularity && range.contains($0.start)
            }
            if let cursor { all.removeAll { ($0.start, $0.series.number) <= (cursor.start, cursor.series.number) } }
            all.sort { ($0.start, $0.series.number) < ($1.start, $1.series.number) }
            let page = Array(all.prefix(limit))
            let next = all.count > page.count ? page.last : nil
            return RollupSlice(rollups: page, next: next.map { RollupCursor(start: $0.start, series: $0.series) })
        }
    }

    package func enforceRetention(
        rawBefore: UTCInstant, rollupsBefore: UTCInstant, batch: Int
    ) async throws(PortError) -> Int {
        try await faults.pass()
        return state.withLock { state in
            let raw = state.readings.values.flatMap { $0.values.filter { $0.time < rawBefore } }
            let rollups = state.rollups.keys.filter { $0.start < rollupsBefore }
            for reading in raw.prefix(batch) { state.readings[reading.meter]?[reading.time] = nil }
            for key in rollups.prefix(max(0, batch - raw.count)) { state.rollups[key] = nil }
            return min(batch, raw.count + rollups.count)
        }
    }

    package func storedBytes() async throws(PortError) -> Int64 {
        try await faults.pass()
        return state.withLock { state in
            let readings = state.readings.values.reduce(0) { $0 + $1.count }
            return Int64(readings * 40 + state.rollups.count * 56)
        }
    }
}

extension SeriesKey {
    var scope: RollupScope {
        switch self {
        case .meter: .meters
        case .facility: .facilities
        }
    }

    var number: UInt32 {
        switch self {
        case .meter(let number): number.rawValue
        case .facility(let number): number.rawValue
        }
    }
}
