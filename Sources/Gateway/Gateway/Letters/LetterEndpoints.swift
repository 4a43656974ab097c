import EnergyModel
import GatewayWire
import Hummingbird
import Ports

/// `/api/dead-letters`: what is asked of dead letters (ledger DLQ, API-15).
struct LetterEndpoints: Sendable {
    let surface: Surface

    private static let limit = Parameters.limit(100, upTo: 500)
    static let number = Parameters.number("number", in: .path, "The letter.")
    private static let before = Parameters.number("before", in: .query, "Only numbers below this.")
    private static let topic = word("topic", "Only in this dead-letter topic.")
    private static let failure = word("failure", "Only with this class of failure, e.g. `malformed_json`.")
    private static let state = Parameters.choice("state", "Only those that stand so.", of: DeadLetter.State.self)

    private static func word(_ name: String, _ about: String) -> Parameter<String> {
        Parameter(
            name, about, RequestText.schema(1...200),
            expected: "a text of 1 to 200 characters, none of them a control character",
            read: { Parameters.text.read($0) })
    }

    private static let checkForm = RequestForm.json(
        "LetterPayload", "Another payload in place of the letter's; what a replay would send now without it.",
        isRequired: false, payloadMembers)

    static let payloadMembers: [Schema.Member] = [
        .init("payload", "As text.", .text(), isRequired: false),
        .init(
            "payload_base64", "As base64, for what is no text; not both.", .text(pattern: Base64.pattern),
            isRequired: false),
    ]

    var endpoints: [Endpoint] { asking + trying }

    private var asking: [Endpoint] {
        [
            Endpoint(.get, "/api/dead-letters", access: .role(.viewer), rank: .live) { try await list($0) }
                .described(
                    "listDeadLetters", .letters, "Dead letters, newest first.",
                    parameters: [
                        Self.topic.described, Self.failure.described, Self.state.described,
                        Parameters.ofFacility.described, Parameters.text.described, Self.before.described,
                        Self.limit.described,
                    ], answers: [.json("A page.", LetterShapes.page).paged()]),
            Endpoint(.get, "/api/dead-letters/{number}", access: .role(.viewer), rank: .live) { incoming in
                let letter = try await surface.letter(incoming)
                return try incoming.answer(
                    Told(letter, asOf: letter.changedAt, now: incoming.arrivedAt), LetterShapes.detail,
                    tag: letter.tag)
            }
            .described(
                "getDeadLetter", .letters, "One dead letter with its bytes.",
                parameters: [Self.number.described, Parameters.ifNoneMatch.described],
                problems: [404: "No such letter."],
                answers: [.json("The letter.", LetterShapes.detail).tagged(), .empty(304, "Nothing changed.")]),
        ]
    }

    /// What stores and sends nothing.
    private var trying: [Endpoint] {
        [
            Endpoint(.post, "/api/dead-letters/{number}/check", access: .role(.viewer), rank: .live) { incoming in
                let number = try incoming.required(Self.number)
                let payload = try await surface.jsonIfThere(incoming).flatMap {
                    try Self.payload(of: try BodyReader($0))
                }
                let link = try surface.link(incoming)
                _ = try await surface.letter(incoming)
                let check = try await link.check(deadLetter: number, payload: payload)
                return IncomingRequest.json(LetterShapes.check.json(check))
            }
            .described(
                "checkDeadLetter", .letters, "What processing would say to it now. Nothing is stored or sent.",
                parameters: [Self.number.described], body: Self.checkForm, problems: [404: "No such letter."],
                answers: [.json("What it would say.", LetterShapes.check)]),
            Endpoint(.post, "/api/dead-letters/dry-run", access: .role(.viewer), rank: .bulk) { incoming in
                let selection = try LetterSelectionForm.read(try BodyReader(try await surface.json(incoming).value))
                return IncomingRequest.json(
                    LetterShapes.dryRun.json(try await surface.link(incoming).dryRun(selection)))
            }
            .described(
                "dryRunDeadLetters", .letters, "What a replay of many would bring now. Nothing is stored or sent.",
                body: RequestForm.json("DryRunRequest", "Which letters.", [LetterSelectionForm.member]),
                answers: [.json("By reason.", LetterShapes.dryRun)]),
        ]
    }

    private func list(_ incoming: IncomingRequest) async throws -> Response {
        let limit = try incoming.value(Self.limit) ?? 100
        let query = DeadLetterQuery(
            topic: try incoming.value(Self.topic), reason: try incoming.value(Self.failure),
            state: try incoming.value(Self.state), facility: try incoming.value(Parameters.ofFacility),
            text: try incoming.value(Parameters.text), before: try incoming.value(Self.before), limit: limit)
        let found = try await surface.link(incoming).deadLetters(query)
        let next = found.letters.count == limit ? found.letters.last?.number : nil
        let page = LetterShapes.Page(letters: found.letters, matching: found.matching, next: next)
        return try incoming.answer(
            Told(page, asOf: incoming.arrivedAt, now: incoming.arrivedAt), LetterShapes.page,
            next: try next.map { try incoming.target(setting: "before", to: String($0)) })
    }

    /// Nil when the body names none.
    static func payload(of body: BodyReader) throws -> [UInt8]? {
        let text = try body.ifThere("payload") { try $0.text($1, lengths: 0...Surface.bodyLimit, isPlain: false) }
        let base64 = try body.ifThere("payload_base64") {
            try $0.text($1, lengths: 0...Surface.bodyLimit, isPlain: false)
        }
        switch (text, base64) {
        case (nil, nil): return nil
        case (let text?, nil): return Array(text.utf8)
        case (nil, let base64?):
            guard let bytes = Base64.bytes(of: base64) else {
                throw Problem.badBody(
                    "/payload_base64", "The member /payload_base64 must be base64 (RFC 4648) with its padding.")
            }
            return bytes
        case (_?, _?):
            throw Problem.badBody("/payload_base64", "Give /payload or /payload_base64, not both.")
        }
    }
}

extension Surface {
    /// The letter of the path. Throws a 404 when there is none.
    func letter(_ incoming: IncomingRequest) async throws -> DeadLetter {
        let number = try incoming.required(LetterEndpoints.number)
        guard let letter = try await link(incoming).deadLetter(number) else {
            throw Problem.nothingThere("There is no dead letter \(number); GET /api/dead-letters lists them.")
        }
        return letter
    }
}

extension DeadLetter {
    /// `{edition}.{attempts}.{state}`: changes with whatever may change.
    var tag: String { "\(edit?.edition ?? 0).\(attempts).\(state.rawValue)" }
    var changedAt: UTCInstant { edit?.at ?? firstSeen }

    /// The edition in a tag.
    static func edition(ofTag tag: String) -> Int? {
        tag.split(separator: ".").first.flatMap { Int($0) }.flatMap { $0 >= 0 ? $0 : nil }
    }
}
