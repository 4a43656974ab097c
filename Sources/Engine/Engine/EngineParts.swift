import EnergyModel
import Logging
import Ports
import Resilience
import ServiceLifecycle

/// Every part of an engine, wired. `Engine` shows what composition needs of it.
struct EngineParts: Sendable {
    let ground: EngineGround
    let writer: DurableWriter
    let ingest: Ingest
    let ingestService: IngestService
    let drain: SpoolDrainService
    let monitor: QueueMonitor
    let board: LiveBoard
    let warmStart: LiveWarmStart
    let sink: SeriesSink
    let aggregation: AggregationService
    let letters: DeadLetterService
    let letterDesk: DeadLetterDesk
    let retry: LetterRetryService
    let redrives: RedriveService
    let retention: RetentionService
    let healthSnapshots: HealthSnapshots
    let snapshots: SnapshotService
    let canary: CanaryService?
    let gaps: GapService
    let current: CurrentCache
    let response: ResponseParts?
    /// Always there; without providers it knows nothing.
    let weatherDesk: WeatherDesk
    let weather: WeatherParts?
    /// Nil where nothing is forecast.
    let forecasts: ForecastingParts?
    private let forecastRecords: (any ForecastRecords)?
    let spanService: SpanService?
    let spanExport: SpanExportService?
    private let logLevels: LogLevelSetter?

    /// `beginning` is the way of readings until the drainer has looked into the local queue; a command that runs no drainer
    /// goes straight to the log.
    init(
        on ground: EngineGround, beginning way: IngestRoute.Way, canary: CanaryPublisher? = nil,
        backfill: BackfillRequester? = nil, response ports: ResponsePorts? = nil,
        weather weatherPorts: WeatherPorts? = nil, forecasts forecastRecords: (any ForecastRecords)? = nil,
        logLevels: LogLevelSetter? = nil
    ) {
        self.ground = ground
        self.logLevels = logLevels
        (spanService, spanExport) = ground.named("tracing").makeSpanServices()
        let ingestGround = ground.named("ingest")
        writer = ground.makeWriter(beginning: way)
        ingest = ingestGround.makeIngest(writer)
        ingestService = IngestService(
            gate: ground.gate, directory: ground.directory, health: ground.health, time: ground.time,
            logger: ingestGround.logger)
        drain = ingestGround.makeDrain(writer)
        monitor = ingestGround.makeMonitor()
        board = LiveBoard(settings: ground.settings.live, directory: ground.directory)
        warmStart = ground.makeWarmStart(board)
        sink = ground.named("aggregation").makeSink()
        aggregation = ground.named("aggregation").makeAggregation(sink, board, monitor)
        let facilities = FacilityIndex(directory: ground.directory)
        let desk = WeatherDesk(place: { facilities[$0]?.location }, settings: ground.settings.weather)
        weatherDesk = desk
        weather = weatherPorts.map { WeatherParts($0, on: ground.named("weather"), facilities: facilities, desk: desk) }
        self.forecastRecords = forecastRecords
        let forecasts = forecastRecords.map {
            ForecastingParts(
                $0, weather: desk, weatherRecords: weatherPorts?.records, responses: ports?.records,
                on: ground.named("forecast"))
        }
        self.forecasts = forecasts
        response = ports.map { [board] in
            ResponseParts(
                $0, on: ground.named("response"), board: board,
                forecasts: forecasts?.lookup ?? ForecastLookup(parts: nil))
        }
        letters = ground.named("dead-letters").makeLetters(
            ports == nil ? [] : [.demandResponseDeadLetters, .buildingFailures])
        let sender = LetterSender(
            intake: ingest, settings: ground.settings.deadLetters, time: ground.time,
            response: response?.replay(log: ground.log, isLive: true, time: ground.time))
        letterDesk = DeadLetterDesk(
            records: ground.records, sender: sender, settings: ground.settings.deadLetters)
        retry = ground.named("dead-letters").makeRetry(letterDesk)
        redrives = RedriveService(desk: letterDesk, on: ground.named("dead-letters"))
        retention = ground.named("retention").makeRetention()
        healthSnapshots = ground.makeHealthSnapshots(response?.gate, weather?.gate, spanExport?.breaker)
        snapshots = SnapshotService(
            board: board,
            response: response.map { ResponseBoard(coordinator: $0.coordinator, measured: $0.measured) },
            forecasts: forecasts?.board, letters: letters, healthSnapshots: healthSnapshots, measures: ground.measures,
            journal: ground.journal, settings: ground.settings, time: ground.time)
        self.canary = canary.map { [board] in ground.makeCanary($0, board) }
        gaps = ground.makeGaps(backfill, board)
        current = ground.makeCurrent()
        registerChecks()
    }

