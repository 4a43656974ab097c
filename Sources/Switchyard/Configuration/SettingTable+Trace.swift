/// Keys of traces and logs. Every field of `EngineSettings.Trace` has one here, and a test holds us to it.
extension SettingTable {
    static let trace: [Setting] = spans + budgets + export

    static let logs: [Setting] = [
        Setting(
            "log.level", .choice(["trace", "debug", "info", "notice", "warning", "error"]), "info", "least level logged"
        ),
        Setting(
            "log.levels", .list, "", "COMPONENT=LEVEL where it differs, e.g. engine.response=debug; see `log level`"),
        Setting("log.file", .text, "", "log file; empty is switchyard.log in the data directory, - is standard error"),
        Setting("log.rotate_size", .bytes(4096...(1 << 40)), "64MiB", "size at which a log file is turned over"),
        Setting("log.rotate_age", .duration(.seconds(60)...(.seconds(86_400 * 30))), "1d", "age at which it is"),
        Setting(
            "log.keep_bytes", .bytes(4096...(1 << 50)), "2GB", "all turned-over log files together; oldest go first"),
        Setting("log.debug_age", longTime, "7d", "how long lines of trace and debug are kept (TRACE-10)"),
        Setting("log.info_age", longTime, "90d", "how long lines of info and above are kept (TRACE-10)"),
        Setting("log.error_age", longTime, "365d", "how long errors are kept, in a file of their own (TRACE-10)"),
    ]

    private static let spans: [Setting] = [
        Setting("trace.sample", share, "0.1", "share of traces without an error that is kept (TRACE-06)"),
        Setting("trace.retention", longTime, "7d", "age of kept traces (TRACE-07)"),
        Setting("trace.stored_spans", items, "1000000", "most spans kept, some 300 bytes each; the oldest go first"),
        Setting("trace.buffer", .integer(100...10_000_000), "20000", "spans in memory on their way to the store"),
        Setting("trace.open_traces", .integer(16...1_000_000), "4096", "traces followed at once"),
        Setting("trace.spans_per_trace", .integer(16...100_000), "512", "spans of a trace that wait for its end"),
    ]

    private static let budgets: [Setting] = [
        ("gateway", "1s", "a request"), ("ingest", "1s", "taking readings in"),
        ("aggregation", "2s", "a step of aggregation"), ("store", "1s", "a call to a store"),
        ("link", "1s", "a command or question of an operator"), ("response", "2s", "work on an event"),
        ("building", "5s", "a call to a building"), ("callback", "5s", "a call to a utility"),
    ].map { Setting("trace.budget_\($0.0)", shortTime, $0.1, "\($0.2) that lasts longer is counted (TRACE-08)") }

    private static let export: [Setting] = [
        Setting("trace.otlp_url", .text, "", "collector for OTLP over HTTP, e.g. http://127.0.0.1:4318/v1/traces"),
        Setting("trace.otlp_headers", .secret, "", "NAME=VALUE,NAME=VALUE headers it wants, such as Authorization"),
        Setting("trace.otlp_allow", .list, "", "address blocks it may be at; empty is every public one (SEC-08)"),
        Setting("trace.otlp_timeout", shortTime, "5s", "deadline of one export (RES-01)"),
        Setting("trace.otlp_batch", .integer(1...10_000), "512", "most spans of one export"),
    ]
}
