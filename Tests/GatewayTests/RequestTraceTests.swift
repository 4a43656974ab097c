import Ports
import Synchronization
import Testing

@testable import Gateway

@Suite("Traces of requests")
struct RequestTraceTests {
    private final class Spans: Sendable {
        let ended = Mutex<[(span: TraceSpan, isKept: Bool)]>([])
        let numbers = Mutex<UInt64>(100)

        var tracer: Tracer {
            Tracer(
                sink: .init(
                    began: { _ in }, ended: { span, isKept in self.ended.withLock { $0.append((span, isKept)) } },
                    keep: { _ in }), now: { fixedNow }, uptime: { .zero },
                random: {
                    self.numbers.withLock {
                        $0 += 1
                        return $0
                    }
                })
        }
    }

    private let given = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    @Test("a request is a span under its sender's, called by method and route; what is done for it stands under it")
    func span() async throws {
        let spans = Spans()
        let intake = ScriptedIntake()
        try await withGateway(intake, tracer: spans.tracer) { house in
            let text = request(
                "POST", "/api/ingest/readings", type: "application/json", headers: ["traceparent: \(given)"], body: "[]"
            )
            _ = try await ask(house.port, text)
        }
        let ended = try #require(spans.ended.withLock { $0.first })
        #expect(ended.span.name == "POST /api/ingest/readings" && ended.span.component == .gateway)
        #expect(ended.span.trace.description == "0af7651916cd43dd8448eb211c80319c")
        #expect(ended.span.parent?.description == "b7ad6b7169203331")
        #expect(!ended.span.isError && !ended.isKept)
        let below = TraceContext(traceparent: try #require(intake.deliveries.first?.traceparent))
        #expect(below?.span == ended.span.id && below?.trace == ended.span.trace)
    }

    @Test("a refusal is an error and so is always kept; probes leave no span, and strange paths share one name")
    func refusals() async throws {
        let spans = Spans()
        try await withGateway(tracer: spans.tracer) { house in
            for path in ["/healthz", "/ready", "/startup", "/no/such", "/none"] {
                _ = try await ask(house.port, request("GET", path))
            }
        }
        let ended = spans.ended.withLock { $0.map(\.span) }
        #expect(ended.count == 2)
        #expect(ended.allSatisfy { $0.name == "GET unknown" && $0.isError })
    }
}
