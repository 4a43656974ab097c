import EnergyModel
import Foundation
import Gateway
import GatewayWire
import Ports
import PrometheusExporter
import Testing

private let path = "/api/ingest/readings"
private let json = "application/json"

private func problem(_ answer: RawConnection.Answer) throws -> Problem {
    #expect(answer.headers["content-type"] == "application/problem+json")
    let problem = try JSONDecoder().decode(Problem.self, from: Data(answer.body))
    #expect(problem.status == answer.status)
    #expect(problem.detail.hasSuffix("."))
    return problem
}

@Suite("POST /api/ingest/readings", .timeLimit(.minutes(5)))
struct ReadingsEndpointTests {
    @Test(
        "every form of readings reaches the intake byte for byte",
        arguments: [
            ("application/json", IntakeDelivery.Format.json), ("application/json; charset=utf-8", .json),
            ("Application/X-NDJSON", .ndjson), ("application/x-protobuf", .protobuf),
            ("application/protobuf", .protobuf),
        ])
    func forms(type: String, format: IntakeDelivery.Format) async throws {
        let intake = ScriptedIntake()
        let bytes: [UInt8] = [0x0a, 0x00, 0xff, 0x1b] + Array("x\r\n\r\n".utf8)
        let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        let answer = try await withGateway(intake) { house in
            try await RawConnection.with(house.port) { connection in
                let head = ["POST \(path) HTTP/1.1", "Host: g", "Content-Type: \(type)", "traceparent: \(trace)"]
                try await connection.send(
                    head.joined(separator: "\r\n") + "\r\nContent-Length: \(bytes.count)\r\n\r\n")
                try await connection.send(bytes)
                return try await connection.answer()
            }
        }
        #expect(answer.status == 202)
        #expect(answer.text == #"{"accepted":1,"duplicates":0,"rejected":0}"#)
        // The request's own span stands between the sender's and what is done for it.
        let here = try #require(TraceContext(traceparent: answer.headers["traceparent"] ?? ""))
        #expect(here.trace == TraceContext(traceparent: trace)?.trace && here.traceparent != trace)
        #expect(answer.headers["data-timestamp"] == fixedNow.iso8601)
        let delivery = try #require(intake.deliveries.first)
        #expect(intake.deliveries.count == 1)
        #expect(delivery.payload == bytes)
        #expect(delivery.format == format)
        #expect(delivery.traceparent == here.traceparent)
        #expect(delivery.origin == .rest(client: "127.0.0.1"))
    }

    @Test("a chunked body is put together before it is handed on")
    func chunked() async throws {
        let intake = ScriptedIntake()
        let answer = try await withGateway(intake) { house in
            try await RawConnection.with(house.port) { connection in
                try await connection.send(
                    request("POST", path, type: json, headers: ["Transfer-Encoding: chunked"]) + "3\r\n[{}\r\n")
                try await connection.send("1\r\n]\r\n0\r\n\r\n")
                return try await connection.answer()
            }
        }
        #expect(answer.status == 202)
        #expect(intake.deliveries.map(\.payload) == [Array("[{}]".utf8)])
    }

    @Test("refused items come back with index and reason, and what was accepted is said")
    func rejected() async throws {
        let hostile = "kw \u{1b}[2J\u{9b}31m \u{202e} \"x\"\n"
        let intake = ScriptedIntake { _ in
            .settled([
                IntakeResult(
                    accepted: 3, duplicates: 1,
                    rejected: [RejectedItem(index: 2, reason: "out_of_range", message: hostile)])
            ])
        }
        let answer = try await withGateway(intake) {
            try await ask($0.port, request("POST", path, type: json, body: "[]"))
        }
        let refusal = try problem(answer)
        #expect(answer.status == 400)
        #expect(refusal.kind == .rejectedReadings)
        #expect(refusal.readings?.accepted == 3)
        #expect(refusal.readings?.duplicates == 1)
        #expect(refusal.readings?.rejected == [.init(index: 2, reason: "out_of_range", message: hostile)])
        #expect(refusal.readings?.rejectedNotListed == 0)
        #expect(answer.body.allSatisfy { $0 >= 0x20 && $0 < 0x7f }, "hostile text leaves escaped")
    }

