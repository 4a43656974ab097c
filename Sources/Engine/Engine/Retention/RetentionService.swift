import EnergyModel
import Logging
import Ports
import ServiceLifecycle
import Synchronization

/// Keeps log, series and disk within their limits (LOG-02, BASE-09, TSDB-06, TSDB-07). The log is looked at every minute;
/// the series store once a day off-peak, in small batches; a full disk shortens raw retention step by step and in the end
/// closes the intake.
final class RetentionService: Service {
    private struct State {
        var isRequested = false
        /// UTC day of the last series pass.
        var lastDay = Int64.min
        var rawAge: Duration
        var isWarned = false
    }

    private static let topics: [Topic] = [.sensorReadings, .sensorReadingsDeadLetters, .seriesWritesDeadLetters]

    private let log: any EventLog
    private let series: any SeriesStore
    private let settings: EngineSettings.Retention
    private let gate: GateKeeper
    private let host: HostProbe
    private let time: Timekeeper
    private let measures: EngineMeasures
    private let journal: Journal
    private let logger: Logger
    private let state: Mutex<State>

    init(
        log: any EventLog, series: any SeriesStore, settings: EngineSettings.Retention, gate: GateKeeper,
        host: HostProbe,
        time: Timekeeper, measures: EngineMeasures, journal: Journal, logger: Logger
    ) {
        self.log = log
        self.series = series
        self.settings = settings
        self.gate = gate
        self.host = host
        self.time = time
        self.measures = measures
        self.journal = journal
        self.logger = logger
        state = Mutex(State(rawAge: settings.raw))
    }

    /// The next look, within a second, also passes over the series store.
    func requestPass() { state.withLock { $0.isRequested = true } }

    /// Raw readings are kept this long now; shorter than the setting while the disk is full.
    var rawAge: Duration { state.withLock(\.rawAge) }

    func run() async throws {
        var lookedAt = time.uptime()
        await turn()
        while await time.pause(.seconds(1)) {
            let isRequested = state.withLock(\.isRequested)
            guard isRequested || time.uptime() - lookedAt >= settings.interval else { continue }
            lookedAt = time.uptime()
            await turn()
        }
    }

    /// One look at disk and log, and a pass over the series store when it is due.
    func turn() async {
        let isPressed = lookAtDisk()
        do throws(PortError) {
            try await trimLog()
            if isDue(pressed: isPressed) { try await trimSeries() }
        } catch {
            logger.warning("retention not finished, trying again", metadata: ["error": "\(error)"])
        }
    }

    /// True while the disk asks for shorter retention.
    private func lookAtDisk() -> Bool {
        let used = host.disk().usedShare
        gate.disk(isFull: used >= settings.diskRefuse)
        let isWarned = used >= settings.diskWarn
        let changed = state.withLock { state in
            defer { state.isWarned = isWarned }
            return state.isWarned != isWarned
        }
        let percent = Int((used * 100).rounded())
        if changed {
            let text = isWarned ? "is \(percent) % full: make room" : "is \(percent) % full, below the mark again"
            journal.note(text, of: "disk", by: "service:retention")
        }
        guard used >= settings.diskAct else {
            if used < settings.diskWarn { state.withLock { $0.rawAge = settings.raw } }
            return false
        }
        let shortened = state.withLock { state in
            let next = max(settings.rawFloor, state.rawAge * 9 / 10)
            defer { state.rawAge = min(state.rawAge, next) }
            return next < state.rawAge ? next : nil
        }
        if let shortened {
            journal.note(
                "is \(percent) % full: raw readings are kept \(shortened.milliseconds / 86_400_000) days from now on",
                of: "disk", by: "service:retention")
        }
        return true
    }

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
            guard count > 0, await time.pause(settings.pause) else { break }
        }
        guard dropped > 0 else { return }
        journal.note("dropped \(dropped) rows beyond their age", of: "series-store", by: "service:retention")
    }
}
