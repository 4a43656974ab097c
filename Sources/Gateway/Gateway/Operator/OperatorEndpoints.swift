import CoreMetrics
import EnergyModel
import GatewayWire
import HTTPTypes
import Hummingbird
import NIOCore
import Ports

/// The members of `OperatorLink`, each at `POST /api/operator/{member}`, for consoles that are elsewhere.
struct OperatorEndpoints: Sendable {
    /// The engine as the caller may use it.
    typealias Link = @Sendable (IncomingRequest) throws -> any OperatorLink

    let link: Link
    let now: @Sendable () -> UTCInstant
    let budget: IntakeBudget
    let metrics: RequestMetrics

    /// Questions under way at once, and their bytes.
    private static let (inFlight, inFlightBytes) = (256, 64 << 20)

    init(link: @escaping Link, metrics: RequestMetrics, now: @escaping @Sendable () -> UTCInstant) {
        self.link = link
        self.now = now
        self.metrics = metrics
        budget = IntakeBudget(byteLimit: Self.inFlightBytes, deliveryLimit: Self.inFlight)
    }

    var endpoints: [Endpoint] { queries + searches + response + actions }

    private var queries: [Endpoint] {
        [
            Endpoint(.get, LinkMembers.clockPath, access: .role(.viewer), rank: .exempt) { try clock($0) }
                .described(
                    "operatorClock", .live, "The engine's clock, and whom it takes the caller for.",
                    answers: [.json(200, "As consoles read it.", .anything)]),
            member(LinkMembers.series) { link, question throws(PortError) in try await link.series(question) },
            member(LinkMembers.meters) { link, question throws(PortError) in
                try await link.meters(of: question.facility)
            },
            member(LinkMembers.forecast) { link, question throws(PortError) in try await link.forecast(question) },
            member(LinkMembers.backtest) { link, question throws(PortError) in try await link.backtest(question) },
            member(LinkMembers.snapshot) { link, question throws(PortError) in
                try await link.snapshot(at: question.at)
            },
        ]
    }

    private var searches: [Endpoint] {
        [
            member(LinkMembers.deadLetters) { link, question throws(PortError) in
                try await link.deadLetters(question)
            },
            member(LinkMembers.deadLetter) { link, question throws(PortError) in
                try await link.deadLetter(question.number)
            },
            member(LinkMembers.check) { link, question throws(PortError) in
                try await link.check(deadLetter: question.number, payload: question.payload)
            },
            member(LinkMembers.dryRun) { link, question throws(PortError) in try await link.dryRun(question) },
            member(LinkMembers.redrives) { link, _ throws(PortError) in try await link.redrives() },
            member(LinkMembers.trace) { link, question throws(PortError) in try await link.trace(question.trace) },
            member(LinkMembers.traces) { link, question throws(PortError) in try await link.traces(question) },
            member(LinkMembers.journal) { link, question throws(PortError) in try await link.journal(question) },
        ]
    }

    private var response: [Endpoint] {
        [
            member(LinkMembers.events) { link, question throws(PortError) in
                try await link.events(question)
            },
            member(LinkMembers.event) { link, question throws(PortError) in
                try await link.event(question.event)
            },
            member(LinkMembers.previewEvent) { link, question throws(PortError) in
                try await link.preview(question)
            },
            member(LinkMembers.previewOverride) { link, question throws(PortError) in
                try await link.preview(question)
            },
            member(LinkMembers.building) { link, question throws(PortError) in
                try await link.building(question.facility)
            },
            member(LinkMembers.reports) { link, question throws(PortError) in
                try await link.reports(of: question.event)
            },
        ]
    }

    private var actions: [Endpoint] {
        [
            member(LinkMembers.arm) { link, question throws(PortError) in try await link.arm(question) },
            member(LinkMembers.disarm) { link, question throws(PortError) in
                try await link.disarm(key: question.key)
                return Nothing()
            },
            member(LinkMembers.submit, limit: LinkMembers.importLimit) {
                link, command throws(PortError) in await link.submit(command)
            },
        ]
    }

    /// The times are the engine's, not the answer's: measured as late and as early as can be.
    private func clock(_ incoming: IncomingRequest) throws -> Response {
        guard let caller = incoming.caller else { throw Problem.noAccess }
        let answer = ClockAnswer(
            received: incoming.arrivedAt, sent: now(), identity: caller.identity, expiresAt: caller.expiresAt)
        return json(try LinkJSON.encode(answer))
    }

    /// Consoles are not shed with programs: each question has its own time, and a command the engine's.
    private func member<Question, Answer>(
        _ member: LinkMember<Question, Answer>, limit: Int = LinkMembers.bodyLimit,
        _ perform: @escaping @Sendable (any OperatorLink, Question) async throws(PortError) -> Answer
    ) -> Endpoint {
        let time = member.path == LinkMembers.submit.path ? nil : member.deadline
        let endpoint = Endpoint(.post, member.path, access: .role(.viewer), rank: .exempt, limit: time) { incoming in
            do throws(PortError) {
                let question = try await question(Question.self, of: incoming, limit: limit)
                let answer = try await perform(try link(for: incoming), question)
                return json(try encoded(answer))
            } catch {
                return failure(error, incoming)
            }
        }
        return endpoint.described(
            "operator_\(member.name)", .live, "A console's `\(member.name)`.",
            details:
                "The console's own protocol: bodies are the engine's values and change with `\(WireVersion.header)`. "
                + "Programs use the other routes.",
            body: .init(
                about: "The question.", contents: [.init(mediaType: "application/json", schema: .object([]))]),
            problems: [403: "The role or the facilities do not allow it.", 404: "No such thing.", 413: "Too much."],
            answers: [.json(200, "The answer.", .anything)])
    }
}

