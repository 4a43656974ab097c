import EnergyModel
import GatewayWire
import Ports

extension RemoteOperator {
    package func series(_ request: SeriesRequest) async throws(PortError) -> SeriesAnswer {
        try await ask(LinkMembers.series, request)
    }

    package func meters(of facility: FacilityID) async throws(PortError) -> [MeterSnapshot] {
        try await ask(LinkMembers.meters, FacilityQuestion(facility: facility))
    }

    package func deadLetters(_ query: DeadLetterQuery) async throws(PortError) -> DeadLetterPage {
        try await ask(LinkMembers.deadLetters, query)
    }

    package func deadLetter(_ number: Int64) async throws(PortError) -> DeadLetter? {
        try await ask(LinkMembers.deadLetter, LetterQuestion(number: number))
    }

    package func check(deadLetter number: Int64, payload: [UInt8]?) async throws(PortError) -> LetterCheck {
        try await ask(LinkMembers.check, LetterCheckQuestion(number: number, payload: payload))
    }

    package func dryRun(_ selection: LetterSelection) async throws(PortError) -> DryRun {
        try await ask(LinkMembers.dryRun, selection)
    }

    package func redrives() async throws(PortError) -> [Redrive] { try await ask(LinkMembers.redrives, Nothing()) }

    package func forecast(_ query: ForecastQuery) async throws(PortError) -> ForecastAnswer {
        try await ask(LinkMembers.forecast, query)
    }

    package func backtest(_ request: BacktestRequest) async throws(PortError) -> BacktestAnswer {
        try await ask(LinkMembers.backtest, request)
    }

    package func journal(_ query: JournalQuery) async throws(PortError) -> [JournalEntry] {
        try await ask(LinkMembers.journal, query)
    }

    package func snapshot(at moment: UTCInstant) async throws(PortError) -> OperatorSnapshot {
        try await ask(LinkMembers.snapshot, MomentQuestion(at: moment))
    }

    package func events(_ query: EventQuery) async throws(PortError) -> [DemandResponseEvent] {
        try await ask(LinkMembers.events, query)
    }

    package func event(_ id: DREventID) async throws(PortError) -> EventDetail? {
        try await ask(LinkMembers.event, EventQuestion(event: id))
    }

    package func preview(_ request: EventRequest) async throws(PortError) -> PlanPreview {
        try await ask(LinkMembers.previewEvent, request)
    }

    package func preview(_ request: OverrideRequest) async throws(PortError) -> PlanPreview {
        try await ask(LinkMembers.previewOverride, request)
    }

    package func building(_ facility: FacilityID) async throws(PortError) -> BuildingView {
        try await ask(LinkMembers.building, FacilityQuestion(facility: facility))
    }

    package func reports(of event: DREventID) async throws(PortError) -> [ParticipationRecord] {
        try await ask(LinkMembers.reports, EventQuestion(event: event))
    }

    package func trace(_ id: TraceID) async throws(PortError) -> [TraceSpan] {
        try await ask(LinkMembers.trace, TraceQuestion(trace: id))
    }

    package func traces(_ query: TraceQuery) async throws(PortError) -> [TraceSummary] {
        try await ask(LinkMembers.traces, query)
    }

    /// Twice with the same key reserves once.
    package func arm(_ request: ArmRequest) async throws(PortError) -> ArmAnswer {
        try await ask(LinkMembers.arm, request)
    }

    package func disarm(key: String) async throws(PortError) {
        _ = try await ask(LinkMembers.disarm, KeyQuestion(key: key))
    }

    /// May ask twice: at once again when the connection was lost.
    private func ask<Question, Answer>(
        _ member: LinkMember<Question, Answer>, _ question: Question
    ) async throws(PortError) -> Answer {
        let request = try await request(member, question)
        do throws(PortError) {
            return try await answer(to: request, as: Answer.self)
        } catch {
            guard error.code == .unavailable, !Task.isCancelled else { throw error }
        }
        return try await answer(to: request, as: Answer.self)
    }

    func request<Question, Answer>(
        _ member: LinkMember<Question, Answer>, _ question: Question, deadline: Duration? = nil
    ) async throws(PortError) -> Ports.HTTPRequest {
        let body: [UInt8]
        do {
            body = try LinkJSON.encode(question)
        } catch {
            throw PortError(.invalid, "the question cannot be written down", cause: error)
        }
        return try await requests.request(.post, member.path, body: body, deadline: deadline ?? member.deadline)
    }

    func answer<Answer: Decodable>(
        to request: Ports.HTTPRequest, as: Answer.Type
    ) async throws(PortError) -> Answer {
        let response: Ports.HTTPResponse
        do throws(HTTPTransportError) {
            response = try await send(request)
        } catch {
            throw requests.unreachable(error)
        }
        guard response.status == 200 else {
            throw requests.failure(status: response.status, body: response.body)
        }
        do {
            return try LinkJSON.decode(Answer.self, from: response.body)
        } catch {
            throw PortError(
                .corrupt, "the engine's answer cannot be read; use the same version of switchyard at both ends",
                cause: error)
        }
    }
}
