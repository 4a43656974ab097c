import CurlTransport
import Ports
import Synchronization

/// An HTTP client that is made when it is first used: a command that only reads files must not start libcurl's thread, which
/// would still be setting itself up while the process ends.
final class TransportOnDemand: Sendable {
    private let configuration: CurlTransportConfiguration
    private let transport = Mutex<CurlTransport?>(nil)

    init(_ configuration: CurlTransportConfiguration) { self.configuration = configuration }

    func send(_ request: HTTPRequest) async throws(HTTPTransportError) -> HTTPResponse {
        let made = transport.withLock { transport in
            let made = transport ?? CurlTransport(configuration)
            transport = made
            return made
        }
        return try await made.send(request)
    }
}
