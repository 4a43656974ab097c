import EnergyModel
import GatewayWire
import HTTPTypes
import Hummingbird
import NIOCore
import Ports
import PrometheusExporter

/// What orchestrators and Prometheus ask. Answered from memory, never from a dependency (ledger HEALTH-01..06, SLO-07).
struct ProbeEndpoints: Sendable {
    static let paths: Set<String> = ["/healthz", "/ready", "/startup", "/metrics"]

    let health: any HealthReporting
    let registry: PrometheusRegistry

    var endpoints: [Endpoint] {
        [
            probe("/healthz", "getLiveness", "Whether the process should go on.") { health.liveness() },
            probe("/ready", "getReadiness", "Whether it should be sent work.") { health.readiness() },
            probe("/startup", "getStartup", "Whether it has started.") { health.startup() },
            Endpoint(.get, "/metrics", access: .near(.viewer)) { _ in metricsPage() }
                .described(
                    "getMetrics", .probes, "All metrics, for Prometheus.",
                    answers: [.text(200, "The page.", "text/plain")]),
        ]
    }

    private func probe(
        _ path: String, _ name: String, _ summary: String, _ ask: @escaping @Sendable () -> ProbeAnswer
    ) -> Endpoint {
        Endpoint(.get, path) { answer(ask(), $0) }
            .described(
                name, .probes, summary,
                answers: [.json(200, "It passes.", WireShapes.probe), .json(503, "It fails.", WireShapes.probe)])
    }

    private func answer(_ probe: ProbeAnswer, _ incoming: IncomingRequest) -> Response {
        let body = ProbeBody(
            status: probe.passes ? .pass : .fail, asOf: incoming.arrivedAt.iso8601,
            checks: probe.checks.map { ProbeBody.Check(name: $0.name, passes: $0.passes, detail: $0.detail) })
        return Response(
            status: probe.passes ? .ok : .serviceUnavailable,
            headers: [.contentType: ProbeBody.mediaType, .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: body.json)))
    }

    private func metricsPage() -> Response {
        Response(
            status: .ok, headers: [.contentType: PrometheusRegistry.contentType, .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: registry.render())))
    }
}
