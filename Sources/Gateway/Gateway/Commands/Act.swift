import EnergyModel
import GatewayWire
import HTTPTypes
import Hummingbird
import Ports

/// An act as an endpoint asks for it: by whom, under which key, why.
struct Act: Sendable {
    let incoming: IncomingRequest
    let link: ScopedLink
    let key: String
    private let author: String
    private let request: StableSum
    private let memory: OutcomeMemory

    /// Throws a 400 without an Idempotency-Key.
    init(_ incoming: IncomingRequest, body: [UInt8], on surface: Surface) throws {
        self.incoming = incoming
        link = try surface.link(incoming)
        key = try incoming.idempotencyKey()
        author = incoming.caller?.identity.author ?? "nobody"
        memory = surface.outcomes
        var request = StableSum()
        request.add("\(incoming.request.method.rawValue) \(incoming.request.uri.description)\n".utf8)
        request.add(body)
        self.request = request
    }

    /// Nil when this act was not done lately.
    func first() throws -> CommandOutcome? {
        try memory.outcome(of: OutcomeMemory.Key(author: author, key: key), request: request)
    }

    /// Acts, or gives what came of the first time. A refusal is not kept: what stood in the way may be gone, and the engine
    /// knows the key.
    func perform(_ action: OperatorCommand.Action, because reason: String) async throws -> CommandOutcome {
        if let first = try first() { return first }
        // Says more exactly than a refusal what does not reach: the role is a 403, a foreign facility a 404.
        _ = try await link.permitted(action)
        let outcome = await link.submit(
            OperatorCommand(key: key, author: author, reason: reason, action: action))
        if case .done = outcome { memory.keep(outcome, of: .init(author: author, key: key), request: request) }
        return outcome
    }

    /// The answer to what came of it; a refusal is a 409 with the engine's sentence.
    func answer(
        _ outcome: CommandOutcome, status: HTTPResponse.Status = .ok, location: String? = nil, subject: String? = nil
    ) throws -> Response {
        switch outcome {
        case .refused(let sentence): throw Problem.refused(sentence)
        case .done(let sentence, let affected):
            let told = OutcomeShape.Outcome(
                sentence: Problem.closed(sentence), affected: affected, key: key, subject: subject)
            var response = IncomingRequest.json(OutcomeShape.outcome.json(told), status: status)
            if let location { response.headers[.location] = location }
            return response
        }
    }

    /// Throws a 412 when `If-Match` names another state than `tag`.
    func requireMatch(_ tag: String) throws {
        guard let tags = try incoming.value(Parameters.ifMatch), !tags.contains(tag) else { return }
        throw Problem.preconditionFailed(tag)
    }
}

extension IncomingRequest {
    fileprivate func idempotencyKey() throws -> String {
        if let key = try value(Parameters.idempotencyKey) { return key }
        guard let text = request.headers[.xIdempotencyKey] else {
            return try required(Parameters.idempotencyKey)
        }
        guard let key = Parameters.idempotencyKey.read(text) else {
            throw Problem.badParameter(
                Parameters.idempotencyKey.described, given: text, expected: Parameters.idempotencyKey.expected)
        }
        return key
    }
}

extension HTTPField.Name {
    static let xIdempotencyKey = HTTPField.Name("X-Idempotency-Key")!
}

/// What came of an act.
enum OutcomeShape {
    struct Outcome: Sendable {
        var sentence: String
        var affected: Int
        var key: String
        var subject: String?
    }

    static let outcome = Shape<Outcome>(
        "Outcome", "What came of an act. A refusal is a problem of kind `refused` instead.",
        [
            .text("outcome", "Always `done`.", as: .choice(["done"])) { _ in "done" },
            .text("sentence", "What was done.") { $0.sentence },
            .integer("affected", "Things changed.") { Int64($0.affected) },
            .text("idempotency_key", "As given.") { $0.key },
            .optionalText("id", "What was made.") { $0.subject },
        ])
}
