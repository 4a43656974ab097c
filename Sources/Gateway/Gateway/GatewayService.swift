import CoreMetrics
import EnergyModel
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import Ports
import PrometheusExporter
import ServiceLifecycle

/// The HTTP side of an engine. Runs until graceful shutdown: then it takes no new connection, lets open requests end for
/// `drainTimeout`, and cuts off the rest.
package struct GatewayService: Service {
    private let configuration: GatewayConfiguration
    private let logger: Logger
    private let clock: any Clock<Duration>
    private let desk: IntakeDesk<IntakeVerdict>
    private let notificationDesk: IntakeDesk<NotificationVerdict>
    private let access: AccessDesk?
    private let tls: TLSContexts?
    private let streams: StreamHouse
    /// For tests that walk its routes.
    let responder: GatewayResponder
    private let census: ConnectionCensus
    private let onListening: @Sendable (Int) async -> Void

    /// What `/metrics` shows about the gateway; for the registry.
    package static let metricDescriptions =
        RequestMetrics.descriptions + NotificationMetrics.descriptions
        + AccessMetrics.descriptions

    /// - Parameters:
    ///   - notifications: where utilities' notifications go; without it, or without `utilities`, the webhook answers 503.
    ///   - utilities: who may send, distinct (see `UtilityKey.distinct`).
    ///   - access: who may ask; without it only what is open to anybody is answered.
    ///   - tls: made of `configuration.tls`; nil without it.
    ///   - link: the engine behind the operator's endpoints, each of which gets it narrowed to its caller.
    ///   - archive: what exports and backfill read; without it there are none.
    ///   - current: what facilities draw now; without it nothing answers that.
    ///   - registry: shown at `/metrics`, and told about requests.
    ///   - tracer: makes spans of requests; nil: requests get trace ids all the same.
    ///   - onListening: called once with the bound port, when connections are taken.
    package init(
        configuration: GatewayConfiguration, intake: any ReadingIntake, health: any HealthReporting,
        notifications: (any NotificationIntake)? = nil, utilities: [UtilityKey] = [],
        access: AccessDesk? = nil, tls: TLSContexts? = nil, link: (any OperatorLink)? = nil,
        archive: GatewayArchive? = nil, current: CurrentQuery? = nil,
        registry: PrometheusRegistry, logger: Logger, now: @escaping @Sendable () -> UTCInstant,
        randomness: @escaping @Sendable () -> UInt64, tracer: Tracer? = nil,
        clock: any Clock<Duration> = ContinuousClock(),
        onListening: @escaping @Sendable (Int) async -> Void = { _ in }
    ) {
        var configuration = configuration
        if let files = ProcessFigures.fileLimit() {
            configuration.connections = max(1, min(configuration.connections, files / 2))
        }
        self.configuration = configuration
        self.logger = logger
        self.clock = clock
        self.onListening = onListening
        self.access = access
        self.tls = tls
        registry.describe(Self.metricDescriptions + BreakerMetrics.descriptions)
        let metrics = RequestMetrics(
            factory: registry,
            limits: [
                "read_body": configuration.bodyTimeout, "accept_readings": configuration.intakeTimeout,
                "accept_notification": configuration.notificationTimeout,
            ])
        census = ConnectionCensus(limit: configuration.connections, metrics: registry)
        desk = IntakeDesk(capacity: configuration.inFlightDeliveries, clock: clock)
        notificationDesk = IntakeDesk(capacity: configuration.notificationsInFlight, clock: clock)
        let readings = ReadingsEndpoint(intake: intake, desk: desk, configuration: configuration, metrics: metrics)
        let probes = ProbeEndpoints(health: health, registry: registry)
        var endpoints =
            probes.endpoints + [readings.endpoint]
        if let notifications, !utilities.isEmpty {
            endpoints +=
                NotificationEndpoint(
                    intake: notifications, utilities: utilities, desk: notificationDesk,
                    configuration: configuration, requests: metrics, factory: registry, monotonic: stopwatch(clock)
                ).endpoints
        } else {
            endpoints += NotificationEndpoint.unconfigured
        }
        if let sessions = access?.sessions { endpoints += SessionEndpoints(desk: sessions).endpoints }
        streams = StreamHouse(
            places: configuration.streams, heartbeat: configuration.streamHeartbeat, clock: clock, logger: logger,
            randomness: randomness)
        if let link {
            let narrowed: OperatorEndpoints.Link = { try $0.operatorLink() }
            endpoints += OperatorEndpoints(link: narrowed, metrics: metrics, now: now).endpoints
            endpoints += StreamEndpoint(house: streams, link: narrowed, now: now).endpoints
            let surface = Surface(link: link, configuration: configuration, metrics: metrics)
            endpoints += surface.endpoints(readings: readings, archive: archive)
            if let current { endpoints.append(CurrentEndpoint(query: current).endpoint) }
        }
        responder = GatewayResponder(
            routes: RouteTable(DocumentEndpoint.added(to: endpoints)), access: access?.control ?? .none, link: link,
            traffic: RequestTraffic(configuration: configuration, clock: clock, metrics: metrics, factory: registry),
            metrics: metrics, logger: logger, now: now,
            tracer: tracer ?? Tracer(sink: nil, now: now, uptime: { .zero }, random: randomness))
    }

    /// Everything that is answered, in the order of the manifest.
    var endpoints: [Endpoint] { responder.routes.all }

    /// Throws a `PortError` when it cannot listen. Once.
    package func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            // Together: without keys to fetch the second ends at once, and must not end the rest.
            group.addTask { [desk, access, tls, clock] in
                await withDiscardingTaskGroup { group in
                    group.addTask { await desk.run() }
                    group.addTask { await access?.run() }
                    group.addTask { await tls?.run(clock) }
                }
            }
            group.addTask { [notificationDesk] in await notificationDesk.run() }
            group.addTask { [streams] in await streams.run() }
            group.addTask { [clock, configuration, streams] in
                try await gracefulShutdown()
                streams.close()
                try await clock.sleep(for: configuration.drainTimeout)
            }
            // Whichever comes first, the server's end or the end of patience, ends the rest.
            group.addTask { try await serve() }
            defer {
                desk.stop()
                notificationDesk.stop()
                group.cancelAll()
            }
            try await group.next()
        }
    }

    private func serve() async throws {
        if let refusal = configuration.refusal { throw PortError(.invalid, refusal) }
        let application = Application(
            responder: responder,
            server: .http1(
                configuration: HTTP1Channel.Configuration(
                    additionalChannelHandlers: [ConnectionGuard(configuration: configuration, census: census)],
                    httpDecoderConfiguration: .init(
                        maxHeaderFieldSize: configuration.headerLimit, maxHeaderListSize: configuration.headerLimit,
                        maxHeaderFieldCount: configuration.headerCount)), within: tls),
            configuration: ApplicationConfiguration(
                address: .hostname(configuration.host, port: configuration.port), backlog: 512,
                // A flood is answered 503 by the guard; beyond 64 such answers at once it waits in the backlog.
                availableConnectionsDelegate: MaximumAvailableConnections(
                    configuration.connections + 64, logger: logger)),
            onServerRunning: { channel in
                do {
                    try await channel.pipeline.addHandler(AcceptFailureHandler(logger: logger), position: .first).get()
                } catch {
                    logger.warning("accept failures will stop the server", metadata: ["error": "\(error)"])
                }
                await onListening(channel.localAddress?.port ?? configuration.port)
            },
            logger: logger)
        do {
            try await application.run()
        } catch let error as IOError {
            throw PortError(
                .unavailable,
                "Cannot listen on \(configuration.host):\(configuration.port); choose another address with --http, "
                    + "or stop the program that uses it.",
                cause: error)
        }
    }
}
