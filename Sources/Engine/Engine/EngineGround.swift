import EnergyModel
import Logging
import Ports
import Resilience

/// What every part of an engine stands on: the ports, the clocks, and what is shared by all services.
struct EngineGround: Sendable {
    let settings: EngineSettings
    let log: any EventLog
    let spool: any EventLog
    let series: any SeriesStore
    let records: any RecordStore
    let time: Timekeeper
    let random: @Sendable () -> UInt64
    private(set) var logger: Logger
    let host: HostProbe

    let tracer: Tracer
    /// Nil where no spans are kept.
    let spanBuffer: SpanBuffer?
    let traces: TracePorts?
    let measures: EngineMeasures
    let journal: Journal
    let health: HealthService
    let directory: FleetDirectory
    let gate: GateKeeper
    let logBreaker: DependencyBreaker
    let seriesBreaker: DependencyBreaker

    init(
        settings: EngineSettings, log: any EventLog, spool: any EventLog, series: any SeriesStore,
        records: any RecordStore, time: Timekeeper, random: @escaping @Sendable () -> UInt64, logger: Logger,
        host: HostProbe, traces: TracePorts? = nil
    ) {
        (self.settings, self.log, self.spool, self.series, self.records) = (settings, log, spool, series, records)
        (self.time, self.random, self.logger, self.host) = (time, random, logger, host)
        measures = EngineMeasures(time: time)
        self.traces = traces
        let buffer = traces.map { [measures] traces in
            SpanBuffer(settings: settings.trace, isExporting: traces.export != nil, measures: measures)
        }
        spanBuffer = buffer
        tracer = Tracer(sink: buffer?.sink, now: time.now, uptime: time.uptime, random: random)
        journal = Journal(records: records, time: time, logger: logger, tracer: tracer)
        health = HealthService(settings: settings.health, time: time, measures: measures, journal: journal)
        directory = FleetDirectory(records: records, time: time, limit: settings.ingest.meterLimit)
        gate = GateKeeper(settings: settings.ingest, journal: journal)
        let (ingest, series) = (settings.ingest, settings.series)
        logBreaker = EngineGround.breaker(
            "event-log", ingest.breakerFailures, ingest.breakerCooldown, ingest.breakerCooldownLimit, time, journal)
        seriesBreaker = EngineGround.breaker(
            "series-store", series.breakerFailures, series.breakerCooldown, series.breakerCooldownLimit, time, journal)
    }

    /// The same with a logger whose lines say which part they are of: `engine.response`.
    func named(_ part: String) -> EngineGround {
        var ground = self
        ground.logger[metadataKey: LogMark.component] = "engine.\(part)"
        return ground
    }

    /// Uniform in 0..<1, for jitter.
    var share: @Sendable () -> Double {
        { [random] in Double(random() >> 11) / Double(1 << 53) }
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
}
