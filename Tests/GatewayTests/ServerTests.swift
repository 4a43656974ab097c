import EnergyModel
import Foundation
import Gateway
import GatewayWire
import Ports
import PrometheusExporter
import Testing

private func kind(_ answer: RawConnection.Answer) throws -> Problem.Kind {
    #expect(answer.headers["content-type"] == "application/problem+json")
    return try JSONDecoder().decode(Problem.self, from: Data(answer.body)).kind
}

@Suite("the HTTP server", .timeLimit(.minutes(5)))
struct ServerTests {
    @Test(
        "each path says what it takes",
        arguments: [
            ("GET", "/nowhere", 404, nil), ("GET", "/ready/", 404, nil),
            ("GET", "/api/ingest/readings", 405, "OPTIONS, POST"),
            ("DELETE", "/healthz", 405, "GET, HEAD, OPTIONS"), ("OPTIONS", "/metrics", 204, "GET, HEAD, OPTIONS"),
            ("OPTIONS", "/api/ingest/readings", 204, "OPTIONS, POST"), ("GET", "/healthz?verbose=1", 200, nil),
        ] as [(String, String, Int, String?)])
    func routes(method: String, path: String, status: Int, allowed: String?) async throws {
        let answer = try await withGateway { try await ask($0.port, request(method, path)) }
        #expect(answer.status == status)
        #expect(answer.headers["allow"] == allowed)
        #expect(answer.headers["switchyard-wire-version"] == "1")
        #expect(answer.headers["traceparent"]?.count == 55)
        if status >= 400 { #expect(try kind(answer) == (status == 404 ? .notFound : .methodNotAllowed)) }
    }

    @Test("HEAD has the headers of GET, no body, and leaves the connection in step")
    func head() async throws {
        try await withGateway { house in
            try await RawConnection.with(house.port) { connection in
                try await connection.send(request("HEAD", "/healthz"))
                let head = try await connection.answer(toHead: true)
                try await connection.send(request("GET", "/healthz"))
                let get = try await connection.answer()
                #expect(head.status == 200)
                #expect(head.headers["content-length"] == get.headers["content-length"])
                #expect(get.body.count > 2)
            }
        }
    }

    @Test("pipelined requests are answered in their order")
    func pipelined() async throws {
        try await withGateway { house in
            try await RawConnection.with(house.port) { connection in
                let post = request("POST", "/api/ingest/readings", type: "application/json", body: "[]")
                try await connection.send(request("GET", "/healthz") + post + request("GET", "/nowhere"))
                #expect(try await connection.answer().status == 200)
                #expect(try await connection.answer().status == 202)
                #expect(try await connection.answer().status == 404)
            }
        }
    }

    @Test(
        "the probes answer 200 or 503 with their checks",
        arguments: [
            ("/healthz", FixedHealth(), true), ("/healthz", FixedHealth(live: false), false),
            ("/ready", FixedHealth(), true),
            ("/ready", FixedHealth(ready: false), false), ("/startup", FixedHealth(), true),
            ("/startup", FixedHealth(started: false), false), ("/healthz", FixedHealth(ready: false), true),
        ] as [(String, FixedHealth, Bool)])
    func probes(path: String, health: FixedHealth, passes: Bool) async throws {
        let (answer, page) = try await withGateway(health: health) { house in
            (try await ask(house.port, request("GET", path)), house.registry.render())
        }
        #expect(answer.status == (passes ? 200 : 503))
        let body = try JSONDecoder().decode(ProbeBody.self, from: Data(answer.body))
        #expect(body.status == (passes ? .pass : .fail))
        #expect(body.checks.map(\.name) == ["log"])
        #expect(body.asOf == fixedNow.iso8601)
        #expect(page.contains(#"route="\#(path)",status="\#(answer.status)",le="+Inf"} 1"#))
    }

    @Test(
        "garbage is answered 400 and closed",
        arguments: [
            "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}\u{fc}\u{3}\u{3}\r\n\r\n", "GET\r\n\r\n", "\0\0\0\0\r\n\r\n",
            "GET / HTTP/1.1\r\nbad header\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        ])
    func garbage(text: String) async throws {
        try await withGateway { house in
            try await RawConnection.with(house.port) { connection in
                try await connection.send(text)
                let answer = try await connection.answer()
                #expect(answer.status == 400)
                #expect(try kind(answer) == .malformedRequest)
                #expect(try await connection.untilClosed().isEmpty)
            }
            #expect(try await ask(house.port, request("GET", "/healthz")).status == 200)
        }
    }

    @Test(
        "headers beyond the limit are 431",
        arguments: [
            "GET / HTTP/1.1\r\nX: \(String(repeating: "a", count: 20_000))\r\n\r\n",
            "GET /\(String(repeating: "a", count: 20_000)) HTTP/1.1\r\n\r\n",
            "GET / HTTP/1.1\r\n" + (0..<200).map { "x\($0): y\r\n" }.joined() + "\r\n",
        ])
    func headersTooLarge(text: String) async throws {
        try await withGateway { house in
            try await RawConnection.with(house.port) { connection in
                try await connection.send(text)
                let answer = try await connection.answer()
                #expect(answer.status == 431)
                #expect(try kind(answer) == .headersTooLarge)
            }
        }
    }

    @Test("a header that drips in (slowloris) is answered 408 when its time is over")
    func slowHead() async throws {
        try await withGateway(configuration: configured { $0.headTimeout = .milliseconds(150) }) { house in
            try await RawConnection.with(house.port) { connection in
                try await connection.send("GET /healthz HTTP/1.1\r\nHo")
                let answer = try await connection.answer()
                #expect(answer.status == 408)
                #expect(try await connection.untilClosed().isEmpty)
            }
        }
    }

    @Test("a connection that is idle between requests is closed without a word")
    func idle() async throws {
        try await withGateway(configuration: configured { $0.idleTimeout = .milliseconds(100) }) { house in
            try await RawConnection.with(house.port) { connection in
                try await connection.send(request("GET", "/healthz"))
                #expect(try await connection.answer().status == 200)
                #expect(try await connection.untilClosed().isEmpty)
            }
        }
    }

    @Test("a request that is never answered does not hold its connection for ever")
    func neverAnswered() async throws {
        let log = StuckLog()
        let intake = ScriptedIntake { _ in
            await log.pass()
            return .settled([])
        }
        try await withGateway(intake, configuration: configured { $0.answerTimeout = .milliseconds(100) }) { house in
            try await RawConnection.with(house.port) { connection in
                try await connection.send(request("POST", "/api/ingest/readings", type: "application/json", body: "[]"))
                #expect(try await connection.untilClosed().isEmpty)
            }
            log.open()
        }
    }

    @Test("500 idle connections are kept, the next are answered 503, and others are served meanwhile")
    func connectionLimit() async throws {
        let configuration = configured {
            $0.connections = 500; $0.headTimeout = .seconds(50)
        }
        try await withGateway(configuration: configuration) { house in
            try await RawConnection.with(house.port) { busy in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    let (opened, open) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .unbounded)
                    for _ in 0..<499 {
                        group.addTask {
                            try await RawConnection.with(house.port) { connection in
                                try await connection.send(request("GET", "/healthz"))
                                #expect(try await connection.answer().status == 200)
                                open.yield()
                                _ = try await connection.untilClosed()
                            }
                        }
                    }
                    var waiting = opened.makeAsyncIterator()
                    for _ in 0..<499 { await waiting.next() }
                    for _ in 0..<20 {
                        let answer = try await RawConnection.with(house.port) { try await $0.answer() }
                        #expect(answer.status == 503)
                        #expect(answer.headers["retry-after"] == "1")
                        #expect(try kind(answer) == .tooManyConnections)
                    }
                    try await busy.send(request("GET", "/ready"))
                    #expect(try await busy.answer().status == 200)
                    #expect(house.registry.render().contains("energy_api_connections_refused_total 20\n"))
                    group.cancelAll()
                }
            }
        }
    }

    @Test("stopping lets an open request end, and cuts off one that hangs")
    func shutdown() async throws {
        let log = StuckLog()
        let (arrivals, arrive) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .unbounded)
        let intake = ScriptedIntake { _ in
            arrive.yield()
            await log.pass()
            return .settled([IntakeResult(accepted: 1)])
        }
        let post = request("POST", "/api/ingest/readings", type: "application/json", body: "[]")
        try await withGateway(intake, configuration: configured { $0.drainTimeout = .seconds(3) }) { house in
            try await RawConnection.with(house.port) { ending in
                try await ending.send(post)
                var seen = arrivals.makeAsyncIterator()
                await seen.next()
                await house.stop()
                log.open()
                #expect(try await ending.answer().status == 202)
            }
        }
        try await withGateway(configuration: configured { $0.drainTimeout = .milliseconds(100) }) { house in
            try await RawConnection.with(house.port) { hanging in
                try await hanging.send(
                    "POST /api/ingest/readings HTTP/1.1\r\nContent-Type: application/json\r\nContent-Le")
                await house.stop()
                _ = try await hanging.untilClosed()
            }
        }
    }

    @Test("two gateways cannot share a port: the second says what to do")
    func portTaken() async throws {
        try await withGateway { house in
            await #expect(throws: PortError.self) {
                try await withGateway(configuration: configured { $0.port = house.port }) { _ in
                }
            }
        }
    }
}
