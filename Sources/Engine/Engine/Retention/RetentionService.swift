import EnergyModel
import Logging
import Ports
import Resilience
import ServiceLifecycle
import Synchronization

/// Keeps log, series and disk within their limits (LOG-02, BASE-09, TSDB-06, TSDB-07). The log is looked at every minute;
/// the series store once a day off-peak, in small batches. The disk is looked at every second: a full one shortens raw
/// retention, one step a finished pass, and in the end closes the intake.
final class RetentionService: Service {
    private struct State {
        var isRequested = false
        /// UTC day of the last series pass.
        var lastDay = Int64.min
        var rawAge: Duration
        /// The last shortening has been carried out; before that a further one would drop what need not go.
        var isStepDone = true
        var warning: HysteresisGate
        var refusal: HysteresisGate
    }

    private static let topics: [Topic] = [
        .sensorReadings, .sensorReadingsDeadLetters, .seriesWritesDeadLetters, .demandResponseInbound,
        .demandResponseDeadLetters, .buildingFailures, .forecastBuffer, RelayedCommand.topic,
    ]

    private let log: any EventLog
    private let series: any SeriesStore
    private let records: any RecordStore
    private let settings: EngineSettings.Retention
    private let gate: GateKeeper
    private let host: HostProbe
    private let time: Timekeeper
    private let measures: EngineMeasures
    private let journal: Journal
    private let logger: Logger
    private let state: Mutex<State>
    private let spans: (records: any SpanRecords, settings: EngineSettings.Trace)?

    init(
        log: any EventLog, series: any SeriesStore, records: any RecordStore, settings: EngineSettings.Retention,
        gate: GateKeeper, host: HostProbe, time: Timekeeper, measures: EngineMeasures, journal: Journal, logger: Logger,
        spans: (records: any SpanRecords, settings: EngineSettings.Trace)? = nil
    ) {
        self.log = log
        self.series = series
        self.records = records
        self.settings = settings
        self.gate = gate
        self.host = host
        self.time = time
        self.measures = measures
        self.journal = journal
        self.logger = logger
        self.spans = spans
        state = Mutex(
            State(
                rawAge: settings.raw,
                warning: HysteresisGate(refuseAt: settings.diskWarn, resumeAt: settings.diskWarn - 0.01),
                refusal: HysteresisGate(refuseAt: settings.diskRefuse, resumeAt: settings.diskRefuse - 0.01)))
    }

    /// The next look, within a second, also passes over the series store.
    func requestPass() { state.withLock { $0.isRequested = true } }

    /// Raw readings are kept this long now; shorter than the setting while the disk is full.
    var rawAge: Duration { state.withLock(\.rawAge) }

    func run() async throws {
        await cancelWhenGracefulShutdown { [self] in await work() }
    }

    private func work() async {
        var lookedAt = time.uptime()
        await turn()
        while await time.pause(.seconds(1)) {
            _ = lookAtDisk()
            let isRequested = state.withLock(\.isRequested)
            guard isRequested || time.uptime() - lookedAt >= settings.interval else { continue }
            lookedAt = time.uptime()
            await turn()
        }
    }

    /// One look at disk and log, and a pass over the series store when it is due.
    func turn() async {
        let isPressed = shorten(at: lookAtDisk())
        do throws(PortError) {
            try await trimLog()
            try await trimSpans()
            guard isDue(pressed: isPressed) else { return }
            try await trimSeries()
            try await trimRecords()
        } catch {
            logger.warning("retention not finished, trying again", metadata: ["error": "\(error)"])
        }
    }

    /// Warns and closes the intake at their marks; returns the share in use.
    private func lookAtDisk() -> Double {
        let used = host.disk().usedShare
        let (warning, isFull) = state.withLock { state in
            state.refusal.update(level: used)
            return (state.warning.update(level: used), state.refusal.isRefusing)
        }
        gate.disk(isFull: isFull)
        switch warning {
        case .startedRefusing: note("is \(percent(used)) full: make room")
        case .resumed: note("is \(percent(used)) full, below the mark again")
        case nil: break
        }
        return used
    }

