import EmbeddedStore
import EnergyModel
import Engine
import Resilience

extension EngineSettings {
    /// The engine's thresholds as configured. The loader has checked every value but what stands in lists: those throw.
    init(_ settings: Settings, mode: String) throws {
        self.init()
        version = SwitchyardCommand.version
        self.mode = mode
        takeIngest(settings)
        takeBreakers(settings)
        takeAggregation(settings)
        takeLateWork(settings)
        takeSeries(settings)
        takeDeadLetters(settings)
        takeRetention(settings)
        takeHealth(settings)
        takeWatch(settings)
        response = Response(settings)
        weather = Weather(settings)
        trace = Trace(settings)
        forecast = try Forecast(settings)
    }

    private mutating func takeIngest(_ settings: Settings) {
        ingest.registration = Registration(rawValue: settings.text("ingest.registration")) ?? ingest.registration
        ingest.meterLimit = settings.integer("ingest.meter_limit")
        ingest.futureLimit = settings.span("ingest.future_limit")
        ingest.pastLimit = settings.span("ingest.past_limit")
        ingest.queueCapBytes = settings.size("ingest.queue_cap")
        ingest.refuseAt = settings.number("ingest.refuse_at")
        ingest.resumeAt = settings.number("ingest.resume_at")
        ingest.alarmAt = settings.number("ingest.alarm_at")
        ingest.retryAfter = settings.span("ingest.retry_after")
        ingest.inFlightCapBytes = Int(settings.size("ingest.in_flight_cap"))
        ingest.briefRetryAfter = settings.span("ingest.brief_retry_after")
        ingest.appendTimeout = settings.span("ingest.append_timeout")
        ingest.chunkReadings = settings.integer("ingest.chunk_readings")
        ingest.drainItems = settings.integer("ingest.drain_items")
        ingest.markInterval = settings.span("ingest.mark_interval")
    }

    private mutating func takeBreakers(_ settings: Settings) {
        ingest.breakerFailures = settings.integer("log.breaker_failures")
        ingest.breakerCooldown = settings.span("log.breaker_cooldown")
        ingest.breakerCooldownLimit = settings.span("log.breaker_cooldown_limit")
        series.breakerFailures = settings.integer("series.breaker_failures")
        series.breakerCooldown = settings.span("series.breaker_cooldown")
        series.breakerCooldownLimit = settings.span("series.breaker_cooldown_limit")
    }

    private mutating func takeAggregation(_ settings: Settings) {
        aggregation.grace = settings.span("aggregate.grace")
        aggregation.idleTimeout = settings.span("aggregate.idle_timeout")
        aggregation.checkpointInterval = settings.span("aggregate.checkpoint_every")
        aggregation.batchItems = settings.integer("aggregate.batch_items")
        aggregation.backlogBatchItems = settings.integer("aggregate.backlog_batch_items")
        aggregation.batchesPerStep = settings.integer("aggregate.batches_per_step")
        aggregation.backlogEnter = Int64(settings.integer("aggregate.backlog_enter"))
        aggregation.backlogLeave = Int64(settings.integer("aggregate.backlog_leave"))
        aggregation.pollWait = settings.span("aggregate.poll_wait")
        aggregation.pauseLatency = settings.span("aggregate.pause_latency")
        aggregation.pauseLimit = settings.span("aggregate.pause_limit")
        aggregation.poisonAttempts = settings.integer("aggregate.poison_attempts")
    }

    private mutating func takeLateWork(_ settings: Settings) {
        aggregation.latePassInterval = settings.span("aggregate.late_pass_interval")
        aggregation.lateHoursPerPass = settings.integer("aggregate.late_hours_per_pass")
        aggregation.lateLookInterval = settings.span("aggregate.late_look_interval")
        aggregation.recomputeHours = settings.integer("aggregate.recompute_hours")
        aggregation.recomputeSpan = settings.span("aggregate.recompute_span")
        aggregation.sliceReadings = settings.integer("aggregate.slice_readings")
    }

    private mutating func takeSeries(_ settings: Settings) {
        series.writeTimeout = settings.span("series.write_timeout")
        series.queryTimeout = settings.span("series.query_timeout")
        series.retryFirst = settings.span("series.retry_first")
        series.retryLimit = settings.span("series.retry_limit")
        series.pointLimit = settings.integer("series.point_limit")
        series.writeErrorAlert = settings.number("series.write_error_alert")
        series.writeLatencyAlert = settings.span("series.write_latency_alert")
        series.verifyInterval = settings.span("series.verify_interval")
        series.invalidAttempts = settings.integer("series.invalid_attempts")
    }

