import EnergyModel
import GatewayWire
import Hummingbird
import NIOCore
import Ports

/// `/api/session`: begin one with any other credential, ask who one is, end it (ledger SEC-04).
struct SessionEndpoints: Sendable {
    static let path = "/api/session"

    let desk: SessionDesk

    var endpoints: [Endpoint] {
        [
            Endpoint(.get, Self.path, access: .role(.viewer)) { incoming in
                let caller = try Self.caller(incoming)
                return answer(SessionBody(caller, asOf: incoming.arrivedAt), .ok)
            }
            .described(
                "getSession", .access, "Who one is: role, facilities, and when it ends.",
                answers: [.json(200, "Who one is.", WireShapes.session)]),
            Endpoint(.post, Self.path, access: .role(.viewer)) { try await begin($0) }
                .described(
                    "beginSession", .access, "A session of one's own, begun with a token or a key.",
                    details: "A session begins no other: that is answered 403.",
                    answers: [.json(201, "The session, and its token once.", WireShapes.session)]),
            Endpoint(.delete, Self.path, access: .role(.viewer)) { try await end($0) }
                .described(
                    "endSession", .access, "Ends the session whose token the request carries.",
                    problems: [400: "The request came with no session."], answers: [.empty(204, "It ended.")]),
        ]
    }

    private static func caller(_ incoming: IncomingRequest) throws -> Caller {
        guard let caller = incoming.caller else { throw Problem.noAccess }
        return caller
    }

    private func begin(_ incoming: IncomingRequest) async throws -> Response {
        let caller = try Self.caller(incoming)
        guard caller.session == nil else { throw Problem.sessionOfSession }
        do throws(PortError) {
            let (token, session) = try await desk.begin(for: caller, now: incoming.arrivedAt)
            var known = caller
            known.expiresAt = session.expiresAt
            known.session = session
            return answer(SessionBody(known, asOf: incoming.arrivedAt, token: token), .created)
        } catch {
            throw Problem.sessionsUnstored
        }
    }

    private func end(_ incoming: IncomingRequest) async throws -> Response {
        guard let session = try Self.caller(incoming).session else { throw Problem.noSession }
        do throws(PortError) {
            // One that was ended twice at once is ended.
            _ = try await desk.end(session)
        } catch {
            throw Problem.sessionsUnstored
        }
        return Response(status: .noContent, headers: [.cacheControl: "no-store"])
    }

    private func answer(_ body: SessionBody, _ status: HTTPResponse.Status) -> Response {
        Response(
            status: status, headers: [.contentType: SessionBody.mediaType, .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: body.json)))
    }
}

extension SessionBody {
    init(_ caller: Caller, asOf now: UTCInstant, token: String? = nil) {
        let facilities: [String] =
            switch caller.identity.scope {
            case .all: [SessionBody.allFacilities]
            case .only(let some): some.map(\.text).sorted()
            }
        self.init(
            name: caller.identity.name, role: caller.identity.role.rawValue, facilities: facilities,
            credential: caller.session?.origin ?? caller.credential.rawValue, isSession: caller.session != nil,
            expiresAt: caller.expiresAt?.iso8601, endsAt: caller.session?.endsAt.iso8601, asOf: now.iso8601,
            token: token)
    }
}

extension Problem {
    static let sessionOfSession = Problem(
        .forbidden, status: 403, title: "Forbidden",
        detail: "A session begins no other; send the token or key that it was begun with, or go on with this one.")

    static let noSession = Problem(
        .malformedRequest, status: 400, title: "No session",
        detail: "The request came with a token or a key; send the session's own token to end it.")

    static let sessionsUnstored = waiting(
        .unavailable, status: 503, title: "Sessions cannot be stored", seconds: 5,
        detail: "The session could not be stored; send the request again after 5 s.")
}
