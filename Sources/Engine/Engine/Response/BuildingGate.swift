import EnergyModel
import Ports
import Resilience
import Synchronization

/// The way to every building: a breaker and a bulkhead each, one bulkhead round all, and a deadline on each call (ledger
/// BMS-01..05). A building that hangs costs its own two places until its breaker opens, and nobody else's.
final class BuildingGate: Sendable {
    private struct Site {
        let breaker: DependencyBreaker
        let line: CallLine
    }

    private let link: any BuildingLink
    private let facilities: FacilityIndex
    private let settings: EngineSettings.Buildings
    private let time: Timekeeper
    private let measures: EngineMeasures
    private let journal: Journal
    private let tracer: Tracer
    private let sites = Mutex<[FacilityID: Site]>([:])
    private let overall: CallLine
    private let forced = Mutex<Set<FacilityID>>([])

    init(
        link: any BuildingLink, facilities: FacilityIndex, settings: EngineSettings.Buildings, time: Timekeeper,
        measures: EngineMeasures, journal: Journal, tracer: Tracer
    ) {
        self.link = link
        self.facilities = facilities
        self.settings = settings
        self.time = time
        self.measures = measures
        self.journal = journal
        self.tracer = tracer
        overall = CallLine(concurrent: settings.concurrentOverall, waiting: 100_000)
    }

    /// Nil: the facility is not known, or has no endpoint.
    func address(of facility: FacilityID) -> BuildingAddress? {
        facilities[facility]?.buildingEndpoint.map { BuildingAddress(facility: facility, endpoint: $0) }
    }

    /// Always an answer, by `request.answerBy` at the latest. A call that never left is `unavailable`, one without an answer
    /// `timedOut`.
    func perform(_ request: BuildingRequest) async -> BuildingAnswer {
        guard let address = address(of: request.facility) else {
            return .unavailable("\(request.facility) has no building endpoint; import one")
        }
        let budget = request.answerBy.since(time.now())
        guard budget > .zero else { return .unavailable("the time for an answer was over before the call could leave") }
        let progress = CallProgress()
        do throws(PortError) {
            return try await bounded(by: budget, "\(request.facility)", time: time) { () throws(PortError) in
                try await self.inLine(address.facility) { () throws(PortError) in
                    try await self.call(request, at: address, progress)
                }
            }
        } catch {
            return progress.hasLeft ? .timedOut : .unavailable(error.sentence)
        }
    }

    private func call(
        _ request: BuildingRequest, at address: BuildingAddress, _ progress: CallProgress
    ) async throws(PortError) -> BuildingAnswer {
        let breaker = site(of: address.facility).breaker
        // A person's own value may knock at an open breaker (BMS-15), not at one that a person holds open.
        let isByHand = request.slot == .operatorOverride || forced.withLock { $0.remove(address.facility) != nil }
        let ticket = try breaker.admit(orForce: isByHand)
        progress.leave()
        let start = time.uptime()
        let answer = await traced(request) { await link.perform(request, at: address) }
        measures.count(.buildingCalls)
        if answer == .timedOut { measures.count(.buildingTimeouts) }
        let took = time.uptime() - start
        measures.record(.building, took)
        if took >= settings.slowCall { tell(took, of: request) }
        breaker.settle(answer.outcome, ticket)
        return answer
    }

    /// Each call is a span of its event's trace, and the building gets its id (ledger TRACE-02).
    private func traced(
        _ request: BuildingRequest, _ perform: () async -> BuildingAnswer
    ) async -> BuildingAnswer {
        guard let context = TraceContext(ofEvent: request.traceID) else { return await perform() }
        let span = tracer.begin(request.operation.spanName, .building, .client, in: context, isKept: true)
        let answer = await span.context.asCurrent(perform)
        tracer.end(
            span, error: answer.failure,
            [
                .init("event", "\(request.event)"), .init("facility", "\(request.facility)"),
                .init("command", "\(request.sequence)"),
            ])
        return answer
    }

    /// A slow building is told of before its breaker opens (BMS-17). That breaker bounds how often.
    private func tell(_ took: Duration, of request: BuildingRequest) {
        measures.count(.slowBuildingCalls)
        let seconds = Double(took.milliseconds) / 1000
        journal.note(
            "the building took \(seconds) s for command #\(request.sequence) of \(request.event), reported from "
                + "\(Double(settings.slowCall.milliseconds) / 1000) s; look at its management system and its network",
            of: "building:\(request.facility)", by: "engine", about: request.facility)
    }

