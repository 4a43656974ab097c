import CurlTransport
import EnergyModel
import Foundation
import Gateway
import GatewayWire
import Ports
import Testing

@Suite("The stream of the gateway", .timeLimit(.minutes(3)))
struct StreamTests {
    private struct Loads: Decodable {
        struct Facility: Decodable {
            let id: String
            let kilowatts: Double?
            let freshness: String

            private enum CodingKeys: String, CodingKey {
                case id = "facility_id"
                case kilowatts = "load_kw"
                case freshness
            }
        }
        let facilities: [Facility]
    }

    @Test("programs get loads first, then what changed, and events at once")
    func current() async throws {
        try await with { world, running, transport in
            try await reading(running, world.token.text, "", transport) { events in
                let first = try #require(try await events.next { $0.name == "facilities" })
                let loads = try JSONDecoder().decode(Loads.self, from: Data(first.data.utf8))
                #expect(loads.facilities.map(\.id) == ["F-1"])
                #expect(first.id.flatMap(StreamPosition.init(_:)) != nil)
                let cancel = OperatorCommand(
                    key: "cancel", author: "operator:ana", reason: "trial", action: .cancelEvent(world.event))
                guard case .done = await running.engine.submit(cancel) else { Issue.record("not cancelled"); return }
                let event = try #require(try await events.next { $0.name == "dr-event" })
                #expect(event.data.contains("\"event_id\":\"evt-1\""))
                #expect(event.data.contains("\"status\":\"cancelled\""))
            }
        }
    }

    @Test("a reader that says what it has goes on from there or begins anew")
    func resume() async throws {
        try await with { world, running, transport in
            let path = "?view=operator"
            let position = try await reading(running, world.token.text, path, transport) { events in
                let first = try #require(try await events.next { $0.name == SnapshotEvent.name })
                #expect(try SnapshotEvent(data: first.data).base == 0)
                return try #require(first.id)
            }
            try await reading(running, world.token.text, path, transport, from: position) { events in
                let next = try #require(try await events.next { $0.name == SnapshotEvent.name })
                let base = try SnapshotEvent(data: next.data).base
                #expect(base == 0 || base == StreamPosition(position)?.tick)
            }
        }
    }

    @Test("who is not known, asks for nonsense, or finds all places taken, is told so")
    func refusals() async throws {
        let world = try LinkWorld()
        try await world.run(streams: 2) { running in
            try await world.furnish(running)
            let transport = FarLink.transport()
            func status(_ query: String, token: String) async throws -> (Int, String?) {
                let stream = try await open(running, token, query, transport)
                defer { stream.close() }
                return (stream.status, stream.header("Retry-After"))
            }
            let stranger = try await status("", token: "swl_nobody").0
            let nonsense = try await status("?view=everything", token: world.token.text).0
            #expect(stranger == 401)
            #expect(nonsense == 400)
            let held = [
                try await open(running, world.token.text, "", transport),
                try await open(running, world.token.text, "?view=operator", transport),
            ]
            let (full, retry) = try await status("", token: world.token.text)
            #expect(full == 503)
            #expect(retry != nil)
            for stream in held { stream.close() }
        }
    }

    @Test("questions that are too large, too deep or of another version are refused")
    func hostileQuestions() async throws {
        try await with { world, running, transport in
            func status(_ body: [UInt8], _ headers: [HTTPHeader]) async throws -> Int {
                let all =
                    [
                        HTTPHeader("Authorization", "Bearer \(world.token.text)"),
                        HTTPHeader("Content-Type", "application/json"),
                    ] + headers
                return try await transport.send(
                    HTTPRequest(.post, url(running, "/api/operator/meters"), headers: all, body: body)
                ).status
            }
            let good = Array(#"{"facility":"F-1","later":{"x":[1]}}"#.utf8)
            let questions: [(body: [UInt8], headers: [HTTPHeader])] = [
                (good, []), (good, [HTTPHeader(LinkMembers.versionHeader, "1")]),
                (good, [HTTPHeader(LinkMembers.versionHeader, "2")]), (Array("{".utf8), []),
                (Array(repeating: UInt8(ascii: "["), count: 1 << 19), []),
                (Array(repeating: UInt8(ascii: " "), count: (1 << 20) + 1), []),
            ]
            var statuses: [Int] = []
            for question in questions { statuses.append(try await status(question.body, question.headers)) }
            #expect(statuses == [200, 200, 422, 422, 422, 422])
        }
    }

    // MARK: - Parts

    private struct Events {
        let stream: HTTPStream
        var parser = ServerSentEventParser()
        var waiting: [ServerSentEvent] = []

        mutating func next(_ isWanted: (ServerSentEvent) -> Bool) async throws -> ServerSentEvent? {
            while true {
                while !waiting.isEmpty {
                    let event = waiting.removeFirst()
                    if isWanted(event) { return event }
                }
                guard let bytes = try await stream.next() else { return nil }
                waiting += try parser.take(bytes)
            }
        }
    }

    private func with(
        _ body: (LinkWorld, LinkWorld.Running, CurlTransport) async throws -> Void
    ) async throws {
        let world = try LinkWorld()
        try await world.run { running in
            try await world.furnish(running)
            try await body(world, running, FarLink.transport())
        }
    }

    private func url(_ running: LinkWorld.Running, _ path: String) -> String {
        "http://127.0.0.1:\(running.port)\(path)"
    }

    private func open(
        _ running: LinkWorld.Running, _ token: String, _ query: String, _ transport: CurlTransport,
        from position: String? = nil
    ) async throws -> HTTPStream {
        var headers = [HTTPHeader("Authorization", "Bearer \(token)")]
        if let position { headers.append(HTTPHeader("Last-Event-ID", position)) }
        return try await transport.open(
            HTTPRequest(.get, url(running, "/api/stream\(query)"), headers: headers, deadline: .seconds(30)),
            idle: .seconds(60))
    }

    @discardableResult
    private func reading<Result>(
        _ running: LinkWorld.Running, _ token: String, _ query: String, _ transport: CurlTransport,
        from position: String? = nil, _ body: (inout Events) async throws -> Result
    ) async throws -> Result {
        let stream = try await open(running, token, query, transport, from: position)
        defer { stream.close() }
        #expect(stream.status == 200)
        #expect(stream.header("Content-Type") == ServerSentEvent.mediaType)
        var events = Events(stream: stream)
        return try await body(&events)
    }
}