extension OperatorEndpoints {

    private func link(for incoming: IncomingRequest) throws(PortError) -> any OperatorLink {
        do {
            return try link(incoming)
        } catch {
            throw PortError(.unavailable, "no engine stands behind this gateway; connect to one that runs one")
        }
    }

    private func question<Question: Decodable>(
        _: Question.Type, of incoming: IncomingRequest, limit: Int
    ) async throws(PortError) -> Question {
        try checkHead(incoming.request.headers)
        let bytes = try await body(of: incoming.request, limit: limit)
        let question: Question
        do {
            question = try LinkJSON.decode(Question.self, from: bytes)
        } catch {
            throw PortError(.invalid, "the body is not what this member takes: \(words(of: error))")
        }
        if bytes.count > LinkMembers.bodyLimit, (question as? OperatorCommand)?.mayBeLarge != true {
            throw tooLarge(LinkMembers.bodyLimit)
        }
        return question
    }

    private func checkHead(_ headers: HTTPFields) throws(PortError) {
        if let spoken = headers[.linkVersion], spoken != String(WireVersion.current) {
            throw PortError(
                .invalid,
                "this engine speaks version \(WireVersion.current) of the wire and the other end another one; "
                    + "use the same version of switchyard at both ends")
        }
        let type = headers[.contentType]?.lowercased().prefix { $0 != ";" }.filter { $0 != " " }
        guard type == "application/json" else {
            throw PortError(.invalid, "send the question with Content-Type application/json")
        }
    }

    private func body(of request: Request, limit: Int) async throws(PortError) -> [UInt8] {
        guard let reservation = budget.reserve() else { throw full }
        let body = RequestBody(
            limit: limit, metrics: metrics, tooLarge: .linkBodyTooLarge(limit), inFlightFull: .linkFull,
            empty: .linkBodyEmpty)
        do {
            return try await body.read(request, within: reservation)
        } catch let problem as Problem {
            throw PortError(problem.status >= 500 ? .unavailable : .invalid, problem.detail)
        } catch {
            throw PortError(.unavailable, "the question could not be read; ask again", cause: error)
        }
    }

    private func encoded(_ answer: some Encodable) throws(PortError) -> [UInt8] {
        do {
            return try LinkJSON.encode(answer)
        } catch {
            throw PortError(.corrupt, "the answer cannot be written down", cause: error)
        }
    }

    private func json(_ bytes: [UInt8]) -> Response {
        Response(
            status: .ok, headers: [.contentType: "application/json", .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    private func failure(_ error: PortError, _ incoming: IncomingRequest) -> Response {
        let failure = LinkFailure(error, traceID: incoming.trace.traceID)
        return Response(
            status: HTTPTypes.HTTPResponse.Status(code: failure.status),
            headers: [.contentType: Problem.mediaType, .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: failure.json)))
    }

    private func tooLarge(_ limit: Int) -> PortError {
        PortError(.invalid, Problem.linkBodyTooLarge(limit).detail)
    }

    private var full: PortError { PortError(.unavailable, Problem.linkFull.detail) }
}

/// Where in the body it is, without the body.
private func words(of error: any Error) -> String {
    func place(_ context: DecodingError.Context) -> String {
        let path = context.codingPath.map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: "/")
        return path.isEmpty ? "at its top" : "at \(path)"
    }
    switch error {
    case DecodingError.keyNotFound(let key, let context): return "\(key.stringValue) is missing \(place(context))"
    case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
        return "another kind of value belongs \(place(context))"
    case DecodingError.dataCorrupted(let context): return "it cannot be read \(place(context))"
    case let fault as WireFault: return fault.description
    default: return String(describing: error)
    }
}

extension OperatorCommand {
    fileprivate var mayBeLarge: Bool {
        if case .importFacilities = action { true } else { false }
    }
}

extension HTTPField.Name {
    static let linkVersion = HTTPField.Name(LinkMembers.versionHeader)!
    static let lastEventID = HTTPField.Name("Last-Event-ID")!
}

extension Problem {
    static func linkBodyTooLarge(_ limit: Int) -> Problem {
        var problem = Problem(
            .bodyTooLarge, status: 413, title: "Body too large",
            detail: "The body is larger than \(limit) bytes; ask for less at once.")
        problem.limitBytes = limit
        return problem
    }

    static let linkFull = waiting(
        .overloaded, status: 503, title: "Overloaded", seconds: 1,
        detail: "Too many questions are under way at once; ask again later.")

    static let linkBodyEmpty = Problem(
        .emptyBody, status: 400, title: "Empty body",
        detail: "The body is empty; send the question as JSON, {} for none.")
}
