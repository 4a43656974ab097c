import DemandResponse

/// Keys of demand response. Every field of `EngineSettings.Response` has one here, and a test holds us to it.
extension SettingTable {
    static let response: [Setting] = [
        Setting(
            "dr.approval", .choice(["never", "automatic", "always"]), "automatic",
            "which plans wait for a person: never none; automatic those with a wide band (DR-16) or much missing; always all"
        ),
        Setting("dr.missing_share", share, "0.5", "share of the target missing at which an automatic plan waits"),
        Setting("dr.client_name", .text, "switchyard", "our name in a utility's targets (VEN_NAME)"),
        Setting(
            "dr.relative_means_reduction", .boolean, "false",
            "whether a positive DISPATCH_SETPOINT_RELATIVE asks for a reduction"),
        Setting("dr.commit_timeout", shortTime, "5s", "deadline of a commit of transitions (RES-01)"),
        Setting("dr.tick", shortTime, "50ms", "how often the coordinator looks for what is due"),
        Setting("dr.owner", .text, "engine", "name of this engine's lease; engines that share records differ in it"),
        Setting("dr.lease", shortTime, "30s", "how long the coordinator's lease holds"),
        Setting("dr.lease_renewal", shortTime, "10s", "how often it is renewed"),
        Setting("dr.open_events", items, "5000", "events driven at once"),
        Setting("dr.intake_rate", .number(0.1...100_000), "10", "notifications worked a second (DR-02)"),
        Setting("dr.high_water", items, "8000", "waiting notifications at which senders are refused (DR-03)"),
        Setting("dr.capacity", items, "10000", "most notifications held in memory (DR-03, CF-27)"),
        Setting("dr.append_timeout", shortTime, "5s", "deadline of the durable append behind an answer (CF-07)"),
        Setting("dr.retry_after", shortTime, "5s", "what a refused sender is told to wait"),
        Setting("dr.delivery_memory", longTime, "1d", "a repeated delivery is answered as the first within this"),
        Setting("dr.deliveries", items, "50000", "deliveries remembered at most"),
        Setting("dr.attempts", .integer(1...100), "3", "attempts before a notification goes to dr-events-dlq (DR-09)"),
        Setting("dr.retry_first", shortTime, "1s", "wait after the first attempt, doubled each time"),
        Setting("dr.retry_limit", shortTime, "30s", "longest wait between attempts"),
        Setting("dr.poll_wait", shortTime, "100ms", "how long one poll of dr-events-inbound waits"),
        Setting("dr.reconcile_interval", shortTime, "30s", "how often measured reductions are compared (DR-18)"),
        Setting(
            "dr.watchdog_interval", shortTime, "30s", "how often the watchdog looks for points not given back (DR-22)"),
        Setting("dr.watchdog_grace", shortTime, "2m", "how long after a command's end it acts"),
        Setting("dr.notice_interval", shortTime, "1s", "how often notices to the utility and to people are looked for"),
        Setting("dr.notice_first_delay", shortTime, "1s", "first wait of a notice that failed, doubled each time"),
        Setting("dr.notice_longest_delay", shortTime, "5m", "its longest wait"),
        Setting("dr.notice_attempts", .integer(1...1000), "20", "attempts before a notice is given up, and said so"),
        Setting("dr.callback_timeout", shortTime, "10s", "deadline of a callback to the utility (RES-01)"),
        Setting("dr.tier_1", shortTime, "1m", "wait before a failed command is sent again (BMS-11)"),
        Setting("dr.tier_2", shortTime, "5m", "the second such wait"),
        Setting("dr.tier_3", shortTime, "15m", "the third; then a person is called"),
        Setting("dr.tier_interval", shortTime, "10s", "how often those due are looked for"),
    ]

