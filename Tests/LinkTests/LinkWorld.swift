import EnergyModel
import Engine
import Gateway
import Logging
import Ports
import PrometheusExporter
import ServiceLifecycle
import SwitchyardTesting
import Synchronization

/// A whole engine over ports in memory behind a gateway on loopback. Its wall clock stands still, so that two who ask get the
/// same; its waits are real and short. What is stored outlives it, and another engine may follow on the same port.
final class LinkWorld: Sendable {
    static let now = UTCInstant(seconds: 1_790_000_000 - 1_790_000_000 % 3600)

    let records = MemoryRecordStore()
    let series = MemorySeriesStore()
    let responses = MemoryResponseRecords()
    let log = MemoryEventLog(partitions: 4, now: { LinkWorld.now })
    private let spool = MemoryEventLog(partitions: 4, now: { LinkWorld.now })
    let facility: FacilityID
    let meter: MeterID
    let event: DREventID
    let token: LocalToken
    private let seed = Mutex(SplitMix64(seed: 5))

    init() throws {
        guard let facility = FacilityID("F-1"), let meter = MeterID("M-1"), let event = DREventID("evt-1") else {
            throw PortError(.invalid, "an id of the test is none")
        }
        (self.facility, self.meter, self.event) = (facility, meter, event)
        let seed = Mutex(SplitMix64(seed: 6))
        token = LocalToken(user: "test", randomness: { seed.withLock { $0.next() } })
    }

    struct Running: Sendable {
        let engine: any OperatorLink
        let intake: any ReadingIntake
        let port: Int
        let stop: @Sendable () async -> Void
    }

