import DemandResponse
import EnergyModel
import Logging
import Ports
import Resilience
import ServiceLifecycle

/// Works what lies in `dr-events-inbound`: by class, at a fixed rate, with its acknowledgement after its effect. What fails
/// for a reason of its own goes to `dr-events-dlq` after three attempts; what fails because a store is down waits for it
/// (ledger DR-02..04, DR-09, DR-13).
final class IntakeService: Service {
    /// One notification in memory.
    struct Item: Sendable {
        var inbound: InboundEvent
        var record: LogRecord
        var partition: Partition
        var place: IntakeTracker.Place
        var rank: IntakeClass
        var attempts = 0
        /// Failures in a row, of any kind: the exponent of the wait.
        var failures = 0
        /// Uptime before which it is not tried again.
        var notBefore = Duration.zero
    }

    /// Where one run stands.
    struct Session {
        let consumer: any LogConsumer
        var queue: IntakeQueue<Item>
        var delayed: [Item] = []
        var tracker = IntakeTracker()
        var bucket: TokenBucket
        var measuredAt: Duration?
        var polledAt: Duration?
    }

    private let log: any EventLog
    private let intake: EventIntake
    private let backlog: IntakeBacklog
    private let settings: EngineSettings.Intake
    private let time: Timekeeper
    private let share: @Sendable () -> Double
    private let measures: EngineMeasures
    private let health: HealthService
    private let logger: Logger
    private let tracer: Tracer

    init(
        log: any EventLog, intake: EventIntake, backlog: IntakeBacklog, settings: EngineSettings.Intake,
        time: Timekeeper,
        share: @escaping @Sendable () -> Double, measures: EngineMeasures, health: HealthService, logger: Logger,
        tracer: Tracer
    ) {
        self.log = log
        self.intake = intake
        self.backlog = backlog
        self.settings = settings
        self.time = time
        self.share = share
        self.measures = measures
        self.health = health
        self.logger = logger
        self.tracer = tracer
    }

    func run() async throws {
        defer { health.rest("dr-intake") }
        // What a stop interrupts comes again: nothing is acknowledged before it is stored.
        await cancelWhenGracefulShutdown { [self] in
            while isRunning {
                health.beat("dr-intake")
                do throws(PortError) {
                    // Who drives no events leaves the topic to the engine that does.
                    if intake.coordinator.isDriving {
                        var session = try await open()
                        while isRunning, intake.coordinator.isDriving { try await turn(&session) }
                        await session.consumer.close()
                    } else {
                        try await measureBacklog()
                    }
                } catch {
                    logger.warning("notifications not read, trying again", metadata: ["error": "\(error)"])
                }
                _ = await time.pause(.milliseconds(500))
            }
        }
    }

    func open() async throws(PortError) -> Session {
        Session(
            consumer: try await log.consumer(of: .demandResponseInbound, group: settings.group),
            queue: IntakeQueue(capacity: settings.capacity),
            bucket: TokenBucket(capacity: max(1, Int(settings.perSecond)), perSecond: settings.perSecond))
    }

    /// Takes in what came, and works as many as the rate allows.
    func turn(_ session: inout Session) async throws(PortError) {
        health.beat("dr-intake")
        try await takeIn(&session)
        let now = time.uptime()
        let due = session.delayed.filter { $0.notBefore <= now }
        session.delayed.removeAll { $0.notBefore <= now }
        for item in due.reversed() { session.queue.putBack(item, item.rank) }
        while !session.queue.isEmpty, isRunning, case .granted = session.bucket.take(now: time.uptime()) {
            guard let item = session.queue.take() else { break }
            try await work(item, &session)
        }
        try await measure(&session)
    }

    /// Once a second while something waits: so one poll brings many, and urgent ones can pass the others in memory.
    private func takeIn(_ session: inout Session) async throws(PortError) {
        let now = time.uptime()
        let isIdle = session.queue.isEmpty && session.delayed.isEmpty
        if !isIdle { _ = await time.pause(settings.pollWait) }
        if !isIdle, let last = session.polledAt, now - last < .seconds(1) { return }
        session.polledAt = now
        while session.queue.count < settings.capacity {
            let wait: Duration = session.queue.isEmpty ? settings.pollWait : .zero
            guard let batch = try await session.consumer.next(items: 500, wait: wait) else { break }
            let places = session.tracker.open(batch)
            for (stored, place) in zip(batch.records, places) {
                try await admit(stored, place, batch.partition, &session)
            }
        }
    }

