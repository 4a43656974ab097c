import GatewayWire
import HTTPTypes
import Hummingbird
import PrometheusExporter
import Resilience
import Synchronization
import Testing

@testable import Gateway

@Suite("Traffic", .timeLimit(.minutes(2)))
struct TrafficTests {
    private static func traffic(_ change: (inout GatewayConfiguration) -> Void = { _ in }) -> RequestTraffic {
        var configuration = GatewayConfiguration()
        configuration.requestTimeout = .milliseconds(50)
        change(&configuration)
        let registry = PrometheusRegistry(describing: [], samplers: [])
        return RequestTraffic(
            configuration: configuration, clock: ContinuousClock(),
            metrics: RequestMetrics(factory: registry, limits: [:]), factory: registry)
    }

    private static func endpoint(_ rank: RequestRank, limit: Duration? = nil) -> Endpoint {
        Endpoint(.get, "/x", rank: rank, limit: limit) { _ in Response(status: .ok) }
    }

    @Test("what a request calls sees the request's deadline, and one without has none")
    func inherited() async throws {
        let traffic = Self.traffic()
        let seen = Mutex<[Duration?]>([])
        for rank in [RequestRank.live, .exempt] {
            _ = try await traffic.answer(at: Self.endpoint(rank)) {
                seen.withLock { $0.append(RequestDeadline.watch?.remaining) }
                return Response(status: .ok)
            }
        }
        let (live, exempt) = seen.withLock { ($0[0], $0[1]) }
        #expect(live.map { $0 <= .milliseconds(50) } == true && exempt == nil)
        #expect(RequestDeadline.shortened(.seconds(9)) == .seconds(9))
    }

    @Test("an answer that does not come in time is a 504, and what worked on it is cancelled")
    func late() async throws {
        let traffic = Self.traffic()
        let wasCancelled = Mutex(false)
        let error = await #expect(throws: Problem.self) {
            try await traffic.answer(at: Self.endpoint(.live)) {
                do { try await Task.sleep(for: .seconds(3600)) } catch { wasCancelled.withLock { $0 = true } }
                throw CancellationError()
            }
        }
        #expect(error?.status == 504 && wasCancelled.withLock(\.self))
    }

    @Test("exports run few at a time, and a place is free again once the answer is gone")
    func bulk() async throws {
        let traffic = Self.traffic { $0.bulkAtOnce = 2 }
        let bulk = Self.endpoint(.bulk)
        var held: [Response] = []
        for _ in 0..<2 { held.append(try await traffic.answer(at: bulk) { Response(status: .ok) }) }
        let error = await #expect(throws: Problem.self) {
            try await traffic.answer(at: bulk) { Response(status: .ok) }
        }
        #expect(error?.status == 503 && error?.retryAfterSeconds != nil && held.count == 2)
        held.removeLast()
        held.append(try await traffic.answer(at: bulk) { Response(status: .ok) })
        // A failed one gives its place back too.
        held.removeAll()
        for _ in 0..<5 {
            await #expect(throws: Problem.self) { try await traffic.answer(at: bulk) { throw Problem.emptyBody } }
        }
        held.append(try await traffic.answer(at: bulk) { Response(status: .ok) })
    }

    @Test("when answers take too long, programs and exports are turned away, and operators never")
    func sheds() async throws {
        let traffic = Self.traffic {
            $0.requestTimeout = .seconds(60)
            $0.shedAbove = .nanoseconds(1)
            $0.shedBelow = .zero
        }
        for _ in 0..<30 {
            do { _ = try await traffic.answer(at: Self.endpoint(.live)) { Response(status: .ok) } } catch is Problem {}
        }
        #expect(traffic.isShedding)
        let error = await #expect(throws: Problem.self) {
            try await traffic.answer(at: Self.endpoint(.bulk)) { Response(status: .ok) }
        }
        #expect(error?.kind == .overloaded)
        #expect(try await traffic.answer(at: Self.endpoint(.exempt)) { Response(status: .ok) }.status == .ok)
        var refused = 0
        for _ in 0..<20 {
            do { _ = try await traffic.answer(at: Self.endpoint(.live)) { Response(status: .ok) } } catch is Problem {
                refused += 1
            }
        }
        #expect(refused == 18, "one in ten is still taken, to notice when it gets better")
    }
}
