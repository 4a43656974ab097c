import CoreMetrics
import EnergyModel
import Foundation
import GatewayWire
import HTTPTypes
import Logging
import Ports
import SwitchyardTesting
import Testing

@testable import Gateway

private let viewerKey = "viewer-key-0123456789abcdef"
private let meterKey = "meter-key-0123456789abcdef"
private let operatorKey = "operator-key-0123456789abcdef"

private func parts(sessions: any SessionRecords = MemorySessionRecords()) throws -> AccessParts {
    var parts = AccessParts()
    parts.sessions = sessions
    parts.keys = [
        try ProgramKey(name: "dashboard", key: viewerKey, rights: .role(.viewer), scope: .only([Story.one])),
        try ProgramKey(name: "gateway-7", key: meterKey, rights: .meter, scope: .only([Story.one])),
        try ProgramKey(name: "acme", key: operatorKey, rights: .role(.operator), scope: .all),
    ]
    parts.local = local
    return parts
}

private let local: LocalToken = {
    var word: UInt64 = 1
    return LocalToken(user: "root") {
        word &*= 6_364_136_223_846_793_005
        return word
    }
}()

private func whoAmI(_ port: Int, _ headers: String...) async throws -> RawConnection.Answer {
    try await ask(port, request("GET", "/api/session", headers: headers))
}

private let plain = HTTPTypes.HTTPRequest(method: .get, scheme: "http", authority: "gateway", path: "/")

private let quiet: Logger = {
    var logger = Logger(label: "access")
    logger.logLevel = .critical
    return logger
}()

private func body(_ answer: RawConnection.Answer) throws -> SessionBody {
    try JSONDecoder().decode(SessionBody.self, from: Data(answer.body))
}

@Suite("Who may ask", .timeLimit(.minutes(2)))
struct AccessTests {
    @Test("keys of programs and the local token are known, and nothing else is")
    func credentials() async throws {
        try await withGateway(access: try parts()) { house in
            let dashboard = try body(try await whoAmI(house.port, "X-API-Key: \(viewerKey)"))
            #expect(dashboard.name == "key:dashboard" && dashboard.role == "viewer" && dashboard.facilities == ["F-1"])
            #expect(dashboard.credential == "apiKey" && dashboard.expiresAt == nil)
            let near = try body(try await whoAmI(house.port, "authorization: bearer \(local.text)"))
            #expect(near.name == "local:root" && near.role == "supervisor" && near.facilities == ["*"])
            let refused: [(String, [String], Int)] = [
                ("nothing", [], 401), ("another key", ["X-API-Key: \(viewerKey)x"], 401),
                ("a beginning of a key", ["X-API-Key: \(viewerKey.dropLast())"], 401), ("no key", ["X-API-Key:"], 401),
                ("two keys", ["X-API-Key: \(viewerKey)", "X-API-Key: \(viewerKey)"], 401),
                ("two credentials", ["X-API-Key: \(viewerKey)", "Authorization: Bearer \(local.text)"], 401),
                ("two tokens", ["Authorization: Bearer a", "Authorization: Bearer \(local.text)"], 401),
                ("another scheme", ["Authorization: Basic \(local.text)"], 401),
                ("no scheme", ["Authorization: \(local.text)"], 401), ("no token", ["Authorization: Bearer"], 401),
                ("an older local token", ["Authorization: Bearer \(LocalToken.prefix)AAAA"], 401),
                ("a session that never was", ["Authorization: Bearer \(SessionDesk.prefix)AAAA"], 401),
                ("a token though no issuer is configured", ["Authorization: Bearer a.b.c"], 401),
                ("a key as a token", ["Authorization: Bearer \(viewerKey)"], 401),
                ("a meter's key", ["X-API-Key: \(meterKey)"], 403),
            ]
            for (name, headers, status) in refused {
                let answer = try await ask(house.port, request("GET", "/api/session", headers: headers))
                #expect(answer.status == status, "\(name): \(answer.text)")
                #expect(answer.headers["content-type"] == Problem.mediaType)
                for secret in [viewerKey, meterKey, local.text] { #expect(!answer.text.contains(secret.dropLast(3))) }
            }
        }
    }

    @Test("the local token is of loopback addresses alone")
    func addresses() {
        for near in ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "local"] {
            #expect(isLoopback(near), "\(near)")
        }
        for far in ["10.0.0.1", "::2", "128.0.0.1", "127.0.0", "127.0.0.1.example", "localhost", "", "::ffff:10.0.0.1"]
        {
            #expect(!isLoopback(far), "\(far)")
        }
    }

