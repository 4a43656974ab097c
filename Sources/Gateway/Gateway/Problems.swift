import EnergyModel
import GatewayWire
import HTTPTypes
import Hummingbird
import NIOCore

extension HTTPField.Name {
    static let traceparent = HTTPField.Name("traceparent")!
    static let wireVersion = HTTPField.Name(WireVersion.header)!
    static let dataTimestamp = HTTPField.Name(WireVersion.dataTimestampHeader)!
    static let acceptPost = HTTPField.Name("Accept-Post")!
}

extension Problem {
    /// Head and body of the answer, without the headers that every answer carries.
    func answer() -> (HTTPResponse, [UInt8]) {
        let body = json
        var head = HTTPResponse(status: HTTPResponse.Status(code: status))
        head.headerFields[.contentType] = Problem.mediaType
        head.headerFields[.contentLength] = String(body.count)
        head.headerFields[.cacheControl] = "no-store"
        if let retryAfterSeconds { head.headerFields[.retryAfter] = String(retryAfterSeconds) }
        if let acceptedTypes { head.headerFields[.acceptPost] = acceptedTypes }
        if kind == .unauthorized { head.headerFields[.wwwAuthenticate] = "Bearer" }
        if kind == .unsupportedEncoding { head.headerFields[.acceptEncoding] = "identity" }
        return (head, body)
    }

    func response() -> Response {
        let (head, body) = answer()
        return Response(
            status: head.status, headers: head.headerFields, body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
    }

    static func notFound(_ paths: [String]) -> Problem {
        Problem(
            .notFound, status: 404, title: "Not found",
            detail: paths.count > 16
                ? "Nothing lives at this path; GET \(DocumentEndpoint.path) tells what there is."
                : "Nothing lives at this path; this gateway answers at \(paths.sorted().joined(separator: ", ")).")
    }

    static func methodNotAllowed(_ allowed: String) -> Problem {
        Problem(
            .methodNotAllowed, status: 405, title: "Method not allowed",
            detail: "This path does not take that method; use \(allowed).")
    }

    static let noEngine = waiting(
        .unavailable, status: 503, title: "No engine", seconds: 60,
        detail: "No engine answers behind this gateway; ask one that runs with it.")

    static let malformedRequest = Problem(
        .malformedRequest, status: 400, title: "Malformed request",
        detail: "The request is not valid HTTP/1.1 or ended early; send it again, whole.")

    static let emptyBody = Problem(
        .emptyBody, status: 400, title: "Empty body",
        detail: "The body holds no reading; send a JSON object, a JSON array, NDJSON lines or a protobuf batch.")

    static func bodyTooLarge(limit: Int) -> Problem {
        var problem = Problem(
            .bodyTooLarge, status: 413, title: "Body too large",
            detail: "The body is larger than \(limit) bytes; send the readings in several requests.")
        problem.limitBytes = limit
        return problem
    }

    /// - Parameter subject: what is to be sent, e.g. `the readings`.
    static func unsupportedMediaType(_ accepted: String, of subject: String) -> Problem {
        var problem = Problem(
            .unsupportedMediaType, status: 415, title: "Unsupported media type",
            detail: "Send \(subject) with Content-Type \(accepted), in UTF-8 where it is text.")
        problem.acceptedTypes = accepted
        return problem
    }

    static let unsupportedEncoding = Problem(
        .unsupportedEncoding, status: 415, title: "Unsupported content encoding",
        detail: "Send the body as it is, without Content-Encoding.")

    static let bodyTooSlow = waiting(
        .requestTooSlow, status: 408, title: "Request too slow", seconds: 1,
        detail: "The body did not arrive in time, and nothing of it was taken; send it again, in smaller parts.")

    static let inFlightFull = waiting(
        .overloaded, status: 503, title: "Overloaded", seconds: 1,
        detail: "Too many readings are on their way at once, and nothing of this body was taken; send it again later.")

    static let intakeTooSlow = waiting(
        .deadlinePassed, status: 503, title: "Not durable in time", seconds: 5,
        detail: "The readings were not durable in time and may or may not be kept; send the same body again, "
            + "doubles are recognised by meter and timestamp.")

    static let stopping = waiting(
        .stopping, status: 503, title: "Stopping", seconds: 2,
        detail: "This instance is stopping and took nothing; send the same body to another one, or again later.")

    /// An error of ours: the log has it under the trace id.
    static let internalError = Problem(
        .internalError, status: 500, title: "Internal error",
        detail: "The gateway failed; send the request again, and if it stays so report the trace id.")

    /// A problem that passes: `seconds` is when to try again.
    static func waiting(
        _ kind: Kind, status: Int, title: String, seconds: Int, detail: String
    ) -> Problem {
        var problem = Problem(kind, status: status, title: title, detail: detail)
        problem.retryAfterSeconds = seconds
        return problem
    }
}

/// `Retry-After` in whole seconds, rounded up, at least 1 and at most a day.
func retryAfterSeconds(_ span: Duration) -> Int {
    let milliseconds = min(max(span.milliseconds, 1), 86_400_000)
    return Int((milliseconds + 999) / 1000)
}

extension ConnectionStateMachine.Refusal {
    func problem(_ configuration: GatewayConfiguration) -> Problem {
        switch self {
        case .tooManyConnections:
            .waiting(
                .tooManyConnections, status: 503, title: "Too many connections", seconds: 1,
                detail:
                    "All \(configuration.connections) connections are in use; try again later, and keep connections open."
            )
        case .headTooSlow:
            .waiting(
                .requestTooSlow, status: 408, title: "Request too slow", seconds: 1,
                detail:
                    "The request's header did not arrive in time; open a connection only when there is a request to send."
            )
        case .headersTooLarge:
            Problem(
                .headersTooLarge, status: 431, title: "Headers too large",
                detail:
                    "Request line and headers may have \(configuration.headerLimit) bytes in \(configuration.headerCount) "
                    + "fields; send fewer.")
        case .malformed: .malformedRequest
        }
    }
}
