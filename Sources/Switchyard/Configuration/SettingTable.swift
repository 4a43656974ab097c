/// Every key of the configuration. Thresholds carry the ledger's value as their default.
enum SettingTable {
    static let settings: [Setting] = [
        place, ingest, log, store, aggregate, series, deadLetters, retention, health, live, watch, operations, mqtt,
        http, access, response, forecast, report, saga, plan, buildings, weather,
        webhook, trace, console, connect,
    ].flatMap { $0 }

    static let byKey = Dictionary(uniqueKeysWithValues: settings.map { ($0.key, $0) })
    static let byEnvironmentName = Dictionary(uniqueKeysWithValues: settings.map { ($0.environmentName, $0) })

    static let shortTime = SettingKind.duration(.milliseconds(1)...(.seconds(3600)))
    static let longTime = SettingKind.duration(.seconds(1)...(.seconds(86_400 * 3650)))
    static let size = SettingKind.bytes(1...1_000_000_000_000_000)
    static let share = SettingKind.number(0...1)
    static let count = SettingKind.integer(1...1_000_000_000)
    /// Of things held in memory at once.
    static let items = SettingKind.integer(1...10_000_000)

    /// Pairs of which the first must be below the second (or at most equal), whatever each is set to.
    static let orders: [SettingOrder] =
        [
            SettingOrder("cache.shortest", atMost: "cache.longest"),
            SettingOrder("http.shed_below", atMost: "http.shed_above"),
            SettingOrder("ingest.resume_at", below: "ingest.refuse_at"),
            SettingOrder("ingest.refuse_at", below: "ingest.alarm_at"),
            SettingOrder("ingest.brief_retry_after", atMost: "ingest.retry_after"),
            SettingOrder("log.breaker_cooldown", atMost: "log.breaker_cooldown_limit"),
            SettingOrder("aggregate.backlog_leave", below: "aggregate.backlog_enter"),
            SettingOrder("aggregate.batch_items", atMost: "aggregate.backlog_batch_items"),
            SettingOrder("series.breaker_cooldown", atMost: "series.breaker_cooldown_limit"),
            SettingOrder("series.retry_first", atMost: "series.retry_limit"),
            SettingOrder("dead_letters.redrive_retry_first", atMost: "dead_letters.redrive_retry_limit"),
            SettingOrder("retention.raw_floor", atMost: "retention.raw"),
            SettingOrder("retention.disk_warn", atMost: "retention.disk_act"),
            SettingOrder("retention.disk_act", below: "retention.disk_refuse"),
            SettingOrder("health.lag_alert", below: "health.ready_lag"),
            SettingOrder("health.check_timeout", atMost: "health.stuck_after"),
            SettingOrder("live.stale_after", below: "live.bad_after"),
            SettingOrder("mqtt.reconnect_first", atMost: "mqtt.reconnect_limit"),
            SettingOrder("mqtt.batch_messages", atMost: "mqtt.unacknowledged_messages"),
            SettingOrder("mqtt.packet_limit", atMost: "mqtt.unacknowledged_bytes"),
            SettingOrder("http.max_body", atMost: "http.in_flight_bytes"),
            SettingOrder("http.answer_timeout", atMost: "http.slow_answer_timeout"),
            SettingOrder("http.stream_heartbeat", below: "http.answer_timeout"),
            SettingOrder("http.drain_timeout", below: "operations.shutdown"),
            SettingOrder("mqtt.leave_timeout", below: "operations.shutdown"),
            SettingOrder("webhook.max_body", atMost: "webhook.in_flight_bytes"),
            SettingOrder("dr.high_water", atMost: "dr.capacity"),
            SettingOrder("dr.retry_first", atMost: "dr.retry_limit"),
            SettingOrder("dr.lease_renewal", below: "dr.lease"),
            SettingOrder("dr.notice_first_delay", atMost: "dr.notice_longest_delay"),
            SettingOrder("saga.first_delay", atMost: "saga.longest_delay"),
            SettingOrder("saga.answer_budget", below: "saga.confirmation"),
            SettingOrder("bms.request_timeout", below: "saga.answer_budget"),
            SettingOrder("bms.connect_timeout", atMost: "bms.request_timeout"),
            SettingOrder("bms.breaker_cooldown", atMost: "bms.breaker_cooldown_limit"),
            SettingOrder("bms.concurrent", atMost: "bms.concurrent_overall"),
            SettingOrder("plan.cooling_lowest", below: "plan.cooling_highest"),
            SettingOrder("plan.heating_lowest", below: "plan.heating_highest"),
            SettingOrder("plan.adjustment_to", below: "plan.adjustment_from"),
        ] + weatherOrders + accessOrders

    private static let place: [Setting] =
        [
            Setting(
                "data.directory", .text, "", "where the engine keeps its files; empty is $XDG_STATE_HOME/switchyard")
        ] + logs

    private static let console: [Setting] = [
        Setting("console.operator", .text, "", "your name in the audit trail; empty is the login name"),
        Setting("console.theme", .text, "control-room", "name of a theme or path of a theme file"),
        Setting("console.keys", .text, "", "key file; empty is keys.yaml beside the configuration"),
        Setting("console.read_only", .boolean, "false", "take all actions away"),
        Setting("console.ascii", .boolean, "false", "draw with ASCII only"),
    ]
}
