import EnergyModel
import Logging
import Metering
import Ports
import Resilience
import ServiceLifecycle
import Synchronization

/// Log → windows → series store, effectively once: what a step did is stored in one transaction together with the offsets
/// it reached, and acknowledged after. Two steps are under way at a time: while one is written the next is decoded, so
/// memory stays bounded however long the store is down. When anything but the store's own hiccups goes wrong the session
/// ends and a new one is rebuilt from the store.
final class AggregationService: Service {
    let sink: SeriesSink
    private let log: any EventLog
    let series: any SeriesStore
    let settings: EngineSettings
    let directory: FleetDirectory
    let board: LiveBoard
    private let monitor: QueueMonitor
    let health: HealthService
    let time: Timekeeper
    private let measures: EngineMeasures
    let logger: Logger
    /// A person has stored late hours; looked for at the next turn.
    private let isLookRequested = Mutex(false)

    init(
        log: any EventLog, series: any SeriesStore, sink: SeriesSink, settings: EngineSettings,
        directory: FleetDirectory,
        board: LiveBoard, monitor: QueueMonitor, health: HealthService, time: Timekeeper, measures: EngineMeasures,
        logger: Logger
    ) {
        self.log = log
        self.series = series
        self.sink = sink
        self.settings = settings
        self.directory = directory
        self.board = board
        self.monitor = monitor
        self.health = health
        self.time = time
        self.measures = measures
        self.logger = logger
    }

    /// Late hours were stored from outside (AGG-10): they are begun at the next turn, not at the next regular look.
    func lookForLateHours() { isLookRequested.withLock { $0 = true } }

    /// True once after each request.
    func takeLookRequest() -> Bool {
        isLookRequested.withLock { isRequested in
            defer { isRequested = false }
            return isRequested
        }
    }

    func run() async throws {
        defer { health.rest("aggregation") }
        let backoff = Backoff(first: .milliseconds(200), cap: .seconds(5), jitter: .none, attempts: nil)
        var attempt = 0
        while isRunning {
            health.beat("aggregation")
            do throws(PortError) {
                var session = try await open()
                attempt = 0
                do throws(PortError) {
                    try await turnUntilStopped(&session)
                } catch {
                    await session.consumer.close()
                    throw error
                }
                await session.consumer.close()
            } catch {
                attempt += 1
                logger.warning("aggregation starts again from the store", metadata: ["error": "\(error)"])
                if error.code == .corrupt { await setDamageAside() }
                _ = await time.pause(backoff.delay(afterAttempt: attempt, random: 0.5))
            }
        }
    }

    /// One assignment of the log's partitions, with the state rebuilt for it.
    struct Session: Sendable {
        let consumer: any LogConsumer
        var state: AggregationState
        /// Made, not yet written.
        var pending: AggregationStep?
        var directoryVersion = 0
        var checkpointAt: Duration
        var latePassAt: Duration
        /// When the store is asked for late hours that somebody else stored.
        var lateLookAt: Duration
    }

    func open() async throws(PortError) -> Session {
        let progress = try await bounded(by: settings.series.writeTimeout, "reading progress", time: time) {
            [series] () throws(PortError) in try await series.progress()
        }
        let consumer = try await bounded(by: settings.series.writeTimeout, "opening the log", time: time) {
            [log, settings] () throws(PortError) in
            try await log.consumer(
                of: .sensorReadings, group: settings.aggregation.group, startingAt: progress.processed)
        }
        do throws(PortError) {
            let state = try await rebuild(from: progress)
            health.phase("windows", done: true)
            let now = time.uptime()
            return Session(
                consumer: consumer, state: state, checkpointAt: now + settings.aggregation.checkpointInterval,
                latePassAt: now + settings.aggregation.latePassInterval,
                lateLookAt: now + settings.aggregation.lateLookInterval)
        } catch {
            await consumer.close()
            throw error
        }
    }

    private func turnUntilStopped(_ session: inout Session) async throws(PortError) {
        while isRunning { try await turn(&session) }
        try await finish(&session)
    }

    /// Writes what waits while it reads and works the next step.
    func turn(_ session: inout Session) async throws(PortError) {
        health.beat("aggregation")
        let (pending, consumer) = (session.pending, session.consumer)
        async let written = sink.outcome(of: pending, acknowledgedBy: consumer)
        let gathered = await gather(session.consumer)
        if case .success(let batches) = gathered { work(batches, &session) }
        try await written.get()
        session.pending = nil
        _ = try gathered.get()
        let step = session.state.takeStep()
        if !step.isEmpty {
            board.apply(readings: step.write.readings, rollups: step.write.rollups, now: time.now())
            session.pending = step
        }
        try await workLateHours(&session)
    }

    /// The last step, the open windows, and the acknowledgements.
    func finish(_ session: inout Session) async throws(PortError) {
        try await sink.outcome(of: session.pending, acknowledgedBy: session.consumer).get()
        session.pending = nil
        session.state.checkpoint(now: time.now())
        try await sink.outcome(of: session.state.takeStep(), acknowledgedBy: session.consumer).get()
    }

    /// What lies ready, up to a step's worth; empty when nothing came within the poll's wait. A log that does not answer is
    /// waited for here: the windows in memory stay good.
    private func gather(_ consumer: any LogConsumer) async -> Result<[LogBatch], PortError> {
        let limit = monitor.isBacklogged ? settings.aggregation.backlogBatchItems : settings.aggregation.batchItems
        var batches: [LogBatch] = []
        var items = 0
        do throws(PortError) {
            while items < limit, batches.count < settings.aggregation.batchesPerStep {
                let wait = batches.isEmpty ? settings.aggregation.pollWait : .zero
                guard let batch = try await next(from: consumer, items: limit - items, wait: wait) else { break }
                items += batch.items
                batches.append(batch)
            }
        } catch  where error.isTransient && batches.isEmpty {
            logger.warning("log not read, trying again", metadata: ["error": "\(error)"])
            _ = await time.pause(.seconds(1))
        } catch  where !error.isTransient {
            return .failure(error)
        } catch {
            logger.warning("log read in part", metadata: ["error": "\(error)"])
        }
        return .success(batches)
    }

    private func next(
        from consumer: any LogConsumer, items: Int, wait: Duration
    ) async throws(PortError) -> LogBatch? {
        try await bounded(by: settings.series.writeTimeout, "reading the log", time: time) { () throws(PortError) in
            try await consumer.next(items: items, wait: wait)
        }
    }

    private func work(_ batches: [LogBatch], _ session: inout Session) {
        let now = time.now()
        let fleet = directory.current
        if fleet.version != session.directoryVersion {
            session.state.setRegisterLimits(of: fleet.meters)
            session.directoryVersion = fleet.version
        }
        if !batches.isEmpty { session.state.take(batches, now: now) }
        guard time.uptime() >= session.checkpointAt else { return }
        session.checkpointAt = time.uptime() + settings.aggregation.checkpointInterval
        session.state.checkpoint(now: now)
    }
}
