import EnergyModel
import GatewayWire
import HTTPTypes
import Hummingbird
import Ports

/// What is done with demand-response events (ledger API-15, DR-25, RUN-05).
struct EventActs: Sendable {
    let surface: Surface

    private static let kilowatts = 0.1...1_000_000.0
    private static let seconds: ClosedRange<Int64> = 60...172_800
    private static let mostFacilities = 1000

    private static let form = RequestForm.json(
        "NewEvent", "An event by hand, for when the webhook failed.",
        [
            .init(
                "event_id", "Its id; one is made of the Idempotency-Key unless told.", Parameters.eventIdentifier,
                isRequired: false),
            .init("program", "The programme.", RequestText.schema(1...128)),
            .init("starts_at", "Its window begins.", .instant),
            .init("duration_seconds", "How long it lasts.", .integer(seconds)),
            .init("target_reduction_kw", "Reduction asked for.", .number(kilowatts)),
            .init(
                "facility_ids", "Buildings that may take part; all that can be commanded unless told.",
                .list(of: Parameters.identifier, lengths: 0...mostFacilities), isRequired: false),
            RequestForm.reason,
        ])

    private static let because = RequestForm.json("Reason", "Why.", [RequestForm.reason])
    private static let optOutForm = RequestForm.json(
        "OptOut", "Who declines.",
        [
            .init(
                "facility_id", "Only this building; the whole event unless told.", Parameters.identifier,
                isRequired: false),
            RequestForm.reason,
        ])

    var endpoints: [Endpoint] {
        [
            surface.acting(.post, "/api/dr-events") { try await create($0, $1) }
                .described(
                    "createEvent", .events, "An event by hand: planned at once, dispatched at its start.",
                    parameters: [Parameters.idempotencyKey.described], body: Self.form,
                    answers: [
                        .init(
                            status: 201, about: "It stands.",
                            contents: [.init(mediaType: "application/json", schema: OutcomeShape.outcome.schema)],
                            headers: ["Location": "The event."])
                    ]),
            act("cancel", "cancelEvent", "Withdraws an event; what it holds is given back.", Self.because) { event, _ in
                .cancelEvent(event)
            },
            act("approve", "approveEvent", "Lets an event that waits for a person go on.", Self.because) { event, _ in
                .approveEvent(event)
            },
            act("opt-out", "optOutOfEvent", "Declines an event, or one building's part of it.", Self.optOutForm) {
                .optOut($0, try $1.ifThere("facility_id") { try $0.facility($1) })
            },
        ]
    }

    private func act(
        _ last: String, _ name: String, _ summary: String, _ form: EndpointDescription.Body,
        _ action: @escaping @Sendable (DREventID, BodyReader) throws -> OperatorCommand.Action
    ) -> Endpoint {
        surface.acting(.post, "/api/dr-events/{event_id}/\(last)") { act, body in
            let event = try act.incoming.required(Parameters.event)
            let (reason, action) = (try body.reason(), try action(event, body))
            if let first = try act.first() { return try act.answer(first) }
            try act.requireMatch(try await surface.event(act.incoming, kind: .demandResponse).tag)
            return try act.answer(try await act.perform(action, because: reason))
        }
        .described(
            name, .events, summary,
            parameters: [
                Parameters.event.described, Parameters.idempotencyKey.described, Parameters.ifMatch.described,
            ], body: form, problems: [404: "No such event.", 412: "It changed."],
            answers: [.json("What came of it.", OutcomeShape.outcome)])
    }

    private func create(_ act: Act, _ body: BodyReader) async throws -> Response {
        let request = EventRequest(
            id: try body.ifThere("event_id") { try $0.event($1) } ?? Self.id(of: act),
            program: try body.text("program", lengths: 1...128), start: try body.instant("starts_at"),
            duration: .seconds(try body.integer("duration_seconds", in: Self.seconds)),
            target: Power(kilowatts: try body.number("target_reduction_kw", in: Self.kilowatts)),
            facilities: try body.ifThere("facility_ids") { try $0.facilities($1, most: Self.mostFacilities) } ?? [])
        let outcome = try await act.perform(.createEvent(request), because: try body.reason())
        return try act.answer(
            outcome, status: .created, location: "/api/dr-events/\(request.id)", subject: request.id.text)
    }

    /// The same id for the same key, so that a repetition makes no second event.
    private static func id(of act: Act) throws -> DREventID {
        var sum = StableSum()
        sum.add("\(act.incoming.caller?.identity.author ?? "") \(act.key)".utf8)
        guard let id = DREventID("manual-" + sum.text) else { throw Problem.internalError }
        return id
    }
}