    var settings: EngineSettings { ground.settings }
    var log: any EventLog { ground.log }
    var series: any SeriesStore { ground.series }
    var records: any RecordStore { ground.records }
    var time: Timekeeper { ground.time }
    var logger: Logger { ground.logger }
    var measures: EngineMeasures { ground.measures }
    var journal: Journal { ground.journal }
    var health: HealthService { ground.health }
    var directory: FleetDirectory { ground.directory }
    var gate: GateKeeper { ground.gate }
    var logBreaker: DependencyBreaker { ground.logBreaker }
    var seriesBreaker: DependencyBreaker { ground.seriesBreaker }

    /// In the order of their start; stopped in reverse.
    var services: [any Service] {
        var services: [any Service] = [
            journal, health, snapshots, retention, letters, retry, monitor, aggregation, drain, warmStart, gaps,
            ingestService, redrives, current,
        ]
        // First to start, last to stop: what the others do at their end is traced as well.
        if let spanService { services.insert(spanService, at: 0) }
        if let spanExport { services.insert(spanExport, at: 0) }
        if let canary { services.append(canary) }
        if let weather { services += weather.services }
        if let forecasts { services += forecasts.services }
        if let response { services += response.services }
        let link = link
        let logger = ground.named("operator").logger
        services.append(
            CommandRelayService(log: log, records: records, time: time, logger: logger) { await link.submit($0) })
        return services
    }

    var link: EmbeddedOperator { makeLink(isLive: true) }

    func makeLink(isLive: Bool) -> EmbeddedOperator {
        let views = StoredViews(
            series: series, log: log, records: records, forecasts: forecastRecords, directory: directory,
            settings: settings, time: time)
        var desk = letterDesk
        if !isLive { desk.sender.response = response?.replay(log: log, isLive: false, time: time) }
        return EmbeddedOperator(
            records: records, views: views,
            queries: SeriesQueries(series: series, directory: directory, settings: settings.series, time: time),
            letterDesk: desk, directory: directory, settings: settings, time: time,
            logger: ground.named("operator").logger, tracer: ground.tracer, spans: ground.traces?.spans,
            logLevels: logLevels,
            live: isLive
                ? .init(
                    snapshots: snapshots, board: board, healthSnapshots: healthSnapshots, retention: retention,
                    aggregation: aggregation, measures: measures) : nil,
            response: response?.link(isLive: isLive), forecasts: forecasts?.desk(isLive: isLive),
            relay: isLive ? nil : CommandRelay(log: log, records: records, time: time))
    }

    private func registerChecks() {
        let ground = ground
        health.phase("fleet", done: false)
        health.phase("windows", done: false, isBehind: true)
        health.addCheck("start", decidesReadiness: false) { [health] () throws(PortError) in try health.checkStart() }
        health.addCheck("event-log") { () throws(PortError) in
            _ = try await ground.log.lag(of: .sensorReadings, group: ground.settings.aggregation.group)
        }
        health.addCheck("local-queue", decidesReadiness: false) { () throws(PortError) in
            _ = try await ground.spool.storedBytes(of: DurableWriter.spoolTopic)
        }
        health.addCheck("series-store", decidesReadiness: false) { () throws(PortError) in
            _ = try await ground.series.storedBytes()
        }
        health.addCheck("record-store") { () throws(PortError) in
            _ = try await ground.records.hasImportedFacilities()
        }
        health.addCheck("series-writes", decidesReadiness: false) { [sink] () throws(PortError) in try sink.check() }
        health.addCheck("dead-letters", decidesReadiness: false) { [letters] () throws(PortError) in
            try letters.check()
        }
        health.addCheck("retention-loss", decidesReadiness: false) { [monitor] () throws(PortError) in
            try monitor.checkLoss()
        }
        health.addReadinessCondition("queue") { [gate] in
            let refuses = gate.isRefusing
            return .init(name: "queue", passes: !refuses, detail: refuses ? "above its mark" : "takes readings")
        }
        health.addReadinessCondition("breaker:event-log") { [logBreaker] in
            let state = logBreaker.status.state
            return .init(name: "breaker:event-log", passes: state == .closed, detail: state.rawValue)
        }
        if let canary {
            health.addCheck("canary", decidesReadiness: false) { () throws(PortError) in try canary.check() }
        }
        response?.registerChecks(with: health)
        forecasts?.registerChecks(with: health)
    }
}

extension EngineGround {
    fileprivate func makeWriter(beginning way: IngestRoute.Way) -> DurableWriter {
        DurableWriter(
            log: log, spool: spool, breaker: logBreaker, gate: gate, beginning: way, settings: settings.ingest,
            time: time, measures: measures, journal: journal, tracer: tracer)
    }

