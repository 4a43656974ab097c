import EnergyModel
import Logging
import Ports
import Resilience
import ServiceLifecycle
import Synchronization

/// Takes dead letters from their topic into the record store (DLQ-03), and watches how many there are (DLQ-04).
final class DeadLetterService: Service {
    private struct Watch {
        var counts: [DeadLetterCount] = []
        var growth: HysteresisGate
        var depth: HysteresisGate
        var countedAt: Duration = .zero
    }

    private let log: any EventLog
    private let records: any RecordStore
    private let settings: EngineSettings.DeadLetters
    private let time: Timekeeper
    private let measures: EngineMeasures
    private let journal: Journal
    private let health: HealthService
    private let logger: Logger
    private let watch: Mutex<Watch>
    private let topics: [Topic]

    init(
        topics: [Topic], log: any EventLog, records: any RecordStore, settings: EngineSettings.DeadLetters,
        time: Timekeeper,
        measures: EngineMeasures, journal: Journal, health: HealthService, logger: Logger
    ) {
        self.topics = topics
        self.log = log
        self.records = records
        self.settings = settings
        self.time = time
        self.measures = measures
        self.journal = journal
        self.health = health
        self.logger = logger
        let gate = HysteresisGate(refuseAt: 1, resumeAt: 0.8)
        watch = Mutex(Watch(growth: gate, depth: gate))
    }

    /// As last counted, at most about a second ago.
    var counts: [DeadLetterCount] { watch.withLock(\.counts) }

    /// Throws while there are too many, or they come too fast (DLQ-04).
    func check() throws(PortError) {
        let (growth, depth) = watch.withLock { ($0.growth.isRefusing, $0.depth.isRefusing) }
        var faults: [String] = []
        if growth { faults.append("more than \(Int(settings.growthPerMinute)) a minute come") }
        if depth { faults.append("\(settings.depth) or more are pending") }
        guard !faults.isEmpty else { return }
        throw PortError(
            .full, "dead letters: \(faults.joined(separator: ", ")); look at their reasons, then replay or discard them"
        )
    }

    func run() async throws {
        defer { health.rest("dead-letters") }
        // What a stop interrupts comes again: nothing is acknowledged before it is stored.
        await cancelWhenGracefulShutdown { [self] in await work() }
    }

    private func work() async {
        await withTaskGroup(of: Void.self) { group in
            for topic in topics {
                group.addTask { [self] in await work(topic) }
            }
        }
    }

    private func work(_ topic: Topic) async {
        while isRunning {
            health.beat("dead-letters")
            do throws(PortError) {
                let consumer = try await log.consumer(of: topic, group: settings.group)
                await consume(from: consumer)
                await consumer.close()
            } catch {
                logger.warning("dead letters not read, trying again", metadata: ["error": "\(error)"])
            }
            _ = await time.pause(.seconds(1))
        }
    }

    private func consume(from consumer: any LogConsumer) async {
        do throws(PortError) {
            while isRunning {
                health.beat("dead-letters")
                try await turn(consumer)
            }
        } catch {
            logger.warning("dead letters not stored, trying again", metadata: ["error": "\(error)"])
        }
    }

    /// One batch: stored first, acknowledged after; the same letter again is recognised by its origin.
    func turn(_ consumer: any LogConsumer, wait: Duration = .milliseconds(250)) async throws(PortError) {
        if let batch = try await consumer.next(items: settings.batchItems, wait: wait) {
            let letters = batch.records.map {
                DeadLetterForm.letter(from: $0, in: batch.partition, quarantineAfter: settings.replayAttempts)
            }
            _ = try await bounded(by: .seconds(5), "storing dead letters", time: time) {
                [records] () throws(PortError) in try await records.add(letters)
            }
            try await consumer.acknowledge(batch)
            try await count()
        } else if time.uptime() - watch.withLock(\.countedAt) >= settings.countInterval {
            try await count()
        }
    }

    private func count() async throws(PortError) {
        let counts = try await bounded(by: .seconds(2), "counting dead letters", time: time) {
            [records] () throws(PortError) in try await records.deadLetterCounts()
        }
        let perMinute = measures.perMinute(.deadLetters)
        let pending = counts.lazy.filter { $0.state == .pending }.reduce(0) { $0 + $1.count }
        let now = time.uptime()
        let (growth, depth) = watch.withLock { watch in
            watch.counts = counts
            watch.countedAt = now
            return (
                watch.growth.update(level: perMinute / max(settings.growthPerMinute, .leastNonzeroMagnitude)),
                watch.depth.update(level: Double(pending) / Double(max(1, settings.depth)))
            )
        }
        tell(
            growth, "\(Int(perMinute)) dead letters in the last minute, reported from \(Int(settings.growthPerMinute))")
        tell(depth, "\(pending) dead letters are pending, reported from \(settings.depth)")
    }

    private func tell(_ change: HysteresisGate.Change?, _ text: String) {
        switch change {
        case .startedRefusing: journal.note(text, of: "dead-letters", by: "service:dead-letters")
        case .resumed: journal.note("back below the mark: \(text)", of: "dead-letters", by: "service:dead-letters")
        case nil: break
        }
    }
}
