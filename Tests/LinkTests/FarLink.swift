import CurlTransport
import EnergyModel
import Ports
import RemoteOperator
import ServiceLifecycle
import Synchronization

extension UTCInstant {
    static var wallClock: UTCInstant {
        let since = ContinuousClock.now - FarLink.origin
        return LinkWorld.now.advanced(by: since)
    }
}

/// A link over the gateway with its stream kept open for as long as a body runs.
enum FarLink {
    static let origin = ContinuousClock.now

    static func with<Result: Sendable>(
        port: Int, token: String, _ body: (RemoteOperator) async throws -> Result
    ) async throws -> Result {
        let link = make(port: port, token: token)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await link.run() }
            defer { group.cancelAll() }
            return try await body(link)
        }
    }

    static func transport() -> CurlTransport {
        CurlTransport(
            CurlTransportConfiguration(
                connectTimeout: .seconds(10), responseLimit: 64 << 20, addresses: .loopbackOnly))
    }

    static func make(port: Int, token: String) -> RemoteOperator {
        let transport = transport()
        let clock = ContinuousClock()
        return RemoteOperator(
            endpoint: "http://127.0.0.1:\(port)", credential: { () throws(PortError) in token },
            send: { request throws(HTTPTransportError) in try await transport.send(request) },
            open: { request, idle throws(HTTPTransportError) in try await transport.open(request, idle: idle) },
            surroundings: RemoteOperator.Surroundings(
                now: { .wallClock }, uptime: { ContinuousClock.now - origin },
                sleep: { try await clock.sleep(for: $0) },
                random: { UInt64.random(in: 0...(.max)) }))
    }
}
