import Foundation
import Glibc
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle

/// A request as the simulator's servers see it: read whole, and with the means to spoil its connection.
struct HTTPExchange: Sendable {
    let method: HTTPRequest.Method
    /// Percent-decoded parts of the path, `["bms", "F-001", "soap"]`.
    let path: [String]
    let query: String
    /// Host and port as the client named them; empty when it did not.
    let authority: String
    let headers: HTTPFields
    let body: [UInt8]
    fileprivate let channel: any Channel

    /// Closes the connection so that the peer sees a reset, not an end.
    func resetConnection() async {
        do {
            if let options = channel as? any SocketOptionProvider {
                try await options.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
            }
            try await channel.close()
        } catch {
            // The peer was quicker: the connection is gone, which is all that was wanted.
        }
    }
}

/// A small HTTP server for the simulator's purposes. Runs until graceful shutdown, lets open requests end for a second, and
/// cuts off the rest.
struct HTTPListener: Sendable {
    static let bodyLimit = 1 << 20
    private static let patience = Duration.seconds(1)

    let host: String
    /// 0 takes a free one.
    let port: Int
    let logger: Logger
    /// Called once with the bound port.
    let onListening: @Sendable (Int) async -> Void
    let answer: @Sendable (HTTPExchange) async throws -> Response

    /// Throws a `SimulationError` when it cannot listen.
    func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await gracefulShutdown()
                try await Task.sleep(for: Self.patience)
            }
            group.addTask { try await serve() }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    private func serve() async throws {
        let application = Application(
            responder: ExchangeResponder(answer: answer),
            server: .http1(configuration: HTTP1Channel.Configuration(idleTimeout: .seconds(120))),
            configuration: ApplicationConfiguration(
                address: .hostname(host, port: port), backlog: 512,
                availableConnectionsDelegate: MaximumAvailableConnections(4096, logger: logger)),
            onServerRunning: { channel in await onListening(channel.localAddress?.port ?? port) },
            logger: logger)
        do {
            try await application.run()
        } catch let error as IOError {
            throw SimulationError("\(host):\(port) cannot be listened on: \(error); choose another port")
        }
    }
}

private struct ExchangeContext: InitializableFromSource {
    let channel: any Channel
    init(source: ApplicationRequestContextSource) { channel = source.channel }
}

private struct ExchangeResponder: HTTPResponder {
    let answer: @Sendable (HTTPExchange) async throws -> Response

    func respond(to request: Request, context: ExchangeContext) async throws -> Response {
        var body: [UInt8] = []
        for try await chunk in request.body {
            guard body.count + chunk.readableBytes <= HTTPListener.bodyLimit else {
                return .text("the body is larger than \(HTTPListener.bodyLimit) bytes\n", .contentTooLarge)
            }
            body.append(contentsOf: chunk.readableBytesView)
        }
        let path = request.uri.path.split(separator: "/").map { $0.removingPercentEncoding ?? String($0) }
        return try await answer(
            HTTPExchange(
                method: request.method, path: path, query: request.uri.query ?? "",
                authority: request.head.authority ?? "", headers: request.headers, body: body, channel: context.channel)
        )
    }
}

extension Response {
    static func bytes(_ bytes: [UInt8], type: String, _ status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status, headers: [.contentType: type], body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }
    static func text(_ text: String, _ status: HTTPResponse.Status = .ok) -> Response {
        bytes(Array(text.utf8), type: "text/plain; charset=utf-8", status)
    }
    static func json(_ bytes: [UInt8], _ status: HTTPResponse.Status = .ok) -> Response {
        self.bytes(bytes, type: "application/json", status)
    }
}

extension HTTPExchange {
    /// The value of a header, letter case of the name aside; nil without one.
    func header(_ name: String) -> String? { HTTPField.Name(name).flatMap { headers[$0] } }
}
