import EnergyModel
import Foundation
import Ports
import SwitchyardTesting
import Synchronization
import Testing

@testable import Engine

@Suite("Export of spans")
struct SpanExportTests {
    private final class Collector: Sendable {
        let requests = Mutex<[HTTPRequest]>([])
        let status = Mutex(200)

        var export: SpanExport {
            SpanExport(
                url: "http://127.0.0.1:4318/v1/traces", headers: [HTTPHeader("authorization", "Bearer canary")],
                send: { request async throws(HTTPTransportError) in
                    self.requests.withLock { $0.append(request) }
                    let status = self.status.withLock { $0 }
                    if status == 0 { throw HTTPTransportError(.connect, "connection refused") }
                    return HTTPResponse(status: status, headers: [], body: [])
                })
        }
    }

    private func world(_ collector: Collector) -> World {
        World(traces: TracePorts(spans: MemorySpanRecords(), export: collector.export)) {
            $0.trace.exportBatch = 10
            $0.trace.successShare = 1
        }
    }

    @Test("the body is OTLP's: resource and scope, ids in hexadecimal, nanoseconds as strings (TRACE-05)")
    func shape() async throws {
        let collector = Collector()
        let world = world(collector)
        let context = TraceContext(trace: TraceID(high: 0xA, low: 0xB), span: SpanID(0xC))
        let span = world.engine.tracer.begin("dr.plan", .response, .client, in: context)
        world.time.advance(by: .milliseconds(1500))
        world.engine.tracer.end(span, error: "no \u{1B}[31mforecast\nat all", [.init("event", "E-\u{202E}1")])
        await world.parts.spanExport?.turn()
        let request = try #require(collector.requests.withLock { $0.first })
        #expect(request.headers.contains(HTTPHeader("content-type", "application/json")))
        #expect(request.headers.contains(HTTPHeader("authorization", "Bearer canary")))
        let body = try #require(
            try JSONSerialization.jsonObject(with: Data(request.body)) as? [String: [[String: Any]]])
        let resource = try #require(body["resourceSpans"]?.first)
        let scope = try #require((resource["scopeSpans"] as? [[String: Any]])?.first)
        #expect((scope["scope"] as? [String: String])?["name"] == "switchyard.response")
        let sent = try #require((scope["spans"] as? [[String: Any]])?.first)
        #expect(sent["traceId"] as? String == "000000000000000a000000000000000b")
        #expect(sent["spanId"] as? String == "\(span.context.span)")
        #expect(sent["parentSpanId"] as? String == "000000000000000c")
        #expect(sent["kind"] as? Int == 3)
        let start = span.start.milliseconds * 1_000_000
        #expect(sent["startTimeUnixNano"] as? String == "\(start)")
        #expect(sent["endTimeUnixNano"] as? String == "\(start + 1_500_000_000)")
        let status = try #require(sent["status"] as? [String: Any])
        #expect(status["code"] as? Int == 2)
        #expect(status["message"] as? String == "no \u{FFFD}[31mforecast\u{FFFD}at all", "neutral")
        let attribute = try #require((sent["attributes"] as? [[String: Any]])?.first)
        #expect(attribute["key"] as? String == "event")
        #expect((attribute["value"] as? [String: String])?["stringValue"] == "E-\u{FFFD}1")
        let whole = try #require((resource["resource"] as? [String: Any])?["attributes"] as? [[String: Any]])
        #expect(whole.contains { $0["key"] as? String == "service.name" })
    }

    @Test("spans go in batches; a collector that is away costs them, is counted, and soon is not asked any more")
    func away() async throws {
        let collector = Collector()
        let world = world(collector)
        func trace(_ count: Int) {
            for _ in 0..<count { world.engine.tracer.end(world.engine.tracer.begin("x", .link, in: nil)) }
        }
        trace(25)
        await world.parts.spanExport?.turn()
        #expect(collector.requests.withLock { $0.count } == 3)
        #expect(world.parts.measures.value(of: .spansExported) == 25)
        collector.status.withLock { $0 = 0 }
        trace(100)
        await world.parts.spanExport?.turn()
        #expect(collector.requests.withLock { $0.count } == 6, "three failures open the breaker")
        #expect(world.parts.measures.value(of: .spansNotExported) == 30)
        #expect(world.engine.parts.healthSnapshots.breaker(named: "otlp")?.isClosed == false)
        collector.status.withLock { $0 = 200 }
        world.time.advance(by: .seconds(6))
        await world.parts.spanExport?.turn()
        #expect(world.parts.measures.value(of: .spansExported) == 95, "the rest had waited")
        await world.parts.spanService?.flush()
        #expect(try await world.engine.link.traces(TraceQuery(limit: 500)).count == 125, "the store has them all")
    }
}
