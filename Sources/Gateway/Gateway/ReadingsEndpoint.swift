import CoreMetrics
import GatewayWire
import HTTPTypes
import Hummingbird
import NIOCore
import Ports

/// `POST /api/ingest/readings` (ledger ING-01, ING-02, ING-04, ING-08): 202 only after everything in the body is durable.
struct ReadingsEndpoint: Sendable {
    static let path = "/api/ingest/readings"

    let intake: any ReadingIntake
    let desk: IntakeDesk<IntakeVerdict>
    let budget: IntakeBudget
    let body: RequestBody
    let intakeTimeout: Duration
    let metrics: RequestMetrics

    init(
        intake: any ReadingIntake, desk: IntakeDesk<IntakeVerdict>, configuration: GatewayConfiguration,
        metrics: RequestMetrics
    ) {
        self.intake = intake
        self.desk = desk
        self.metrics = metrics
        budget = IntakeBudget(
            byteLimit: configuration.inFlightBytes, deliveryLimit: configuration.inFlightDeliveries)
        body = RequestBody(
            limit: configuration.bodyLimit, metrics: metrics,
            tooLarge: .bodyTooLarge(limit: configuration.bodyLimit), inFlightFull: .inFlightFull, empty: .emptyBody)
        intakeTimeout = configuration.intakeTimeout
    }

    var endpoint: Endpoint {
        Endpoint(.post, Self.path, access: .meter) { try await answer($0) }
            .described(
                "ingestReadings", .readings, "Readings of meters.",
                details: "A reading twice is one reading, known by its meter and time.", body: Self.form,
                problems: Self.problems, answers: [.json(202, "All of it is durable.", WireShapes.ingest)])
    }

    /// - Parameter meter: all readings must be of it; nil: of whoever they name.
    func answer(_ incoming: IncomingRequest, of meter: MeterRegistration? = nil) async throws -> Response {
        let headers = incoming.request.headers
        guard let format = headers[.contentType].flatMap(ReadingMediaType.format(contentType:)) else {
            throw Problem.unsupportedMediaType(ReadingMediaType.all, of: "the readings")
        }
        if let encoding = headers[.contentEncoding], encoding.lowercased() != "identity" {
            throw Problem.unsupportedEncoding
        }
        guard let reservation = budget.reserve() else { throw Problem.inFlightFull }
        let payload = try await body.read(incoming.request, within: reservation)
        metrics.bodyRead(bytes: payload.count)
        let delivery = IntakeDelivery(
            origin: .rest(client: incoming.client), format: format, payload: payload, traceparent: incoming.trace.text,
            of: meter, facilities: incoming.caller?.identity.scope.facilities)
        let outcome = await desk.offer(holding: reservation, within: intakeTimeout) { [intake] in
            await intake.accept([delivery], arrivedAt: incoming.arrivedAt)
        }
        return try response(to: outcome)
    }

    private func response(to outcome: IntakeDesk<IntakeVerdict>.Outcome) throws -> Response {
        switch outcome {
        case .verdict(.settled(let results)): return try response(to: results)
        case .verdict(.refused(let refusal)): throw problem(for: refusal)
        case .timedOut:
            metrics.timedOut("accept_readings")
            throw Problem.intakeTooSlow
        case .full: throw Problem.inFlightFull
        case .stopped: throw Problem.stopping
        }
    }

    private func response(to results: [IntakeResult]) throws -> Response {
        let accepted = results.reduce(0) { $0 + $1.accepted }
        let duplicates = results.reduce(0) { $0 + $1.duplicates }
        let rejected = results.flatMap(\.rejected)
        guard rejected.isEmpty else { throw rejection(accepted: accepted, duplicates: duplicates, rejected: rejected) }
        let body = IngestAnswer(accepted: accepted, duplicates: duplicates).json
        return Response(
            status: .accepted, headers: [.contentType: IngestAnswer.mediaType],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
    }

    private func rejection(accepted: Int, duplicates: Int, rejected: [RejectedItem]) -> Problem {
        var problem = Problem(
            .rejectedReadings, status: 400, title: "Rejected readings",
            detail: "\(rejected.count) of the readings were refused, and the other \(accepted) are safe; "
                + "mend those listed by index and send only them again.")
        let items = rejected.map { RejectedReadings.Item(index: $0.index, reason: $0.reason, message: $0.message) }
        problem.readings = RejectedReadings(accepted: accepted, duplicates: duplicates, rejected: items)
        return problem
    }

    private func problem(for refusal: IntakeRefusal) -> Problem {
        let seconds = retryAfterSeconds(refusal.retryAfter)
        switch refusal.reason {
        case .aboveMark:
            return .waiting(
                .overloaded, status: 503, title: "Queue above its mark", seconds: seconds,
                detail:
                    "The local queue is above its mark and took nothing; send the same body again after \(seconds) s.")
        case .unavailable, .outOfTurn:
            return .waiting(
                .unavailable, status: 503, title: "Log unavailable", seconds: seconds,
                detail: "Neither the log nor the local queue takes readings, and nothing was taken; "
                    + "send the same body again after \(seconds) s.")
        case .stopping:
            var problem = Problem.stopping
            problem.retryAfterSeconds = seconds
            return problem
        }
    }
}