    static let report: [Setting] = [
        Setting(
            "baseline.rule", .choice(BaselineRule.presets.map(\.id)), "caiso-10-in-10",
            "settlement baseline of participation reports (DOMAIN §2)"),
        Setting(
            "baseline.rules", .list, "",
            "others for a facility, a program or a utility, in that order: NAME=RULE; RULE also firm-service-level:KW"),
        Setting(
            "baseline.holidays", .choice(["nerc", "us-federal", "none"]), "nerc", "days that are no business days"),
        Setting("report.data_wait", shortTime, "2m", "wait for an event's last readings before its provisional report"),
        Setting("report.check_interval", shortTime, "15m", "how often figures are worked out again until frozen"),
        Setting("report.freeze_after", longTime, "1d", "settle time: from an event's end to frozen reports"),
        Setting(
            "report.keys", .secret, "",
            "keys that sign reports: NAME=whsec_…; a utility's name for its events, else the first"),
        Setting("vtn.url", .text, "", "base of the utility's OpenADR server, for POST /reports; empty is nowhere"),
        Setting(
            "vtn.utility", .text, "",
            "whose server it is, of webhook.utilities; with several of them nobody gets another's reports"),
        Setting("vtn.token", .secret, "", "bearer token for it; or a client:"),
        Setting("vtn.client_id", .text, "", "OAuth client that fetches tokens (client credentials)"),
        Setting("vtn.client_secret", .secret, "", "its secret"),
        Setting("vtn.token_url", .text, "", "where tokens are fetched; empty is /auth/token below vtn.url"),
        Setting("vtn.scope", .text, "write_reports", "scope asked for"),
        Setting("vtn.give_up_after", longTime, "7d", "how long a report that it does not take is tried, then said so"),
        Setting("vtn.allow", .list, "", "addresses permitted for both; without, public ones only (SEC-08)"),
    ]

    static let saga: [Setting] = [
        Setting("saga.attempts", .integer(1...10), "3", "writes of one command, the first included (CF-04)"),
        Setting(
            "saga.first_delay", shortTime, "1s", "wait after the first write that failed, doubled each time (CF-04)"),
        Setting("saga.longest_delay", shortTime, "5s", "its longest wait (CF-04)"),
        Setting("saga.jitter", share, "0.2", "share by which each wait is spread (CF-04)"),
        Setting("saga.answer_budget", shortTime, "8s", "a request without an answer after this is unknown"),
        Setting("saga.confirmation", shortTime, "30s", "deadline of submit and poll together (CF-01)"),
        Setting("saga.poll_interval", shortTime, "2s", "how often an accepted command is asked about (BMS-09)"),
        Setting("saga.late_arrival", shortTime, "1m", "how long a write lost on the way may still arrive"),
        Setting("saga.release_tier_1", shortTime, "1m", "wait of a release that failed several times"),
        Setting("saga.release_tier_2", shortTime, "5m", "the second such wait"),
        Setting("saga.release_tier_3", shortTime, "15m", "the third, repeated without end (DR-22)"),
        Setting(
            "saga.kept_share", share, "0.5", "confirmed share of a building's plan below which it is undone (DR-07)"),
        Setting("saga.settling_time", shortTime, "5m", "how long a building has before it is measured (DR-19)"),
        Setting("saga.under_delivery", share, "0.8", "share of the target below which is warned (DR-19)"),
        Setting("saga.discrepancy", share, "0.1", "difference of record and meter that is reported (DR-20)"),
    ]

    static let plan: [Setting] = [
        Setting("plan.slot", .integer(9...15), "10", "priority slot of demand response (DOMAIN §3.2)"),
        Setting("plan.widest_band", share, "0.3", "confidence band, as a share of load, that needs a person (DR-16)"),
        Setting("plan.stage_hold", shortTime, "20m", "least time between two changes of a set-point"),
        Setting("plan.release_step", shortTime, "30s", "how far apart buildings come back"),
        Setting("plan.release_spread", shortTime, "15m", "time within which all come back"),
        Setting("plan.expiry_grace", shortTime, "10m", "dead-man of a command beyond its planned release"),
        Setting("plan.lead", .duration(.zero...(.seconds(3600))), "0s", "how long before the event commands leave"),
        Setting("plan.heuristic_share", share, "0.2", "share of contract demand taken without a load figure (DR-17)"),
        Setting("plan.cooling_begins", .number(-50...60), "15", "°C outdoors below which warmer rooms save nothing"),
        Setting("plan.cooling_lowest", .number(10...40), "22", "lowest active cooling set-point, °C (DOMAIN §3.3)"),
        Setting("plan.cooling_highest", .number(10...40), "27", "highest active cooling set-point, °C"),
        Setting("plan.heating_lowest", .number(5...40), "18", "lowest active heating set-point, °C"),
        Setting("plan.heating_highest", .number(5...40), "22", "highest active heating set-point, °C"),
        Setting("plan.deadband", .number(0...10), "0.5", "heating stays this far below cooling, K"),
        Setting("plan.largest_change", .number(0...10), "2", "farthest a set-point moves from its normal value, K"),
        Setting("plan.dimmest", share, "0.4", "darkest light level, share of full"),
        Setting("plan.relay_hold", shortTime, "3m", "least time a relay keeps its state"),
        Setting("plan.band_minutes", .integer(1...60), "15", "minutes of the last hour a load figure needs"),
        Setting("plan.band_lower", share, "0.9", "lower bound of the heuristic band, share of the mean"),
        Setting("plan.band_upper", .number(1...10), "1.1", "upper bound of the heuristic band, share of the mean"),
        Setting(
            "plan.adjustment_from", longTime, "4h",
            "start of the hours in which a baseline is adjusted, before an event"),
        Setting("plan.adjustment_to", longTime, "1h", "their end, before the event"),
        Setting(
            "plan.shed_memory", longTime, "7d",
            "how far back a building's events count: who gave least lately is asked first"),
    ]

