import DemandResponse
import EnergyModel
import Foundation
import Ports
import SwitchyardTesting
import Synchronization
import Testing

@testable import Engine

/// A utility's OpenADR server in memory: tokens by client credentials, one report a name.
private final class Node: Sendable {
    struct State {
        var names: [String] = []
        var posts = 0
        var tokens = 0
        var bearer: [String] = []
        /// Answers lost after the report was taken, then statuses instead of the usual answer.
        var lost = 0
        var statuses: [Int] = []
    }
    let state = Mutex(State())

    func send(_ request: HTTPRequest) throws(HTTPTransportError) -> HTTPResponse {
        if request.url.hasSuffix("/auth/token") { return token(request) }
        let name = (request.body.isEmpty ? nil : reportName(request.body)) ?? ""
        let (status, isLost) = state.withLock { state -> (Int, Bool) in
            state.posts += 1
            state.bearer.append(request.headers.first { $0.name == "authorization" }?.value ?? "")
            if !state.statuses.isEmpty { return (state.statuses.removeFirst(), false) }
            guard !state.names.contains(name) else { return (409, false) }
            state.names.append(name)
            guard state.lost > 0 else { return (201, false) }
            state.lost -= 1
            return (201, true)
        }
        if isLost { throw HTTPTransportError(.lostAfterSend, "the connection broke", mayHaveBeenSent: true) }
        return HTTPResponse(status: status, headers: [], body: Array("{\"id\":\"r-1\"}".utf8))
    }

    private func token(_ request: HTTPRequest) -> HTTPResponse {
        let form = String(decoding: request.body, as: UTF8.self)
        guard form == "grant_type=client_credentials&client_id=ven%201&client_secret=s%3Dcret&scope=write_reports"
        else {
            return HTTPResponse(status: 401, headers: [], body: [])
        }
        let number = state.withLock { state in
            state.tokens += 1
            return state.tokens
        }
        let text = "{\"access_token\":\"t\(number)\",\"token_type\":\"Bearer\",\"expires_in\":100}"
        return HTTPResponse(status: 200, headers: [], body: Array(text.utf8))
    }

    private func reportName(_ body: [UInt8]) -> String? {
        struct Report: Decodable { let reportName: String }
        do { return try JSONDecoder().decode(Report.self, from: Data(body)).reportName } catch { return nil }
    }

    func post(_ identity: VirtualTopNode.Identity, _ uptime: @escaping @Sendable () -> Duration = { .zero })
        -> ReportPost
    {
        let node = VirtualTopNode(
            url: "https://vtn.example/", identity: identity,
            send: { (request) async throws(HTTPTransportError) in try self.send(request) }, uptime: uptime)
        return { (report: OutgoingReport) async throws(PortError) in try await node.post(report) }
    }
}

@Suite("Reports on their way to the utility")
struct ReportPostTests {
    private static let client = VirtualTopNode.Client(
        id: "ven 1", secret: "s=cret", tokenURL: "https://vtn.example/auth/token", scope: "write_reports")

    private func event(_ id: String, at start: UTCInstant) -> String {
        "{\"objectType\":\"EVENT\",\"operation\":\"CREATE\",\"object\":{\"id\":\"\(id)\",\"objectType\":\"EVENT\","
            + "\"programID\":\"cbp\",\"createdDateTime\":\"2026-01-01T00:00:00Z\","
            + "\"modificationDateTime\":\"2026-01-01T00:00:00Z\",\"targets\":[\"F-1\"],"
            + "\"intervalPeriod\":{\"start\":\"\(start.iso8601)\",\"duration\":\"PT20M\"},"
            + "\"intervals\":[{\"id\":4,\"payloads\":[{\"type\":\"SIMPLE\",\"values\":[2]}]}]}}"
    }

    private func settled(_ node: Node, body: (UTCInstant) -> String) async throws -> ResponseWorld {
        var world = try await ResponseWorld(buildings: 1, reports: ReportPorts(post: node.post(.none)))
        let start = world.time.now.advanced(by: .seconds(60))
        #expect(try await world.notify(body(start)).isAccepted)
        await world.run(until: start.advanced(by: .seconds(1200 + 900)))
        return world
    }

