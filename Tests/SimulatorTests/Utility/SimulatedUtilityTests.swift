import CurlTransport
import EnergyModel
import Ports
import ServiceLifecycle
import Testing

@testable import Simulator

@Suite("The simulated utility", .timeLimit(.minutes(5)))
struct SimulatedUtilityTests {
    private let time = StandingTime(NotificationTextTests.start)

    /// A utility and a webhook on loopback ports; both end with `body`.
    private func open(
        statuses: [Int] = [], schedule: UtilitySchedule? = nil,
        _ body: @escaping @Sendable (SimulatedUtility, WebhookStub, _ callbacks: String) async throws -> Void
    ) async throws {
        let time = time
        let stub = try WebhookStub(statuses: statuses, now: { time.now })
        let (hooks, hook) = AsyncStream<Int>.makeStream()
        let listener = HTTPListener(
            host: "127.0.0.1", port: 0, logger: BuildingTown.quiet, onListening: { hook.yield($0) },
            answer: { stub.answer($0) })
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await listener.run() }
            group.addTask {
                var hooks = hooks.makeAsyncIterator()
                let port = await hooks.next() ?? 0
                let (ports, own) = AsyncStream<Int>.makeStream()
                let utility = try SimulatedUtility(
                    UtilityConfiguration(
                        webhook: "http://127.0.0.1:\(port)/hook", secret: WebhookSignatureTests.secret,
                        callbackSecret: WebhookSignatureTests.secret, reportBearer: "token", schedule: schedule),
                    logger: BuildingTown.quiet, now: { time.now }, clock: ImpatientClock(),
                    onListening: { own.yield($0) })
                try await withThrowingTaskGroup(of: Void.self) { inner in
                    inner.addTask { try await utility.run() }
                    inner.addTask {
                        var ports = ports.makeAsyncIterator()
                        try await body(utility, stub, "http://127.0.0.1:\(await ports.next() ?? 0)")
                    }
                    defer { inner.cancelAll() }
                    try await inner.next()
                }
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    @Test("sends soundly, wrongly and again")
    func manners() async throws {
        try await open { utility, stub, _ in
            let order = NotificationTextTests.order()
            for manner in DeliveryManner.allCases { await utility.deliver(.create, order, manner: manner) }
            #expect(utility.deliveries.map(\.status) == [202, 401, 401, 401, 401, 202])
            #expect(stub.received.map(\.verdict) == [.valid, .badSignature, .tooOld, .tooNew, .unsigned, .valid])
            let first = utility.deliveries[0]
            let replay = try #require(await utility.replay(first.id))
            #expect(replay.id == first.id && replay.body == first.body && replay.isAccepted)
            #expect(stub.received.last?.id == first.id)
            #expect(await utility.replay("never") == nil)
            #expect(await utility.challenge("echo-me"))
        }
    }

    @Test("a burst is answered each by itself")
    func burst() async throws {
        try await open(statuses: Array(repeating: 202, count: 150) + Array(repeating: 429, count: 50)) {
            utility, stub, _ in
            let orders = (0..<200).map { number in
                var order = NotificationTextTests.order()
                order.id = "evt-\(number)"
                return order
            }
            let deliveries = await utility.burst(orders)
            #expect(deliveries.map(\.event) == orders.map(\.id))
            #expect(deliveries.filter(\.isAccepted).count == 150)
            #expect(Set(stub.received.map(\.id)).count == 200)
        }
    }

    @Test("the schedule announces, comes again after 503, and changes its mind in flight")
    func schedule() async throws {
        let schedule = UtilitySchedule(
            demand: .level(2),
            followUps: [
                .init(after: .seconds(60), .update(.level(3), length: .seconds(600))),
                .init(after: .seconds(70), .olderVersion), .init(after: .seconds(80), .replay),
                .init(after: .seconds(90), .cancel(.zeroLength)),
            ])
        try await open(statuses: [503, 429], schedule: schedule) { utility, stub, _ in
            for _ in 0..<500 where utility.deliveries.last?.word != .zeroLength {
                try await Task.sleep(for: .milliseconds(10))
            }
            let deliveries = utility.deliveries
            #expect(
                deliveries.map(\.word) == [.create, .create, .create, .update, .update, .update, .zeroLength])
            #expect(Set(deliveries.prefix(3).map(\.id)).count == 1, "a retry keeps its webhook-id")
            #expect(deliveries[5].id == deliveries[3].id, "the replay repeats the newest version")
            #expect(Set(deliveries.map(\.id)).count == 4)
            #expect(Set(deliveries.map(\.event)).count == 1)
            #expect(String(decoding: deliveries[6].body, as: UTF8.self).contains("PT0S"))
            #expect(stub.received.allSatisfy { $0.verdict == .valid })
        }
    }

