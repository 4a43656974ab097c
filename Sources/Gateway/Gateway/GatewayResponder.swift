import EnergyModel
import GatewayWire
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Ports

struct GatewayContext: InitializableFromSource {
    /// Address without port; `local` for a Unix socket.
    let client: String

    init(source: ApplicationRequestContextSource) { client = source.channel.remoteAddress?.ipAddress ?? "local" }
}

/// Every request passes here: route, answer or problem, trace, age, measure.
struct GatewayResponder: HTTPResponder {
    let routes: RouteTable
    let access: AccessControl
    let link: (any OperatorLink)?
    let traffic: RequestTraffic
    let metrics: RequestMetrics
    let logger: Logger
    let now: @Sendable () -> UTCInstant
    let tracer: Tracer

    func respond(to request: Request, context: GatewayContext) async throws -> Response {
        let started = ContinuousClock.now
        let given = request.headers[.traceparent].flatMap(TraceContext.init(traceparent:))
        // What probes ask is no part of anything.
        let span =
            ProbeEndpoints.paths.contains(request.uri.path)
            ? nil : tracer.begin("request", .gateway, .server, in: given)
        let trace = TraceParent(context: span?.context ?? given ?? tracer.newContext(), isGiven: given != nil)
        let incoming = IncomingRequest(request: request, client: context.client, trace: trace, arrivedAt: now())
        let (route, answered) = await trace.context.asCurrent { await answer(incoming) }
        if let span { end(span, method: methodLabel(request.method), route, answered.status.code) }
        var response = answered
        response.headers[.traceparent] = trace.text
        response.headers[.wireVersion] = String(WireVersion.current)
        if response.headers[.dataTimestamp] == nil { response.headers[.dataTimestamp] = incoming.arrivedAt.iso8601 }
        metrics.answered(
            method: methodLabel(request.method), route: route, status: response.status.code,
            after: started.duration(to: .now))
        // A HEAD answer has GET's headers and no body.
        return request.method == .head ? response.createHeadResponse() : response
    }

    /// What failed is kept, and what came from a utility (ledger TRACE-06). Routes are few: what varies is not in them.
    private func end(_ span: OpenSpan, method: String, _ route: String, _ status: Int) {
        tracer.end(
            span, named: "\(method) \(route)", error: status >= 400 ? "answered \(status)" : nil,
            [.init("status", "\(status)")], isKept: route.hasPrefix("/webhooks/"))
    }

    private func answer(_ incoming: IncomingRequest) async -> (route: String, Response) {
        switch routes.match(incoming.request.method, incoming.request.uri.path) {
        case .endpoint(let endpoint, let parameters):
            var incoming = incoming
            incoming.parameters = parameters
            incoming.declared = endpoint.description?.parameters
            return (endpoint.path, await answer(incoming, at: endpoint))
        case .options(let path, let allowed): return (path, Response(status: .noContent, headers: [.allow: allowed]))
        case .wrongMethod(let path, let allowed):
            var response = refusal(.methodNotAllowed(allowed), incoming)
            response.headers[.allow] = allowed
            return (path, response)
        case .unknown: return ("unknown", refusal(.notFound(routes.paths), incoming))
        }
    }

    private func answer(_ incoming: IncomingRequest, at endpoint: Endpoint) async -> Response {
        do {
            return try await traffic.answer(at: endpoint) {
                var incoming = incoming
                incoming.caller = try await access.caller(incoming.request.head, incoming.client, endpoint.access)
                if let link, let caller = incoming.caller {
                    incoming.link = ScopedLink(link, identity: caller.identity)
                }
                return try await endpoint.answer(incoming)
            }
        } catch let problem as Problem {
            return refusal(problem, incoming)
        } catch let error as PortError {
            return refusal(Problem(error), incoming)
        } catch {
            logger.error(
                "request failed",
                metadata: [
                    "route": "\(endpoint.path)", "trace_id": "\(incoming.trace.traceID)",
                    "error": "\(String(describing: error).debugDescription)",
                ])
            return refusal(.internalError, incoming)
        }
    }

    private func refusal(_ problem: Problem, _ incoming: IncomingRequest) -> Response {
        var problem = problem
        problem.traceID = incoming.trace.traceID
        logger.debug(
            "request refused",
            metadata: [
                "kind": "\(problem.kind.rawValue)", "status": "\(problem.status)",
                "trace_id": "\(problem.traceID ?? "")",
            ])
        return problem.response()
    }

    /// Strange methods share one label: a client must not make series.
    private func methodLabel(_ method: HTTPRequest.Method) -> String {
        switch method {
        case .get, .head, .post, .put, .patch, .delete, .options: method.rawValue
        default: "other"
        }
    }
}
