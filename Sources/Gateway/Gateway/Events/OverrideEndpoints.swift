import EnergyModel
import GatewayWire
import HTTPTypes
import Hummingbird
import Ports

/// `/api/overrides` (ledger API-15, BMS-15).
struct OverrideEndpoints: Sendable {
    let surface: Surface

    private static let limit = Parameters.limit(50, upTo: 100)
    private static let scope = Parameters.choice(
        "scope", "`open`: only those that still hold a point. `open` unless told.", of: EventQuery.Scope.self)
    private static let before = Parameters.instant("before", "Begins behind overrides that begin here or later.")

    private static let form = RequestForm.json(
        "NewOverride", "A value on one point.",
        [
            .init("facility_id", "The building.", Parameters.identifier),
            .init(
                "point_id", "The point, as GET /api/facilities/{facility_id}/points names it.",
                .text(pattern: "^[!-~]([ -~]{0,126}[!-~])?$")),
            .init("value", "In the point's unit; limited by the safety envelope.", .number(-1000...1000)),
            .init("until", "Given back then.", .instant), RequestForm.reason,
        ])
    private static let newEnd = RequestForm.json(
        "OverrideEnd", "A new end.", [.init("until", "Given back then.", .instant), RequestForm.reason])

    var endpoints: [Endpoint] { asking + acting }

    private var asking: [Endpoint] {
        [
            Endpoint(.get, "/api/overrides", access: .role(.viewer)) { try await list($0) }
                .described(
                    "listOverrides", .overrides, "Overrides, newest first.",
                    parameters: [
                        Self.scope.described, Parameters.ofFacility.described, Self.before.described,
                        Self.limit.described,
                    ], answers: [.json("A page.", OverrideShapes.page).paged()]),
            Endpoint(.get, "/api/overrides/{event_id}", access: .role(.viewer)) { incoming in
                let detail = try await surface.event(incoming, kind: .override)
                return try incoming.answer(
                    Told(OverrideShapes.Override(detail), asOf: detail.changedAt, now: incoming.arrivedAt),
                    OverrideShapes.single, tag: detail.tag)
            }
            .described(
                "getOverride", .overrides, "One override.",
                parameters: [Parameters.event.described, Parameters.ifNoneMatch.described],
                problems: [404: "No such override."],
                answers: [.json("The override.", OverrideShapes.single).tagged(), .empty(304, "Nothing changed.")]),
        ]
    }

    private var acting: [Endpoint] {
        [
            surface.acting(.post, "/api/overrides") { try await create($0, $1) }
                .described(
                    "createOverride", .overrides, "Writes one point at slot 8 until a moment.",
                    parameters: [Parameters.idempotencyKey.described], body: Self.form,
                    answers: [
                        .json(201, "It is written or on its way.", OutcomeShape.outcome)
                    ]),
            surface.acting(.patch, "/api/overrides/{event_id}") { act, body in
                let (id, until) = (try act.incoming.required(Parameters.event), try body.instant("until"))
                return try await change(act, .extendOverride(id, until: until), because: try body.reason())
            }
            .described(
                "extendOverride", .overrides, "A new end.", parameters: Self.changing, body: Self.newEnd,
                problems: Self.problems, answers: [.json("What came of it.", OutcomeShape.outcome)]),
            Endpoint(.delete, "/api/overrides/{event_id}", access: .role(.operator)) { incoming in
                let act = try Act(incoming, body: [], on: surface)
                let id = try incoming.required(Parameters.event)
                return try await change(act, .releaseOverride(id), because: try incoming.required(Parameters.reason))
            }
            .described(
                "releaseOverride", .overrides, "Gives the point back.",
                parameters: Self.changing + [Parameters.reason.described], problems: Self.problems,
                answers: [.json("What came of it.", OutcomeShape.outcome)]),
        ]
    }

    private static let changing = [
        Parameters.event.described, Parameters.idempotencyKey.described, Parameters.ifMatch.described,
    ]
    private static let problems = [404: "No such override.", 412: "It changed."]

    private func list(_ incoming: IncomingRequest) async throws -> Response {
        let limit = try incoming.value(Self.limit) ?? 50
        let query = EventQuery(
            scope: try incoming.value(Self.scope) ?? .open, kind: .override,
            facility: try incoming.value(Parameters.ofFacility), startsBefore: try incoming.value(Self.before))
        let link = try surface.link(incoming)
        let (events, next) = try await EventFilter(limit: limit).page(of: query, from: link)
        var overrides: [OverrideShapes.Override] = []
        for event in events {
            if let detail = try await link.event(event.id) { overrides.append(OverrideShapes.Override(detail)) }
        }
        let page = OverrideShapes.Page(overrides: overrides, next: next?.iso8601)
        return try incoming.answer(
            Told(page, asOf: incoming.arrivedAt, now: incoming.arrivedAt), OverrideShapes.page,
            next: try next.map { try incoming.target(setting: "before", to: $0.iso8601) })
    }

    private func create(_ act: Act, _ body: BodyReader) async throws -> Response {
        guard let point = PointID(try body.text("point_id", lengths: 1...128)) else {
            throw Problem.badBody("/point_id", "The member /point_id must be 1-128 printable ASCII characters.")
        }
        let request = OverrideRequest(
            facility: try body.facility("facility_id"), point: point, value: try body.number("value", in: -1000...1000),
            until: try body.instant("until"))
        let outcome = try await act.perform(.overridePoint(request), because: try body.reason())
        let id = try await id(of: request, act)
        return try act.answer(
            outcome, status: .created, location: id.map { "/api/overrides/\($0)" }, subject: id?.text)
    }

    /// The engine makes the id; the newest open override of the point is the one.
    private func id(of request: OverrideRequest, _ act: Act) async throws -> DREventID? {
        let query = EventQuery(scope: .open, kind: .override, facility: request.facility, limit: 50)
        for event in try await act.link.events(query).sorted(by: { $0.receivedAt > $1.receivedAt }) {
            guard let detail = try await act.link.event(event.id) else { continue }
            if detail.commands.contains(where: { $0.plan.point == request.point }) { return event.id }
        }
        return nil
    }

    private func change(
        _ act: Act, _ action: OperatorCommand.Action, because reason: String
    ) async throws -> Response {
        if let first = try act.first() { return try act.answer(first) }
        try act.requireMatch(try await surface.event(act.incoming, kind: .override).tag)
        return try act.answer(try await act.perform(action, because: reason))
    }
}
