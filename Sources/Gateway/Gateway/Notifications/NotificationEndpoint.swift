import CoreMetrics
import EnergyModel
import GatewayWire
import HTTPTypes
import Hummingbird
import NIOCore
import Ports
import Resilience

/// `POST /webhooks/utility/dr-notification` (ledger API-03, CF-07) and its echo challenge. Success is answered only after
/// the notification is durable; who sent it is known before a byte of the body is interpreted.
struct NotificationEndpoint: Sendable {
    static let path = "/webhooks/utility/dr-notification"
    static let mediaType = "application/json"

    let intake: any NotificationIntake
    let desk: IntakeDesk<NotificationVerdict>
    let gate: UtilityGate
    let budget: IntakeBudget
    let body: RequestBody
    let intakeTimeout: Duration
    let success: GatewayConfiguration.NotificationSuccess
    let requests: RequestMetrics
    let metrics: NotificationMetrics

    init(
        intake: any NotificationIntake, utilities: [UtilityKey], desk: IntakeDesk<NotificationVerdict>,
        configuration: GatewayConfiguration, requests: RequestMetrics, factory: any MetricsFactory,
        monotonic: @escaping @Sendable () -> MonotonicTime
    ) {
        self.intake = intake
        self.desk = desk
        self.requests = requests
        gate = UtilityGate(
            keys: utilities, perSecond: configuration.notificationsPerSecond, burst: configuration.notificationBurst,
            monotonic: monotonic)
        budget = IntakeBudget(
            byteLimit: configuration.notificationBytes, deliveryLimit: configuration.notificationsInFlight)
        body = RequestBody(
            limit: configuration.notificationLimit, metrics: requests,
            tooLarge: .notificationTooLarge(limit: configuration.notificationLimit),
            inFlightFull: .notificationsFull, empty: .emptyNotification)
        intakeTimeout = configuration.notificationTimeout
        success = configuration.notificationSuccess
        metrics = NotificationMetrics(factory: factory, utilities: utilities.map(\.name))
    }

    var endpoints: [Endpoint] {
        [
            Endpoint(.get, Self.path) { try Self.echo($0) }.described(as: .echo),
            Endpoint(.post, Self.path) { try await answer($0) }.described(as: .delivery),
        ]
    }

    /// What the path answers while nobody may send: 503, since a sender takes 404 for the end of its subscription.
    static let unconfigured = [
        Endpoint(.get, path) { _ in throw Problem.noUtility }.described(as: .echo),
        Endpoint(.post, path) { _ in throw Problem.noUtility }.described(as: .delivery),
    ]

    private static func echo(_ incoming: IncomingRequest) throws -> Response {
        guard let value = EchoChallenge.value(in: incoming.request.uri.query ?? "") else { throw Problem.noEcho }
        return Response(
            status: .ok,
            headers: [
                .contentType: "text/plain; charset=utf-8", .xContentTypeOptions: "nosniff", .cacheControl: "no-store",
            ],
            body: ResponseBody(byteBuffer: ByteBuffer(string: value)))
    }

    private func answer(_ incoming: IncomingRequest) async throws -> Response {
        let headers = incoming.request.headers
        let (credentials, candidates) = try identified(headers, at: incoming.arrivedAt)
        guard headers[.contentType].flatMap(ReadingMediaType.format(contentType:)) == .json else {
            throw Problem.unsupportedMediaType(Self.mediaType, of: "the notification")
        }
        if let encoding = headers[.contentEncoding], encoding.lowercased() != "identity" {
            throw Problem.unsupportedEncoding
        }
        guard let reservation = budget.reserve() else { throw Problem.notificationsFull }
        let bytes = try await body.read(incoming.request, within: reservation)
        guard let key = credentials.sender(of: bytes, among: candidates) else { throw refused(.wrong) }
        if let wait = gate.refusal(of: key) {
            metrics.count(.rateLimited, utility: key.name)
            throw Problem.tooManyNotifications(seconds: retryAfterSeconds(wait))
        }
        let notification = InboundNotification(
            utility: key.name, deliveryID: credentials.deliveryID, body: bytes, arrivedAt: incoming.arrivedAt,
            traceID: incoming.trace.traceID, span: incoming.trace.context.span,
            isTraceOurs: !incoming.trace.isGiven)
        let outcome = await desk.offer(holding: reservation, within: intakeTimeout) { [intake] in
            await intake.accept(notification)
        }
        return try response(to: outcome, utility: key.name)
    }

    private func identified(
        _ headers: HTTPFields, at now: UTCInstant
    ) throws -> (WebhookCredentials, [UtilityKey]) {
        do throws(WebhookCredentials.Refusal) {
            let credentials = try WebhookCredentials(headers, now: now)
            let candidates = credentials.candidates(among: gate.keys)
            guard !candidates.isEmpty else { throw .wrong }
            return (credentials, candidates)
        } catch {
            throw refused(error)
        }
    }

    private func refused(_ refusal: WebhookCredentials.Refusal) -> Problem {
        switch refusal {
        case .tooOld: metrics.count(.tooOld, utility: nil)
        case .tooNew: metrics.count(.tooNew, utility: nil)
        case .missing, .malformed, .wrong: metrics.count(.unauthorized, utility: nil)
        }
        return Problem.unauthorized(refusal)
    }

    private func response(
        to outcome: IntakeDesk<NotificationVerdict>.Outcome, utility: String
    ) throws -> Response {
        switch outcome {
        case .verdict(.accepted(let event, let isRepeat)):
            metrics.count(isRepeat ? .repeated : .accepted, utility: utility)
            return Response(
                status: success == .ok ? .ok : .accepted, headers: [.contentType: NotificationAnswer.mediaType],
                body: ResponseBody(byteBuffer: ByteBuffer(bytes: NotificationAnswer(event: event).json)))
        case .verdict(.malformed(let path, let sentence)):
            metrics.count(.malformed, utility: utility)
            throw Problem.malformedNotification(path: path, sentence: sentence)
        case .verdict(.busy(let retryAfter, let sentence)):
            metrics.count(.busy, utility: utility)
            throw Problem.notificationsBusy(seconds: retryAfterSeconds(retryAfter), sentence: sentence)
        case .timedOut:
            metrics.count(.timedOut, utility: utility)
            requests.timedOut("accept_notification")
            throw Problem.notificationTooSlow
        case .full:
            metrics.count(.busy, utility: utility)
            throw Problem.notificationsFull
        case .stopped: throw Problem.stopping
        }
    }
}
