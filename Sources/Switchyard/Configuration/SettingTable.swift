/// Every key of the configuration. Thresholds carry the ledger's value as their default.
enum SettingTable {
    static let settings: [Setting] =
        place + ingest + log + aggregate + series + retention + health + mqtt + http + console

    static let byKey = Dictionary(uniqueKeysWithValues: settings.map { ($0.key, $0) })
    static let byEnvironmentName = Dictionary(uniqueKeysWithValues: settings.map { ($0.environmentName, $0) })

    private static let shortTime = SettingKind.duration(.milliseconds(1)...(.seconds(3600)))
    private static let longTime = SettingKind.duration(.seconds(1)...(.seconds(86_400 * 3650)))
    private static let size = SettingKind.bytes(1...1_000_000_000_000_000)
    private static let share = SettingKind.number(0...1)
    private static let count = SettingKind.integer(1...1_000_000_000)

    private static let place: [Setting] = [
        Setting("data.directory", .text, "", "where the engine keeps its files; empty is $XDG_STATE_HOME/switchyard"),
        Setting(
            "log.level", .choice(["trace", "debug", "info", "notice", "warning", "error"]), "info", "least level logged"
        ),
        Setting("log.file", .text, "", "log file; empty is switchyard.log in the data directory, - is standard error"),
    ]

    private static let ingest: [Setting] = [
        Setting(
            "ingest.registration", .choice(["open", "auto", "closed"]), "auto",
            "unknown meters: open registers all; auto registers all until facilities are imported, then only new meters of "
                + "known facilities; closed refuses (ING-03)"),
        Setting("ingest.future_limit", shortTime, "5m", "readings further ahead of our clock are refused (ING-19)"),
        Setting("ingest.past_limit", longTime, "90d", "readings older than this are refused (ING-19)"),
        Setting("ingest.queue_cap", size, "10GB", "cap of the local queue and of unconsumed log (ING-07)"),
        Setting("ingest.refuse_at", share, "0.8", "share of the cap at which senders are refused (ING-08)"),
        Setting("ingest.resume_at", share, "0.6", "share of the cap at which they are taken again (ING-08)"),
        Setting("ingest.in_flight_cap", size, "64MiB", "bytes being decoded and appended at once (ING-09)"),
        Setting("ingest.append_timeout", shortTime, "5s", "deadline of one append to the log (ING-05)"),
        Setting("ingest.spool_directory", .text, "", "where the local queue lies; empty is the data directory"),
    ]

    private static let log: [Setting] = [
        Setting("log.partitions", .integer(1...1024), "30", "partitions of each topic (LOG-03)"),
        Setting(
            "log.breaker_failures", count, "10", "consecutive append failures that open the log's breaker (ING-06)"),
    ]

    private static let aggregate: [Setting] = [
        Setting("aggregate.grace", shortTime, "60s", "how long after its end a window waits for its meter"),
        Setting("aggregate.idle_timeout", shortTime, "60s", "a window without news closes after this"),
        Setting("aggregate.checkpoint_every", shortTime, "10s", "open windows are stored this often"),
        Setting("aggregate.backlog_enter", count, "50000", "lag at which batches grow (AGG-13)"),
        Setting("aggregate.backlog_leave", count, "10000", "lag at which they shrink again (AGG-13)"),
        Setting("aggregate.pause_latency", shortTime, "1s", "write latency at which consumption pauses (AGG-14)"),
    ]

    private static let series: [Setting] = [
        Setting("series.write_timeout", shortTime, "5s", "deadline of one write (TSDB-01)"),
        Setting("series.query_timeout", shortTime, "2s", "deadline of one read (TSDB-12)"),
    ]

    private static let retention: [Setting] = [
        Setting("retention.log", longTime, "14d", "age of the event log (LOG-02)"),
        Setting("retention.log_bytes", size, "20GB", "size of the event log"),
        Setting("retention.raw", longTime, "90d", "age of raw readings (BASE-09)"),
        Setting("retention.rollups", longTime, "730d", "age of rollups (BASE-09)"),
        Setting("retention.disk_warn", share, "0.8", "share of the disk in use that is reported (TSDB-06)"),
        Setting("retention.disk_act", share, "0.85", "share of the disk in use that shortens retention (TSDB-06)"),
        Setting("retention.disk_refuse", share, "0.95", "share of the disk in use that refuses readings (TSDB-06)"),
    ]

    private static let health: [Setting] = [
        Setting("health.ready_lag", count, "100000", "lag at which the engine is not ready (HEALTH-02)"),
        Setting("health.lag_alert", count, "10000", "lag that is reported (LOG-08)"),
        Setting(
            "health.liveness_mode", .choice(["curable", "strict"]), "curable",
            "curable: liveness fails only for what a restart cures; strict: also for dependencies (CF-12)"),
    ]

    private static let mqtt: [Setting] = [
        Setting(
            "mqtt.urls", .list, "", "brokers in order of preference, mqtt:// or mqtts://; empty is no MQTT (ING-14)"),
        Setting("mqtt.topic", .text, "energy/+/+/readings", "topic filter of readings"),
        Setting("mqtt.client_id", .text, "switchyard", "client id; keep it stable, the broker queues for it"),
        Setting("mqtt.version", .choice(["auto", "3.1.1", "5"]), "auto", "protocol version"),
        Setting("mqtt.password", .secret, "", "password when the URL has none"),
        Setting("mqtt.ca_file", .text, "", "PEM file of trusted authorities for mqtts; empty is the system's"),
        Setting("mqtt.certificate_file", .text, "", "PEM file of our client certificate"),
        Setting("mqtt.key_file", .text, "", "PEM file of its key"),
    ]

    private static let http: [Setting] = [
        Setting("http.listen", .text, "127.0.0.1:8080", "HOST:PORT of the gateway; off is none"),
        Setting("http.max_body", size, "8MiB", "largest request body, 413 beyond"),
        Setting("http.max_connections", count, "1024", "connections at once"),
    ]

    private static let console: [Setting] = [
        Setting("console.operator", .text, "", "your name in the audit trail; empty is the login name"),
        Setting("console.theme", .text, "control-room", "name of a theme or path of a theme file"),
        Setting("console.keys", .text, "", "key file; empty is keys.yaml beside the configuration"),
        Setting("console.read_only", .boolean, "false", "take all actions away"),
        Setting("console.ascii", .boolean, "false", "draw with ASCII only"),
    ]
}