    @Test("a report is delivered once though the utility loses the first answer, and the record says who has it")
    func lostAnswer() async throws {
        let node = Node()
        node.state.withLock { $0.lost = 1 }
        var world = try await settled(node) { event("E-1", at: $0) }
        let posts = try #require(world.response.reportPosts)
        await posts.turn()
        let id: DREventID = try #require(DREventID("E-1"))
        #expect(try await world.engine.link.reports(of: id).map(\.delivery?.state) == [.owed])
        await world.run(for: .seconds(30))
        await posts.turn()
        let record = try #require(try await world.engine.link.reports(of: id).first)
        #expect(record.delivery?.state == .taken && record.delivery?.note == "had it already")
        #expect(node.state.withLock { $0.names } == ["participation F-1 v1 provisional"])
        #expect(node.state.withLock { $0.posts } == 2)
        await posts.turn()
        #expect(node.state.withLock { $0.posts } == 2)
    }

    @Test("what is owed is posted by the engine that comes after a crash")
    func crash() async throws {
        let node = Node()
        var world = try await settled(node) { event("E-1", at: $0) }
        try await world.crash()
        await world.settle()
        await world.response.reportPosts?.turn()
        #expect(node.state.withLock { $0.names.count } == 1)
    }

    @Test("a utility that speaks no OpenADR is owed nothing; a refusal is final and told")
    func refused() async throws {
        let plain = Node()
        let world = try await settled(plain) { notice("E-1", at: $0, to: ["F-1"]) }
        await world.response.reportPosts?.turn()
        #expect(plain.state.withLock { $0.posts } == 0)
        let strict = Node()
        strict.state.withLock { $0.statuses = [400] }
        let other = try await settled(strict) { event("E-1", at: $0) }
        await other.response.reportPosts?.turn()
        let id: DREventID = try #require(DREventID("E-1"))
        let delivery = try #require(try await other.engine.link.reports(of: id).first?.delivery)
        #expect(delivery.state == .refused && delivery.note.contains("400"))
        await other.engine.parts.journal.flush()
        let notes = try await other.records.journal(JournalQuery()).filter { $0.text.contains("did not take report") }
        #expect(notes.count == 1)
    }

