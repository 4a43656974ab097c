import EnergyModel
import Logging
import Ports
import Resilience
import ServiceLifecycle

/// The engine over its ports. `intake`, `link` and `health` are its faces; `services` are to be run in one `ServiceGroup`,
/// in this order, with feeds and servers after them: a group stops in reverse, so feeds stop first, then the intake, then
/// what drains behind it.
///
/// Crash-only: there is no state that a stop must save. A graceful stop only spares the next start some work.
package struct Engine: Sendable {
    package let intake: any ReadingIntake
    package let link: any OperatorLink
    package let health: any HealthReporting
    /// Where utilities' notifications go; nil without demand response.
    package let notifications: (any NotificationIntake)?
    package let services: [any Service]
    /// For registering checks of what composition adds (HEALTH-04).
    package let healthService: HealthService
    /// What facilities draw now, from the cache; for whoever asks often.
    package var current: CurrentQuery {
        { [cache = parts.current] facility throws(PortError) in try await cache.current(of: facility) }
    }
    /// Makes spans for what is done outside, as the gateway does.
    package let tracer: Tracer
    let parts: EngineParts

    /// - Parameters:
    ///   - log, spool: the event log and the local queue. They must not share a failure, as far as the machine allows.
    ///   - random: for trace ids and jitter.
    ///   - canary: publishes one JSON reading for the meter of `settings.canary` through the whole path (ING-15); nil: none.
    ///   - backfill: asks a meter for the readings of a gap (ING-16); nil: gaps are only counted.
    ///   - response: what demand response needs; nil: none is run.
    ///   - weather: providers and where their word is kept; nil: the weather is not known.
    ///   - forecasts: where forecasts are kept; nil: none are made.
    ///   - traces: where spans are kept; nil: nothing is traced.
    ///   - logLevels: sets log levels at run time; nil: they stay.
    package init(
        settings: EngineSettings, log: any EventLog, spool: any EventLog, series: any SeriesStore,
        records: any RecordStore, time: Timekeeper, random: @escaping @Sendable () -> UInt64, logger: Logger,
        host: HostProbe = .unknown, canary: CanaryPublisher? = nil, backfill: BackfillRequester? = nil,
        response: ResponsePorts? = nil, weather: WeatherPorts? = nil,
        forecasts: (any ForecastRecords)? = nil, traces: TracePorts? = nil, logLevels: LogLevelSetter? = nil
    ) {
        let ground = EngineGround(
            settings: settings, log: log, spool: spool, series: series, records: records, time: time, random: random,
            logger: logger, host: host, traces: traces)
        let parts = EngineParts(
            on: ground, beginning: .queueing, canary: canary, backfill: backfill, response: response,
            weather: weather, forecasts: forecasts, logLevels: logLevels)
        self.parts = parts
        tracer = ground.tracer
        intake = parts.ingest
        link = parts.link
        health = parts.health
        healthService = parts.health
        notifications = parts.response?.intake
        services = parts.services
    }

    /// A feed whose state Health shows.
    package func register(feed: any StatusReportingFeed) { parts.healthSnapshots.add(feed: feed) }

    /// The intake over the ports alone, for a command that imports readings beside an engine that may run in another process:
    /// what it accepts goes straight to the log, in order of the calls.
    package static func deskIntake(
        settings: EngineSettings, log: any EventLog, spool: any EventLog, series: any SeriesStore,
        records: any RecordStore, time: Timekeeper, random: @escaping @Sendable () -> UInt64, logger: Logger
    ) async throws(PortError) -> any ReadingIntake {
        let ground = EngineGround(
            settings: settings, log: log, spool: spool, series: series, records: records, time: time, random: random,
            logger: logger, host: .unknown)
        try await ground.directory.load()
        return EngineParts(on: ground, beginning: .direct).ingest
    }

    /// The operator's link over the ports alone, for a command beside an engine that may run in another process: queries,
    /// dead letters, notes and imports work, what needs the running engine is refused with a sentence.
    package static func desk(
        settings: EngineSettings, log: any EventLog, spool: any EventLog, series: any SeriesStore,
        records: any RecordStore, time: Timekeeper, random: @escaping @Sendable () -> UInt64, logger: Logger,
        response: ResponsePorts? = nil, forecasts: (any ForecastRecords)? = nil, traces: TracePorts? = nil
    ) -> any OperatorLink {
        let ground = EngineGround(
            settings: settings, log: log, spool: spool, series: series, records: records, time: time, random: random,
            logger: logger, host: .unknown, traces: traces)
        return EngineParts(on: ground, beginning: .direct, response: response, forecasts: forecasts)
            .makeLink(isLive: false)
    }
}
