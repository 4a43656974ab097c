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
        try await made.send(request)
    }

    func open(_ request: HTTPRequest, idle: Duration) async throws(HTTPTransportError) -> HTTPStream {
        try await made.open(request, idle: idle)
    }

    private var made: CurlTransport {
        transport.withLock { transport in
            let made = transport ?? CurlTransport(configuration)
            transport = made
            return made
        }
    }
}
