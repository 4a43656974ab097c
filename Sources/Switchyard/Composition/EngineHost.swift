import CoreMetrics
import EmbeddedStore
import EnergyModel
import Engine
import Foundation
import Gateway
import Logging
import MQTTFeed
import Ports
import PrometheusExporter
import ServiceLifecycle
import Synchronization

/// One engine with everything round it, composed from the configuration: files, feeds, gateway, heartbeat. Nothing runs
/// until `services` are run in one `ServiceGroup`.
struct EngineHost: Sendable {
    let engine: Engine
    let services: [any Service]
    let logger: Logger
    /// Held as long as the host lives.
    private let lock: DirectoryLock

    /// Takes the data directory, opens and migrates its files. Throws a sentence when another engine runs there, a file is
    /// damaged or an address is wrong. Once a process: it takes over logging and metrics.
    static func open(_ settings: Settings, mode: String) async throws -> EngineHost {
        let directory = try DataDirectory(settings: settings)
        try directory.create()
        let lock = try await directory.lock()
        let levels = try LogLevels(settings)
        let logger = try bootstrapLogging(settings, directory, levels)
        let registry = PrometheusRegistry(describing: MetricTable.all, samplers: [ProcessFigures.sample])
        MetricsSystem.bootstrap(registry)
        do {
            return try await compose(settings, mode, directory, lock, logger, levels, registry)
        } catch let error as PortError {
            throw CommandFailure(.failed, error.description)
        } catch let error as MQTTError {
            throw CommandFailure(.usage, error.description)
        }
    }

    private static func compose(
        _ settings: Settings, _ mode: String, _ directory: DataDirectory, _ lock: DirectoryLock, _ logger: Logger,
        _ levels: LogLevels, _ registry: PrometheusRegistry
    ) async throws -> EngineHost {
        let configured = try ConfiguredSettings(settings, mode: mode)
        let store = try await EmbeddedStore.open(
            directory: directory.path, options: configured.store, now: { .wallClock },
            onTimeout: countTimeouts(of: "store"))
        let spool = try await EmbeddedStore.openLog(
            directory: directory.spoolPath(settings), options: configured.store, now: { .wallClock })
        let canary = try CanaryRoute(configured.feed)
        let response = try ResponseComposition(settings, records: store.records).ports
        let weather = try WeatherComposition(settings, records: store.records, escalate: response.escalate).ports
        let engine = Engine(
            settings: configured.engine, log: store.log, spool: spool, series: store.series,
            records: store.records, time: Timekeeper(clock: ContinuousClock(), now: { .wallClock }), random: randomWord,
            logger: logger, host: .system(directory: directory.path), canary: canary.publish,
            backfill: try configured.feed.map(backfill),
            response: response, weather: weather, forecasts: store.records,
            traces: try await TracePorts.open(settings, directory: directory), logLevels: levels.set)
        canary.attach(engine.intake)
        engine.healthService.addCheck("series-upkeep", decidesReadiness: false) {
            [series = store.series] () throws(PortError) in
            guard let fault = series.maintenanceFault else { return }
            throw PortError(.corrupt, "\(fault) (\(series.failedCompactions) compactions failed since the start)")
        }
        var services = engine.services
        if let feed = configured.feed {
            let service = try MQTTFeedService(
                feed, intake: engine.intake, logger: logger.named("mqtt"), now: { .wallClock }, random: randomWord,
                onTimeout: countTimeouts(of: "mqtt"))
            engine.register(feed: service)
            services.append(service)
        }
        let listening = ListeningAddress()
        if let gateway = configured.gateway {
            let access = try AccessComposition(
                settings, configured, gateway: gateway, directory: directory, sessions: store.records,
                metrics: registry, logger: logger)
            access.addChecks(to: engine.healthService)
            services.append(
                GatewayService(
                    configuration: gateway, intake: engine.intake, health: engine.health,
                    notifications: engine.notifications, utilities: try utilityKeys(settings),
                    access: access.desk, tls: access.tls, link: engine.link,
                    archive: .stored(series: store.series, records: store.records),
                    current: engine.current, registry: registry,
                    logger: logger.named("gateway"), now: { .wallClock }, randomness: randomWord,
                    tracer: engine.tracer,
                    onListening: { port in listening.set("\(gateway.host):\(port)") }))
        }
        services.append(MemoryReturnService())
        services.append(
            HeartbeatService(link: engine.link, directory: directory, http: { listening.current }, logger: logger))
        return EngineHost(engine: engine, services: services, logger: logger, lock: lock)
    }

    private static func bootstrapLogging(
        _ settings: Settings, _ directory: DataDirectory, _ levels: LogLevels
    ) throws -> Logger {
        let configured = settings.optionalText("log.file") ?? directory.file("switchyard.log").path
        let files = try LogFiles(
            path: configured == "-" ? nil : configured, keeping: LogKeeping(settings), now: .wallClock)
        LoggingSystem.bootstrap { JSONLogHandler(label: $0, files: files, levels: levels) }
        return Logger(label: "switchyard")
    }
}

extension Logger {
    /// The same for one component, with its level.
    fileprivate func named(_ component: String) -> Logger {
        var logger = self
        logger[metadataKey: LogMark.component] = "\(component)"
        return logger
    }
}

/// The gateway's address once it listens.
final class ListeningAddress: Sendable {
    private let address = Mutex<String?>(nil)
    var current: String? { address.withLock(\.self) }
    func set(_ text: String) { address.withLock { $0 = text } }
}

/// The canary's way in: through the broker as any meter's, or straight into the intake where there is no broker. The engine
/// that takes its readings is made after it, so the intake is attached.
final class CanaryRoute: Sendable {
    private let publisher: MQTTPublisher?
    private let intake = Mutex<(any ReadingIntake)?>(nil)

    init(_ feed: MQTTFeedSettings?) throws(MQTTError) {
        publisher = try feed.map { feed throws(MQTTError) in try MQTTPublisher(feed, role: "canary") }
    }

    func attach(_ intake: any ReadingIntake) { self.intake.withLock { $0 = intake } }

    @Sendable func publish(facility: FacilityID, meter: MeterID, payload: [UInt8]) async throws {
        let topic = "energy/\(facility)/\(meter)/readings"
        if let publisher { return try await publisher.publish([MQTTMessage(topic: topic, payload: payload)]) }
        guard let intake = intake.withLock(\.self) else { return }
        let delivery = IntakeDelivery(origin: .mqtt(topic: topic), format: .json, payload: payload)
        if case .refused(let refusal) = await intake.accept([delivery], arrivedAt: .wallClock) {
            throw PortError(.unavailable, "the canary was refused: \(refusal.reason.rawValue)")
        }
    }
}

/// Asks meters over the broker they report to (ING-16).
private func backfill(over feed: MQTTFeedSettings) throws(MQTTError) -> BackfillRequester {
    let publisher = try MQTTPublisher(feed, role: "backfill")
    return { requests in
        try await publisher.publish(
            requests.map { request throws(MQTTError) in
                try MeterCommand.backfill(request.gap).message(to: request.meter, of: request.facility)
            })
    }
}
