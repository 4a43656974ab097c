import EnergyModel
import Ports
import SwitchyardTesting
import Testing

@testable import Engine

@Suite("Traces, end to end")
struct TraceTests {
    private static let given = TraceContext(trace: TraceID(high: 1, low: 2), span: SpanID(3))

    private func spans(_ engine: Engine, _ trace: TraceID) async throws -> [TraceSpan] {
        await engine.parts.spanService?.flush()
        return try await engine.link.trace(trace)
    }

    private func attribute(_ key: String, _ span: TraceSpan?) -> String? {
        span?.attributes.first { $0.key == key }?.value
    }

    @Test("one trace from the webhook through plan and buildings to the callback, each span under another (TRACE-01)")
    func event() async throws {
        var world = try await ResponseWorld { $0.trace.successShare = 0 }
        let start = world.time.now.advanced(by: .seconds(60))
        _ = try await world.notify(notice("E-1", at: start, kilowatts: 120), in: Self.given)
        await world.run(until: start.advanced(by: .seconds(1300)))
        #expect(try await world.event("E-1")?.traceID == Self.given.trace.description)
        let spans = try await spans(world.engine, Self.given.trace)
        let names = Set(spans.map(\.name))
        let wanted: Set = [
            "dr.accept", "dr.work", "dr.plan", "dr.commit", "building.write", "building.release", "dr.callback",
        ]
        #expect(names.isSuperset(of: wanted), "missing \(wanted.subtracting(names))")
        let ids = Set(spans.map(\.id))
        #expect(ids.count == spans.count)
        for span in spans where span.name != "dr.accept" {
            #expect(span.parent.map(ids.contains) == true, "\(span.name) hangs in the air")
        }
        #expect(spans.first { $0.name == "dr.accept" }?.parent == Self.given.span, "the webhook's request is above all")
        #expect(
            attribute("forecast", spans.first { $0.name == "dr.plan" }) == "heuristic", "which forecast it rests on")
        #expect(attribute("facility", spans.first { $0.name == "building.write" })?.hasPrefix("F-") == true)
    }

    @Test("the trace of an event goes on after a restart")
    func restart() async throws {
        var world = try await ResponseWorld { $0.trace.successShare = 0 }
        let start = world.time.now.advanced(by: .seconds(60))
        _ = try await world.notify(notice("E-1", at: start, kilowatts: 120), in: Self.given)
        await world.settle()
        await world.engine.parts.spanService?.flush()
        try await world.crash()
        await world.run(until: start.advanced(by: .seconds(60)))
        let spans = try await spans(world.engine, Self.given.trace)
        let ids = Set(spans.map(\.id))
        let written = spans.filter { $0.name == "building.write" }
        #expect(!written.isEmpty && written.allSatisfy { $0.parent.map(ids.contains) == true })
    }

    @Test("a utility that sends no trace gets one worked out from its number of the request, else a new one (TRACE-03)")
    func derived() async throws {
        var world = try await ResponseWorld { $0.trace.successShare = 0 }
        let start = world.time.now.advanced(by: .seconds(60))
        let body = notice("E-1", at: start).replacing(
            "\"program_id\"", with: "\"utility_request_id\":\"R-1\",\"program_id\"")
        _ = try await world.notify(body, in: Self.given, isTraceOurs: true)
        _ = try await world.notify(notice("E-2", at: start), in: Self.given, isTraceOurs: true)
        await world.settle()
        let trace = TraceID(derivedFrom: "acme R-1")
        #expect(try await world.event("E-1")?.traceID == trace.description)
        #expect(try await world.event("E-2")?.traceID == Self.given.trace.description)
        let spans = try await spans(world.engine, trace)
        let accepted = try #require(spans.first { $0.name == "dr.accept" })
        #expect(accepted.parent == nil)
        #expect(attribute("request.trace", accepted) == Self.given.trace.description, "the request is found from it")
        #expect(spans.first { $0.name == "dr.work" }?.parent == accepted.id)
    }

    @Test("one trace from a meter's delivery through the log to the rollups, one span a step")
    func readings() async throws {
        let world = World { $0.trace.successShare = 1 }
        var session = try await world.parts.aggregation.open()
        let payload = "[" + (0..<40).map { json("M-\($0)", at: world.time.now) }.joined(separator: ",") + "]"
        let delivery = IntakeDelivery(
            origin: .rest(client: "test"), format: .json, payload: Array(payload.utf8),
            traceparent: Self.given.traceparent)
        _ = await world.engine.intake.accept([delivery], arrivedAt: world.time.now)
        try await world.settle(&session)
        let spans = try await spans(world.engine, Self.given.trace)
        #expect(spans.map(\.name).sorted() == ["aggregate.step", "ingest.accept", "log.append", "series.write"])
        let accepted = try #require(spans.first { $0.name == "ingest.accept" })
        let step = try #require(spans.first { $0.name == "aggregate.step" })
        #expect(accepted.parent == Self.given.span && step.parent == accepted.id)
        #expect(attribute("readings", step) == "40")
        #expect(spans.first { $0.name == "log.append" }?.parent == accepted.id)
        #expect(spans.first { $0.name == "series.write" }?.parent == step.id)
    }

    @Test("a store that fails leaves its trace behind although successes are not sampled")
    func failing() async throws {
        let world = World { $0.trace.successShare = 0 }
        _ = await world.send(json(at: world.time.now))
        world.log.faults.failNext(.max)
        world.spool.faults.failNext(.max)
        _ = await world.send(json(at: world.time.now))
        await world.parts.spanService?.flush()
        let traces = try await world.engine.link.traces(TraceQuery(errorsOnly: true))
        #expect(traces.count == 1 && traces.first?.name == "ingest.accept")
        #expect(try await world.engine.link.traces(TraceQuery()).count == 1)
    }

    @Test("a command, what it leads to, and its lines of the audit trail are one trace")
    func command() async throws {
        var world = try await ResponseWorld { $0.trace.successShare = 0 }
        let request = EventRequest(
            id: try #require(DREventID("E-1")), program: "cbp", start: world.time.now.advanced(by: .seconds(30)),
            duration: .seconds(900), target: Power(kilowatts: 100), facilities: world.facilities)
        _ = await world.submit("k-1", .createEvent(request))
        await world.run(for: .seconds(90))
        let entries = try await world.records.journal(JournalQuery(kinds: [.audit]))
        let traces = Set(entries.compactMap(\.traceID))
        #expect(entries.count == 2 && traces.count == 1)
        let trace = try #require(traces.first.flatMap { TraceID($0) })
        #expect(try await world.event("E-1")?.traceID == trace.description)
        let spans = try await spans(world.engine, trace)
        #expect(Set(spans.map(\.name)).isSuperset(of: ["operator.command", "dr.plan", "building.write"]))
        #expect(spans.filter { $0.parent == nil }.map(\.name) == ["operator.command"])
    }

    @Test("spans over their budget are counted (TRACE-08)")
    func budgets() async throws {
        let world = World { $0.trace.budgets.ingest = .milliseconds(10) }
        let tracer = world.engine.tracer
        for lasting in [5, 10, 11, 500] {
            let span = tracer.begin("x", .ingest, in: nil)
            world.time.advance(by: .milliseconds(lasting))
            tracer.end(span)
        }
        #expect(world.parts.measures.value(of: .spansOverBudget) == 2)
    }

    @Test("while spans cannot be written they wait as far as there is room, and what is lost is counted")
    func storeAway() async throws {
        let spans = MemorySpanRecords()
        let world = World(traces: TracePorts(spans: spans)) { $0.trace.bufferSpans = 100 }
        spans.fail(with: PortError(.unavailable, "the file is locked"))
        for _ in 0..<150 { world.engine.tracer.end(world.engine.tracer.begin("x", .link, in: nil, isKept: true)) }
        await world.parts.spanService?.flush()
        #expect(spans.all.isEmpty)
        spans.fail(with: nil)
        await world.parts.spanService?.flush()
        #expect(spans.all.count == 100)
        #expect(world.parts.measures.value(of: .spansLost) == 50)
        #expect(world.parts.measures.value(of: .spansStored) == 100)
    }

    @Test("a log level set by hand is audited, and refused where there is none to set")
    func logLevel() async throws {
        let world = World()
        let command = OperatorCommand(
            key: "k", author: "operator:ana", reason: "look", action: .setLogLevel(component: "engine", level: .debug))
        guard case .refused = await world.engine.link.submit(command) else {
            Issue.record("nobody sets levels here")
            return
        }
        #expect(command.action.role == .supervisor && command.action.isForEngine)
        let audit = try await world.records.journal(JournalQuery(kinds: [.audit]))
        #expect(audit.contains { $0.subject == "log:engine" && $0.text.contains("log engine from debug") })
    }
}