    /// An engine on a port, 0 for any, for as long as `body` runs or until it stops it.
    @discardableResult
    func run<Result: Sendable>(
        port: Int = 0, streams: Int = 1000, _ body: (Running) async throws -> Result
    ) async throws -> Result {
        let logger = Logger(label: "link") { _ in SwiftLogNoOpLogHandler() }
        let engine = makeEngine(logger)
        let (ports, tell) = AsyncStream.makeStream(of: Int.self, bufferingPolicy: .bufferingOldest(1))
        let gateway = makeGateway(engine, port: port, streams: streams, logger) { tell.yield($0) }
        var configuration = ServiceGroupConfiguration(
            services: engine.services.map { .init(service: $0) } + [.init(service: gateway)], logger: logger)
        configuration.maximumGracefulShutdownDuration = .seconds(20)
        let group = ServiceGroup(configuration: configuration)
        let ended = AsyncStream.makeStream(of: Never.self, bufferingPolicy: .bufferingOldest(1))
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                defer {
                    tell.finish()
                    ended.continuation.finish()
                }
                try await group.run()
            }
            var iterator = ports.makeAsyncIterator()
            guard let bound = await iterator.next() else {
                try await tasks.waitForAll()
                throw PortError(.unavailable, "the gateway did not listen")
            }
            let running = Running(
                engine: engine.link, intake: engine.intake, port: bound,
                stop: {
                    await group.triggerGracefulShutdown()
                    for await _ in ended.stream {}
                })
            let result: Swift.Result<Result, any Error>
            do { result = .success(try await body(running)) } catch { result = .failure(error) }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            return try result.get()
        }
    }

    private func makeEngine(_ logger: Logger) -> Engine {
        var settings = EngineSettings()
        settings.live.snapshotInterval = .milliseconds(100)
        return Engine(
            settings: settings, log: log, spool: spool, series: series, records: records,
            time: Timekeeper(clock: ContinuousClock(), now: { LinkWorld.now }),
            random: { self.seed.withLock { $0.next() } }, logger: logger,
            response: ResponsePorts(records: responses, buildings: QuietBuildings()))
    }

    private func makeGateway(
        _ engine: Engine, port: Int, streams: Int, _ logger: Logger, _ onListening: @escaping @Sendable (Int) -> Void
    ) -> GatewayService {
        var configuration = GatewayConfiguration()
        configuration.port = port
        configuration.streams = streams
        configuration.drainTimeout = .milliseconds(200)
        configuration.lingerTimeout = .milliseconds(200)
        let random: @Sendable () -> UInt64 = { self.seed.withLock { $0.next() } }
        let registry = PrometheusRegistry(describing: [], samplers: [])
        var parts = AccessParts()
        parts.local = token
        let access = AccessDesk(
            parts, metrics: registry, logger: logger, now: { LinkWorld.now }, randomness: random)
        return GatewayService(
            configuration: configuration, intake: engine.intake, health: engine.health, access: access,
            link: engine.link, registry: registry, logger: logger, now: { .wallClock }, randomness: random,
            onListening: { onListening($0) })
    }

    /// A facility with an hour of readings, a letter that could not be read, and an event that is to come.
    func furnish(_ running: Running) async throws {
        let description = FacilityDescription(
            id: facility, name: "Harbour", kind: .office, region: "west", timeZone: "Europe/Berlin",
            contractDemand: Power(kilowatts: 500), buildingEndpoint: "http://127.0.0.1:1/bms",
            meters: [.init(id: meter)])
        try await done(running, "furnish-1", .importFacilities([description]))
        let lines = (0..<200).map { number in
            let time = LinkWorld.now.advanced(by: .seconds(-15 * (200 - number)))
            return
                "{\"meter_id\":\"M-1\",\"facility_id\":\"F-1\",\"ts\":\"\(time.iso8601)\",\"kw\":\(100 + number % 7)}"
        }
        // What a client of REST gets wrong it is told; what a broker brings and nobody can read becomes a letter.
        let brought: [(IntakeDelivery.Origin, String)] = [
            (.rest(client: "127.0.0.1"), lines.joined(separator: "\n")),
            (.mqtt(topic: "energy/F-1/M-1/readings"), "{\"meter_id\": no}"),
        ]
        for (origin, payload) in brought {
            let delivery = IntakeDelivery(origin: origin, format: .ndjson, payload: Array(payload.utf8))
            _ = await running.intake.accept([delivery], arrivedAt: LinkWorld.now)
        }
        try await done(
            running, "furnish-2",
            .createEvent(
                EventRequest(
                    id: event, program: "p", start: LinkWorld.now.advanced(by: .seconds(7200)),
                    duration: .seconds(3600), target: Power(kilowatts: 40), facilities: [facility])))
        try await settled(running)
    }

    private func done(_ running: Running, _ key: String, _ action: OperatorCommand.Action) async throws {
        let outcome = await running.engine.submit(
            OperatorCommand(key: key, author: "operator:test", reason: "to begin with", action: action))
        guard case .done = outcome else { throw PortError(.invalid, "\(key): \(outcome)") }
    }

    /// Nothing of what was brought is still on its way: all is there, and its rollups are the same twice.
    private func settled(_ running: Running) async throws {
        let hour = TimeRange(start: LinkWorld.now.advanced(by: .seconds(-3600)), end: LinkWorld.now)
        func points(_ subject: SeriesRequest.Subject, _ resolution: SeriesRequest.Resolution) async throws(PortError)
            -> [SeriesAnswer.Point]
        {
            try await running.engine.series(SeriesRequest(subject: subject, resolution: resolution, range: hour)).points
        }
        var last: [SeriesAnswer.Point] = []
        let end = ContinuousClock.now + .seconds(30)
        while ContinuousClock.now < end {
            try await ContinuousClock().sleep(for: .milliseconds(50))
            let letters = try await running.engine.deadLetters(DeadLetterQuery(limit: 10))
            let raw = try await points(.meter(meter), .raw)
            let rollups = try await points(.facility(facility), .rollup(.minute))
            if letters.matching > 0, raw.count == 200, rollups == last { return }
            last = rollups
        }
        throw PortError(.timedOut, "the readings did not come through")
    }
}

/// A building that answers and does nothing.
struct QuietBuildings: BuildingLink {
    func perform(_ request: BuildingRequest, at building: BuildingAddress) async -> BuildingAnswer { .timedOut }

    func points(of building: BuildingAddress) async throws(PortError) -> [BuildingPoint] {
        guard let id = PointID("AHU-1/CLG_SP") else { return [] }
        return [BuildingPoint(id: id, kind: .coolingSetPoint, zone: "1", normal: 23)]
    }

    func read(_ points: [PointID], of building: BuildingAddress) async throws(PortError) -> [PointReading] { [] }

    func releaseAll(
        _ slots: [PrioritySlot], key: String, of building: BuildingAddress
    ) async throws(PortError) -> [PointID] { [] }

    func ping(_ building: BuildingAddress) async throws(PortError) {}
}
