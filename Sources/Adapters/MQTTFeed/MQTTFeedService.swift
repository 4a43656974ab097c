import EnergyModel
import Logging
import Ports
import Resilience
import ServiceLifecycle
import Synchronization

/// Hands what meters publish to the intake, and acknowledges to the broker only what the intake has made durable
/// (ledger ING-02, ING-06, ING-08; RELIABILITY T1). Leaves cleanly on graceful shutdown: stops reading, finishes what is in
/// flight, DISCONNECT. On cancellation the intake is cancelled as well; what it did not settle, the broker sends again.
package final class MQTTFeedService: Service, StatusReportingFeed {
    private let settings: MQTTFeedSettings
    private let intake: any ReadingIntake
    private let logger: Logger
    private let clock: any Clock<Duration>
    private let now: @Sendable () -> UTCInstant
    private let random: @Sendable () -> UInt64
    private let onTimeout: @Sendable (_ operation: String, _ limit: Duration) -> Void
    private let board: Mutex<Board>

    private struct Board {
        var state = FeedStatus.State.connecting
        var endpoint: MQTTEndpoint
        var detail = "not started"
        var since: UTCInstant
        var counters = MQTTFeedCounters()
    }

    /// `random` gives uniform 64-bit numbers, for back-off jitter and trace ids. `onTimeout` is told each wait that ran into
    /// its limit (RES-03).
    package init(
        _ settings: MQTTFeedSettings, intake: any ReadingIntake, logger: Logger,
        clock: any Clock<Duration> = ContinuousClock(), now: @escaping @Sendable () -> UTCInstant,
        random: @escaping @Sendable () -> UInt64,
        onTimeout: @escaping @Sendable (_ operation: String, _ limit: Duration) -> Void = { _, _ in }
    ) throws(MQTTError) {
        guard let first = settings.brokers.first else {
            throw MQTTError(.invalid, "The MQTT feed needs at least one broker.")
        }
        guard !settings.subscriptions.isEmpty,
            settings.subscriptions.allSatisfy({ MQTTSubscription.isValidFilter($0.filter) })
        else { throw MQTTError(.invalid, "The MQTT feed needs topic filters such as energy/+/+/readings.") }
        for broker in settings.brokers { try settings.configuration(for: broker).validate() }
        self.settings = settings
        self.intake = intake
        self.logger = logger
        self.clock = clock
        self.now = now
        self.random = random
        self.onTimeout = onTimeout
        board = Mutex(Board(endpoint: first, since: now()))
    }

    package var counters: MQTTFeedCounters { board.withLock { $0.counters } }

    package var status: FeedStatus {
        board.withLock { board in
            let counters = board.counters
            var detail = board.detail
            if let dropped = counters.droppedByBroker {
                detail += "; broker dropped \(dropped) messages since its start"
            }
            if counters.tooLarge > 0 { detail += "; \(counters.tooLarge) messages were too large" }
            return FeedStatus(
                name: "mqtt", state: board.state, endpoint: board.endpoint.description, detail: detail,
                since: board.since,
                received: counters.received, acknowledged: counters.acknowledged)
        }
    }

    package func run() async throws {
        var broker = 0
        var failures = 0
        while true {
            switch await session(with: settings.brokers[broker], isPrimary: broker == 0) {
            case .left:
                show(.stopped, "left cleanly")
                return
            case .primaryIsBack:
                logger.info("mqtt feed returns to its first broker")
                (broker, failures) = (0, 0)
                continue
            case .lost(let error, let lived):
                logger.warning("mqtt connection lost", metadata: ["cause": "\(error)"])
                show(.backingOff, error.sentence)
                // One that never lasts (another client with our id, say) is not dialled at full speed.
                (broker, failures) = (0, lived < .seconds(10) ? failures + 1 : 1)
            case .unreachable(let error):
                logger.warning("mqtt broker not usable", metadata: ["cause": "\(error)"])
                show(.backingOff, error.sentence)
                broker = (broker + 1) % settings.brokers.count
                if broker != 0 { continue }
                failures += 1
            }
            guard await backOff(afterAttempt: failures) else {
                show(.stopped, "left cleanly")
                return
            }
        }
    }

    // MARK: One connection

    private enum Ending {
        case left
        case primaryIsBack
        /// After it had been live.
        case lost(MQTTError, lived: Duration)
        case unreachable(MQTTError)
    }

    private enum Event: Sendable {
        case took(MQTTBatch)
        case lost(MQTTError)
        case answered(MQTTBatch, IntakeVerdict)
        case delayEnded
        case leaveAsked
        case leaveTimedOut
        case primaryIsBack
    }

    private func session(with broker: MQTTEndpoint, isPrimary: Bool) async -> Ending {
        board.withLock { $0.endpoint = broker }
        show(.connecting, "dialling")
        let client: MQTTClient
        do {
            client = try MQTTClient(settings.configuration(for: broker))
            let detail = try await cancelWhenGracefulShutdown { [self] in try await open(client) }
            board.withLock { $0.counters.droppedByBroker = nil }
            show(.live, detail)
        } catch {
            if Task.isCancelled || Task.isShuttingDownGracefully { return .left }
            return .unreachable(MQTTError(error, otherwise: .unreachable, "\(broker) cannot be used."))
        }
        logger.info("mqtt feed is live", metadata: ["broker": "\(broker)"])
        let ending = await serve(client, probesPrimary: !isPrimary)
        await client.disconnect()
        if case .left = ending { return ending }
        board.withLock { $0.counters.reconnects += 1 }
        return ending
    }

    /// Connects and subscribes; a sentence for the status.
    private func open(_ client: MQTTClient) async throws(MQTTError) -> String {
        let answer = try await counting("connect", settings.connectTimeout) { () throws(MQTTError) in
            try await client.connect()
        }
        let wanted = settings.subscriptions + [MQTTSubscription(Self.droppedTopic, qos: .atMostOnce)]
        let outcomes = try await counting("subscribe", settings.requestTimeout) { () throws(MQTTError) in
            try await client.subscribe(wanted)
        }
        for outcome in outcomes where outcome.granted == nil && outcome.filter != Self.droppedTopic {
            await client.disconnect()
            throw MQTTError(
                .refused, "The broker refused \(outcome.filter): \(outcome.refusal ?? "QoS"). Check its access list.")
        }
        return "\(answer.version), session \(answer.sessionPresent ? "resumed" : "new")"
    }

    private func counting<Value: Sendable>(
        _ operation: String, _ limit: Duration, _ body: () async throws(MQTTError) -> Value
    ) async throws(MQTTError) -> Value {
        do throws(MQTTError) {
            return try await body()
        } catch {
            if error.code == .timedOut { onTimeout(operation, limit) }
            throw error
        }
    }

    private func serve(_ client: MQTTClient, probesPrimary: Bool) async -> Ending {
        await withTaskGroup(of: Event.self) { group in
            var pipeline = MQTTFeedPipeline(depth: settings.batchesInFlight)
            let lane = MQTTBatchLane()
            let since = now()
            var ending = Ending.left
            group.addTask { [self] in await leaveAsked() }
            if probesPrimary { group.addTask { [self] in await probePrimary() } }
            advance(&pipeline, &group, client, lane)
            while let event = await group.next() {
                let wasLeaving = pipeline.isLeaving
                switch event {
                case .took(let batch): arrived(batch, &pipeline, &group, lane)
                case .answered(let batch, let verdict): answered(batch, verdict, &pipeline, client, lane)
                case .delayEnded: pipeline.delayEnded()
                case .leaveTimedOut:
                    group.cancelAll()
                    return ending
                case .lost(let error) where error.code != .cancelled && !wasLeaving:
                    ending = .lost(error, lived: now().since(since))
                    pipeline.leave()
                case .primaryIsBack where !wasLeaving:
                    ending = .primaryIsBack
                    pipeline.leave()
                case .leaveAsked, .lost, .primaryIsBack: pipeline.leave()
                }
                if !wasLeaving, pipeline.isLeaving {
                    group.addTask { [self] in await pause(settings.leaveTimeout) ? .leaveTimedOut : .delayEnded }
                }
                if pipeline.isFinished { break }
                advance(&pipeline, &group, client, lane)
            }
            group.cancelAll()
            return Task.isCancelled || Task.isShuttingDownGracefully ? .left : ending
        }
    }

    private func advance(
        _ pipeline: inout MQTTFeedPipeline, _ group: inout TaskGroup<Event>, _ client: MQTTClient,
        _ lane: MQTTBatchLane
    ) {
        while let action = pipeline.next() {
            switch action {
            case .take:
                let rest = pipeline.hasTaken ? settings.batchInterval : .zero
                group.addTask { [self] in
                    if rest > .zero { _ = await pause(rest) }
                    do throws(MQTTError) {
                        return .took(try await client.nextBatch())
                    } catch {
                        return .lost(error)
                    }
                }
            case .submit(let batch): submit(batch, &group, lane)
            case .wait(let delay):
                show(.paused, "the engine takes nothing at present; acknowledgements are withheld")
                group.addTask { [self] in
                    _ = await pause(delay)
                    return .delayEnded
                }
            }
        }
    }

    private func arrived(
        _ batch: MQTTBatch, _ pipeline: inout MQTTFeedPipeline, _ group: inout TaskGroup<Event>, _ lane: MQTTBatchLane
    ) {
        board.withLock { board in
            board.counters.received += UInt64(batch.messages.count)
            board.counters.bytes += UInt64(batch.bytes)
            for message in batch.messages where message.truncatedFrom != nil { board.counters.tooLarge += 1 }
            for message in batch.messages where message.topic == Self.droppedTopic {
                board.counters.droppedByBroker = UInt64(String(decoding: message.payload, as: UTF8.self))
            }
        }
        if let batch = pipeline.took(batch) { submit(batch, &group, lane) }
    }

    /// Called in the order of the batches: here they get their places in the lane.
    private func submit(_ batch: MQTTBatch, _ group: inout TaskGroup<Event>, _ lane: MQTTBatchLane) {
        let trace = traceparent()
        let deliveries = batch.messages.lazy.filter { !$0.topic.hasPrefix("$") }.map { self.delivery($0, trace) }
        let arrivedAt = now()
        let turn = lane.enter(batch.number)
        group.addTask { [intake, deliveries = Array(deliveries)] in
            let verdict =
                deliveries.isEmpty
                ? IntakeVerdict.settled([]) : await intake.accept(deliveries, arrivedAt: arrivedAt, turn: turn)
            // A refused batch holds its place until the pipeline knows of it, in `answered`: one that is taken in between must
            // come behind it and be refused too, not find the line empty.
            if case .settled = verdict { lane.ended(batch.number, verdict) }
            return .answered(batch, verdict)
        }
    }

    private func answered(
        _ batch: MQTTBatch, _ verdict: IntakeVerdict, _ pipeline: inout MQTTFeedPipeline, _ client: MQTTClient,
        _ lane: MQTTBatchLane
    ) {
        switch verdict {
        case .settled:
            client.acknowledge(batch)
            pipeline.settled(batch)
            let isLive = board.withLock { board in
                board.counters.acknowledged += UInt64(batch.messages.count)
                return board.state == .live
            }
            if !isLive, !pipeline.isPaused, !pipeline.isLeaving { show(.live, "the engine takes readings again") }
        case .refused(let refusal):
            // Those behind a refused one say nothing new.
            if refusal.reason != .outOfTurn {
                board.withLock { $0.counters.refusals += 1 }
                logger.warning("intake refused a batch", metadata: ["reason": "\(refusal.reason)"])
            }
            lane.ended(batch.number, verdict)
            pipeline.refused(batch, retryAfter: refusal.retryAfter)
        }
    }

    // MARK: Waiting

    /// Ends on graceful shutdown and on cancellation.
    private func leaveAsked() async -> Event {
        do { try await gracefulShutdown() } catch { return .leaveAsked }
        return .leaveAsked
    }

    /// True when the whole time passed, false when cancelled.
    private func pause(_ time: Duration) async -> Bool {
        do { try await clock.sleep(for: time) } catch { return false }
        return true
    }

    /// False when asked to leave meanwhile.
    private func backOff(afterAttempt attempt: Int) async -> Bool {
        let share = Double(random() >> 11) * 0x1p-53
        let delay = settings.reconnect.delay(afterAttempt: attempt, random: share)
        return await cancelWhenGracefulShutdown { [self] in await pause(delay) }
    }

    /// Returns once the first broker was up for `probeHold`.
    private func probePrimary() async -> Event {
        while await pause(settings.probeInterval) {
            do {
                let client = try MQTTClient(settings.probeConfiguration(for: settings.brokers[0]))
                _ = try await client.connect()
                let isStill = await pause(settings.probeHold)
                if isStill { _ = try await client.subscribe([MQTTSubscription(Self.droppedTopic, qos: .atMostOnce)]) }
                await client.disconnect()
                if isStill { return .primaryIsBack }
            } catch {
                logger.debug("first mqtt broker is still down", metadata: ["cause": "\(error)"])
            }
        }
        return .delayEnded
    }

    // MARK: Words

    private static let droppedTopic = "$SYS/broker/publish/messages/dropped"

    private func delivery(_ message: MQTTMessage, _ trace: String) -> IntakeDelivery {
        IntakeDelivery(
            origin: .mqtt(topic: message.topic), format: message.topic.hasSuffix(".pb") ? .protobuf : settings.format,
            payload: message.payload, traceparent: trace)
    }

    /// W3C trace context, one a batch (ledger ING-18). Ids of all zeros are not allowed.
    private func traceparent() -> String {
        func hex(_ number: UInt64) -> String {
            let digits = String(number, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }
        return "00-\(hex(random()))\(hex(random() | 1))-\(hex(random() | 1))-01"
    }

    private func show(_ state: FeedStatus.State, _ detail: String) {
        let moment = now()
        board.withLock { board in
            if board.state != state { board.since = moment }
            board.state = state
            board.detail = detail
        }
    }
}
