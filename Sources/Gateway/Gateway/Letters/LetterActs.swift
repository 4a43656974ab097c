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

    var endpoints: [Endpoint] { [edit, replays, discards] }

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
}