    private mutating func takeDeadLetters(_ settings: Settings) {
        deadLetters.batchItems = settings.integer("dead_letters.batch_items")
        deadLetters.growthPerMinute = settings.number("dead_letters.growth_per_minute")
        deadLetters.depth = settings.integer("dead_letters.depth")
        deadLetters.replayAttempts = settings.integer("dead_letters.replay_attempts")
        deadLetters.countInterval = settings.span("dead_letters.count_interval")
        deadLetters.retryFirst = settings.span("dead_letters.retry_first")
        deadLetters.retryInterval = settings.span("dead_letters.retry_interval")
        deadLetters.redriveInterval = settings.span("dead_letters.redrive_interval")
        deadLetters.redriveRetryFirst = settings.span("dead_letters.redrive_retry_first")
        deadLetters.redriveRetryLimit = settings.span("dead_letters.redrive_retry_limit")
        deadLetters.dryRunTimeout = settings.span("dead_letters.dry_run_timeout")
    }

    private mutating func takeRetention(_ settings: Settings) {
        retention.log = settings.span("retention.log")
        retention.logBytes = settings.size("retention.log_bytes")
        retention.raw = settings.span("retention.raw")
        retention.rawFloor = settings.span("retention.raw_floor")
        retention.rollups = settings.span("retention.rollups")
        retention.journal = settings.span("retention.journal")
        retention.audit = settings.span("retention.audit")
        retention.letters = settings.span("retention.letters")
        retention.lossAlert = settings.span("retention.loss_alert")
        retention.offPeakHour = settings.integer("retention.off_peak_hour")
        retention.batch = settings.integer("retention.batch")
        retention.pause = settings.span("retention.pause")
        retention.interval = settings.span("retention.interval")
        retention.diskWarn = settings.number("retention.disk_warn")
        retention.diskAct = settings.number("retention.disk_act")
        retention.diskRefuse = settings.number("retention.disk_refuse")
    }

    private mutating func takeHealth(_ settings: Settings) {
        health.readyLag = Int64(settings.integer("health.ready_lag"))
        health.lagAlert = Int64(settings.integer("health.lag_alert"))
        health.livenessMode =
            Health.LivenessMode(rawValue: settings.text("health.liveness_mode")) ?? health.livenessMode
        health.checkInterval = settings.span("health.check_interval")
        health.checkTimeout = settings.span("health.check_timeout")
        health.startBudget = settings.span("health.start_budget")
        health.stuckAfter = settings.span("health.stuck_after")
        health.failuresUntilDown = settings.integer("health.failures_until_down")
        live.snapshotInterval = settings.span("live.snapshot_interval")
        live.staleAfter = settings.span("live.stale_after")
        live.badAfter = settings.span("live.bad_after")
    }

    private mutating func takeWatch(_ settings: Settings) {
        canary.interval = settings.span("canary.interval")
        canary.misses = settings.integer("canary.misses")
        canary.timeout = settings.span("canary.timeout")
        canary.facility = settings.text("canary.facility")
        canary.meter = settings.text("canary.meter")
        gaps.interval = settings.span("gaps.interval")
        gaps.settle = settings.span("gaps.settle")
        gaps.requestFrom = settings.integer("gaps.request_from")
        gaps.requestEvery = settings.span("gaps.request_every")
        gaps.requestsPerPass = settings.integer("gaps.requests_per_pass")
        gaps.requestTimeout = settings.span("gaps.request_timeout")
        operations.shutdown = settings.span("operations.shutdown")
        operations.commandTimeout = settings.span("operations.command_timeout")
        take(cache: settings)
        operations.armedFor = settings.span("operations.armed_for")
        operations.travelLookback = settings.span("operations.travel_lookback")
    }
}

extension EmbeddedStoreOptions {
    init(_ settings: Settings) {
        self.init()
        partitions = settings.integer("log.partitions")
        deadline = settings.span("store.timeout")
        pollInterval = settings.span("store.poll_interval")
    }
}

extension EngineSettings {
    fileprivate mutating func take(cache settings: Settings) {
        current.policy.lifetimes =
            settings.span("cache.shortest")...max(settings.span("cache.shortest"), settings.span("cache.longest"))
        current.policy.earlyFrom = settings.span("cache.early_from")
        current.policy.staleFor = settings.span("cache.stale_for")
        current.policy.staleWhenDown = settings.span("cache.stale_when_down")
        current.policy.lifetimeWithoutRecords = settings.span("cache.without_records")
        current.fillWait = settings.span("cache.fill_wait")
        current.fetchTimeout = settings.span("cache.fetch_timeout")
        current.fillsAtOnce = settings.integer("cache.fills_at_once")
        current.fillsWaiting = settings.integer("cache.fills_waiting")
        current.waitersPerFacility = settings.integer("cache.waiters")
        current.warmed = settings.integer("cache.warmed")
        current.warmEvery = settings.span("cache.warm_every")
    }
}
