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

    /// One opening of the queue: moves everything until it is empty. A queue that no longer has anything to do with us
    /// (empty at the start, readings going straight to the log) is not opened.
    func drain() async throws(PortError) {
        if writer.isDirect {
            let waiting = try await bounded(by: settings.appendTimeout, "the local queue", time: time) {
                [writer] () throws(PortError) in
                try await writer.spool.lag(of: DurableWriter.spoolTopic, group: DurableWriter.drainGroup)
            }
            guard waiting.contains(where: { $0.items > 0 }) else { return }
            writer.divert(after: nil)
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
        while isRunning {
            health.beat("drain")
            let mark = writer.queueMark
            guard let batch = try await consumer.next(items: settings.drainItems, wait: .milliseconds(50)) else {
                try await forgetDrained()
                if writer.queueFoundEmpty(since: mark) { return }
                continue
            }
            guard await move(batch) else { return }
            try await consumer.acknowledge(batch)
            measures.count(.drained, batch.items)
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
                let delay = backoff.delay(afterAttempt: attempt, random: random())
                guard await time.pause(max(delay, min(writer.breaker.untilAdmission() ?? .seconds(2), .seconds(2))))
                else { return false }
            }
        }
        return false
    }

    private func forgetDrained() async throws(PortError) {
        _ = try await writer.spool.enforceRetention(
            of: DurableWriter.spoolTopic, olderThan: time.now().advanced(by: .seconds(1)), maximumBytes: 0,
            evenUnconsumed: false)
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
