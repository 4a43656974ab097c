import EnergyModel
import GatewayWire
import Hummingbird
import Ports

/// `/api/dr-events`: what is asked of demand-response events (ledger API-02). Exempt from shedding, like all of demand response.
struct EventEndpoints: Sendable {
    let surface: Surface

    private static let limit = Parameters.limit(100, upTo: 500)
    private static let state = Parameters.choice("state", "Only events that stand so.", of: DREventStatus.self)
    private static let scope = Parameters.choice(
        "scope", "`open`: only what is not settled. `all` unless told.", of: EventQuery.Scope.self)
    private static let from = Parameters.instant("from", "Only windows that begin here or later.")
    private static let to = Parameters.instant("to", "Only windows that begin before this.")
    private static let before = Parameters.instant("before", "Begins behind windows that begin here or later.")

    var endpoints: [Endpoint] {
        [
            Endpoint(.get, "/api/dr-events", access: .role(.viewer)) { try await list($0) }
                .described(
                    "listEvents", .events, "Events, newest window first.",
                    parameters: [
                        Self.state.described, Self.scope.described, Parameters.ofFacility.described,
                        Self.from.described, Self.to.described, Self.before.described, Self.limit.described,
                    ], answers: [.json("A page.", EventShapes.page).paged()]),
            Endpoint(.get, "/api/dr-events/{event_id}", access: .role(.viewer)) { incoming in
                let (detail, now) = (try await detail(incoming), incoming.arrivedAt)
                return try incoming.answer(
                    Told(detail, asOf: detail.changedAt, now: now), EventShapes.detail, tag: detail.tag)
            }
            .described(
                "getEvent", .events, "One event.",
                parameters: [Parameters.event.described, Parameters.ifNoneMatch.described],
                problems: [404: "No such event."],
                answers: [.json("The event.", EventShapes.detail).tagged(), .empty(304, "Nothing changed.")]),
            parts("legs", "listEventLegs", "Buildings that take part.", EventShapes.legs) { $0.legs },
            parts("commands", "listEventCommands", "Commands to buildings.", EventShapes.commands) { $0.commands },
            parts(
                "transitions", "listEventTransitions", "What happened, newest first; of a long event the newest 500.",
                EventShapes.transitions
            ) { $0.transitions },
            Endpoint(.get, "/api/dr-events/{event_id}/reports", access: .role(.viewer)) { try await reports($0) }
                .described(
                    "listEventReports", .events, "Participation reports, every version.",
                    parameters: [Parameters.event.described], problems: [404: "No such event."],
                    answers: [.json("The reports.", EventShapes.reports)]),
        ]
    }

    private func parts<Part>(
        _ last: String, _ name: String, _ summary: String, _ shape: Shape<Told<EventShapes.Parts<Part>>>,
        _ read: @escaping @Sendable (EventDetail) -> [Part]
    ) -> Endpoint {
        Endpoint(.get, "/api/dr-events/{event_id}/\(last)", access: .role(.viewer)) { incoming in
            let detail = try await detail(incoming)
            let parts = EventShapes.Parts(event: detail.event.id, parts: read(detail))
            return try incoming.answer(Told(parts, asOf: detail.changedAt, now: incoming.arrivedAt), shape)
        }
        .described(
            name, .events, summary, parameters: [Parameters.event.described], problems: [404: "No such event."],
            answers: [.json("Of the event.", shape)])
    }

    private func detail(_ incoming: IncomingRequest) async throws -> EventDetail {
        try await surface.event(incoming, kind: nil)
    }

    private func reports(_ incoming: IncomingRequest) async throws -> Response {
        let detail = try await detail(incoming)
        let reports = try await surface.link(incoming).reports(of: detail.event.id).sorted { $0.number < $1.number }
        let parts = EventShapes.Parts(event: detail.event.id, parts: reports)
        return try incoming.answer(
            Told(parts, asOf: reports.last?.at ?? detail.changedAt, now: incoming.arrivedAt), EventShapes.reports)
    }

