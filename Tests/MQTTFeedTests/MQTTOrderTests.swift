import EnergyModel
import Logging
import MQTTFeed
import Ports
import Resilience
import Synchronization
import Testing

/// A log whose commits take a random time and sometimes fail, behind decoding that takes a random time too. Uses its turn
/// as the engine does: decodes ahead, appends when the turn comes.
private final class MoodyIntake: ReadingIntake {
    private struct State {
        var random: SplitMix64
        var log: [Int] = []
        var failures = 0
        var atOnce = 0
        var mostAtOnce = 0
    }
    private let state: Mutex<State>
    private let failsOneIn: UInt64

    init(seed: UInt64, failsOneIn: UInt64) {
        state = Mutex(State(random: SplitMix64(state: seed)))
        self.failsOneIn = failsOneIn
    }

    var log: [Int] { state.withLock { $0.log } }
    var failures: Int { state.withLock { $0.failures } }
    var mostAtOnce: Int { state.withLock { $0.mostAtOnce } }

    func accept(_ deliveries: [IntakeDelivery], arrivedAt: UTCInstant) async -> IntakeVerdict {
        await accept(deliveries, arrivedAt: arrivedAt, turn: .free)
    }

    func accept(_ deliveries: [IntakeDelivery], arrivedAt: UTCInstant, turn: IntakeTurn) async -> IntakeVerdict {
        let (decoding, committing, fails) = state.withLock { state in
            state.atOnce += 1
            state.mostAtOnce = max(state.mostAtOnce, state.atOnce)
            return (
                state.random.next() % 40, state.random.next() % 40, state.random.next() % failsOneIn == 0
            )
        }
        defer { state.withLock { $0.atOnce -= 1 } }
        // The first batch waits for a second to be under way, so that there is an order to keep however slow the network is.
        let patience = ContinuousClock().now + .seconds(20)
        while mostAtOnce < 2, ContinuousClock().now < patience { await Task.yield() }
        await yields(decoding)
        guard await turn.comes() else { return .refused(.outOfTurn) }
        await yields(committing)
        if fails {
            state.withLock { $0.failures += 1 }
            return .refused(IntakeRefusal(.unavailable, retryAfter: .milliseconds(1)))
        }
        state.withLock { $0.log += deliveries.compactMap { Int(String(decoding: $0.payload, as: UTF8.self)) } }
        return .settled(deliveries.map { _ in IntakeResult(accepted: 1) })
    }

    /// A delay without a clock: others run meanwhile.
    private func yields(_ count: UInt64) async { for _ in 0..<count { await Task.yield() } }
}

private final class Notes: Sendable {
    private let notes = Mutex<[String]>([])
    var all: [String] { notes.withLock { $0 } }
    func add(_ note: String) { notes.withLock { $0.append(note) } }
}

private struct SplitMix64: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}

@Suite("Order of batches (BASE-06)", .serialized)
struct MQTTOrderTests {
    @Test(
        "batches under way at once become durable in order, also when commits take their time and fail",
        arguments: [2, 4, 8])
    func ordered(depth: Int) async throws {
        let broker = try Mosquitto()
        let intake = MoodyIntake(seed: UInt64(depth), failsOneIn: 5)
        var settings = MQTTFeedSettings(brokers: [broker.endpoint], clientID: "feed")
        settings.batchesInFlight = depth
        settings.maximumBatchMessages = 16
        settings.batchInterval = .zero
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let feed = try MQTTFeedService(
            settings, intake: intake, logger: logger, now: { UTCInstant(seconds: 1) }, random: { 7 })
        let endpoint = broker.endpoint
        try await within(.seconds(60)) {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await feed.run() }
                try await until { feed.status.state == .live }
                let sender = try MQTTClient(MQTTConfiguration(endpoint: endpoint, clientID: "sender"))
                _ = try await sender.connect()
                try await sender.publish(
                    (0..<1500).map { MQTTMessage(topic: "energy/F/M/readings", payload: Array("\($0)".utf8)) })
                await sender.disconnect()
                try await until { feed.counters.acknowledged >= 1500 }
                group.cancelAll()
                try await group.waitForAll()
            }
        }
        // A refused batch left nothing, so each is there once, and nothing overtook it.
        #expect(intake.log == Array(0..<1500))
        #expect(intake.failures > 5)
        #expect(intake.mostAtOnce > 1 && intake.mostAtOnce <= depth)
    }

    @Test("a broker that says nothing costs its time limit, which is told, and the feed goes on trying")
    func silentBroker() async throws {
        // Listens and never accepts: TCP comes up, the broker's answer never does.
        let listener = try SilentListener()
        let told = Notes()
        var settings = MQTTFeedSettings(
            brokers: [MQTTEndpoint(host: "127.0.0.1", port: listener.port)], clientID: "feed")
        settings.connectTimeout = .milliseconds(50)
        settings.reconnect = Backoff(first: .milliseconds(1), cap: .milliseconds(1), jitter: .none, attempts: nil)
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let feed = try MQTTFeedService(
            settings, intake: MoodyIntake(seed: 1, failsOneIn: .max), logger: logger, now: { UTCInstant(seconds: 1) },
            random: { 7 }, onTimeout: { operation, limit in told.add("\(operation) \(limit)") })
        try await within {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await feed.run() }
                try await until { told.all.count >= 2 }
                group.cancelAll()
                try await group.waitForAll()
            }
        }
        #expect(Set(told.all) == ["connect 0.05 seconds"])
    }

    @Test("an intake that knows no turns is given one batch after another")
    func plainIntake() async throws {
        let notes = Notes()
        struct Plain: ReadingIntake {
            let note: @Sendable (String) -> Void
            func accept(_ deliveries: [IntakeDelivery], arrivedAt: UTCInstant) async -> IntakeVerdict {
                note("accepted")
                return .settled([])
            }
        }
        let plain = Plain { word in notes.add(word) }
        let verdict = await plain.accept([], arrivedAt: UTCInstant(seconds: 1), turn: IntakeTurn { false })
        guard case .refused(let refusal) = verdict else {
            Issue.record("it was accepted out of turn")
            return
        }
        #expect(refusal.reason == .outOfTurn)
        #expect(notes.all.isEmpty)
        _ = await plain.accept([], arrivedAt: UTCInstant(seconds: 1), turn: .free)
        #expect(notes.all == ["accepted"])
    }
}
