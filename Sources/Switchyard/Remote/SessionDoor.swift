import CurlTransport
import EnergyModel
import Foundation
import GatewayWire
import Ports

/// `/api/session` of an engine elsewhere: a token for a session, who one is, and the session's end.
struct SessionDoor: Sendable {
    private let endpoint: String
    private let send: HTTPSend

    init(_ address: EngineAddress) {
        let transport = TransportOnDemand(engineTransport(authorityFile: address.authorityFile), service: "engine")
        self.init(address) { request throws(HTTPTransportError) in try await transport.send(request) }
    }

    init(_ address: EngineAddress, send: @escaping HTTPSend) {
        endpoint = address.endpoint.hasSuffix("/") ? String(address.endpoint.dropLast()) : address.endpoint
        self.send = send
    }

    /// The session's token and whom it is for. A token that is a session's already is kept as it is.
    func begin(with token: String) async throws -> (session: String, SessionBody) {
        do throws(PortError) {
            let answer = try await exchange(.post, token)
            if answer.status == 403 { return (token, try await ask(token)) }
            let body = try body(answer)
            guard let session = body.token else {
                throw PortError(.invalid, "\(endpoint) began a session without telling its token; is it an engine?")
            }
            return (session, body)
        } catch {
            throw CommandFailure(error.isTransient ? .unreachable : .failed, error.sentence)
        }
    }

    func ask(_ token: String) async throws(PortError) -> SessionBody { try body(try await exchange(.get, token)) }

    /// One that is over already is no mistake.
    func end(_ token: String) async throws {
        do throws(PortError) {
            let answer = try await exchange(.delete, token)
            guard [200, 204, 401].contains(answer.status) else { throw failure(answer) }
        } catch {
            throw CommandFailure(error.isTransient ? .unreachable : .failed, error.sentence)
        }
    }

    private func exchange(_ method: HTTPMethod, _ token: String) async throws(PortError) -> HTTPResponse {
        do throws(HTTPTransportError) {
            return try await send(
                HTTPRequest(
                    method, endpoint + "/api/session",
                    headers: [
                        HTTPHeader("authorization", "Bearer \(token)"), HTTPHeader("accept", "application/json"),
                    ], deadline: .seconds(8)))
        } catch {
            throw PortError(.unavailable, "\(endpoint) was not reached: \(error.sentence)")
        }
    }

    private func body(_ answer: HTTPResponse) throws(PortError) -> SessionBody {
        guard answer.status == 200 || answer.status == 201 else { throw failure(answer) }
        do {
            return try JSONDecoder().decode(SessionBody.self, from: Data(answer.body))
        } catch {
            throw PortError(.invalid, "\(endpoint) answered something that is no session; is it an engine?")
        }
    }

    private func failure(_ answer: HTTPResponse) -> PortError {
        if answer.status == 401 {
            return PortError(
                .forbidden, "\(endpoint) does not take this credential: it is wrong, over, or for another engine")
        }
        let problem: Problem?
        do { problem = try JSONDecoder().decode(Problem.self, from: Data(answer.body)) } catch { problem = nil }
        let detail = problem.map { ": " + $0.detail } ?? ""
        return PortError(
            answer.status >= 500 ? .unavailable : .invalid, "\(endpoint) answered \(answer.status)\(detail)")
    }
}

/// The person names the engine, so every address is hers to choose; redirects are never followed.
func engineTransport(authorityFile: String?) -> CurlTransportConfiguration {
    CurlTransportConfiguration(
        connectTimeout: .seconds(3), deadline: .seconds(8), responseLimit: 64 << 20,
        addresses: AddressPolicy(
            allowed: ["0.0.0.0/0", "::/0"].compactMap { AddressBlock($0) }, permitsUnlistedPublic: true),
        tls: TLSConfiguration(authorityFile: authorityFile), userAgent: "switchyard-console")
}