    @Test("a newer version waits until the older one is delivered, so that the newest is what the utility hears last")
    func versionsInOrder() async throws {
        let node = Node()
        node.state.withLock { $0.statuses = [503] }
        var world = try await settled(node) { event("E-1", at: $0) }
        let posts = try #require(world.response.reportPosts)
        await posts.turn()
        let first = try #require(try await world.responses.owedReports(limit: 9).first)
        var report = try ReportText.report(of: first)
        report.reportVersion = 2
        let body = try ReportText.body(of: report)
        try await world.responses.append(
            ParticipationRecord(
                event: first.event, facility: first.facility, version: 2, at: world.time.now, body: body,
                previousHash: first.hash, hash: ReportChain.hash(of: body, after: first.hash),
                delivery: ReportDelivery(.owed, at: world.time.now)))
        await posts.turn()
        #expect(node.state.withLock { $0.posts } == 1, "the second version overtook the first")
        await world.run(for: .seconds(30))
        await posts.turn()
        #expect(
            node.state.withLock { $0.names.map { $0.prefix(21) } } == [
                "participation F-1 v1 ", "participation F-1 v2 ",
            ])
        #expect(try await world.responses.owedReports(limit: 9).isEmpty)
    }

    @Test(
        "an outage of the utility's server costs no report, however often it is tried; only a long one does, and is told"
    )
    func outage() async throws {
        let node = Node()
        node.state.withLock { $0.statuses = Array(repeating: 503, count: 1_000) }
        let world = try await settled(node) { event("E-1", at: $0) }
        let posts = try #require(world.response.reportPosts)
        let id: DREventID = try #require(DREventID("E-1"))
        func turn(after span: Duration) async throws -> ReportDelivery.State? {
            world.time.advance(by: span)
            await world.response.driver.renew()
            await posts.turn()
            return try await world.engine.link.reports(of: id).first?.delivery?.state
        }
        for _ in 0..<60 { #expect(try await turn(after: .seconds(360)) == .owed) }
        #expect(node.state.withLock { $0.posts } > world.settings.response.followUp.noticeAttempts)
        #expect(try await turn(after: world.settings.response.report.postPatience) == .refused)
        await world.engine.parts.journal.flush()
        let notes = try await world.records.journal(JournalQuery()).filter { $0.text.contains("did not take report") }
        #expect(notes.count == 1)
    }

    @Test("nobody is owed the report of what another utility asked for")
    func anothersReport() async throws {
        let node = Node()
        for (utility, posts) in [("other", 0), ("acme", 1)] {
            var world = try await ResponseWorld(
                buildings: 1, reports: ReportPorts(post: node.post(.none), utility: utility))
            let start = world.time.now.advanced(by: .seconds(60))
            #expect(try await world.notify(event("E-1", at: start)).isAccepted)
            await world.run(until: start.advanced(by: .seconds(1200 + 900)))
            await world.response.reportPosts?.turn()
            #expect(node.state.withLock { $0.posts } == posts, "\(utility)")
        }
    }

    @Test("a token is fetched once, renewed before its end, and again after a refusal")
    func tokens() async throws {
        let node = Node()
        let time = TokenTime()
        let post = node.post(.client(Self.client)) { time.now }
        func send(_ number: Int) async throws(PortError) -> String {
            try await post(OutgoingReport(id: "\(number)", body: Array("{\"reportName\":\"\(number)\"}".utf8)))
        }
        #expect(try await send(1) == "taken as r-1")
        _ = try await send(2)
        time.set(.seconds(89))
        _ = try await send(3)
        #expect(node.state.withLock { $0.tokens } == 1)
        time.set(.seconds(90))
        _ = try await send(4)
        #expect(node.state.withLock { $0.bearer } == ["Bearer t1", "Bearer t1", "Bearer t1", "Bearer t2"])
        node.state.withLock { $0.statuses = [401] }
        await #expect(throws: PortError.self) { try await send(5) }
        _ = try await send(6)
        #expect(node.state.withLock { $0.bearer.last } == "Bearer t3")
    }

    @Test("what cannot help is told apart from what may, and nothing tells a secret")
    func errors() async throws {
        for (status, code) in [
            (400, PortError.Code.invalid), (422, .invalid), (302, .unavailable), (404, .unavailable),
            (429, .unavailable), (503, .unavailable),
        ] {
            let node = Node()
            node.state.withLock { $0.statuses = [status] }
            let post = node.post(.token("t0p-s3cret"))
            do throws(PortError) {
                _ = try await post(OutgoingReport(id: "1", body: []))
                Issue.record("\(status) was taken")
            } catch {
                #expect(error.code == code && !"\(error)".contains("t0p"))
            }
        }
        let client = VirtualTopNode.Client(
            id: "ven 2", secret: "hidden", tokenURL: "https://vtn.example/auth/token", scope: "")
        let post = Node().post(.client(client))
        do throws(PortError) {
            _ = try await post(OutgoingReport(id: "1", body: []))
            Issue.record("taken without a token")
        } catch {
            #expect(error.code == .unavailable && !"\(error)".contains("hidden"))
        }
        #expect(!"\(client)".contains("hidden") && !String(reflecting: ReportTests.keys).contains("secret"))
    }
}

private final class TokenTime: Sendable {
    private let time = Mutex(Duration.zero)
    var now: Duration { time.withLock { $0 } }
    func set(_ moment: Duration) { time.withLock { $0 = moment } }
}

extension NotificationVerdict {
    fileprivate var isAccepted: Bool { if case .accepted = self { true } else { false } }
}