    private func list(_ incoming: IncomingRequest) async throws -> Response {
        let filter = EventFilter(
            state: try incoming.value(Self.state), from: try incoming.value(Self.from),
            limit: try incoming.value(Self.limit) ?? 100)
        let ends = [try incoming.value(Self.to), try incoming.value(Self.before)].compactMap { $0 }
        let query = EventQuery(
            scope: try incoming.value(Self.scope) ?? .all, kind: .demandResponse,
            facility: try incoming.value(Parameters.ofFacility), startsBefore: ends.min())
        let (events, next) = try await filter.page(of: query, from: try surface.link(incoming))
        let page = EventShapes.Page(events: events, next: next?.iso8601)
        return try incoming.answer(
            Told(page, asOf: incoming.arrivedAt, now: incoming.arrivedAt), EventShapes.page,
            next: try next.map { try incoming.target(setting: "before", to: $0.iso8601) })
    }
}

/// What of the link's events a page shows. The link pages by the moment a window begins; several events may share it, so a page
/// never ends between two of them.
struct EventFilter: Sendable {
    var state: DREventStatus?
    var from: UTCInstant?
    var limit: Int

    /// Most events looked at for one page.
    private static let most = 5_000

    func page(
        of query: EventQuery, from link: any OperatorLink
    ) async throws -> (events: [DemandResponseEvent], next: UTCInstant?) {
        var (found, query) = ([DemandResponseEvent](), query)
        query.limit = max(limit, 200) + 1
        var looked = 0
        while true {
            let batch = try await link.events(query)
            looked += batch.count
            let isLast = batch.count < query.limit
            // The last moment of a batch may go on behind it.
            let edge = isLast ? nil : batch.last?.window.start
            let whole = edge.map { edge in batch.filter { $0.window.start > edge } } ?? batch
            if !isLast, whole.isEmpty {
                guard query.limit < Self.most else { throw Problem.tooManyAtOnce }
                query.limit = min(Self.most, query.limit * 4)
                continue
            }
            found += whole.filter(shows)
            let isPast = from.map { from in whole.contains { $0.window.start < from } } ?? false
            if found.count > limit { return cut(found) }
            guard let edge, !isPast else { return (found, nil) }
            let next = UTCInstant(milliseconds: edge.milliseconds + 1)
            if looked >= Self.most { return (found, next) }
            query.startsBefore = next
        }
    }

    private func shows(_ event: DemandResponseEvent) -> Bool {
        (state == nil || event.status == state) && (from.map { event.window.start >= $0 } ?? true)
    }

    /// Up to the limit, and the others that begin at the same moment as the last.
    private func cut(_ found: [DemandResponseEvent]) -> (events: [DemandResponseEvent], next: UTCInstant?) {
        let last = found[limit - 1].window.start
        return (found.filter { $0.window.start >= last }, last)
    }
}

extension Surface {
    /// The event of the path. Throws a 404 when there is none, or one of another kind.
    func event(_ incoming: IncomingRequest, kind: DemandResponseEvent.Kind?) async throws -> EventDetail {
        let id = try incoming.required(Parameters.event)
        guard let detail = try await link(incoming).event(id), kind == nil || detail.event.kind == kind else {
            throw Problem.nothingThere(
                kind == .override
                    ? "There is no override \(id); GET /api/overrides lists them."
                    : "There is no event \(id); GET /api/dr-events lists them.")
        }
        return detail
    }
}

extension EventDetail {
    /// Changes with every stored transition and with every new version of the utility's.
    var tag: String { "\(event.ordinal)-\(String(event.modifiedAt.milliseconds, radix: 36))" }
    var changedAt: UTCInstant { transitions.first?.at ?? event.modifiedAt }
}

extension Problem {
    static let tooManyAtOnce = Problem(
        .refused, status: 409, title: "Too many at one moment",
        detail: "More than 5,000 events begin at the same moment; narrow the question by facility or state.")
}
