import EnergyModel
import GatewayWire
import HTTPTypes
import Hummingbird
import NIOCore
import Ports

/// `GET /api/stream`: snapshots as they come, as server-sent events (ledger API-13). `?view=current` for programs and
/// dashboards, `?view=operator` for consoles.
struct StreamEndpoint: Sendable {
    let house: StreamHouse
    let link: OperatorEndpoints.Link
    let now: @Sendable () -> UTCInstant

    /// When a browser is to come back after a loss.
    static let retry = Duration.seconds(1)

    var endpoints: [Endpoint] {
        // A stream is open for hours: it is bounded by its own places, not by the deadline of requests.
        [
            Endpoint(.get, LinkMembers.streamPath, access: .role(.viewer), rank: .exempt) { try answer($0) }
                .described(
                    "stream", .live, "Changes as they happen, as server-sent events.",
                    details:
                        "A reader that is slow gets the newest, not the backlog; `Last-Event-ID` goes on behind an event.",
                    parameters: [
                        .init(
                            name: "view", place: .query,
                            about:
                                "`current` for programs: changed loads, `dr-event`, `contract`; `operator` for consoles.",
                            schema: .choice(StreamView.allCases.map(\.rawValue)), isRequired: false),
                        .init(
                            name: "Last-Event-ID", place: .header, about: "The id of the last event that was read.",
                            schema: .text(), isRequired: false),
                    ],
                    problems: [503: "As many readers as may be are there already."],
                    answers: [.text(200, "Events, until the reader leaves.", ServerSentEvent.mediaType)])
        ]
    }

    private func answer(_ incoming: IncomingRequest) throws -> Response {
        guard let caller = incoming.caller else { throw Problem.noAccess }
        let view = try view(of: incoming.request)
        let position = incoming.request.headers[.lastEventID].flatMap(StreamPosition.init(_:))
        let place: StreamHouse.Place
        do {
            place = try house.place(in: caller.identity.scope, link: try link(incoming))
        } catch StreamHouse.Refusal.full {
            throw Problem.tooManyStreams
        } catch StreamHouse.Refusal.closed {
            throw Problem.streamStopping
        }
        let (now, end) = (now, caller.expiresAt)
        let body = ResponseBody { writer in
            try await writer.write(ByteBuffer(bytes: ServerSentEvent.retry(Self.retry)))
            try await place.hub.serve(view, from: position) { bytes in
                try await writer.write(bytes)
                // Nobody watches longer than her credential lasts; the next stream asks for another one.
                return end.map { now() < $0 } ?? true
            }
            try await writer.finish(nil)
        }
        // A proxy that waits for the end of an answer would wait for ever.
        var headers: HTTPFields = [.contentType: ServerSentEvent.mediaType, .cacheControl: "no-store"]
        headers[.accelBuffering] = "no"
        return Response(status: .ok, headers: headers, body: body)
    }

    private func view(of request: Request) throws -> StreamView {
        guard let text = request.uri.queryParameters["view"] else { return .current }
        guard let view = StreamView(rawValue: String(text)) else {
            throw Problem(
                .malformedRequest, status: 400, title: "Unknown view",
                detail: "view is one of \(StreamView.allCases.map(\.rawValue).joined(separator: ", ")).")
        }
        return view
    }
}

extension HTTPField.Name {
    fileprivate static let accelBuffering = HTTPField.Name("X-Accel-Buffering")!
}

extension Problem {
    static let tooManyStreams = waiting(
        .overloaded, status: 503, title: "Too many streams", seconds: 5,
        detail: "All places of /api/stream are taken; ask /api/facilities instead, or again later.")

    static let streamStopping = waiting(
        .stopping, status: 503, title: "Stopping", seconds: 2,
        detail: "This instance is stopping; open the stream at another one, or again later.")
}
