import EnergyModel
import Logging
import Ports
import PrometheusExporter
import ServiceLifecycle
import Synchronization

@testable import Gateway

/// An intake that answers as told and remembers what it got.
final class ScriptedIntake: ReadingIntake {
    private let script: @Sendable ([IntakeDelivery]) async -> IntakeVerdict
    private let seen = Mutex<[IntakeDelivery]>([])

    init(_ script: @escaping @Sendable ([IntakeDelivery]) async -> IntakeVerdict) { self.script = script }

    /// One reading a delivery.
    convenience init() { self.init { .settled($0.map { _ in IntakeResult(accepted: 1) }) } }

    var deliveries: [IntakeDelivery] { seen.withLock { $0 } }

    func accept(_ deliveries: [IntakeDelivery], arrivedAt: UTCInstant) async -> IntakeVerdict {
        seen.withLock { $0 += deliveries }
        return await script(deliveries)
    }
}

/// A notification intake that answers as told and remembers what it got.
final class ScriptedNotifications: NotificationIntake {
    private let script: @Sendable (InboundNotification) async -> NotificationVerdict
    private let seen = Mutex<[InboundNotification]>([])

    init(
        _ script: @escaping @Sendable (InboundNotification) async -> NotificationVerdict = { _ in
            .accepted(event: "evt-1", isRepeat: false)
        }
    ) { self.script = script }

    var notifications: [InboundNotification] { seen.withLock { $0 } }

    func accept(_ notification: InboundNotification) async -> NotificationVerdict {
        seen.withLock { $0.append(notification) }
        return await script(notification)
    }
}

/// Lets nobody pass until opened, whatever the caller's cancellation says: a log stuck in a system call.
final class StuckLog: Sendable {
    private struct State {
        var isOpen = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }
    private let state = Mutex(State())

    func pass() async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock {
                if !$0.isOpen { $0.waiting.append(continuation) }
                return $0.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }

    func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}

struct FixedHealth: HealthReporting {
    var live = true
    var ready = true
    var started = true

    private func probe(_ passes: Bool) -> ProbeAnswer {
        ProbeAnswer(checks: [.init(name: "log", passes: passes, detail: passes ? "writes" : "breaker open since 12:00")]
        )
    }
    func liveness() -> ProbeAnswer { probe(live) }
    func readiness() -> ProbeAnswer { probe(ready) }
    func startup() -> ProbeAnswer { probe(started) }
}

struct House: Sendable {
    let port: Int
    let registry: PrometheusRegistry
    let endpoints: [Endpoint]
    let stop: @Sendable () async -> Void
}

let fixedNow = UTCInstant(milliseconds: 1_795_000_000_000)

/// Patience for tests: short where a client misbehaves, and the change on top.
func configured(_ change: (inout GatewayConfiguration) -> Void) -> GatewayConfiguration {
    var configuration = GatewayConfiguration()
    configuration.port = 0
    configuration.lingerTimeout = .milliseconds(500)
    configuration.drainTimeout = .milliseconds(300)
    change(&configuration)
    return configuration
}

/// A gateway on a port of the system's choice, for as long as `body` runs.
@discardableResult
func withGateway<Result: Sendable>(
    _ intake: any ReadingIntake = ScriptedIntake(), health: FixedHealth = FixedHealth(),
    notifications: (any NotificationIntake)? = nil, utilities: [UtilityKey] = [],
    keys: [ProgramKey]? = nil, archive: GatewayArchive? = nil,
    configuration: GatewayConfiguration = configured { _ in }, at now: UTCInstant = fixedNow,
    access: AccessParts? = nil, tls: TLSContexts? = nil, link: (any OperatorLink)? = nil,
    logger custom: Logger? = nil, tracer: Tracer? = nil, _ body: (House) async throws -> Result
) async throws -> Result {
    var logger = custom ?? Logger(label: "gateway")
    if custom == nil { logger.logLevel = .critical }
    let registry = PrometheusRegistry(
        describing: ProcessFigures.descriptions, samplers: [ProcessFigures.sample])
    let (ports, tell) = AsyncStream.makeStream(of: Int.self, bufferingPolicy: .bufferingOldest(1))
    let seed = Mutex<UInt64>(7)
    let words: @Sendable () -> UInt64 = {
        seed.withLock {
            $0 = $0 &* 6_364_136_223_846_793_005 &+ 1; return $0
        }
    }
    var parts = access
    if let keys {
        parts = parts ?? AccessParts()
        parts?.keys = keys
    }
    let desk = parts.map { AccessDesk($0, metrics: registry, logger: logger, now: { now }, randomness: words) }
    let service = GatewayService(
        configuration: configuration, intake: intake, health: health, notifications: notifications,
        utilities: utilities, access: desk, tls: tls, link: link, archive: archive, registry: registry, logger: logger,
        now: { now }, randomness: words, tracer: tracer,
        onListening: {
            tell.yield($0)
            tell.finish()
        })
    let services = ServiceGroup(configuration: .init(services: [service], logger: logger))
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
            defer { tell.finish() }
            try await services.run()
        }
        var iterator = ports.makeAsyncIterator()
        guard let port = await iterator.next() else {
            try await group.waitForAll()
            throw RawConnection.Closed()
        }
        let house = House(
            port: port, registry: registry, endpoints: service.endpoints,
            stop: { await services.triggerGracefulShutdown() })
        let result: Swift.Result<Result, any Error>
        do { result = .success(try await body(house)) } catch { result = .failure(error) }
        await services.triggerGracefulShutdown()
        try await group.waitForAll()
        return try result.get()
    }
}
