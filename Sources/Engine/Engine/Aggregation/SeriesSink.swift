import EnergyModel
import Logging
import Ports
import Resilience
import Synchronization

/// Carries out aggregation's steps: dead letters, then the write, then the acknowledgement. Waits for a store that is down,
/// behind its breaker, for as long as the engine runs; while it waits nothing is acknowledged.
final class SeriesSink: Sendable {
    let breaker: DependencyBreaker
    private let series: any SeriesStore
    private let log: any EventLog
    private let directory: FleetDirectory
    private let settings: EngineSettings
    private let time: Timekeeper
    private let measures: EngineMeasures
    private let journal: Journal
    private let health: HealthService
    private let random: @Sendable () -> Double
    private let logger: Logger
    private let isPaused = Mutex(false)
    private let verifier: SampleVerifier
    private let tracer: Tracer

    init(
        series: any SeriesStore, log: any EventLog, directory: FleetDirectory, breaker: DependencyBreaker,
        settings: EngineSettings, time: Timekeeper, measures: EngineMeasures, journal: Journal, health: HealthService,
        random: @escaping @Sendable () -> Double, logger: Logger, tracer: Tracer
    ) {
        self.series = series
        self.log = log
        self.directory = directory
        self.breaker = breaker
        self.settings = settings
        self.time = time
        self.measures = measures
        self.journal = journal
        self.health = health
        self.random = random
        self.tracer = tracer
        self.logger = logger
        verifier = SampleVerifier(series: series, settings: settings.series, time: time, random: random)
    }

    /// Throws while writes fail or last too long (TSDB-05).
    func check() throws(PortError) {
        let (writes, errors) = (measures.perMinute(.writes), measures.perMinute(.writeErrors))
        if errors > 0, errors / max(1, writes) >= settings.series.writeErrorAlert {
            throw PortError(
                .unavailable,
                "\(Int(errors)) of \(Int(writes)) writes failed in the last minute; see the breaker and the disk")
        }
        let p99 = measures.p99(.write)
        if p99 > Double(settings.series.writeLatencyAlert.milliseconds) {
            throw PortError(.unavailable, "one write in a hundred lasts \(Int(p99)) ms or longer; see the disk")
        }
    }

    /// Fails only when the engine stops before the step is done, or when the acknowledgement came too late for the
    /// assignment. Either way the log brings the step's records again.
    func outcome(of step: AggregationStep?, acknowledgedBy consumer: any LogConsumer) async -> Result<Void, PortError> {
        guard let step, !step.isEmpty else { return .success(()) }
        // A checkpoint without new readings belongs to no trace.
        guard let context = step.traceparent.flatMap(TraceContext.init(traceparent:)) else {
            return await done(step, acknowledgedBy: consumer)
        }
        let span = tracer.begin("aggregate.step", .aggregation, .consumer, in: context)
        let outcome = await span.context.asCurrent { await done(step, acknowledgedBy: consumer) }
        var error: String?
        if case .failure(let failure) = outcome { error = failure.sentence }
        tracer.end(
            span, error: error,
            [
                .init("readings", "\(step.write.readings.count)"), .init("rollups", "\(step.write.rollups.count)"),
                .init("late", "\(step.late)"),
            ])
        return outcome
    }

    private func done(
        _ step: AggregationStep, acknowledgedBy consumer: any LogConsumer
    ) async -> Result<Void, PortError> {
        do throws(PortError) {
            if !step.poison.isEmpty { try await bury(step.poison) }
            if !step.write.isEmpty { try await write(step) }
            if !step.acknowledge.isEmpty {
                try await untilDone("acknowledging") { [settings, time] () throws(PortError) in
                    try await bounded(by: settings.ingest.appendTimeout, "acknowledging", time: time) {
                        () throws(PortError) in try await consumer.acknowledge(step.acknowledge)
                    }
                }
            }
            return .success(())
        } catch {
            return .failure(error)
        }
    }

    private func bury(_ poison: [LogRecord]) async throws(PortError) {
        try await append(poison, to: .sensorReadingsDeadLetters)
        for _ in poison { measures.poison(in: .sensorReadings) }
        journal.note(
            "\(poison.count) records could not be decoded and went to the dead letters", of: "topic:sensor-readings",
            by: "service:aggregation")
    }

    private func append(_ letters: [LogRecord], to topic: Topic) async throws(PortError) {
        try await untilDone("burying") { [log, settings, time] () throws(PortError) in
            try await bounded(by: settings.ingest.appendTimeout, "append to the dead letters", time: time) {
                () throws(PortError) in try await log.append(letters, to: topic)
            }
        }
        measures.record(.deadLetters, letters.count)
    }

    private func write(_ step: AggregationStep) async throws(PortError) {
        do throws(PortError) {
            try await store(step)
        } catch {
            guard error.code == .invalid else { throw error }
            try await setAside(step.write, because: error)
            throw PortError(.superseded, "a write was refused and set aside; aggregation starts again behind it")
        }
    }

