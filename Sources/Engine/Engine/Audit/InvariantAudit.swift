import EnergyModel
import Metering
import Ports

/// Checks invariants I1-I4 and I7 (RELIABILITY.md §2) over the ports alone. Reads, never writes; may run beside an engine,
/// then it looks only at hours that are closed and have no late readings waiting. Memory is bounded by about three hours of
/// windows.
package struct InvariantAudit: Sendable {
    private let log: any EventLog
    private let series: any SeriesStore
    private let records: any RecordStore
    private let settings: EngineSettings

    package init(log: any EventLog, series: any SeriesStore, records: any RecordStore, settings: EngineSettings) {
        self.log = log
        self.series = series
        self.records = records
        self.settings = settings
    }

    /// What was seen while stored readings were read and hours compared.
    private struct Findings {
        var readings = 0
        var repeated: [String] = []
        var windows = 0
        var energy: [String] = []
        var missing: [String] = []
        var surplus: [String] = []
    }

    /// Audits the whole hours of `range`. `isQuiet` says that no engine runs and the last one stopped or was caught up: then
    /// open windows are stored too, and the hours that are not closed yet are audited with the rest.
    package func run(in range: TimeRange, isQuiet: Bool = false) async throws(PortError) -> InvariantReport {
        let progress = try await series.progress()
        let hour = Granularity.hour.milliseconds
        let start = UTCInstant(milliseconds: range.start.milliseconds + hour - 1).floor(toMilliseconds: hour)
        let closed = min(range.end, progress.closedUntil ?? .distantPast).floor(toMilliseconds: hour)
        let end = isQuiet ? UTCInstant(milliseconds: range.end.milliseconds + hour).floor(toMilliseconds: hour) : closed
        let audited = TimeRange(start: min(start, end), end: end)
        var report = InvariantReport(audited: audited)
        var findings = Findings()
        if !audited.isEmpty {
            let late = Set(progress.lateHours.map(\.hour))
            try await compare(audited, except: late, &findings)
        }
        report.add(
            "I1", holds: findings.repeated.isEmpty,
            "\(findings.readings) stored readings, each (meter, timestamp) once", examples: findings.repeated)
        report.add(
            "I2", holds: findings.energy.isEmpty,
            "energy of raw readings = 1 min = 15 min = 1 h, per meter and facility", examples: findings.energy)
        report.add(
            "I3", holds: findings.missing.isEmpty && findings.surplus.isEmpty,
            "\(findings.windows) stored rollups = distinct windows", examples: findings.missing + findings.surplus)
        try await auditOffsets(progress, &report)
        try await auditCounts(progress, &report)
        return report
    }

    private func compare(
        _ range: TimeRange, except late: Set<UTCInstant>, _ findings: inout Findings
    ) async throws(PortError) {
        let reach = WindowRules().predecessorReach
        let before = try await series.newestReadings(
            at: range.start.advanced(by: .milliseconds(-1)), lookback: reach)
        var reference = ReferenceWindows(from: range.start, meters: try await records.meters(), predecessors: before)
        var hour = range.start
        // An hour's last energy step ends with the first reading after it, so it is compared an hour later.
        while hour < range.end.advanced(by: .seconds(3600)) {
            try await feed(&reference, hour: hour, count: hour < range.end, &findings)
            let ended = hour.advanced(by: .seconds(-3600))
            if ended >= range.start {
                let windows = reference.hour(ended)
                if !late.contains(ended) { try await check(windows, of: ended, &findings) }
            }
            hour = hour.advanced(by: .seconds(3600))
        }
    }

    private func feed(
        _ reference: inout ReferenceWindows, hour: UTCInstant, count: Bool, _ findings: inout Findings
    ) async throws(PortError) {
        let range = TimeRange(start: hour, end: hour.advanced(by: .seconds(3600)))
        var cursor: ReadingCursor?
        var last: Reading?
        repeat {
            let slice = try await series.readings(in: range, after: cursor, limit: settings.aggregation.sliceReadings)
            for reading in slice.readings where count {
                if let last, (ReadingCursor(of: last), last.time) >= (ReadingCursor(of: reading), reading.time) {
                    findings.repeated.append("meter \(reading.meter.rawValue) at \(reading.time.iso8601)")
                }
                last = reading
                findings.readings += 1
            }
            reference.take(slice.readings)
            cursor = slice.next
        } while cursor != nil
    }

    private func check(
        _ windows: [ReferenceWindows.Key: Rollup], of hour: UTCInstant, _ findings: inout Findings
    ) async throws(PortError) {
        var left = windows
        var sums: [SeriesKey: [Granularity: Double]] = [:]
        for scope in [RollupScope.meters, .facilities] {
            for granularity in Granularity.allCases {
                try await forEachRollup(scope, granularity, hour) { rollup in
                    findings.windows += 1
                    sums[rollup.series, default: [:]][granularity, default: 0] += rollup.kilowattHours
                    guard let expected = left.removeValue(forKey: ReferenceWindows.Key(rollup)) else {
                        findings.surplus.append("\(name(rollup)) is stored without a reading")
                        return
                    }
                    if !isNear(expected.kilowattHours, rollup.kilowattHours) || expected.count != rollup.count {
                        findings.energy.append(
                            "\(name(rollup)) holds \(rollup.kilowattHours) kWh of \(rollup.count) readings, raw gives "
                                + "\(expected.kilowattHours) of \(expected.count)")
                    }
                }
            }
        }
        findings.missing += left.values.prefix(5).map { "\(name($0)) is not stored" }
        for (series, energies) in sums {
            let hourly = energies[.hour] ?? .nan
            for (granularity, energy) in energies where !isNear(energy, hourly) {
                findings.energy.append("\(series) at \(hour.iso8601): \(granularity.label) \(energy), 1h \(hourly) kWh")
            }
        }
    }

    private func forEachRollup(
        _ scope: RollupScope, _ granularity: Granularity, _ hour: UTCInstant, _ body: (Rollup) -> Void
    ) async throws(PortError) {
        let range = TimeRange(start: hour, end: hour.advanced(by: .seconds(3600)))
        var cursor: RollupCursor?
        repeat {
            let slice = try await series.rollups(scope, granularity, in: range, after: cursor, limit: 20_000)
            for rollup in slice.rollups { body(rollup) }
            cursor = slice.next
        } while cursor != nil
    }

    private func auditOffsets(_ progress: SeriesProgress, _ report: inout InvariantReport) async throws(PortError) {
        let lags = try await log.lag(of: .sensorReadings, group: settings.aggregation.group)
        let ahead = lags.filter { $0.committedOffset > (progress.processed[$0.partition] ?? 0) }
        report.add(
            "I4", holds: ahead.isEmpty, "committed offset ≤ stored offset in \(lags.count) partitions",
            examples: ahead.map {
                "partition \($0.partition.index): committed \($0.committedOffset), stored "
                    + "\(progress.processed[$0.partition] ?? 0)"
            })
    }

    /// Every reading appended is processed or waiting; every dead letter appended is stored or waiting. A record that was
    /// buried twice by a crash counts once among the letters: then the sums differ by it, and the sentence says so.
    private func auditCounts(_ progress: SeriesProgress, _ report: inout InvariantReport) async throws(PortError) {
        let lags = try await log.lag(of: .sensorReadings, group: settings.aggregation.group)
        let received = lags.reduce(0) { $0 + $1.endOffset }
        let processed = lags.reduce(0) { $0 + min($1.endOffset, progress.processed[$1.partition] ?? 0) }
        let beyond = lags.filter { (progress.processed[$0.partition] ?? 0) > $0.endOffset }
        report.add(
            "I7", holds: beyond.isEmpty,
            "\(received) readings received = \(processed) processed + \(received - processed) in flight",
            examples: beyond.map { "partition \($0.partition.index) is stored beyond the log's end" })
        let letters = try await log.lag(of: .sensorReadingsDeadLetters, group: settings.deadLetters.group)
        let buried = letters.reduce(0) { $0 + $1.endOffset }
        let waiting = letters.reduce(0) { $0 + $1.items }
        let topic = Topic.sensorReadingsDeadLetters.name
        let stored = try await records.deadLetterCounts().reduce(0) { $0 + ($1.topic == topic ? $1.count : 0) }
        let difference = buried - waiting - Int64(stored)
        report.add(
            "I7", holds: difference == 0, "\(buried) dead letters = \(stored) stored + \(waiting) in flight",
            examples: difference == 0 ? [] : ["they differ by \(difference)"])
    }

    private func name(_ rollup: Rollup) -> String {
        let series =
            switch rollup.series {
            case .meter(let number): "meter \(number.rawValue)"
            case .facility(let number): "facility \(number.rawValue)"
            }
        return "\(series) \(rollup.granularity.label) \(rollup.start.iso8601)"
    }
}

/// Equal but for rounding: the order of additions differs.
private func isNear(_ left: Double, _ right: Double) -> Bool {
    left == right || left.isNaN && right.isNaN || abs(left - right) <= 1e-6 * max(1, abs(left), abs(right))
}
