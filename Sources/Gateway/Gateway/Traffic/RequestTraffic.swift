import CoreMetrics
import EnergyModel
import GatewayWire
import Hummingbird
import NIOCore
import Resilience
import Synchronization

/// How much the gateway takes on: what is slow is shed by rank, what is long is done few at a time, and everything has a
/// deadline that whatever it calls inherits (ledger API-06, 08, 09).
final class RequestTraffic: Sendable {
    private struct State {
        var shedder: LoadShedder
        var bulkUnderWay = 0
    }

    private let state: Mutex<State>
    private let configuration: GatewayConfiguration
    private let clock: any Clock<Duration>
    private let monotonic: @Sendable () -> MonotonicTime
    private let metrics: RequestMetrics
    private let shed: [RequestRank: Counter]

    init(
        configuration: GatewayConfiguration, clock: any Clock<Duration>, metrics: RequestMetrics,
        factory: any MetricsFactory
    ) {
        self.configuration = configuration
        self.clock = clock
        self.metrics = metrics
        monotonic = stopwatch(clock)
        state = Mutex(
            State(
                shedder: LoadShedder(
                    above: configuration.shedAbove, below: configuration.shedBelow, now: monotonic())))
        shed = Dictionary(
            uniqueKeysWithValues: [RequestRank.live, .bulk].map {
                ($0, Counter(label: "energy_api_requests_shed", dimensions: [("rank", $0.rawValue)], factory: factory))
            })
    }

    /// Runs `body` within the endpoint's time, or throws the problem to answer instead. A bulk answer keeps its place until
    /// its last byte is taken.
    func answer(
        at endpoint: Endpoint, _ body: @escaping @Sendable () async throws -> Response
    ) async throws -> Response {
        let place = try admit(endpoint.rank)
        let began = monotonic()
        defer { record(endpoint.rank, since: began) }
        guard let limit = limit(of: endpoint) else { return try await body() }
        let response = try await within(limit, body)
        return place.map { held(response, $0) } ?? response
    }

    var isShedding: Bool { state.withLock { $0.shedder.isShedding } }

    private func limit(of endpoint: Endpoint) -> Duration? {
        if let limit = endpoint.limit { return limit }
        switch endpoint.rank {
        case .exempt: return nil
        case .live: return configuration.requestTimeout
        case .bulk: return configuration.bulkTimeout
        }
    }

    // MARK: - Who is taken

    private func admit(_ rank: RequestRank) throws -> BulkPlace? {
        guard rank != .exempt else { return nil }
        let now = monotonic()
        let (admitted, hasRoom) = state.withLock { state in
            // While anything is shed all bulk is: it is first to go and last to come back.
            let admitted = rank == .bulk ? !state.shedder.isShedding : state.shedder.admits(now: now)
            guard admitted, rank == .bulk else { return (admitted, true) }
            guard state.bulkUnderWay < configuration.bulkAtOnce else { return (true, false) }
            state.bulkUnderWay += 1
            return (true, true)
        }
        guard admitted, hasRoom else {
            shed[rank]?.increment()
            throw admitted ? Problem.bulkFull : Problem.shedding
        }
        guard rank == .bulk else { return nil }
        return BulkPlace { [weak self] in self?.state.withLock { $0.bulkUnderWay -= 1 } }
    }

    private func record(_ rank: RequestRank, since began: MonotonicTime) {
        guard rank == .live else { return }
        let now = monotonic()
        state.withLock { $0.shedder.record(now - began, now: now) }
    }

    private func held(_ response: Response, _ place: BulkPlace) -> Response {
        var response = response
        let body = response.body
        response.body = ResponseBody(contentLength: body.contentLength) { writer in
            defer { withExtendedLifetime(place) {} }
            try await body.write(writer)
        }
        return response
    }

    // MARK: - How long it may take

    private func within(
        _ limit: Duration, _ body: @escaping @Sendable () async throws -> Response
    ) async throws -> Response {
        let (monotonic, deadline) = (monotonic, Deadline(after: limit, now: monotonic()))
        let watch = RequestDeadline.Watch { deadline.at - monotonic() }
        return try await withThrowingTaskGroup(of: Response?.self) { group in
            group.addTask {
                try await RequestDeadline.$watch.withValue(watch) { try await body() }
            }
            group.addTask { [clock] in
                try await clock.sleep(for: limit)
                return nil
            }
            defer { group.cancelAll() }
            if let response = try await group.next() ?? nil { return response }
            metrics.timedOut("answer", after: limit)
            throw Problem.answerTooSlow(limit)
        }
    }
}

/// One of the few bulk answers at once. Given back when nothing holds it any more, so that no way out of an answer, not even
/// a connection that breaks off, can keep it.
private final class BulkPlace: Sendable {
    private let giveBack: @Sendable () -> Void
    init(giveBack: @escaping @Sendable () -> Void) { self.giveBack = giveBack }
    deinit { giveBack() }
}

extension Problem {
    static let shedding = waiting(
        .overloaded, status: 503, title: "Overloaded", seconds: 5,
        detail:
            "Answers take too long at the moment, and this request was not begun; ask again later. Demand response, "
            + "operators' commands and readings are taken all the same.")

    static let bulkFull = waiting(
        .overloaded, status: 503, title: "Too many exports", seconds: 10,
        detail: "As many exports as may run at once are under way, and this one was not begun; ask again later.")

    static func answerTooSlow(_ limit: Duration) -> Problem {
        waiting(
            .deadlinePassed, status: 504, title: "Not answered in time", seconds: 1,
            detail: "No answer within \(limit.milliseconds) ms, and the question was given up; ask again, or for less.")
    }
}
