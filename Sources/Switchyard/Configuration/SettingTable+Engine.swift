/// Keys of the engine. Every field of `EngineSettings` and `EmbeddedStoreOptions` has one here, and a test holds us to it.
extension SettingTable {
    static let ingest: [Setting] = [
        Setting(
            "ingest.registration", .choice(["open", "auto", "closed"]), "auto",
            "unknown meters: open registers all; auto registers all until facilities are imported, then only new meters of "
                + "known facilities; closed refuses (ING-03)"),
        Setting("ingest.meter_limit", count, "200000", "most meters of one engine; each takes about 1 kB of memory"),
        Setting("ingest.future_limit", shortTime, "5m", "readings further ahead of our clock are refused (ING-19)"),
        Setting("ingest.past_limit", longTime, "90d", "readings older than this are refused (ING-19)"),
        Setting("ingest.queue_cap", size, "10GB", "cap of the local queue and of unconsumed log (ING-07)"),
        Setting("ingest.refuse_at", share, "0.8", "share of the cap at which senders are refused (ING-08)"),
        Setting("ingest.resume_at", share, "0.6", "share of the cap at which they are taken again (ING-08)"),
        Setting("ingest.alarm_at", share, "0.95", "share of the cap that is reported once more (ING-10)"),
        Setting("ingest.retry_after", shortTime, "5s", "what a refused sender is told to wait (ING-08)"),
        Setting("ingest.in_flight_cap", size, "64MiB", "bytes being decoded and appended at once (ING-09)"),
        Setting("ingest.brief_retry_after", shortTime, "200ms", "wait told to a sender that found no room in memory"),
        Setting("ingest.append_timeout", shortTime, "5s", "deadline of one append to the log (ING-05)"),
        Setting("ingest.chunk_readings", items, "16384", "readings decoded before they are appended"),
        Setting("ingest.drain_items", items, "20000", "readings moved from the local queue to the log in one go"),
        Setting("ingest.mark_interval", shortTime, "1s", "how often queues are measured against their marks"),
        Setting("ingest.spool_directory", .text, "", "where the local queue lies; empty is the data directory"),
    ]

    static let log: [Setting] = [
        Setting("log.partitions", .integer(1...1024), "30", "partitions of each topic (LOG-03)"),
        Setting(
            "log.breaker_failures", count, "10", "consecutive append failures that open the log's breaker (ING-06)"),
        Setting("log.breaker_cooldown", shortTime, "5s", "first wait of the open breaker, doubled at each failure"),
        Setting("log.breaker_cooldown_limit", shortTime, "1m", "its longest wait"),
    ]

    static let store: [Setting] = [
        Setting("store.timeout", shortTime, "5s", "deadline of every call to an embedded file (RES-01)"),
        Setting("store.poll_interval", shortTime, "250ms", "how often records of another process are looked for"),
    ]

    static let aggregate: [Setting] = [
        Setting("aggregate.grace", shortTime, "60s", "how long after its end a window waits for its meter"),
        Setting("aggregate.idle_timeout", shortTime, "60s", "a window without news closes after this"),
        Setting("aggregate.checkpoint_every", shortTime, "10s", "open windows are stored this often"),
        Setting("aggregate.batch_items", items, "20000", "readings in one step"),
        Setting("aggregate.backlog_batch_items", items, "60000", "readings in one step while behind (AGG-13)"),
        Setting("aggregate.batches_per_step", .integer(1...15), "15", "log batches gathered into one step"),
        Setting("aggregate.backlog_enter", count, "50000", "lag at which batches grow (AGG-13)"),
        Setting("aggregate.backlog_leave", count, "10000", "lag at which they shrink again (AGG-13)"),
        Setting("aggregate.poll_wait", shortTime, "100ms", "how long one poll of the log waits for a record"),
        Setting("aggregate.pause_latency", shortTime, "1s", "write latency at which consumption pauses (AGG-14)"),
        Setting("aggregate.pause_limit", shortTime, "10s", "longest such pause (AGG-14)"),
        Setting(
            "aggregate.poison_attempts", .integer(1...100), "3",
            "failures of one record before it is set aside (AGG-15)"
        ),
        Setting("aggregate.late_pass_interval", shortTime, "1s", "how often late hours are recomputed (AGG-10)"),
        Setting("aggregate.late_hours_per_pass", items, "200", "late hours recomputed in one pass"),
        Setting("aggregate.late_look_interval", shortTime, "10s", "how often late hours of other processes are sought"),
        Setting("aggregate.recompute_hours", count, "200000", "most (meter, hour) pairs that one recompute queues"),
        Setting("aggregate.recompute_span", longTime, "31d", "longest range of one recompute"),
        Setting("aggregate.slice_readings", items, "50000", "readings read at once when windows are rebuilt"),
    ]

