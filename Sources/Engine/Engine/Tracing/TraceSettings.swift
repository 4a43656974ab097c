import Ports

extension EngineSettings {
    /// Traces: what is kept of them, for how long, and what counts as slow.
    package struct Trace: Sendable {
        /// Of traces without an error, 0...1 (TRACE-06).
        package var successShare = 0.1
        /// TRACE-07.
        package var retention = Duration.seconds(7 * 86_400)
        /// The oldest spans beyond this many go before their time.
        package var storedSpans = 1_000_000
        /// Spans in memory that wait to be written, and as many again that wait to be exported.
        package var bufferSpans = 20_000
        /// Traces with spans under way, and spans of one that wait for its end.
        package var openTraces = 4096
        package var spansPerTrace = 512
        /// Deadline and size of one export (TRACE-05).
        package var exportTimeout = Duration.seconds(5)
        package var exportBatch = 512
        package var budgets = Budgets()

        package init() {}

        /// A span that lasts longer is counted (TRACE-08).
        package struct Budgets: Sendable {
            /// SLO-01: p99 of the API.
            package var gateway = Duration.seconds(1)
            package var ingest = Duration.seconds(1)
            package var aggregation = Duration.seconds(2)
            package var store = Duration.seconds(1)
            package var link = Duration.seconds(1)
            package var response = Duration.seconds(2)
            /// BMS-17.
            package var building = Duration.seconds(5)
            package var callback = Duration.seconds(5)
        }

        func budget(of component: TraceSpan.Component) -> Duration {
            switch component {
            case .gateway: budgets.gateway
            case .ingest: budgets.ingest
            case .aggregation: budgets.aggregation
            case .store: budgets.store
            case .link: budgets.link
            case .response: budgets.response
            case .building: budgets.building
            case .callback: budgets.callback
            }
        }
    }
}