    /// True while the disk asks for shorter retention. Takes the next step when the last one is done; below the warning the
    /// full age holds again.
    private func shorten(at used: Double) -> Bool {
        guard used >= settings.diskAct else {
            state.withLock { if !$0.warning.isRefusing { $0.rawAge = settings.raw } }
            return false
        }
        let shortened: Duration? = state.withLock { state in
            let next = max(settings.rawFloor, state.rawAge * 9 / 10)
            guard state.isStepDone, next < state.rawAge else { return nil }
            (state.rawAge, state.isStepDone) = (next, false)
            return next
        }
        if let shortened {
            let days = shortened.milliseconds / 86_400_000
            note("is \(percent(used)) full: raw readings are kept \(days) days from now on")
        }
        return true
    }

    private func percent(_ share: Double) -> String { "\(Int((share * 100).rounded())) %" }
    private func note(_ text: String) { journal.note(text, of: "disk", by: "service:retention") }

    private func trimLog() async throws(PortError) {
        for topic in RetentionService.topics {
            let before = time.now().advanced(by: .zero - settings.log)
            let outcome = try await bounded(by: .seconds(30), "retention of \(topic)", time: time) {
                [log, settings] () throws(PortError) in
                try await log.enforceRetention(
                    of: topic, olderThan: before, maximumBytes: settings.logBytes, evenUnconsumed: false)
            }
            measures.count(.droppedUnconsumed, Int(outcome.droppedUnconsumedItems))
        }
    }

    /// Every time, since a flood of failing requests writes many (ledger TRACE-07). A few batches at a time.
    private func trimSpans() async throws(PortError) {
        guard let spans else { return }
        let before = time.now().advanced(by: .zero - spans.settings.retention)
        for _ in 0..<20 where isRunning {
            let count = try await bounded(by: .seconds(30), "retention of traces", time: time) { () throws(PortError) in
                try await spans.records.enforceRetention(
                    before: before, keeping: spans.settings.storedSpans, batch: 10_000)
            }
            guard count > 0, await time.pause(.milliseconds(50)) else { return }
        }
    }

    private func isDue(pressed: Bool) -> Bool {
        let now = time.now().milliseconds
        let (day, hour) = (now / 86_400_000, Int(now / 3_600_000 % 24))
        return state.withLock { state in
            let isDue = state.isRequested || pressed || (hour == settings.offPeakHour && state.lastDay != day)
            if isDue {
                state.isRequested = false
                state.lastDay = day
            }
            return isDue
        }
    }

    private func trimRecords() async throws(PortError) {
        let now = time.now()
        let limits = RecordRetention(
            journalBefore: now.advanced(by: .zero - settings.journal),
            auditBefore: now.advanced(by: .zero - settings.audit),
            lettersBefore: now.advanced(by: .zero - settings.letters))
        while isRunning {
            let count = try await bounded(by: .seconds(30), "retention of the record store", time: time) {
                [records, settings] () throws(PortError) in
                try await records.enforceRetention(limits, batch: settings.batch)
            }
            guard count > 0, await time.pause(settings.pause) else { return }
        }
    }

    private func trimSeries() async throws(PortError) {
        let now = time.now()
        let (raw, rollups) = (now.advanced(by: .zero - rawAge), now.advanced(by: .zero - settings.rollups))
        var dropped = 0
        while isRunning {
            let count = try await bounded(by: .seconds(30), "retention of the series store", time: time) {
                [series, settings] () throws(PortError) in
                try await series.enforceRetention(rawBefore: raw, rollupsBefore: rollups, batch: settings.batch)
            }
            dropped += count
            if count == 0 {
                state.withLock { $0.isStepDone = true }
                break
            }
            guard await time.pause(settings.pause) else { break }
        }
        guard dropped > 0 else { return }
        journal.note("dropped \(dropped) rows beyond their age", of: "series-store", by: "service:retention")
    }
}