    @Test("the list of reasons is cut at 1,000 and the rest is counted")
    func rejectedList() async throws {
        let items = (0..<1234).map { RejectedItem(index: $0, reason: "malformed", message: "m") }
        let intake = ScriptedIntake { _ in .settled([IntakeResult(accepted: 0, rejected: items)]) }
        let answer = try await withGateway(intake) {
            try await ask($0.port, request("POST", path, type: json, body: "[]"))
        }
        let refusal = try problem(answer)
        #expect(refusal.readings?.rejected.count == 1000)
        #expect(refusal.readings?.rejected.last?.index == 999)
        #expect(refusal.readings?.rejectedNotListed == 234)
    }

    @Test(
        "a refusal is 503 with whole seconds of Retry-After, at least one",
        arguments: [
            (IntakeRefusal(.aboveMark, retryAfter: .milliseconds(20)), Problem.Kind.overloaded, "1"),
            (IntakeRefusal(.unavailable, retryAfter: .milliseconds(2001)), .unavailable, "3"),
            (IntakeRefusal(.stopping, retryAfter: .seconds(4)), .stopping, "4"),
            (IntakeRefusal(.aboveMark, retryAfter: .zero), .overloaded, "1"),
        ])
    func refused(refusal: IntakeRefusal, kind: Problem.Kind, seconds: String) async throws {
        let intake = ScriptedIntake { _ in .refused(refusal) }
        let answer = try await withGateway(intake) {
            try await ask($0.port, request("POST", path, type: json, body: "[]"))
        }
        #expect(answer.status == 503)
        #expect(try problem(answer).kind == kind)
        #expect(answer.headers["retry-after"] == seconds)
    }

    @Test(
        "what cannot be readings is refused before it is read",
        arguments: [
            ("text/plain", [], "x", 415, Problem.Kind.unsupportedMediaType),
            ("application/json; charset=utf-16", [], "x", 415, .unsupportedMediaType),
            ("application/json", ["Content-Encoding: gzip"], "x", 415, .unsupportedEncoding),
            ("application/json", [], "", 400, .emptyBody),
        ] as [(String, [String], String, Int, Problem.Kind)])
    func unfit(type: String, headers: [String], body: String, status: Int, kind: Problem.Kind) async throws {
        let intake = ScriptedIntake()
        let answer = try await withGateway(intake) {
            try await ask($0.port, request("POST", path, type: type, headers: headers, body: body))
        }
        #expect(answer.status == status)
        #expect(try problem(answer).kind == kind)
        #expect(intake.deliveries.isEmpty)
    }

    @Test(
        "a body beyond the limit is 413, even for a client that sends all of it before it reads",
        arguments: [true, false])
    func tooLarge(declared: Bool) async throws {
        let intake = ScriptedIntake()
        let body = String(repeating: "x", count: 150_000)
        let answer = try await withGateway(intake, configuration: configured { $0.bodyLimit = 100_000 }) { house in
            try await RawConnection.with(house.port) { connection in
                if declared {
                    try await connection.send(request("POST", path, type: json, body: body))
                } else {
                    try await connection.send(
                        request("POST", path, type: json, headers: ["Transfer-Encoding: chunked"]))
                    // Without its last chunk: a body read to its end would need no close.
                    try await connection.send("249f0\r\n\(body)\r\n")
                }
                return try await connection.answer()
            }
        }
        #expect(answer.status == 413)
        #expect(try problem(answer).limitBytes == 100_000)
        // A body that came whole before the answer left leaves the connection usable; one without an end never does.
        #expect(declared || answer.headers["connection"] == "close")
        #expect(intake.deliveries.isEmpty)
    }