    @Test("steps and orders of a schedule are a function of their number")
    func steps() {
        let schedule = UtilitySchedule(
            demand: .level(1), every: .seconds(3600), count: 2,
            followUps: [.init(after: .seconds(300), .cancel(.delete)), .init(after: .seconds(60), .replay)])
        #expect(schedule.steps(event: 0).map(\.after) == [60, 120, 360].map { .seconds($0) })
        #expect(schedule.steps(event: 1).map(\.after) == [3660, 3720, 3960].map { .seconds($0) })
        #expect(schedule.steps(event: 2).isEmpty)
        let order = schedule.order(event: 1, startedAt: NotificationTextTests.start, now: time.now)
        #expect(order.id == "sim-1780000000-2" && order.start == time.now.advanced(by: .seconds(5)))
        #expect(DREventID(order.id) != nil)
        #expect(UtilitySchedule(demand: .level(1)).steps(event: 1).isEmpty)
    }

    @Test("takes signed callbacks and reports, refuses forged ones, and fails on request")
    func callbacks() async throws {
        let transport = CurlTransport(
            CurlTransportConfiguration(connectTimeout: .seconds(10), deadline: .seconds(10), addresses: .loopbackOnly))
        defer { transport.shutDown() }
        let webhook = try StandardWebhook(secret: WebhookSignatureTests.secret)
        try await open { utility, _, base in
            func post(_ path: String, id: String, _ text: String, key: StandardWebhook?, token: String? = nil)
                async throws
                -> Int
            {
                let body = Array(text.utf8)
                var headers = [HTTPHeader("webhook-id", id), HTTPHeader("webhook-timestamp", "1780000000")]
                if let key {
                    let signature = key.signature(id: id, timestamp: 1_780_000_000, body: body)
                    headers.append(HTTPHeader("webhook-signature", signature))
                }
                if let token { headers.append(HTTPHeader("Authorization", "Bearer \(token)")) }
                return try await transport.send(HTTPRequest(.post, base + path, headers: headers, body: body)).status
            }
            #expect(try await post("/callbacks", id: "c1", "{\"status\":\"active\"}", key: webhook) == 204)
            #expect(try await post("/callbacks", id: "c1", "{\"status\":\"active\"}", key: webhook) == 204)
            #expect(try await post("/callbacks", id: "c2", "{}", key: nil) == 401)
            let report = #"{"eventID":"e","clientName":"c","resources":[{"resourceName":"F-1","intervals":[]}]}"#
            #expect(try await post("/openadr3/3.1.0/reports", id: "r1", report, key: nil, token: "token") == 201)
            #expect(try await post("/openadr3/3.1.0/reports", id: "r2", report, key: nil) == 403)
            #expect(try await post("/faults", id: "", "{\"faults\":[{\"status\":500,\"times\":2}]}", key: nil) == 204)
            for status in [500, 500, 204] {
                #expect(try await post("/callbacks", id: "c3", "{}", key: webhook) == status)
            }
            #expect(utility.callbacks.map(\.status) == [204, 204, 401, 201, 403, 500, 500, 204])
            let page = try await transport.send(HTTPRequest(.get, base + "/callbacks"))
            #expect(String(decoding: page.body, as: UTF8.self).contains("\"repeated\":[\"c1\"]"))
        }
    }

    @Test("obeys a hand at its desk")
    func desk() async throws {
        let transport = CurlTransport(
            CurlTransportConfiguration(connectTimeout: .seconds(10), deadline: .seconds(10), addresses: .loopbackOnly))
        defer { transport.shutDown() }
        try await open { _, stub, base in
            let body =
                "{\"event_id\":\"E-9\",\"form\":\"plain\",\"limit_kw\":300,\"start_in_seconds\":5,\"facilities\":[\"F-001\"],\"copies\":3}"
            let sent = try await transport.send(HTTPRequest(.post, base + "/send", body: Array(body.utf8)))
            #expect(sent.status == 200)
            #expect(stub.received.count == 3 && stub.received.allSatisfy { $0.body.contains("\"limit_kw\":300") })
            let bad = try await transport.send(HTTPRequest(.post, base + "/send", body: Array("{}".utf8)))
            #expect(bad.status == 400)
        }
    }
}

/// Waits for nothing.
private struct ImpatientClock: Clock {
    var now: ContinuousClock.Instant { ContinuousClock.now }
    var minimumResolution: Duration { .zero }
    func sleep(until deadline: ContinuousClock.Instant, tolerance: Duration?) async throws {
        try Task.checkCancellation()
        await Task.yield()
    }
}