    static let series: [Setting] = [
        Setting("series.write_timeout", shortTime, "5s", "deadline of one write (TSDB-01)"),
        Setting("series.query_timeout", shortTime, "2s", "deadline of one read (TSDB-12)"),
        Setting("series.breaker_failures", count, "5", "consecutive write failures that open the breaker (RES-05)"),
        Setting("series.breaker_cooldown", shortTime, "2s", "first wait of the open breaker, doubled at each failure"),
        Setting("series.breaker_cooldown_limit", shortTime, "30s", "its longest wait"),
        Setting("series.retry_first", shortTime, "100ms", "first wait between attempts of one write (RES-06)"),
        Setting("series.retry_limit", shortTime, "5s", "longest wait between attempts of one write (RES-06)"),
        Setting("series.point_limit", items, "20000", "most points an answer holds; longer ranges are thinned"),
        Setting("series.write_error_alert", share, "0.01", "share of failed writes that is reported (TSDB-05)"),
        Setting("series.write_latency_alert", shortTime, "1s", "p99 of a write that is reported (TSDB-05)"),
        Setting("series.verify_interval", shortTime, "1s", "how often a reading is read back and compared (TSDB-04)"),
        Setting(
            "series.invalid_attempts", .integer(1...100), "3",
            "attempts of a write refused for its content, before it is set aside (TSDB-02)"),
    ]

    static let deadLetters: [Setting] = [
        Setting("dead_letters.batch_items", items, "500", "letters taken in at once"),
        Setting(
            "dead_letters.growth_per_minute", .number(0...1e9), "10", "letters a minute that are reported (DLQ-04)"),
        Setting("dead_letters.depth", count, "1000", "pending letters that are reported (DLQ-04)"),
        Setting(
            "dead_letters.replay_attempts", .integer(1...100), "3", "failed replays after which one is quarantined"),
        Setting("dead_letters.count_interval", shortTime, "1s", "how often letters are counted"),
        Setting(
            "dead_letters.retry_first", shortTime, "1m",
            "first wait before a write set aside is tried again, four times as long each time (TSDB-02)"),
        Setting("dead_letters.retry_interval", shortTime, "10s", "how often letters due for that are looked for"),
        Setting("dead_letters.redrive_interval", shortTime, "1s", "how often redrives that should run are looked for"),
        Setting(
            "dead_letters.redrive_retry_first", shortTime, "2s",
            "first wait before a redrive that ingest refused is tried again, twice as long each time"),
        Setting("dead_letters.redrive_retry_limit", shortTime, "1m", "its longest wait"),
        Setting("dead_letters.dry_run_timeout", shortTime, "10s", "how long a dry run may look at letters"),
    ]

    static let retention: [Setting] = [
        Setting("retention.log", longTime, "14d", "age of the event log (LOG-02)"),
        Setting("retention.log_bytes", size, "20GB", "size of the event log"),
        Setting("retention.raw", longTime, "90d", "age of raw readings (BASE-09)"),
        Setting("retention.raw_floor", longTime, "7d", "age to which a full disk may shorten it (TSDB-06)"),
        Setting("retention.rollups", longTime, "730d", "age of rollups (BASE-09)"),
        Setting("retention.journal", longTime, "730d", "age of the journal"),
        Setting("retention.audit", longTime, "2557d", "age of the journal's audit trail (BAK-10)"),
        Setting("retention.letters", longTime, "90d", "age of dead letters that were replayed or discarded"),
        Setting(
            "retention.loss_alert", longTime, "2d",
            "time left before retention takes unconsumed readings that is reported (LOG-11)"),
        Setting("retention.off_peak_hour", .integer(0...23), "3", "UTC hour of the daily pass (TSDB-07)"),
        Setting("retention.batch", items, "500", "rows or chunks dropped in one go (TSDB-07)"),
        Setting("retention.pause", shortTime, "200ms", "pause after each (TSDB-07)"),
        Setting("retention.interval", shortTime, "60s", "how often log and disk are looked at"),
        Setting("retention.disk_warn", share, "0.8", "share of the disk in use that is reported (TSDB-06)"),
        Setting("retention.disk_act", share, "0.85", "share of the disk in use that shortens retention (TSDB-06)"),
        Setting("retention.disk_refuse", share, "0.94", "share of the disk in use that refuses readings (TSDB-06)"),
    ]

