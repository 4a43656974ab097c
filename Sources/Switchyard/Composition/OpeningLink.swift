import EnergyModel
import Ports
import Synchronization

/// The operator's link while its engine is still being opened, so that the console can draw at once. Until then no snapshot
/// comes, questions are refused as transient, and commands say that nothing was done. For one reader of snapshots.
final class OpeningLink: OperatorLink {
    private let inner = Mutex<(any OperatorLink)?>(nil)
    private let arrivals: AsyncStream<any OperatorLink>
    private let arrival: AsyncStream<any OperatorLink>.Continuation

    init() { (arrivals, arrival) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1)) }

    /// Once: from now on everything goes to `link`.
    func open(_ link: any OperatorLink) {
        inner.withLock { $0 = link }
        arrival.yield(link)
        arrival.finish()
    }

    func snapshots() -> AsyncStream<LinkUpdate> {
        if let link = inner.withLock(\.self) { return link.snapshots() }
        let (updates, update) = AsyncStream.makeStream(of: LinkUpdate.self, bufferingPolicy: .bufferingNewest(1))
        let forwarding = Task { [arrivals] in
            for await link in arrivals {
                for await snapshot in link.snapshots() { update.yield(snapshot) }
            }
            update.finish()
        }
        update.onTermination = { _ in forwarding.cancel() }
        return updates
    }

    private func opened() throws(PortError) -> any OperatorLink {
        guard let link = inner.withLock(\.self) else {
            throw PortError(.unavailable, "the store is still being opened; asking again")
        }
        return link
    }

    func series(_ request: SeriesRequest) async throws(PortError) -> SeriesAnswer { try await opened().series(request) }

    func meters(of facility: FacilityID) async throws(PortError) -> [MeterSnapshot] {
        try await opened().meters(of: facility)
    }

    func deadLetters(_ query: DeadLetterQuery) async throws(PortError) -> DeadLetterPage {
        try await opened().deadLetters(query)
    }

    func deadLetter(_ number: Int64) async throws(PortError) -> DeadLetter? {
        try await opened().deadLetter(number)
    }

    func check(deadLetter number: Int64, payload: [UInt8]?) async throws(PortError) -> LetterCheck {
        try await opened().check(deadLetter: number, payload: payload)
    }

    func dryRun(_ selection: LetterSelection) async throws(PortError) -> DryRun {
        try await opened().dryRun(selection)
    }

    func redrives() async throws(PortError) -> [Redrive] { try await opened().redrives() }

    func forecast(_ query: ForecastQuery) async throws(PortError) -> ForecastAnswer {
        try await opened().forecast(query)
    }

    func backtest(_ request: BacktestRequest) async throws(PortError) -> BacktestAnswer {
        try await opened().backtest(request)
    }

    func journal(_ query: JournalQuery) async throws(PortError) -> [JournalEntry] {
        try await opened().journal(query)
    }

    func trace(_ id: TraceID) async throws(PortError) -> [TraceSpan] { try await opened().trace(id) }

    func traces(_ query: TraceQuery) async throws(PortError) -> [TraceSummary] { try await opened().traces(query) }

    func snapshot(at moment: UTCInstant) async throws(PortError) -> OperatorSnapshot {
        try await opened().snapshot(at: moment)
    }

    func events(_ query: EventQuery) async throws(PortError) -> [DemandResponseEvent] {
        try await opened().events(query)
    }

    func event(_ id: DREventID) async throws(PortError) -> EventDetail? { try await opened().event(id) }

    func preview(_ request: EventRequest) async throws(PortError) -> PlanPreview {
        try await opened().preview(request)
    }

    func preview(_ request: OverrideRequest) async throws(PortError) -> PlanPreview {
        try await opened().preview(request)
    }

    func building(_ facility: FacilityID) async throws(PortError) -> BuildingView {
        try await opened().building(facility)
    }

    func reports(of event: DREventID) async throws(PortError) -> [ParticipationRecord] {
        try await opened().reports(of: event)
    }

    func arm(_ request: ArmRequest) async throws(PortError) -> ArmAnswer { try await opened().arm(request) }

    func disarm(key: String) async throws(PortError) { try await opened().disarm(key: key) }

    func submit(_ command: OperatorCommand) async -> CommandOutcome {
        guard let link = inner.withLock(\.self) else {
            return .refused(sentence: "Nothing was done: the store is still being opened. Try again in a moment")
        }
        return await link.submit(command)
    }
}