    static let buildings: [Setting] = [
        Setting("bms.concurrent", .integer(1...10), "2", "calls to one building at once (BMS-05, CF-03)"),
        Setting("bms.concurrent_overall", .integer(1...10_000), "64", "calls to all buildings at once (CF-03)"),
        Setting("bms.waiting", items, "512", "calls that may wait for one building"),
        Setting("bms.breaker_failures", count, "5", "consecutive failures that open a building's breaker (BMS-03)"),
        Setting("bms.breaker_timeouts", count, "3", "consecutive time-outs that open it (BMS-03)"),
        Setting("bms.breaker_share", share, "0.5", "share of failures that opens it (BMS-03)"),
        Setting("bms.breaker_calls", count, "10", "calls from which on the share counts (BMS-03)"),
        Setting("bms.breaker_window", shortTime, "1m", "time over which the share is taken"),
        Setting("bms.breaker_cooldown", shortTime, "30s", "first wait of the open breaker, doubled each time (CF-02)"),
        Setting("bms.breaker_cooldown_limit", shortTime, "5m", "its longest wait (CF-02)"),
        Setting("bms.slow_call", shortTime, "5s", "a call that takes so long is told of (BMS-17)"),
        Setting("bms.read_timeout", shortTime, "5s", "deadline of reading a building's points (RES-01)"),
        Setting("bms.points_age", longTime, "15m", "points older than this are read again"),
        Setting("bms.connect_timeout", shortTime, "2s", "deadline of connecting to a building (BMS-01)"),
        Setting("bms.request_timeout", shortTime, "5s", "deadline of one call to a building (BMS-01)"),
        Setting("bms.soap", .choice(["1.1", "1.2"]), "1.1", "SOAP version spoken to buildings"),
        Setting(
            "bms.allow", .list, "", "addresses of buildings, 10.1.0.0/16; without, only public ones are called (SEC-08)"
        ),
        Setting("bms.ca_file", .text, "", "PEM file of authorities trusted for buildings; empty is the system's"),
        Setting("bms.certificate_file", .text, "", "PEM file of our client certificate"),
        Setting("bms.key_file", .text, "", "PEM file of its key"),
    ]

    static let webhook: [Setting] = [
        Setting("webhook.utilities", .list, "", "names of utilities that may send notifications; empty is none"),
        Setting("webhook.tokens", .secret, "", "their bearer tokens: NAME=TOKEN, separated by commas"),
        Setting(
            "webhook.secrets", .secret, "",
            "their signing secrets: NAME=whsec_…, several a name while keys change (SEC-03)"),
        Setting("webhook.unsigned", .list, "", "names that may send with neither; a risk, shown in Health"),
        Setting("webhook.rate", .number(0.1...1_000_000), "100", "notifications a second of one utility (API-04)"),
        Setting("webhook.burst", items, "100", "notifications of one utility at once (API-04)"),
        Setting("webhook.max_body", .bytes(1024...(1 << 30)), "1MiB", "largest notification, 413 beyond"),
        Setting("webhook.in_flight_bytes", .bytes(1024...(1 << 40)), "32MiB", "notifications in memory at once"),
        Setting("webhook.in_flight", .integer(1...65_536), "256", "notifications at once"),
        Setting("webhook.timeout", shortTime, "5s", "wait until a notification is durable, 503 beyond (CF-07)"),
        Setting("webhook.success_status", .choice(["202", "200"]), "202", "answer to a notification taken (CF-07)"),
        Setting("callback.url", .text, "", "where status changes are posted (DR-21); empty is nowhere"),
        Setting("callback.utility", .text, "", "whose it is, of webhook.utilities; needed where there are several"),
        Setting("callback.secret", .secret, "", "whsec_… that signs them"),
        Setting("callback.allow", .list, "", "addresses permitted for it; without, public ones only (SEC-08)"),
        Setting(
            "escalation.url", .text, "", "where the person on call is told (BMS-11, BMS-12); empty is the journal only"),
        Setting("escalation.secret", .secret, "", "whsec_… that signs it"),
        Setting("escalation.allow", .list, "", "addresses permitted for it; without, public ones only (SEC-08)"),
    ]
}
