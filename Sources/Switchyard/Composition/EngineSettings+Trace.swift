import Engine

extension EngineSettings.Trace {
    init(_ settings: Settings) {
        self.init()
        successShare = settings.number("trace.sample")
        retention = settings.span("trace.retention")
        storedSpans = settings.integer("trace.stored_spans")
        bufferSpans = settings.integer("trace.buffer")
        openTraces = settings.integer("trace.open_traces")
        spansPerTrace = settings.integer("trace.spans_per_trace")
        exportTimeout = settings.span("trace.otlp_timeout")
        exportBatch = settings.integer("trace.otlp_batch")
        budgets.gateway = settings.span("trace.budget_gateway")
        budgets.ingest = settings.span("trace.budget_ingest")
        budgets.aggregation = settings.span("trace.budget_aggregation")
        budgets.store = settings.span("trace.budget_store")
        budgets.link = settings.span("trace.budget_link")
        budgets.response = settings.span("trace.budget_response")
        budgets.building = settings.span("trace.budget_building")
        budgets.callback = settings.span("trace.budget_callback")
    }
}