    /// The next call to the building passes its open breaker: a person wants to know now.
    func forceNext(_ facility: FacilityID) { forced.withLock { _ = $0.insert(facility) } }

    /// A question to a building, through its line and its breaker; `isByHand` passes an open one.
    func ask<Value: Sendable>(
        _ facility: FacilityID, isByHand: Bool = false,
        _ body: @escaping @Sendable (any BuildingLink, BuildingAddress) async throws(PortError) -> Value
    ) async throws(PortError) -> Value {
        guard let address = address(of: facility) else {
            throw PortError(.notFound, "\(facility) has no building endpoint; import one with its description")
        }
        let (link, breaker) = (link, site(of: facility).breaker)
        return try await bounded(by: settings.readTimeout, "the building of \(facility)", time: time) {
            () throws(PortError) in
            try await self.inLine(facility) { () throws(PortError) in
                let ticket = try breaker.admit(orForce: isByHand)
                do throws(PortError) {
                    let value = try await body(link, address)
                    breaker.settle(.success, ticket)
                    return value
                } catch {
                    breaker.settle(DependencyBreaker.outcome(of: error), ticket)
                    throw error
                }
            }
        }
    }

    private func inLine<Value: Sendable>(
        _ facility: FacilityID, _ body: @Sendable () async throws(PortError) -> Value
    ) async throws(PortError) -> Value {
        let line = site(of: facility).line
        guard await line.enter() else { throw BuildingGate.crowded(facility) }
        defer { line.leave() }
        guard await overall.enter() else { throw BuildingGate.crowded(facility) }
        defer { overall.leave() }
        if Task.isCancelled { throw BuildingGate.crowded(facility) }
        return try await body()
    }

    private static func crowded(_ facility: FacilityID) -> PortError {
        PortError(.unavailable, "too many calls wait for \(facility); it is asked again later")
    }

    // MARK: - Breakers

    /// False while the breaker turns calls away.
    func isReachable(_ facility: FacilityID) -> Bool {
        guard address(of: facility) != nil else { return false }
        guard let site = sites.withLock({ $0[facility] }) else { return true }
        return site.breaker.untilAdmission() == .zero
    }

    var breakers: [DependencyBreaker] { sites.withLock { $0.values.map(\.breaker) }.sorted { $0.name < $1.name } }

    private func site(of facility: FacilityID) -> Site {
        sites.withLock { sites in
            if let site = sites[facility] { return site }
            let site = Site(
                breaker: breaker(of: facility),
                line: CallLine(concurrent: settings.concurrent, waiting: settings.waiting))
            sites[facility] = site
            return site
        }
    }

    private func breaker(of facility: FacilityID) -> DependencyBreaker {
        let configuration = CircuitBreakerConfiguration(
            consecutiveFailures: settings.consecutiveFailures,
            failureShare: .init(
                share: settings.failureShare, minimumCalls: settings.failureMinimumCalls, window: settings.failureWindow
            ),
            consecutiveTimeouts: settings.consecutiveTimeouts, coolDown: settings.coolDown,
            longestCoolDown: settings.longestCoolDown)
        let name = "building:\(facility)"
        return DependencyBreaker(name: name, configuration: configuration, time: time) { [journal] change in
            journal.note(
                "went from \(change.from.rawValue) to \(change.to.rawValue) (\(change.reason.rawValue))",
                of: "breaker:\(name)", by: "engine", about: facility)
        }
    }
}

/// Whether a call has left us: from then on its effect is unknown until an answer comes.
private final class CallProgress: Sendable {
    private let state = Mutex(false)
    func leave() { state.withLock { $0 = true } }
    var hasLeft: Bool { state.withLock { $0 } }
}

extension BuildingRequest.Operation {
    fileprivate var spanName: String {
        switch self {
        case .write: "building.write"
        case .release: "building.release"
        case .status: "building.status"
        case .readSlot: "building.read_slot"
        }
    }
}

extension BuildingAnswer {
    /// Nil for an answer that leaves nothing to do.
    fileprivate var failure: String? {
        switch self {
        case .applied, .pending, .notKnown, .slot: nil
        case .rejected(let why), .unavailable(let why): why
        case .timedOut: "no answer came; its effect is unknown"
        }
    }

    /// What the answer says about the building as a dependency. A refusal is an answer.
    fileprivate var outcome: CallOutcome {
        switch self {
        case .applied, .pending, .notKnown, .rejected, .slot: .success
        case .unavailable: .failure
        case .timedOut: .timedOut
        }
    }
}