    fileprivate func makeIngest(_ writer: DurableWriter) -> Ingest {
        Ingest(
            settings: settings.ingest, directory: directory, writer: writer, gate: gate, time: time, measures: measures,
            tracer: tracer, logger: logger)
    }

    fileprivate func makeDrain(_ writer: DurableWriter) -> SpoolDrainService {
        SpoolDrainService(
            writer: writer, settings: settings.ingest, time: time, measures: measures, health: health, random: share,
            logger: logger)
    }

    fileprivate func makeMonitor() -> QueueMonitor {
        QueueMonitor(
            log: log, spool: spool, gate: gate, settings: settings, time: time, measures: measures, journal: journal,
            host: host, logger: logger)
    }

    fileprivate func makeWarmStart(_ board: LiveBoard) -> LiveWarmStart {
        LiveWarmStart(
            board: board, stored: StoredFleet(series: series, settings: settings, time: time), health: health,
            time: time, logger: logger)
    }

    fileprivate func makeSink() -> SeriesSink {
        SeriesSink(
            series: series, log: log, directory: directory, breaker: seriesBreaker, settings: settings, time: time,
            measures: measures, journal: journal, health: health, random: share, logger: logger, tracer: tracer)
    }

    fileprivate func makeAggregation(
        _ sink: SeriesSink, _ board: LiveBoard, _ monitor: QueueMonitor
    ) -> AggregationService {
        AggregationService(
            log: log, series: series, sink: sink, settings: settings, directory: directory, board: board,
            monitor: monitor, health: health, time: time, measures: measures, logger: logger)
    }

    fileprivate func makeLetters(_ further: [Topic]) -> DeadLetterService {
        DeadLetterService(
            topics: [.sensorReadingsDeadLetters, .seriesWritesDeadLetters] + further, log: log, records: records,
            settings: settings.deadLetters, time: time, measures: measures,
            journal: journal, health: health, logger: logger)
    }

    fileprivate func makeRetry(_ desk: DeadLetterDesk) -> LetterRetryService {
        LetterRetryService(
            records: records, desk: desk, settings: settings.deadLetters, time: time, journal: journal, logger: logger)
    }

    fileprivate func makeRetention() -> RetentionService {
        RetentionService(
            log: log, series: series, records: records, settings: settings.retention, gate: gate, host: host,
            time: time, measures: measures, journal: journal, logger: logger,
            spans: traces.map { ($0.spans, settings.trace) })
    }

    fileprivate func makeHealthSnapshots(
        _ buildings: BuildingGate?, _ weather: WeatherGate?, _ export: DependencyBreaker?
    ) -> HealthSnapshots {
        HealthSnapshots(
            health: health, measures: measures, breakers: [logBreaker, seriesBreaker] + (export.map { [$0] } ?? []),
            buildings: buildings,
            weather: weather, host: host, settings: settings, startedAt: time.now())
    }

    /// Without traces none.
    fileprivate func makeSpanServices() -> (SpanService?, SpanExportService?) {
        guard let traces, let buffer = spanBuffer else { return (nil, nil) }
        let export = traces.export.map {
            SpanExportService(
                buffer: buffer, export: $0, settings: settings.trace, version: settings.version, time: time,
                measures: measures, journal: journal, logger: logger)
        }
        let store = SpanService(buffer: buffer, spans: traces.spans, time: time, measures: measures, logger: logger)
        return (store, export)
    }

    fileprivate func makeCanary(_ publish: @escaping CanaryPublisher, _ board: LiveBoard) -> CanaryService {
        CanaryService(
            publish: publish, settings: settings.canary, directory: directory, board: board, time: time,
            journal: journal, logger: logger)
    }

    fileprivate func makeCurrent() -> CurrentCache {
        let values = CurrentValues(series: series, directory: directory, settings: settings, time: time)
        return CurrentCache(
            settings: settings.current, directory: directory, health: health, time: time, share: share,
            hasRecords: { [health] in health.isUp("record-store") },
            fetch: { [seriesBreaker, tracer] facility throws(PortError) in
                try await tracer.part("current.read", .store, .client) { () throws(PortError) in
                    try await seriesBreaker.call(within: settings.current.fetchTimeout, "reading \(facility)") {
                        () throws(PortError) in try await values.read(facility)
                    }
                }
            })
    }

    fileprivate func makeGaps(_ request: BackfillRequester?, _ board: LiveBoard) -> GapService {
        GapService(
            request: request, settings: settings.gaps, directory: directory, board: board, time: time,
            measures: measures, logger: logger)
    }
}
