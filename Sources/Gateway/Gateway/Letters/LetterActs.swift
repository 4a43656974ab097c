import EnergyModel
import GatewayWire
import HTTPTypes
import Hummingbird
import Ports

/// What is done with dead letters.
struct LetterActs: Sendable {
    let surface: Surface

    /// Letters replayed at once; more are a redrive.
    private static let handful = 1000

    /// What a redrive may be told to do.
    enum Wish: String, CaseIterable, Sendable { case paused, running, cancelled }

    private static let redriveID = Parameter(
        "redrive_id", in: .path, "The redrive.", .text(lengths: 1...400), isRequired: true,
        expected: "1 to 400 characters", read: { (1...400).contains($0.unicodeScalars.count) ? $0 : nil })

    var endpoints: [Endpoint] { [edit, replays, discards] + redrives }

    private var edit: Endpoint {
        surface.acting(.put, "/api/dead-letters/{number}") { act, body in
            let number = try act.incoming.required(LetterEndpoints.number)
            guard let payload = try LetterEndpoints.payload(of: body) else {
                throw Problem.badBody("/payload", "The member /payload is required, or /payload_base64.")
            }
            let reason = try body.reason()
            guard let tags = try act.incoming.value(Parameters.ifMatch) else { throw Problem.preconditionRequired }
            if let first = try act.first() { return try act.answer(first) }
            let letter = try await surface.letter(act.incoming)
            guard let edition = tags.only.flatMap(DeadLetter.edition(ofTag:)), tags.contains(letter.tag) else {
                throw Problem.preconditionFailed(letter.tag)
            }
            let outcome = try await act.perform(
                .editDeadLetter(number, payload: payload, edition: edition), because: reason)
            // Somebody else's edit may have come in between.
            if case .refused = outcome, let now = try await act.link.deadLetter(number), now.tag != letter.tag {
                throw Problem.preconditionFailed(now.tag)
            }
            return try act.answer(outcome)
        }
        .described(
            "editDeadLetter", .letters, "Puts a payload beside the original; a replay sends it.",
            parameters: [
                LetterEndpoints.number.described, Parameters.idempotencyKey.described, Parameters.ifMatch.described,
            ],
            body: RequestForm.json(
                "LetterEdit", "The new payload.", LetterEndpoints.payloadMembers + [RequestForm.reason]),
            problems: [404: "No such letter.", 412: "It changed.", 428: "If-Match is missing."],
            answers: [.json("What came of it.", OutcomeShape.outcome)])
    }

    private var replays: Endpoint {
        surface.acting(.post, "/api/dead-letters/replays") { act, body in
            let numbers = try body.integers("numbers", most: Self.handful)
            return try act.answer(try await act.perform(.replayDeadLetters(numbers), because: try body.reason()))
        }
        .described(
            "replayDeadLetters", .letters, "Sends a handful again at once.",
            parameters: [Parameters.idempotencyKey.described],
            body: RequestForm.json(
                "LetterReplay", "Which letters.",
                [
                    .init("numbers", "These.", .list(of: .integer(1...Int64.max), lengths: 1...Self.handful)),
                    RequestForm.reason,
                ]), answers: [.json("What came of it.", OutcomeShape.outcome)])
    }

    private var discards: Endpoint {
        surface.acting(.post, "/api/dead-letters/discards") { act, body in
            let selection = try LetterSelectionForm.read(body)
            return try act.answer(try await act.perform(.discardDeadLetters(selection), because: try body.reason()))
        }
        .described(
            "discardDeadLetters", .letters, "Drops letters for a reason. They stay stored, and marked.",
            parameters: [Parameters.idempotencyKey.described],
            body: RequestForm.json(
                "LetterDiscard", "Which letters.", [LetterSelectionForm.member, RequestForm.reason]),
            answers: [.json("What came of it.", OutcomeShape.outcome)])
    }

    private var redrives: [Endpoint] {
        let path = "/api/dead-letters/redrives"
        return [
            Endpoint(.get, path, access: .role(.viewer), rank: .live) { incoming in
                let redrives = try await surface.link(incoming).redrives()
                return try incoming.answer(
                    Told(
                        redrives, asOf: redrives.map(\.changedAt).max() ?? incoming.arrivedAt, now: incoming.arrivedAt),
                    RedriveShapes.list)
            }
            .described(
                "listRedrives", .letters, "Replays of many letters, newest first.",
                answers: [.json("The newest 50.", RedriveShapes.list)]),
            Endpoint(.get, path + "/{redrive_id}", access: .role(.viewer), rank: .live) { incoming in
                let redrive = try await redrive(incoming)
                return try incoming.answer(
                    Told(redrive, asOf: redrive.changedAt, now: incoming.arrivedAt), RedriveShapes.single)
            }
            .described(
                "getRedrive", .letters, "One redrive.", parameters: [Self.redriveID.described],
                problems: [404: "No such redrive."], answers: [.json("The redrive.", RedriveShapes.single)]),
            surface.acting(.post, path) { act, body in
                let selection = try LetterSelectionForm.read(body)
                let rate = try body.integer("per_second", in: 1...Int64(Redrive.rates.upperBound))
                let outcome = try await act.perform(
                    .redrive(selection, perSecond: Int(rate)), because: try body.reason())
                return try act.answer(outcome, status: .accepted)
            }
            .described(
                "beginRedrive", .letters, "Begins a replay of many in the background.",
                parameters: [Parameters.idempotencyKey.described],
                body: RequestForm.json(
                    "NewRedrive", "Which letters, and how fast.",
                    [
                        LetterSelectionForm.member,
                        .init("per_second", "Letters a second.", .integer(1...Int64(Redrive.rates.upperBound))),
                        RequestForm.reason,
                    ]), answers: [.json(202, "It began.", OutcomeShape.outcome)]),
            surface.acting(.patch, path + "/{redrive_id}") { act, body in
                let wish = try body.choice("state", of: Wish.self)
                let reason = try body.reason()
                if let first = try act.first() { return try act.answer(first) }
                let id = try await redrive(act.incoming).id
                let action: OperatorCommand.Action =
                    switch wish {
                    case .paused: .pauseRedrive(id)
                    case .running: .resumeRedrive(id)
                    case .cancelled: .cancelRedrive(id)
                    }
                return try act.answer(try await act.perform(action, because: reason))
            }
            .described(
                "changeRedrive", .letters, "Pauses, resumes or cancels it.",
                parameters: [Self.redriveID.described, Parameters.idempotencyKey.described],
                body: RequestForm.json(
                    "RedriveWish", "What it is to be.",
                    [
                        .init("state", "Its state from now on.", .choice(Wish.allCases.map(\.rawValue))),
                        RequestForm.reason,
                    ]), problems: [404: "No such redrive."],
                answers: [.json("What came of it.", OutcomeShape.outcome)]),
        ]
    }

    private func redrive(_ incoming: IncomingRequest) async throws -> Redrive {
        let id = try incoming.required(Self.redriveID)
        guard let redrive = try await surface.link(incoming).redrives().first(where: { $0.id == id }) else {
            throw Problem.nothingThere("There is no such redrive among the newest 50; GET /api/dead-letters/redrives.")
        }
        return redrive
    }
}
