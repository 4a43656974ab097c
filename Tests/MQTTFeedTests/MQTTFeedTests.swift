import EnergyModel
import Foundation
import Logging
import MQTTFeed
import Ports
import Resilience
import Synchronization
import Testing

/// Keeps what it is given; refuses while told to; tells waiters when something changed.
final class RecordingIntake: ReadingIntake {
    private struct State {
        var payloads: [String] = []
        var formats: Set<IntakeDelivery.Format> = []
        var refusals = 0
        var refuses = false
        var waiters: [(reached: Int, refusals: Int, resume: CheckedContinuation<Void, Never>)] = []
    }
    private let state = Mutex(State())

    var payloads: [String] { state.withLock { $0.payloads } }
    var formats: Set<IntakeDelivery.Format> { state.withLock { $0.formats } }
    func refuse(_ refuses: Bool) { state.withLock { $0.refuses = refuses } }

    func accept(_ deliveries: [IntakeDelivery], arrivedAt: UTCInstant) async -> IntakeVerdict {
        let (verdict, ready) = state.withLock { state -> (IntakeVerdict, [CheckedContinuation<Void, Never>]) in
            var verdict = IntakeVerdict.refused(IntakeRefusal(.aboveMark, retryAfter: .milliseconds(20)))
            if state.refuses {
                state.refusals += 1
            } else {
                state.payloads += deliveries.map { String(decoding: $0.payload, as: UTF8.self) }
                state.formats.formUnion(deliveries.map(\.format))
                verdict = .settled(deliveries.map { _ in IntakeResult(accepted: 1) })
            }
            let isReady = { (waiter: (reached: Int, refusals: Int, resume: CheckedContinuation<Void, Never>)) in
                state.payloads.count >= waiter.reached && state.refusals >= waiter.refusals
            }
            let ready = state.waiters.filter(isReady).map(\.resume)
            state.waiters.removeAll(where: isReady)
            return (verdict, ready)
        }
        for waiter in ready { waiter.resume() }
        return verdict
    }

    func reaches(_ count: Int, refusals: Int = 0) async {
        await withCheckedContinuation { continuation in
            let isReady = state.withLock { state in
                let isReady = state.payloads.count >= count && state.refusals >= refusals
                if !isReady { state.waiters.append((count, refusals, continuation)) }
                return isReady
            }
            if isReady { continuation.resume() }
        }
    }
}

@Suite("MQTT feed against Mosquitto", .serialized)
struct MQTTFeedTests {
    private func feed(_ brokers: [Mosquitto], _ intake: RecordingIntake) throws -> MQTTFeedService {
        var settings = MQTTFeedSettings(brokers: brokers.map(\.endpoint), clientID: "feed")
        settings.reconnect = Backoff(first: .milliseconds(20), cap: .milliseconds(50), jitter: .none, attempts: nil)
        settings.probeInterval = .milliseconds(50)
        settings.probeHold = .milliseconds(50)
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return try MQTTFeedService(
            settings, intake: intake, logger: logger, now: { UTCInstant(seconds: 1) }, random: { 0x1234_5678_9ABC_DEF0 }
        )
    }