    static let health: [Setting] = [
        Setting("health.ready_lag", count, "100000", "lag at which the engine is not ready (HEALTH-02)"),
        Setting("health.lag_alert", count, "10000", "lag that is reported (LOG-08)"),
        Setting(
            "health.liveness_mode", .choice(["curable", "strict"]), "curable",
            "curable: liveness fails only for what a restart cures; strict: also for dependencies (CF-12)"),
        Setting("health.check_interval", shortTime, "5s", "how often dependencies are checked (HEALTH-04)"),
        Setting("health.check_timeout", shortTime, "2s", "deadline of a check that names none (HEALTH-04)"),
        Setting("health.start_budget", shortTime, "60s", "how long a start may take before it is told of (HEALTH-03)"),
        Setting("health.stuck_after", shortTime, "60s", "silence of a service loop that fails liveness"),
        Setting(
            "health.failures_until_down", .integer(1...100), "3",
            "failed checks in a row that count as down (HEALTH-01)"
        ),
    ]

    static let live: [Setting] = [
        Setting("live.snapshot_interval", shortTime, "1s", "how often the console gets a new picture"),
        Setting("live.stale_after", shortTime, "45s", "age at which a reading is stale"),
        Setting("live.bad_after", shortTime, "5m", "age at which it is bad and shown as --"),
    ]

    static let watch: [Setting] = [
        Setting("canary.interval", shortTime, "60s", "how often the canary publishes (ING-15)"),
        Setting("canary.misses", .integer(1...1000), "3", "misses in a row that are reported (ING-15)"),
        Setting("canary.timeout", shortTime, "10s", "deadline of one publication of the canary"),
        Setting("canary.facility", .identifier, "switchyard-canary", "facility of the canary"),
        Setting("canary.meter", .identifier, "switchyard-canary-1", "meter of the canary"),
        Setting("gaps.interval", shortTime, "60s", "how often missing slots are looked for (ING-16)"),
        Setting("gaps.settle", shortTime, "120s", "age before which a slot does not count as missing"),
        Setting("gaps.request_from", .integer(1...240), "4", "missing slots in an hour that ask for a backfill"),
        Setting("gaps.request_every", shortTime, "15m", "how often one meter is asked"),
        Setting("gaps.requests_per_pass", items, "100", "meters asked in one pass"),
        Setting("gaps.request_timeout", shortTime, "10s", "how long the requests of one pass may take"),
    ]

    static let operations: [Setting] = [
        Setting("operations.shutdown", .duration(.seconds(1)...(.seconds(300))), "5s", "budget of a graceful stop"),
        Setting("operations.command_timeout", shortTime, "30s", "deadline of one operator command"),
        Setting("cache.shortest", shortTime, "8s", "shortest life of a current value in the cache (CACHE-01)"),
        Setting("cache.longest", shortTime, "12s", "longest life of a current value in the cache (CACHE-01)"),
        Setting("cache.early_from", shortTime, "8s", "age from which it may be read anew before its end (CACHE-02)"),
        Setting("cache.stale_for", shortTime, "30s", "how long after its end it is answered as stale (CACHE-09)"),
        Setting("cache.stale_when_down", shortTime, "60s", "the same while the time series is away (CACHE-09)"),
        Setting("cache.without_records", shortTime, "5m", "its life while the record store is away (CACHE-10)"),
        Setting("cache.fill_wait", shortTime, "500ms", "how long a request waits for the read under way (CACHE-03)"),
        Setting("cache.fetch_timeout", shortTime, "2s", "how long such a read may take"),
        Setting("cache.fills_at_once", .integer(1...64), "4", "reads at once"),
        Setting("cache.fills_waiting", .integer(1...100_000), "1024", "reads that may wait, 503 beyond"),
        Setting("cache.waiters", .integer(1...100_000), "1024", "requests that may wait for one read, 503 beyond"),
        Setting("cache.warmed", .integer(0...10_000), "100", "facilities kept warm (CACHE-05, CACHE-06)"),
        Setting("cache.warm_every", shortTime, "5s", "how often those are read anew (CACHE-05)"),
        Setting("operations.armed_for", shortTime, "30s", "how long an armed action is reserved for who armed it"),
        Setting("operations.travel_lookback", longTime, "1h", "how far back time travel looks for a meter's reading"),
    ]
}