    @Test("a body of exactly the limit is taken")
    func atLimit() async throws {
        let answer = try await withGateway(configuration: configured { $0.bodyLimit = 100_000 }) {
            try await ask($0.port, request("POST", path, type: json, body: String(repeating: "x", count: 100_000)))
        }
        #expect(answer.status == 202)
    }

    @Test("a client that asks first is told to go on")
    func expectContinue() async throws {
        try await withGateway { house in
            try await RawConnection.with(house.port) { connection in
                try await connection.send(
                    request("POST", path, type: json, headers: ["Expect: 100-continue", "Content-Length: 2"]))
                #expect(try await connection.answer().status == 100)
                try await connection.send("[]")
                #expect(try await connection.answer().status == 202)
            }
        }
    }

    @Test("a body that does not arrive in time is 408, and nothing of it is taken")
    func slowBody() async throws {
        let intake = ScriptedIntake()
        try await withGateway(intake, configuration: configured { $0.bodyTimeout = .milliseconds(150) }) { house in
            try await RawConnection.with(house.port) { connection in
                try await connection.send(request("POST", path, type: json, headers: ["Content-Length: 100"]) + "[{")
                let answer = try await connection.answer()
                #expect(answer.status == 408)
                #expect(try problem(answer).kind == .requestTooSlow)
                #expect(answer.headers["connection"] == "close")
            }
            #expect(house.registry.render().contains(#"operation="read_body",service="api-gateway""#))
        }
        #expect(intake.deliveries.isEmpty)
    }

    @Test("a connection that ends inside a body leaves nothing behind", arguments: [true, false])
    func truncated(declared: Bool) async throws {
        let intake = ScriptedIntake()
        try await withGateway(intake) { house in
            try await RawConnection.with(house.port) { connection in
                let framing = declared ? "Content-Length: 100" : "Transfer-Encoding: chunked"
                try await connection.send(
                    request("POST", path, type: json, headers: [framing]) + (declared ? "[{}" : "3\r\n[{}\r\n"))
            }
            // The second request is answered after the first connection's end was seen.
            #expect(try await ask(house.port, request("POST", path, type: json, body: "[]")).status == 202)
        }
        #expect(intake.deliveries.map(\.payload) == [Array("[]".utf8)])
    }

    @Test("a stuck log costs a request its deadline, and its bytes stay counted until the log lets go")
    func stuckLog() async throws {
        let log = StuckLog()
        let intake = ScriptedIntake { deliveries in
            await log.pass()
            return .settled(deliveries.map { _ in IntakeResult(accepted: 1) })
        }
        try await withGateway(
            intake,
            configuration: configured {
                $0.intakeTimeout = .milliseconds(100); $0.inFlightBytes = 1500
            }
        ) { house in
            let body = String(repeating: "x", count: 1000)
            let first = try await ask(house.port, request("POST", path, type: json, body: body))
            #expect(first.status == 503)
            #expect(try problem(first).kind == .deadlinePassed)
            #expect(first.headers["retry-after"] == "5")
            let second = try await ask(house.port, request("POST", path, type: json, body: body))
            #expect(second.status == 503)
            #expect(try problem(second).kind == .overloaded)
            log.open()
            var status = 503
            while status == 503 {
                status = try await ask(house.port, request("POST", path, type: json, body: body)).status
            }
            #expect(status == 202)
        }
    }

    @Test("200 clients at once, on connections they keep, are all answered")
    func concurrency() async throws {
        let intake = ScriptedIntake()
        let accepted = try await withGateway(intake) { house in
            try await withThrowingTaskGroup(of: Int.self) { group in
                for client in 0..<200 {
                    group.addTask {
                        try await RawConnection.with(house.port) { connection in
                            var accepted = 0
                            for turn in 0..<5 {
                                try await connection.send(
                                    request("POST", path, type: json, body: "[\(client),\(turn)]"))
                                if try await connection.answer().status == 202 { accepted += 1 }
                            }
                            return accepted
                        }
                    }
                }
                return try await group.reduce(0, +)
            }
        }
        #expect(accepted == 1000)
        #expect(Set(intake.deliveries.map(\.payload)).count == 1000)
    }
}
