import EnergyModel
import Logging
import Ports
import Resilience
import ServiceLifecycle

/// Moves the local queue into the log, in order (ING-07). While the log is down it is also the one that probes it, so that
/// the breaker finds out when the log is back.
final class SpoolDrainService: Service {
    private let writer: DurableWriter
    private let settings: EngineSettings.Ingest
    private let time: Timekeeper
    private let measures: EngineMeasures
    private let health: HealthService
    private let random: @Sendable () -> Double
    private let logger: Logger

    init(
        writer: DurableWriter, settings: EngineSettings.Ingest, time: Timekeeper, measures: EngineMeasures,
        health: HealthService, random: @escaping @Sendable () -> Double, logger: Logger
    ) {
        self.writer = writer
        self.settings = settings
        self.time = time
        self.measures = measures
        self.health = health
        self.random = random
        self.logger = logger
    }

    func run() async throws {
        defer { health.rest("drain") }
        while isRunning {
            health.beat("drain")
            do throws(PortError) {
                try await drain()
            } catch {
                logger.warning("local queue not drained, trying again", metadata: ["error": "\(error)"])
            }
            _ = await time.pause(.milliseconds(200))
        }
    }

    /// One opening of the queue: moves everything until it is empty. An empty queue is not opened: readings go straight to
    /// the log then, from the start of the engine on when nothing came in before this look.
    func drain() async throws(PortError) {
        let mark = writer.queueMark
        let waiting = try await bounded(by: settings.appendTimeout, "the local queue", time: time) {
            [writer] () throws(PortError) in
            try await writer.spool.lag(of: DurableWriter.spoolTopic, group: DurableWriter.drainGroup)
        }
        if waiting.contains(where: { $0.items > 0 }) {
            if mark == 0 || writer.isDirect { writer.divert(after: nil) }
        } else if writer.isDirect || writer.queueFoundEmpty(since: mark) {
            return
        }
        let consumer = try await writer.spool.consumer(of: DurableWriter.spoolTopic, group: DurableWriter.drainGroup)
        do throws(PortError) {
            try await empty(consumer)
        } catch {
            await consumer.close()
            throw error
        }
        await consumer.close()
    }

    private func empty(_ consumer: any LogConsumer) async throws(PortError) {
        defer { writer.endHandOver() }
        while isRunning {
            health.beat("drain")
            let mark = writer.queueMark
            let wait: Duration = writer.isHandingOver ? .milliseconds(2) : .zero
            guard let batch = try await next(from: consumer, wait: wait) else {
                if writer.queueFoundEmpty(since: mark) { return try await forgetDrained() }
                writer.beginHandOver()
                continue
            }
            guard await move(batch) else { return }
            try await bounded(by: settings.appendTimeout, "acknowledging in the local queue", time: time) {
                () throws(PortError) in try await consumer.acknowledge(batch)
            }
            measures.count(.drained, batch.items)
        }
    }

    private func next(from consumer: any LogConsumer, wait: Duration) async throws(PortError) -> LogBatch? {
        try await bounded(by: settings.appendTimeout, "reading the local queue", time: time) {
            [settings] () throws(PortError) in try await consumer.next(items: settings.drainItems, wait: wait)
        }
    }

    /// Tries until the log has the batch; false when the engine stops first.
    private func move(_ batch: LogBatch) async -> Bool {
        let backoff = Backoff(first: .milliseconds(100), cap: .seconds(2), attempts: nil)
        var attempt = 0
        while isRunning {
            health.beat("drain")
            do throws(PortError) {
                for (topic, records) in SpoolDrainService.byDestination(batch) {
                    try await writer.appendToLog(records, to: topic)
                }
                return true
            } catch {
                attempt += 1
                writer.endHandOver()
                let delay = backoff.delay(afterAttempt: attempt, random: random())
                guard await time.pause(max(delay, min(writer.breaker.untilAdmission() ?? .seconds(2), .seconds(2))))
                else { return false }
            }
        }
        return false
    }

    private func forgetDrained() async throws(PortError) {
        let now = time.now().advanced(by: .seconds(1))
        _ = try await bounded(by: .seconds(30), "emptying the local queue", time: time) {
            [writer] () throws(PortError) in
            try await writer.spool.enforceRetention(
                of: DurableWriter.spoolTopic, olderThan: now, maximumBytes: 0, evenUnconsumed: false)
        }
    }

    /// Records by the topic they are meant for, without the queue's own header. Order is kept inside a topic.
    static func byDestination(_ batch: LogBatch) -> [(Topic, [LogRecord])] {
        var groups: [(Topic, [LogRecord])] = []
        for stored in batch.records {
            var record = stored.record
            let name = record.headers.removeValue(forKey: DurableWriter.destinationHeader)
            let topic = name.map(Topic.init) ?? .sensorReadings
            if let index = groups.firstIndex(where: { $0.0 == topic }) {
                groups[index].1.append(record)
            } else {
                groups.append((topic, [record]))
            }
        }
        return groups
    }
}
