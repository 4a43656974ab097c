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
            Endpoint(.get, "/healthz") { answer(health.liveness(), $0) },
            Endpoint(.get, "/ready") { answer(health.readiness(), $0) },
            Endpoint(.get, "/startup") { answer(health.startup(), $0) },
            Endpoint(.get, "/metrics", access: .near(.viewer)) { _ in metricsPage() },
        ]
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
