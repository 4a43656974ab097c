import CoreMetrics
import PrometheusExporter

/// What the gateway counts about itself. Handlers are kept by the registry; labels come from small closed sets.
package struct RequestMetrics: Sendable {
    package static let descriptions = [
        MetricDescription(
            "energy_api_request_duration_seconds",
            "Time from a request's header to its answer being ready, by method, route and status, in seconds."),
        MetricDescription(
            "energy_api_requests_shed_total", "Requests turned away because others took too long, by rank."),
        MetricDescription("energy_api_connections", "Open HTTP connections."),
        MetricDescription(
            "energy_api_connections_refused_total", "HTTP connections answered 503 because all were in use."),
        MetricDescription("energy_api_ingest_body_bytes_total", "Bytes of reading bodies read whole."),
        MetricDescription(
            "operation_timeout_seconds",
            "The limits that waits ran into, by service and operation, in seconds; the count is the number of time-outs."
        ),
    ]

    private let factory: any MetricsFactory
    private let bodyBytes: Counter
    private let limits: [String: Duration]

    /// - Parameter limits: the time limit of each operation that can run into one.
    init(factory: any MetricsFactory, limits: [String: Duration]) {
        self.factory = factory
        self.limits = limits
        bodyBytes = Counter(label: "energy_api_ingest_body_bytes", factory: factory)
    }

    func answered(method: String, route: String, status: Int, after span: Duration) {
        let labels = [("method", method), ("route", route), ("status", String(status))]
        Timer(label: "energy_api_request_duration_seconds", dimensions: labels, factory: factory)
            .recordNanoseconds(nanoseconds(span))
    }

    func bodyRead(bytes: Int) { bodyBytes.increment(by: bytes) }

    func timedOut(_ operation: String) { timedOut(operation, after: limits[operation] ?? .zero) }

    func timedOut(_ operation: String, after limit: Duration) {
        let labels = [("service", "api-gateway"), ("operation", operation)]
        Timer(label: "operation_timeout_seconds", dimensions: labels, factory: factory)
            .recordNanoseconds(nanoseconds(limit))
    }
}

private func nanoseconds(_ span: Duration) -> Int64 {
    let (seconds, attoseconds) = span.components
    return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
}