    @Test("without any access configured only what is open is answered")
    func none() async throws {
        try await withGateway(link: ScriptedLink()) { house in
            for (path, status) in [("/healthz", 200), ("/metrics", 200), ("/api/session", 404)] {
                let answer = try await ask(house.port, request("GET", path))
                #expect(answer.status == status, "\(path)")
            }
        }
        for rule in [AccessRule.open, .meter] {
            #expect(try await AccessControl.none.caller(plain, "10.0.0.1", rule) == nil)
        }
        await #expect(throws: Problem.noAccess) {
            try await AccessControl.none.caller(plain, "127.0.0.1", .role(.viewer))
        }
        await #expect(throws: Problem.noAccess) {
            try await AccessControl.none.caller(plain, "10.0.0.1", .near(.viewer))
        }
    }

    @Test("each rule lets its callers pass, from near and from far")
    func rules() async throws {
        let desk = AccessDesk(
            try parts(), metrics: NOOPMetricsHandler.instance, logger: quiet, now: { fixedNow }, randomness: { 7 })
        func status(_ rule: AccessRule, _ client: String, _ headers: [(String, String)] = []) async throws -> Int {
            var head = plain
            for (name, value) in headers {
                head.headerFields.append(HTTPField(name: try #require(HTTPField.Name(name)), value: value))
            }
            do {
                return try await desk.control.caller(head, client, rule) == nil ? 0 : 200
            } catch let problem as Problem {
                return problem.status
            }
        }
        let (far, near) = ("10.0.0.9", "127.0.0.1")
        let (viewer, meter, person) = (
            ("X-API-Key", viewerKey), ("X-API-Key", meterKey), ("X-API-Key", operatorKey)
        )
        let neighbour = ("Authorization", "Bearer \(local.text)")
        let table: [(AccessRule, String, [(String, String)], Int)] = [
            (.open, far, [], 0), (.open, far, [("X-API-Key", "wrong")], 0),
            (.near(.viewer), near, [], 0), (.near(.viewer), far, [], 401), (.near(.viewer), far, [viewer], 200),
            (.near(.viewer), far, [meter], 403), (.near(.viewer), far, [neighbour], 401),
            (.meter, near, [], 401), (.meter, far, [meter], 200), (.meter, far, [viewer], 403),
            (.meter, far, [person], 200),
            (.meter, far, [("X-API-Key", "wrong")], 401),
            (.role(.viewer), far, [viewer], 200), (.role(.operator), far, [viewer], 403),
            (.role(.operator), far, [person], 200), (.role(.supervisor), far, [person], 403),
            (.role(.supervisor), near, [neighbour], 200), (.role(.viewer), far, [neighbour], 401),
            (.role(.viewer), far, [meter], 403), (.role(.viewer), near, [], 401),
        ]
        for (rule, client, headers, expected) in table {
            #expect(try await status(rule, client, headers) == expected, "\(rule) \(client) \(headers.map(\.0))")
        }
    }

    @Test("readings are open while no meter has a key, and then need one")
    func meters() async throws {
        let reading = request(
            "POST", "/api/ingest/readings", type: "application/json", headers: ["Authorization: Bearer whatever"],
            body: "[{}]")
        let bare = try await withGateway { try await ask($0.port, reading).status }
        #expect(bare == 202)
        var open = try parts()
        open.keys.removeAll { $0.rights == .meter }
        let keyless = try await withGateway(access: open) { try await ask($0.port, reading).status }
        #expect(keyless == 202)
        let intake = ScriptedIntake()
        try await withGateway(intake, access: try parts()) { house in
            let keyless = try await ask(house.port, reading)
            #expect(keyless.status == 401)
            let known = request(
                "POST", "/api/ingest/readings", type: "application/json", headers: ["X-API-Key: \(meterKey)"],
                body: "[{}]")
            #expect(try await ask(house.port, known).status == 202)
        }
        #expect(intake.deliveries.map(\.facilities) == [[Story.one]])
    }

    @Test("keys that are weak, nameless or twice there are refused without being quoted")
    func keyRules() throws {
        for (name, key) in [
            ("", viewerKey), ("a b", viewerKey), ("a:b", viewerKey), ("a", "short"), ("a", "with space in it, really"),
        ] {
            let error = #expect(throws: ProgramKeyError.self) {
                try ProgramKey(name: name, key: key, rights: .meter, scope: .all)
            }
            #expect(error?.description.contains(key) == false)
        }
        let one = try ProgramKey(name: "a", key: viewerKey, rights: .meter, scope: .all)
        let same = try ProgramKey(name: "b", key: viewerKey, rights: .meter, scope: .all)
        #expect(throws: ProgramKeyError.self) { try ProgramKey.distinct([one, same]) }
        #expect(throws: ProgramKeyError.self) { try ProgramKey.distinct([one, one]) }
        var shown = ""
        dump(one, to: &shown)
        #expect("\(one) \(shown) \(local)".contains(viewerKey) == false && !"\(local)".contains(local.text))
    }
}

@Suite("Sessions", .timeLimit(.minutes(2)))
struct AccessSessionTests {
    private func begin(_ port: Int, _ header: String) async throws -> SessionBody {
        let answer = try await ask(port, request("POST", "/api/session", headers: [header]))
        #expect(answer.status == 201, "\(answer.text)")
        #expect(answer.headers["cache-control"] == "no-store")
        return try body(answer)
    }

