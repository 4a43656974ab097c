import EnergyModel
import Logging
import Ports
import Resilience
import ServiceLifecycle

/// Every part of an engine, wired. `Engine` shows what composition needs of it.
struct EngineParts: Sendable {
    let settings: EngineSettings
    let log: any EventLog
    let spool: any EventLog
    let series: any SeriesStore
    let records: any RecordStore
    let time: Timekeeper
    let logger: Logger

    let measures: EngineMeasures
    let journal: Journal
    let health: HealthService
    let directory: FleetDirectory
    let gate: GateKeeper
    let logBreaker: DependencyBreaker
    let seriesBreaker: DependencyBreaker
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
    let retention: RetentionService
    let healthSnapshots: HealthSnapshots
    let snapshots: SnapshotService
    let canary: CanaryService?
    let gaps: GapService

    init(
        settings: EngineSettings, log: any EventLog, spool: any EventLog, series: any SeriesStore,
        records: any RecordStore, time: Timekeeper, random: @escaping @Sendable () -> UInt64, logger: Logger,
        host: HostProbe, canary: CanaryPublisher?, backfill: BackfillRequester?
    ) {
        (self.settings, self.log, self.spool, self.series, self.records) = (settings, log, spool, series, records)
        (self.time, self.logger) = (time, logger)
        let share: @Sendable () -> Double = { Double(random() >> 11) / Double(1 << 53) }
        let measures = EngineMeasures(time: time)
        let journal = Journal(records: records, time: time, logger: logger)
        (self.measures, self.journal) = (measures, journal)
        health = HealthService(settings: settings.health, time: time, measures: measures, journal: journal)
        directory = FleetDirectory(records: records, time: time)
        gate = GateKeeper(settings: settings.ingest, journal: journal)
        logBreaker = EngineParts.breaker(
            "event-log", settings.ingest.breakerFailures, settings.ingest.breakerCooldown,
            settings.ingest.breakerCooldownLimit, time, journal)
        seriesBreaker = EngineParts.breaker(
            "series-store", settings.series.breakerFailures, settings.series.breakerCooldown,
            settings.series.breakerCooldownLimit, time, journal)
        writer = DurableWriter(
            log: log, spool: spool, breaker: logBreaker, gate: gate, settings: settings.ingest, time: time,
            measures: measures, journal: journal)
        ingest = Ingest(
            settings: settings.ingest, directory: directory, writer: writer, gate: gate, time: time, measures: measures,
            traces: TraceSource(random: random), logger: logger)
        ingestService = IngestService(gate: gate, directory: directory, health: health, time: time, logger: logger)
        drain = SpoolDrainService(
            writer: writer, settings: settings.ingest, time: time, measures: measures, health: health, random: share,
            logger: logger)
        monitor = QueueMonitor(
            log: log, spool: spool, gate: gate, settings: settings, time: time, measures: measures, journal: journal,
            host: host, logger: logger)
        board = LiveBoard(settings: settings.live, directory: directory)
        warmStart = LiveWarmStart(
            board: board, stored: StoredFleet(series: series, settings: settings, time: time), time: time,
            logger: logger)
        sink = SeriesSink(
            series: series, log: log, breaker: seriesBreaker, settings: settings, time: time, measures: measures,
            journal: journal, health: health, random: share, logger: logger)
        aggregation = AggregationService(
            log: log, series: series, sink: sink, settings: settings, directory: directory, board: board,
            monitor: monitor, health: health, time: time, measures: measures, logger: logger)
        letters = DeadLetterService(
            log: log, records: records, settings: settings.deadLetters, time: time, measures: measures,
            journal: journal,
            health: health, logger: logger)
        retention = RetentionService(
            log: log, series: series, settings: settings.retention, gate: gate, host: host, time: time,
            measures: measures, journal: journal, logger: logger)
        healthSnapshots = HealthSnapshots(
            health: health, measures: measures, breakers: [logBreaker, seriesBreaker], host: host, settings: settings,
            startedAt: time.now())
        snapshots = SnapshotService(
            board: board, letters: letters, healthSnapshots: healthSnapshots, measures: measures, journal: journal,
            settings: settings, time: time)
        if let canary {
            self.canary = CanaryService(
                publish: canary, settings: settings.canary, directory: directory, board: board, time: time,
                journal: journal, logger: logger)
        } else {
            self.canary = nil
        }
        gaps = GapService(
            request: backfill, settings: settings.gaps, directory: directory, board: board, time: time,
            measures: measures, logger: logger)
        registerChecks()
    }

    /// In the order of their start; stopped in reverse.
    var services: [any Service] {
        var services: [any Service] = [
            journal, health, snapshots, retention, letters, monitor, aggregation, drain, warmStart, gaps, ingestService,
        ]
        if let canary { services.append(canary) }
        return services
    }

    var link: EmbeddedOperator { makeLink(isLive: true) }

    func makeLink(isLive: Bool) -> EmbeddedOperator {
        let views = StoredViews(
            series: series, log: log, records: records, directory: directory, settings: settings, time: time)
        return EmbeddedOperator(
            records: records, views: views,
            queries: SeriesQueries(series: series, directory: directory, settings: settings.series, time: time),
            letterDesk: DeadLetterDesk(records: records, intake: ingest, settings: settings.deadLetters),
            directory: directory, settings: settings, time: time, logger: logger,
            live: isLive
                ? .init(
                    snapshots: snapshots, board: board, healthSnapshots: healthSnapshots, retention: retention,
                    aggregation: aggregation, measures: measures) : nil)
    }

    private static func breaker(
        _ name: String, _ failures: Int, _ cooldown: Duration, _ limit: Duration, _ time: Timekeeper, _ journal: Journal
    ) -> DependencyBreaker {
        let configuration = CircuitBreakerConfiguration(
            consecutiveFailures: failures, failureShare: nil, consecutiveTimeouts: nil, coolDown: cooldown,
            longestCoolDown: limit)
        return DependencyBreaker(name: name, configuration: configuration, time: time) { change in
            journal.note(
                "went from \(change.from.rawValue) to \(change.to.rawValue) (\(change.reason.rawValue))",
                of: "breaker:\(name)", by: "engine")
        }
    }

    private func registerChecks() {
        for phase in ["fleet", "windows"] { health.phase(phase, done: false) }
        health.addCheck("event-log") { [log, settings] () throws(PortError) in
            _ = try await log.lag(of: .sensorReadings, group: settings.aggregation.group)
        }
        health.addCheck("local-queue", decidesReadiness: false) { [spool] () throws(PortError) in
            _ = try await spool.storedBytes(of: DurableWriter.spoolTopic)
        }
        health.addCheck("series-store", decidesReadiness: false) { [series] () throws(PortError) in
            _ = try await series.storedBytes()
        }
        health.addCheck("record-store") { [records] () throws(PortError) in
            _ = try await records.hasImportedFacilities()
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
    }
}
