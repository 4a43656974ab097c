import CurlTransport
import Ports
import Synchronization

/// An HTTP client that is made when it is first used: a command that only reads files must not start libcurl's thread, which
/// would still be setting itself up while the process ends.
final class TransportOnDemand: Sendable {
    private let configuration: CurlTransportConfiguration
    private let service: String
    private let transport = Mutex<CurlTransport?>(nil)

    /// `service` is whom it talks to, in `operation_timeout_seconds{service,operation}` (ledger RES-03).
    init(_ configuration: CurlTransportConfiguration, service: String) {
        self.configuration = configuration
        self.service = service
    }

    func send(_ request: HTTPRequest) async throws(HTTPTransportError) -> HTTPResponse {
        do throws(HTTPTransportError) {
            return try await made.send(request)
        } catch {
            throw counted(error, request)
        }
    }

    /// `idle`: the longest silence between two parts of the answer.
    func open(_ request: HTTPRequest, idle: Duration) async throws(HTTPTransportError) -> HTTPStream {
        do throws(HTTPTransportError) {
            return try await made.open(request, idle: idle)
        } catch {
            throw counted(error, request)
        }
    }

    private var made: CurlTransport {
        transport.withLock { transport in
            let made = transport ?? CurlTransport(configuration)
            transport = made
            return made
        }
    }

    private func counted(_ error: HTTPTransportError, _ request: HTTPRequest) -> HTTPTransportError {
        let limit = request.deadline ?? configuration.deadline
        switch error.code {
        case .timeoutBeforeSend: countTimeouts(of: service)("connect", limit)
        case .timeoutAfterSend: countTimeouts(of: service)("request", limit)
        default: break
        }
        return error
    }
}