    @Test("a session stands for whoever began it, survives a restart, and ends when it is told to")
    func life() async throws {
        let records = MemorySessionRecords()
        let token = try await withGateway(access: try parts(sessions: records)) { house in
            let begun = try await begin(house.port, "X-API-Key: \(viewerKey)")
            #expect(begun.isSession && begun.name == "key:dashboard" && begun.credential == "apiKey")
            #expect(begun.expiresAt == fixedNow.advanced(by: .seconds(12 * 3600)).iso8601)
            return try #require(begun.token)
        }
        try await withGateway(access: try parts(sessions: records)) { house in
            let mine = "Authorization: Bearer \(token)"
            let known = try body(try await whoAmI(house.port, mine))
            #expect(known.isSession && known.facilities == ["F-1"] && known.role == "viewer" && known.token == nil)
            let second = try await ask(house.port, request("POST", "/api/session", headers: [mine]))
            #expect(second.status == 403)
            #expect(try await ask(house.port, request("DELETE", "/api/session", headers: [mine])).status == 204)
            #expect(try await whoAmI(house.port, mine).status == 401)
            let keyed = request("DELETE", "/api/session", headers: ["X-API-Key: \(viewerKey)"])
            #expect(try await ask(house.port, keyed).status == 400)
        }
    }

    @Test("a key that is taken back takes its sessions with it, and a changed one changes them")
    func revocation() async throws {
        let records = MemorySessionRecords()
        let token = try await withGateway(access: try parts(sessions: records)) { house in
            try #require(try await begin(house.port, "X-API-Key: \(operatorKey)").token)
        }
        var less = try parts(sessions: records)
        less.keys[2] = try ProgramKey(name: "acme", key: operatorKey + "-new", rights: .role(.viewer), scope: .all)
        try await withGateway(access: less) { house in
            let known = try body(try await whoAmI(house.port, "Authorization: Bearer \(token)"))
            #expect(known.role == "viewer")
        }
        less.keys.removeLast()
        try await withGateway(access: less) { house in
            let over = try await whoAmI(house.port, "Authorization: Bearer \(token)")
            #expect(over.status == 401)
        }
    }

    @Test("use moves a session's end on, up to the longest; one made with a token ends sooner")
    func expiry() async throws {
        let records = MemorySessionRecords()
        let clock = ManualClock()
        let desk = SessionDesk(
            records: records, rules: SessionRules(), randomness: { UInt64.random(in: .min ... .max) },
            uptime: { clock.now.offset }, logger: quiet)
        let ana = OperatorIdentity(name: "ana", role: .operator, scope: .all)
        func after(_ hours: Int) -> UTCInstant { fixedNow.advanced(by: .seconds(hours * 3600)) }
        let (byKey, _) = try await desk.begin(for: Caller(identity: ana, credential: .local), now: fixedNow)
        let (byToken, _) = try await desk.begin(for: Caller(identity: ana, credential: .token), now: fixedNow)
        for hour in [1, 11, 22, 33] {
            clock.advance(by: .seconds(3600))
            #expect(try await desk.session(of: byKey, now: after(hour)) != nil, "hour \(hour)")
            #expect((try await desk.session(of: byToken, now: after(hour)) != nil) == (hour < 24), "hour \(hour)")
        }
        clock.advance(by: .seconds(3600))
        #expect(try await desk.session(of: byKey, now: after(46)) == nil, "13 hours without use")
        let (long, _) = try await desk.begin(for: Caller(identity: ana, credential: .local), now: fixedNow)
        for hour in stride(from: 10, to: 168, by: 10) {
            clock.advance(by: .seconds(3600))
            #expect(try await desk.session(of: long, now: after(hour)) != nil, "hour \(hour)")
        }
        clock.advance(by: .seconds(3600))
        #expect(try await desk.session(of: long, now: after(168)) == nil, "a week")
    }

    @Test("tokens are 256 bits that nobody stores, and a store that is away refuses nobody for good")
    func storage() async throws {
        let records = MemorySessionRecords()
        try await withGateway(access: try parts(sessions: records)) { house in
            let one = try #require(try await begin(house.port, "X-API-Key: \(viewerKey)").token)
            let other = try #require(try await begin(house.port, "X-API-Key: \(viewerKey)").token)
            #expect(one != other && one.hasPrefix("sws_") && one.utf8.count == 4 + 43)
            #expect(try await records.session(one) == nil)
            records.faults.failNext(2)
            #expect(
                try await whoAmI(house.port, "Authorization: Bearer sws_\(String(repeating: "B", count: 43))").status
                    == 503)
            #expect(
                try await ask(house.port, request("POST", "/api/session", headers: ["X-API-Key: \(viewerKey)"])).status
                    == 503)
        }
    }
}
