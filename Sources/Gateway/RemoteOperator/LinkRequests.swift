import EnergyModel
import GatewayWire
import Ports

/// Puts requests to the gateway together and makes of its answers what the ports say.
struct LinkRequests: Sendable {
    /// `https://engine.example:8443`, without a slash at its end.
    let endpoint: String
    /// The value of `Authorization`'s bearer token, asked for anew with every request so that it can be renewed.
    let credential: @Sendable () async throws(PortError) -> String

    func request(
        _ method: HTTPMethod, _ path: String, headers: [HTTPHeader] = [], body: [UInt8] = [], deadline: Duration
    ) async throws(PortError) -> Ports.HTTPRequest {
        var headers = headers
        headers.append(HTTPHeader("Authorization", "Bearer \(try await credential())"))
        headers.append(HTTPHeader(LinkMembers.versionHeader, String(WireVersion.current)))
        if method == .post { headers.append(HTTPHeader("Content-Type", "application/json")) }
        return Ports.HTTPRequest(method, endpoint + path, headers: headers, body: body, deadline: deadline)
    }

    func stream(from position: StreamPosition?) async throws(PortError) -> Ports.HTTPRequest {
        var headers = [HTTPHeader("Accept", ServerSentEvent.mediaType)]
        if let position { headers.append(HTTPHeader("Last-Event-ID", position.text)) }
        return try await request(
            .get, LinkMembers.streamPath + "?view=operator", headers: headers, deadline: .seconds(5))
    }

    /// What an answer that is not 200 says.
    func failure(status: Int, body: [UInt8]) -> PortError {
        let error = LinkFailure.error(status: status, body: body)
        return status == 401 ? PortError(.forbidden, loginSentence(error.sentence)) : error
    }

    func loginSentence(_ why: String) -> String { "\(endpoint) does not let you in; run `switchyard login` (\(why))" }

    func unreachable(_ error: HTTPTransportError) -> PortError {
        let code: PortError.Code =
            switch error.code {
            case .timeoutAfterSend, .timeoutBeforeSend: .timedOut
            case .invalidRequest, .refusedAddress, .tls: .invalid
            default: .unavailable
            }
        return PortError(code, "\(endpoint): \(error.sentence)", cause: error.cause.map(Cause.init(description:)))
    }

    private struct Cause: Error, CustomStringConvertible { let description: String }
}
