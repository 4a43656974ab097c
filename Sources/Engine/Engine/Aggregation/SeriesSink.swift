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
    private let settings: EngineSettings
    private let time: Timekeeper
    private let measures: EngineMeasures
    private let journal: Journal
    private let health: HealthService
    private let random: @Sendable () -> Double
    private let logger: Logger
    private let isPaused = Mutex(false)

    init(
        series: any SeriesStore, log: any EventLog, breaker: DependencyBreaker, settings: EngineSettings,
        time: Timekeeper, measures: EngineMeasures, journal: Journal, health: HealthService,
        random: @escaping @Sendable () -> Double, logger: Logger
    ) {
        self.series = series
        self.log = log
        self.breaker = breaker
        self.settings = settings
        self.time = time
        self.measures = measures
        self.journal = journal
        self.health = health
        self.random = random
        self.logger = logger
    }

    /// Fails only when the engine stops before the step is done, or when the acknowledgement came too late for the
    /// assignment. Either way the log brings the step's records again.
    func outcome(of step: AggregationStep?, acknowledgedBy consumer: any LogConsumer) async -> Result<Void, PortError> {
        guard let step, !step.isEmpty else { return .success(()) }
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
        try await untilDone("burying") { [log, settings, time] () throws(PortError) in
            try await bounded(by: settings.ingest.appendTimeout, "append to the dead letters", time: time) {
                () throws(PortError) in try await log.append(poison, to: .sensorReadingsDeadLetters)
            }
        }
        for _ in poison { measures.poison(in: .sensorReadings) }
        measures.record(.deadLetters, poison.count)
        journal.note(
            "\(poison.count) records could not be decoded and went to the dead letters", of: "topic:sensor-readings",
            by: "service:aggregation")
    }

    private func write(_ step: AggregationStep) async throws(PortError) {
        var latency = Duration.zero
        try await untilDone("writing") { [self] () throws(PortError) in
            let start = time.uptime()
            try await breaker.call(within: settings.series.writeTimeout, "the series store") {
                [series] () throws(PortError) in try await series.write(step.write)
            }
            latency = time.uptime() - start
        }
        count(step, latency: latency)
        await pause(after: latency)
    }

    /// Attempts with back-off while the engine runs; at least one. An error that another attempt cannot change is retried
    /// too: nothing may be acknowledged, and the breaker, Health and the journal show it.
    private func untilDone(
        _ operation: String, _ attempt: () async throws(PortError) -> Void
    ) async throws(PortError) {
        let backoff = Backoff(
            first: settings.series.retryFirst, cap: settings.series.retryLimit, jitter: .proportional(0.2),
            attempts: nil)
        var attempts = 0
        while true {
            health.beat("aggregation")
            do throws(PortError) {
                return try await attempt()
            } catch {
                attempts += 1
                if error.code == .superseded || !isRunning { throw error }
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