    private func admit(
        _ stored: StoredRecord, _ place: IntakeTracker.Place, _ partition: Partition, _ session: inout Session
    ) async throws(PortError) {
        let inbound: InboundEvent
        do throws(EventRejection) {
            inbound = try InboundForm.inbound(from: stored.record, decoder: intake.planner.decoder)
        } catch {
            try await bury(
                stored.record, (partition, stored.offset), error.code.rawValue, error.description, stage: "decode", 1)
            return try await finish(place, &session)
        }
        let item = Item(
            inbound: inbound, record: stored.record, partition: partition, place: place, rank: intake.rank(of: inbound))
        switch session.queue.offer(item, item.rank) {
        case .accepted: break
        case .evicted(let item):
            try await bury(
                item, "evicted", "the queue was full of events that are more urgent; replay it", stage: "queue")
            try await finish(item.place, &session)
        case .refused(let item):
            // Full of critical ones: work the head now, whatever the rate.
            if let first = session.queue.take() { try await work(first, &session) }
            session.queue.putBack(item, item.rank)
        }
    }

    private func work(_ item: Item, _ session: inout Session) async throws(PortError) {
        let start = time.uptime()
        health.beat("dr-intake")
        do throws(PortError) {
            try await tracer.span(
                "dr.work", .response, .consumer, in: item.inbound.trace, isAnchor: true, isKept: true,
                with: [.init("event", item.inbound.subject)]
            ) { () throws(PortError) in try await intake.handle(item.inbound) }
            // How long a person left it among the dead letters says nothing of how fast events are worked (DR-23).
            if item.record.headers[DeadLetterHeader.replays] == nil {
                measures.record(.event, time.now().since(item.inbound.document.receivedAt))
            }
        } catch {
            return try await fail(item, error, &session)
        }
        logger.debug("notification worked", metadata: ["took": "\(time.uptime() - start)"])
        try await finish(item.place, &session)
    }

    private func fail(_ item: Item, _ error: PortError, _ session: inout Session) async throws(PortError) {
        var item = item
        let isOutage = error.isTransient || error.code == .full || error.code == .superseded
        if !isOutage { item.attempts += 1 }
        item.failures += 1
        logger.warning(
            "a notification is not worked",
            metadata: ["event": "\(item.inbound.subject)", "attempts": "\(item.attempts)", "error": "\(error)"])
        guard item.attempts < settings.attempts else {
            try await bury(item, error.code.rawValue, error.description, stage: "plan")
            return try await finish(item.place, &session)
        }
        let backoff = Backoff(first: settings.firstDelay, cap: settings.longestDelay, attempts: nil)
        item.notBefore = time.uptime() + backoff.delay(afterAttempt: item.failures, random: share())
        session.delayed.append(item)
    }

    // MARK: - Ends

    private func finish(_ place: IntakeTracker.Place, _ session: inout Session) async throws(PortError) {
        let ready = session.tracker.done(place)
        if !ready.isEmpty { try await session.consumer.acknowledge(ready) }
    }

    private func bury(_ item: Item, _ reason: String, _ message: String, stage: String) async throws(PortError) {
        try await bury(
            item.record, (item.partition, item.place.offset), reason, message, stage: stage, max(1, item.attempts))
    }

    /// Durable there before it is acknowledged here.
    private func bury(
        _ record: LogRecord, _ place: (Partition, Int64), _ reason: String, _ message: String, stage: String,
        _ attempts: Int
    ) async throws(PortError) {
        let letter = InboundForm.letter(
            of: record, at: (partition: place.0, offset: place.1), reason: reason, message: message, stage: stage,
            attempts: attempts, now: time.now())
        try await bounded(by: settings.appendTimeout, "the event log", time: time) { [log] () throws(PortError) in
            try await log.append([letter], to: .demandResponseDeadLetters)
        }
        measures.record(.deadLetters, 1)
    }

    private func measure(_ session: inout Session) async throws(PortError) {
        let now = time.uptime()
        if let last = session.measuredAt, now - last < .seconds(1) { return }
        session.measuredAt = now
        try await measureBacklog()
    }

    private func measureBacklog() async throws(PortError) {
        let lag = try await bounded(by: settings.appendTimeout, "the event log", time: time) {
            [log, settings] () throws(PortError) in
            try await log.lag(of: .demandResponseInbound, group: settings.group)
        }
        backlog.set(Int(lag.reduce(0) { $0 + $1.items }))
    }
}