    /// Runs the feed beside the body, then cancels it and waits for its end.
    private func running(
        _ feed: MQTTFeedService, _ body: @escaping @Sendable () async throws -> Void
    ) async throws {
        try await within(.seconds(30)) {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await feed.run() }
                try await until { feed.status.state == .live }
                try await body()
                group.cancelAll()
                try await group.waitForAll()
            }
        }
        #expect(feed.status.state == .stopped)
    }

    private func publish(_ range: Range<Int>, to broker: Mosquitto, topic: String = "energy/F/M/readings") async throws
    {
        let sender = try MQTTClient(MQTTConfiguration(endpoint: broker.endpoint, clientID: "sender"))
        _ = try await sender.connect()
        try await sender.publish(range.map { MQTTMessage(topic: topic, payload: Array("\($0)".utf8)) })
        await sender.disconnect()
    }

    @Test("readings reach the intake in order and are acknowledged; the topic tells protobuf")
    func delivers() async throws {
        let broker = try Mosquitto()
        let intake = RecordingIntake()
        let feed = try feed([broker], intake)
        try await running(feed) {
            try await publish(0..<300, to: broker)
            try await publish(300..<301, to: broker, topic: "energy/F/M/readings.pb")
            await intake.reaches(301)
            try await until { feed.counters.acknowledged >= 301 }
        }
        #expect(intake.payloads == (0..<301).map(String.init))
        #expect(intake.formats == [.json, .protobuf])
    }

    @Test("refused readings are withheld and tried again: nothing lost, order kept")
    func refusal() async throws {
        let broker = try Mosquitto()
        let intake = RecordingIntake()
        let feed = try feed([broker], intake)
        intake.refuse(true)
        try await running(feed) {
            try await publish(0..<100, to: broker)
            await intake.reaches(0, refusals: 3)
            #expect(feed.status.state == .paused)
            try await publish(100..<200, to: broker)
            intake.refuse(false)
            await intake.reaches(200)
            try await until { feed.status.state == .live && feed.counters.acknowledged >= 200 }
        }
        #expect(intake.payloads == (0..<200).map(String.init))
    }

    @Test("what was refused until the feed left comes to the next feed")
    func leavesUnacknowledged() async throws {
        let broker = try Mosquitto()
        let first = RecordingIntake()
        first.refuse(true)
        try await running(try feed([broker], first)) {
            try await publish(0..<50, to: broker)
            await first.reaches(0, refusals: 1)
        }
        let second = RecordingIntake()
        try await running(try feed([broker], second)) { await second.reaches(50) }
        #expect(second.payloads == (0..<50).map(String.init))
    }

    @Test("a broker that stops and starts again is found again")
    func reconnects() async throws {
        let broker = try Mosquitto()
        let intake = RecordingIntake()
        let feed = try feed([broker], intake)
        try await running(feed) {
            try await publish(0..<10, to: broker)
            await intake.reaches(10)
            try await until { feed.counters.acknowledged >= 10 }
        }
        // The broker restarts while the feed is away; the session stays.
        broker.stop()
        try broker.start()
        try await publish(10..<20, to: broker)
        let again = try self.feed([broker], intake)
        try await running(again) { await intake.reaches(20) }
        #expect(intake.payloads == (0..<20).map(String.init))
    }

    @Test("when the first broker dies the second serves, and when the first is back we return")
    func failsOverAndBack() async throws {
        let primary = try Mosquitto()
        let secondary = try Mosquitto()
        let intake = RecordingIntake()
        let feed = try feed([primary, secondary], intake)
        let (first, second) = ("\(primary.endpoint)", "\(secondary.endpoint)")
        let secondaryEndpoint = secondary.endpoint
        try await running(feed) {
            primary.stop()
            try await until { feed.status.state == .live && feed.status.endpoint == second }
            let sender = try MQTTClient(MQTTConfiguration(endpoint: secondaryEndpoint, clientID: "sender"))
            _ = try await sender.connect()
            try await sender.publish(MQTTMessage(topic: "energy/F/M/readings", payload: [0x61]))
            await intake.reaches(1)
            try primary.start()
            try await until { feed.status.state == .live && feed.status.endpoint == first }
        }
        #expect(intake.payloads == ["a"])
        #expect(feed.counters.reconnects >= 2)
    }

    @Test("the broker's count of dropped messages shows in the status")
    func dropped() async throws {
        let broker = try Mosquitto()
        let feed = try feed([broker], RecordingIntake())
        try await running(feed) { try await until { feed.counters.droppedByBroker == 0 } }
        #expect(feed.status.detail.contains("broker dropped 0"))
    }
}

/// Polls: the states of a feed have no stream. The caller's `within` is the deadline.
func until(_ condition: @escaping @Sendable () -> Bool) async throws {
    while !condition() { try await Task.sleep(for: .milliseconds(2)) }
}