    /// A write that the store will never take must not hold up those behind it (TSDB-02): its readings go to their own dead
    /// letters, from where they are sent again; the hours of its rollups are worked anew from what is stored. A refused
    /// recompute is given up, since it would be refused for ever.
    private func setAside(_ write: SeriesWrite, because error: PortError) async throws(PortError) {
        let records = DeadLetterForm.records(
            ofRefused: write.readings, keys: directory.current.keys, error: error,
            attempts: settings.series.invalidAttempts, at: time.now())
        if !records.isEmpty { try await append(records, to: .seriesWritesDeadLetters) }
        let rest = remainder(of: write)
        try await untilDone("writing") { [self] () throws(PortError) in
            try await breaker.call(within: settings.series.writeTimeout, "the series store") {
                [series] () throws(PortError) in try await series.write(rest)
            }
        }
        journal.note(
            "refused a write of \(write.readings.count) readings, which are dead letters now: \(error)",
            of: "series-store", by: "service:aggregation")
    }

    private func remainder(of write: SeriesWrite) -> SeriesWrite {
        var rest = SeriesWrite()
        rest.processed = write.processed
        rest.closedUntil = write.closedUntil
        rest.clearedLateHours = write.clearedLateHours
        rest.lateHours = write.lateHours
        if !write.readings.isEmpty { rest.lateHours += lateHours(of: write) }
        return rest
    }

    /// Hours of meter rollups, by the facility that the meter is in.
    private func lateHours(of write: SeriesWrite) -> Set<LateHour> {
        let facilities = Dictionary(
            directory.current.meters.map { ($0.number, $0.facility) }, uniquingKeysWith: { first, _ in first })
        return Set(
            write.rollups.compactMap { rollup in
                guard case .meter(let meter) = rollup.series, let facility = facilities[meter] else { return nil }
                return LateHour(
                    meter: meter, facility: facility, hour: Granularity.hour.windowStart(of: rollup.start))
            })
    }

    private func store(_ step: AggregationStep) async throws(PortError) {
        var latency = Duration.zero
        try await untilDone("writing") { [self] () throws(PortError) in
            let start = time.uptime()
            measures.record(.writes, 1)
            do throws(PortError) {
                try await tracer.part("series.write", .store, .client) { () throws(PortError) in
                    try await breaker.call(within: settings.series.writeTimeout, "the series store") {
                        [series] () throws(PortError) in try await series.write(step.write)
                    }
                }
            } catch {
                measures.record(.writeErrors, 1)
                throw error
            }
            latency = time.uptime() - start
            try await verify(step.write)
        }
        count(step, latency: latency)
        await pause(after: latency)
    }

    /// Reads a sample back now and then (TSDB-04). What differs is written again, by throwing; a store that does not answer
    /// the question has taken the write all the same.
    private func verify(_ write: SeriesWrite) async throws(PortError) {
        let finding: SampleVerifier.Finding?
        do throws(PortError) {
            finding = try await verifier.look(at: write)
        } catch {
            return logger.warning("sample not read back", metadata: ["error": "\(error)"])
        }
        guard let finding else { return }
        measures.count(.verified)
        guard case .differs(let sentence) = finding else { return }
        measures.count(.mismatches)
        journal.note("\(sentence): the batch is written again", of: "series-store", by: "service:aggregation")
        throw PortError(.corrupt, sentence)
    }

    /// Attempts with back-off while the engine runs; at least one. What is refused for its content is given up after a few,
    /// everything else never: nothing may be acknowledged, and the breaker, Health and the journal show it.
    private func untilDone(
        _ operation: String, _ attempt: () async throws(PortError) -> Void
    ) async throws(PortError) {
        let backoff = Backoff(
            first: settings.series.retryFirst, cap: settings.series.retryLimit, jitter: .proportional(0.2),
            attempts: nil)
        var (attempts, refusals) = (0, 0)
        while true {
            health.beat("aggregation")
            do throws(PortError) {
                return try await attempt()
            } catch {
                attempts += 1
                if error.code == .superseded || !isRunning { throw error }
                if error.code == .invalid { refusals += 1 }
                if refusals >= settings.series.invalidAttempts { throw error }
                if error.code == .timedOut {
                    measures.timedOut(service: "aggregation", operation: operation, after: settings.series.writeTimeout)
                }
                if attempts == 1 || attempts % 10 == 0 {
                    logger.warning(
                        "step not done, trying again",
                        metadata: ["operation": "\(operation)", "attempts": "\(attempts)", "error": "\(error)"])
                }
                let delay = backoff.delay(afterAttempt: attempts, random: random())
                guard await time.pause(max(delay, min(breaker.untilAdmission() ?? .seconds(1), .seconds(1)))) else {
                    throw error
                }
            }
        }
    }

    private func count(_ step: AggregationStep, latency: Duration) {
        measures.record(.write, latency)
        measures.record(.stored, step.write.readings.count)
        measures.record(.rollups, step.write.rollups.count)
        measures.count(.duplicate, step.duplicates)
        measures.recordDuplicateShare()
        measures.count(.late, step.late)
        measures.count(.redelivered, step.redelivered)
        measures.count(.lateHours, step.write.clearedLateHours.count)
        if let oldest = step.oldestAppended { measures.record(.path, max(.zero, time.now().since(oldest))) }
    }

    /// A store that takes long is given as long to recover (AGG-14).
    private func pause(after latency: Duration) async {
        let isSlow = latency > settings.aggregation.pauseLatency
        let changed = isPaused.withLock { paused in
            defer { paused = isSlow }
            return paused != isSlow
        }
        if changed {
            let text =
                isSlow ? "a write took \(latency): consumption pauses" : "writes are quick again: consumption goes on"
            journal.note(text, of: "series-store", by: "service:aggregation")
        }
        if isSlow { _ = await time.pause(min(latency, settings.aggregation.pauseLimit)) }
    }
}
