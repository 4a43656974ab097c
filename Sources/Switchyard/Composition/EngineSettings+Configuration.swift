import EnergyModel
import Engine

extension EngineSettings {
    /// The engine's thresholds as configured. The loader has checked every value.
    init(_ settings: Settings, mode: String) {
        self.init()
        version = SwitchyardCommand.version
        self.mode = mode
        takeIngest(settings)
        takeAggregation(settings)
        takeRetention(settings)
        series.writeTimeout = settings.span("series.write_timeout")
        series.queryTimeout = settings.span("series.query_timeout")
        health.readyLag = Int64(settings.integer("health.ready_lag"))
        health.lagAlert = Int64(settings.integer("health.lag_alert"))
        health.livenessMode =
            Health.LivenessMode(rawValue: settings.text("health.liveness_mode")) ?? health.livenessMode
    }

    private mutating func takeIngest(_ settings: Settings) {
        ingest.registration = Registration(rawValue: settings.text("ingest.registration")) ?? ingest.registration
        ingest.futureLimit = settings.span("ingest.future_limit")
        ingest.pastLimit = settings.span("ingest.past_limit")
        ingest.queueCapBytes = settings.size("ingest.queue_cap")
        ingest.refuseAt = settings.number("ingest.refuse_at")
        ingest.resumeAt = min(settings.number("ingest.resume_at"), ingest.refuseAt)
        ingest.inFlightCapBytes = Int(settings.size("ingest.in_flight_cap"))
        ingest.appendTimeout = settings.span("ingest.append_timeout")
        ingest.breakerFailures = settings.integer("log.breaker_failures")
    }

    private mutating func takeAggregation(_ settings: Settings) {
        aggregation.grace = settings.span("aggregate.grace")
        aggregation.idleTimeout = settings.span("aggregate.idle_timeout")
        aggregation.checkpointInterval = settings.span("aggregate.checkpoint_every")
        aggregation.backlogEnter = Int64(settings.integer("aggregate.backlog_enter"))
        aggregation.backlogLeave = Int64(settings.integer("aggregate.backlog_leave"))
        aggregation.pauseLatency = settings.span("aggregate.pause_latency")
    }

    private mutating func takeRetention(_ settings: Settings) {
        retention.log = settings.span("retention.log")
        retention.logBytes = settings.size("retention.log_bytes")
        retention.raw = settings.span("retention.raw")
        retention.rollups = settings.span("retention.rollups")
        retention.diskWarn = settings.number("retention.disk_warn")
        retention.diskAct = settings.number("retention.disk_act")
        retention.diskRefuse = settings.number("retention.disk_refuse")
    }
}
