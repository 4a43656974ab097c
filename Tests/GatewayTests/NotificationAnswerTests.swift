import EnergyModel
import Foundation
import Gateway
import GatewayWire
import Logging
import Ports
import PrometheusExporter
import Synchronization
import Testing

private let path = "/webhooks/utility/dr-notification"
private let json = "application/json"
private let token = "token-of-acme-0123456789"
private let bearer = ["Authorization: Bearer \(token)", "webhook-id: msg_1"]

private func acme() throws -> [UtilityKey] {
    [try UtilityKey(name: "acme", bearerToken: token, isUnsignedAllowed: true)]
}

private func post(_ text: String = "{}", headers: [String] = bearer, type: String? = json) -> String {
    request("POST", path, type: type, headers: headers, body: text)
}

private func problem(_ answer: RawConnection.Answer) throws -> Problem {
    #expect(answer.headers["content-type"] == "application/problem+json")
    let problem = try JSONDecoder().decode(Problem.self, from: Data(answer.body))
    #expect(problem.status == answer.status)
    #expect(problem.detail.hasSuffix("."))
    return problem
}

@Suite("POST /webhooks/utility/dr-notification: what is answered", .timeLimit(.minutes(5)))
struct NotificationAnswerTests {
    @Test("the notification reaches the intake byte for byte, with sender, delivery, moment and trace")
    func handedOn() async throws {
        let intake = ScriptedNotifications()
        let bytes: [UInt8] = [0x0a, 0x00, 0xff, 0x1b] + Array("x\r\n\r\n".utf8)
        let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        let answer = try await withGateway(notifications: intake, utilities: try acme()) { house in
            try await RawConnection.with(house.port) { connection in
                let head = request(
                    "POST", path, type: "application/json; charset=utf-8",
                    headers: bearer + ["traceparent: \(trace)", "Content-Length: \(bytes.count)"])
                try await connection.send(head)
                try await connection.send(bytes)
                return try await connection.answer()
            }
        }
        #expect(answer.status == 202)
        #expect(answer.text == #"{"event":"evt-1"}"#)
        #expect(
            intake.notifications == [
                InboundNotification(
                    utility: "acme", deliveryID: "msg_1", body: bytes, arrivedAt: fixedNow,
                    traceID: "0af7651916cd43dd8448eb211c80319c",
                    span: TraceContext(traceparent: answer.headers["traceparent"] ?? "")?.span)
            ])
    }

    @Test("a repeated delivery is answered with the same bytes", arguments: [202, 200])
    func replay(status: Int) async throws {
        let seen = Mutex(0)
        let intake = ScriptedNotifications { _ in
            .accepted(
                event: "evt-1",
                isRepeat: seen.withLock {
                    $0 += 1; return $0 > 1
                })
        }
        let success = try #require(GatewayConfiguration.NotificationSuccess(rawValue: status))
        let (answers, page) = try await withGateway(
            notifications: intake, utilities: try acme(),
            configuration: configured { $0.notificationSuccess = success }
        ) { house in
            let answers = [try await ask(house.port, post()), try await ask(house.port, post())]
            return (answers, house.registry.render())
        }
        #expect(answers.map(\.status) == [status, status])
        #expect(answers[0].body == answers[1].body)
        #expect(page.contains(#"webhook_notifications_total{outcome="accepted",utility="acme"} 1"#))
        #expect(page.contains(#"webhook_notifications_total{outcome="repeated",utility="acme"} 1"#))
        #expect(page.contains(#"route="/webhooks/utility/dr-notification",status="\#(status)",le="+Inf"} 2"#))
    }

    @Test("a flood is answered 429 with the wait, counted, and costs other utilities and strangers nothing")
    func flood() async throws {
        let other = try UtilityKey(name: "other", bearerToken: "token-of-other-4711", isUnsignedAllowed: true)
        let intake = ScriptedNotifications()
        try await withGateway(
            notifications: intake, utilities: try acme() + [other],
            configuration: configured {
                $0.notificationBurst = 5; $0.notificationsPerSecond = 0.01
            }
        ) { house in
            #expect(house.registry.render().contains(#"webhook_rate_limit_rejections_total{utility="acme"} 0"#))
            for _ in 0..<20 {
                let stranger = ["Authorization: Bearer token-of-nobody-0815"]
                #expect(try await ask(house.port, post(headers: stranger)).status == 401)
            }
            var statuses: [Int] = []
            var last: RawConnection.Answer?
            for _ in 0..<8 {
                let answer = try await ask(house.port, post())
                statuses.append(answer.status)
                last = answer
            }
            #expect(statuses == [202, 202, 202, 202, 202, 429, 429, 429])
            let answer = try #require(last)
            #expect(try problem(answer).kind == .rateLimited)
            let seconds = try #require(answer.headers["retry-after"].flatMap { Int($0) })
            #expect((1...100).contains(seconds))
            #expect(
                try await ask(house.port, post(headers: ["Authorization: Bearer token-of-other-4711"])).status == 202)
            let page = house.registry.render()
            #expect(page.contains(#"webhook_rate_limit_rejections_total{utility="acme"} 3"#))
            #expect(page.contains(#"webhook_rate_limit_rejections_total{utility="other"} 0"#))
            #expect(page.contains(#"webhook_notifications_total{outcome="unauthorized",utility="unknown"} 20"#))
        }
        #expect(intake.notifications.count == 6)
    }

    @Test("a burst of 1,000: what is accepted was handed on, the rest is told when to come back")
    func burst() async throws {
        let intake = ScriptedNotifications()
        let answers = try await withGateway(
            notifications: intake, utilities: try acme(), configuration: configured { $0.notificationsPerSecond = 1 }
        ) { house in
            try await withThrowingTaskGroup(of: [RawConnection.Answer].self) { group in
                for client in 0..<50 {
                    group.addTask {
                        try await RawConnection.with(house.port) { connection in
                            var answers: [RawConnection.Answer] = []
                            for turn in 0..<20 {
                                try await connection.send(post("{\"n\":\(client * 20 + turn)}"))
                                answers.append(try await connection.answer())
                            }
                            return answers
                        }
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
        }
        let accepted = answers.count { $0.status == 202 }
        #expect(answers.count == 1000)
        #expect((100..<1000).contains(accepted))
        #expect(Set(intake.notifications.map(\.body)).count == accepted)
        #expect(answers.filter { $0.status != 202 }.allSatisfy { $0.status == 429 && $0.headers["retry-after"] == "1" })
    }

    @Test("what the intake says is malformed is 400 with path and sentence, neutralised")
    func malformed() async throws {
        let hostile = "duration \u{1b}[2J\u{9b}31m \u{202e} \"x\"\n"
        let intake = ScriptedNotifications { _ in
            .malformed(path: "/intervals/0/\u{1b}[31m", sentence: hostile)
        }
        let answer = try await withGateway(notifications: intake, utilities: try acme()) {
            try await ask($0.port, post())
        }
        #expect(answer.status == 400)
        let refusal = try problem(answer)
        #expect(refusal.kind == .malformedNotification)
        #expect(refusal.path == "/intervals/0/\u{1b}[31m")
        #expect(refusal.detail == hostile + ".")
        #expect(answer.body.allSatisfy { $0 >= 0x20 && $0 < 0x7f }, "hostile text leaves escaped")
    }

    @Test("a busy intake is 503 with whole seconds of Retry-After, at least one", arguments: [(20, "1"), (2001, "3")])
    func busy(milliseconds: Int, seconds: String) async throws {
        let intake = ScriptedNotifications { _ in
            .busy(retryAfter: .milliseconds(milliseconds), sentence: "8,000 events wait; send it again later.")
        }
        let answer = try await withGateway(notifications: intake, utilities: try acme()) {
            try await ask($0.port, post())
        }
        #expect(answer.status == 503)
        #expect(try problem(answer).detail == "8,000 events wait; send it again later.")
        #expect(answer.headers["retry-after"] == seconds)
    }

    @Test(
        "what cannot be a notification is refused before it is read",
        arguments: [
            ("text/plain", [], "x", 415, Problem.Kind.unsupportedMediaType),
            ("application/x-ndjson", [], "x", 415, .unsupportedMediaType),
            ("application/json; charset=utf-16", [], "x", 415, .unsupportedMediaType),
            (json, ["Content-Encoding: gzip"], "x", 415, .unsupportedEncoding), (json, [], "", 400, .emptyBody),
        ] as [(String, [String], String, Int, Problem.Kind)])
    func unfit(type: String, headers: [String], text: String, status: Int, kind: Problem.Kind) async throws {
        let intake = ScriptedNotifications()
        let answer = try await withGateway(notifications: intake, utilities: try acme()) {
            try await ask($0.port, post(text, headers: bearer + headers, type: type))
        }
        #expect(answer.status == status)
        #expect(try problem(answer).kind == kind)
        if kind == .unsupportedMediaType { #expect(answer.headers["accept-post"] == json) }
        #expect(intake.notifications.isEmpty)
    }

    @Test("a body beyond the limit is 413 whether its length was told or not; exactly the limit is taken")
    func oversize() async throws {
        let intake = ScriptedNotifications()
        let big = String(repeating: "x", count: 100_001)
        try await withGateway(
            notifications: intake, utilities: try acme(), configuration: configured { $0.notificationLimit = 100_000 }
        ) { house in
            let declared = try await ask(house.port, post(big))
            #expect(declared.status == 413)
            #expect(try problem(declared).limitBytes == 100_000)
            try await RawConnection.with(house.port) { connection in
                let head = request("POST", path, type: json, headers: bearer + ["Transfer-Encoding: chunked"])
                try await connection.send(head + "186a1\r\n\(big)\r\n")
                #expect(try await connection.answer().status == 413)
            }
            #expect(try await ask(house.port, post(String(big.dropLast()))).status == 202)
        }
        #expect(intake.notifications.map(\.body.count) == [100_000])
    }

    @Test("a 10 MB body of a stranger is refused by its header alone")
    func strangersFlood() async throws {
        try await withGateway(notifications: ScriptedNotifications(), utilities: try acme()) { house in
            try await RawConnection.with(house.port) { connection in
                try await connection.send(request("POST", path, type: json, headers: ["Content-Length: 10485760"]))
                let answer = try await connection.answer()
                #expect(answer.status == 401)
                #expect(answer.headers["connection"] == "close")
            }
        }
    }

    @Test("a body that does not arrive in time is 408, and nothing of it is taken")
    func slowBody() async throws {
        let intake = ScriptedNotifications()
        try await withGateway(
            notifications: intake, utilities: try acme(),
            configuration: configured { $0.bodyTimeout = .milliseconds(150) }
        ) { house in
            try await RawConnection.with(house.port) { connection in
                try await connection.send(
                    request("POST", path, type: json, headers: bearer + ["Content-Length: 100"]) + "{\"a")
                let answer = try await connection.answer()
                #expect(answer.status == 408)
                #expect(try problem(answer).kind == .requestTooSlow)
            }
        }
        #expect(intake.notifications.isEmpty)
    }

    @Test("an intake that hangs costs a request its deadline, and the bytes stay counted until it lets go")
    func stuck() async throws {
        let log = StuckLog()
        let intake = ScriptedNotifications { _ in
            await log.pass()
            return .accepted(event: "evt-1", isRepeat: false)
        }
        try await withGateway(
            notifications: intake, utilities: try acme(),
            configuration: configured {
                $0.notificationTimeout = .milliseconds(100); $0.notificationsInFlight = 1
            }
        ) { house in
            let first = try await ask(house.port, post())
            #expect(first.status == 503)
            #expect(try problem(first).kind == .deadlinePassed)
            #expect(first.headers["retry-after"] == "5")
            #expect(try problem(try await ask(house.port, post())).kind == .overloaded)
            // Readings have a line of their own.
            let reading = request("POST", "/api/ingest/readings", type: json, body: "[]")
            #expect(try await ask(house.port, reading).status == 202)
            log.open()
            var status = 503
            // Unhurried: a hundred a second is the sender's limit.
            for _ in 0..<90 where status == 503 {
                try await Task.sleep(for: .milliseconds(50))
                status = try await ask(house.port, post()).status
            }
            #expect(status == 202)
        }
    }

    @Test("without an intake or a utility the path says so and asks to come back", arguments: ["GET", "POST"])
    func unconfigured(method: String) async throws {
        for (intake, utilities) in [(nil, try acme()), (ScriptedNotifications(), [])] {
            let answer = try await withGateway(notifications: intake, utilities: utilities) {
                try await ask($0.port, request(method, path + "?echo=a", type: json, headers: bearer, body: "{}"))
            }
            #expect(answer.status == 503)
            #expect(answer.headers["retry-after"] == "60")
            #expect(try problem(answer).kind == .unavailable)
        }
    }

    @Test("hostile headers are answered, and the next request finds the gateway well")
    func hostileHeaders() async throws {
        let intake = ScriptedNotifications()
        let odd = [
            "\u{202E}\u{200B}", "a\u{9B}31m", "msg 1", String(repeating: "a", count: 257), "né", "", "\t", "msg\u{7F}",
        ]
        try await withGateway(notifications: intake, utilities: try acme()) { house in
            for id in odd {
                let answer = try await ask(
                    house.port, post(headers: ["Authorization: Bearer \(token)", "webhook-id: \(id)"]))
                #expect([400, 401].contains(answer.status), "webhook-id \(id.debugDescription): \(answer.status)")
            }
            for authorization in ["Bearer", "Bearer ", "Bearer \u{202E}", "Bearer \(token) x", token, "\u{1F600}"] {
                let answer = try await ask(house.port, post(headers: ["Authorization: \(authorization)"]))
                #expect([400, 401].contains(answer.status), "\(authorization.debugDescription): \(answer.status)")
            }
            let smuggled = request(
                "POST", path, type: json, headers: bearer + ["Content-Length: 2", "Transfer-Encoding: chunked"])
            #expect(try await ask(house.port, smuggled + "0\r\n\r\n").status == 400)
            #expect(try await ask(house.port, post()).status == 202)
        }
        #expect(intake.notifications.count == 1)
    }

    @Test("secrets stand in no answer, no metric and no log line")
    func secrecy() async throws {
        let lines = Lines()
        var logger = Logger(label: "gateway") { _ in lines }
        logger.logLevel = .trace
        let secret = "whsec_Q0FOQVJZLUNBTkFSWS1DQU5BUlktQ0FOQVJZIQ=="
        let key = try UtilityKey(name: "acme", bearerToken: "CANARY-TOKEN-0123456789", secrets: [secret])
        let intake = ScriptedNotifications { _ in .malformed(path: "/", sentence: "no") }
        let (texts, page) = try await withGateway(notifications: intake, utilities: [key], logger: logger) { house in
            var texts: [String] = []
            for headers in [
                ["Authorization: Bearer CANARY-TOKEN-0123456789"], ["Authorization: Bearer CANARY-TOKEN-WRONG"],
                ["webhook-id: CANARY-ID", "webhook-timestamp: 1795000000", "webhook-signature: v1,CANARY"],
            ] {
                let answer = try await ask(house.port, post("CANARY-BODY", headers: headers))
                texts.append("\(answer.headers) \(answer.text)")
            }
            return (texts, house.registry.render())
        }
        let all = (texts + [page] + lines.all).joined(separator: "\n")
        #expect(!lines.all.isEmpty)
        #expect(!all.contains("CANARY") && !all.contains("Q0FOQVJZ"))
    }
}

@Suite("GET /webhooks/utility/dr-notification: the echo challenge", .timeLimit(.minutes(5)))
struct EchoChallengeTests {
    @Test("a plain value comes back as it is, whatever hides it in the query")
    func answered() async throws {
        let long = String(repeating: "a", count: 256)
        try await withGateway(notifications: ScriptedNotifications(), utilities: try acme()) { house in
            for (query, value) in [
                ("echo=abc123", "abc123"), ("a=b&echo=x-1._~&echo=second", "x-1._~"), ("echo=a%2Bb%2F%3d=", "a+b/=="),
                ("echo=a+b", "a+b"), ("echo=\(long)", long), ("echo=%24%7Bx%7D", "${x}"),
            ] {
                let answer = try await ask(house.port, request("GET", "\(path)?\(query)"))
                #expect(answer.status == 200, "\(query)")
                #expect(answer.text == value)
                #expect(answer.headers["content-type"] == "text/plain; charset=utf-8")
                #expect(answer.headers["x-content-type-options"] == "nosniff")
                #expect(answer.headers["cache-control"] == "no-store")
            }
        }
    }

    @Test("what is missing, long, markup or a terminal's command does not come back")
    func refused() async throws {
        try await withGateway(notifications: ScriptedNotifications(), utilities: try acme()) { house in
            for query in [
                "", "?", "?echo", "?echo=", "?Echo=a", "?echo=\(String(repeating: "a", count: 257))", "?echo=%1b%5b2J",
                "?echo=%3Cscript%3E", "?echo=a%00", "?echo=a%0d%0aX:%20y", "?echo=%C5%BB", "?echo=%E2%80%AE", "?echo=%",
                "?echo=%4", "?echo=%zz", "?echo=a%20b", "?echo=%22", "?echo=%26", "?echo=%9b", "?notecho=1",
            ] {
                let answer = try await ask(house.port, request("GET", path + query))
                #expect(answer.status == 400, "\(query)")
                #expect(try problem(answer).kind == .malformedRequest)
                #expect(answer.body.allSatisfy { $0 >= 0x20 && $0 < 0x7f })
            }
        }
    }

    @Test("the path says what it takes")
    func methods() async throws {
        try await withGateway(notifications: ScriptedNotifications(), utilities: try acme()) { house in
            for method in ["DELETE", "PUT", "OPTIONS"] {
                let answer = try await ask(house.port, request(method, path))
                #expect(answer.status == (method == "OPTIONS" ? 204 : 405))
                #expect(answer.headers["allow"] == "GET, HEAD, OPTIONS, POST")
            }
            let head = try await ask(house.port, request("HEAD", path + "?echo=abc"), toHead: true)
            #expect(head.status == 200)
            #expect(head.headers["content-length"] == "3")
        }
    }
}

/// Keeps every line that is logged.
private final class Lines: LogHandler, @unchecked Sendable {
    // A handler's properties are set before it is used; the lines are under the lock.
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace
    private let kept = Mutex<[String]>([])

    var all: [String] { kept.withLock { $0 } }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        kept.withLock { $0.append("\(event.level) \(event.message) \(event.metadata ?? [:])") }
    }
}
