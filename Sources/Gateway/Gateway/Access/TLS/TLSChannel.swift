import HummingbirdCore
import Logging
import NIOCore
import NIOSSL

/// A connection with TLS before everything else. Hummingbird's own keeps the context it began with; this one asks for the
/// newest with each connection.
struct TLSChannel<Base: ServerChildChannel>: ServerChildChannel {
    let base: Base
    let contexts: TLSContexts

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Base.Value> {
        channel.eventLoop.makeCompletedFuture { [contexts] in
            try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: contexts.current))
        }.flatMap { base.setup(channel: channel, logger: logger) }
    }

    func handle(value: Base.Value, logger: Logger) async { await base.handle(value: value, logger: logger) }
}

extension HTTPServerBuilder {
    /// HTTP/1.1, in the clear without contexts.
    static func http1(
        configuration: @escaping @autoclosure @Sendable () -> HTTP1Channel.Configuration, within contexts: TLSContexts?
    ) -> HTTPServerBuilder {
        HTTPServerBuilder { responder in
            let plain = HTTP1Channel(responder: responder, configuration: configuration())
            guard let contexts else { return plain }
            return TLSChannel(base: plain, contexts: contexts)
        }
    }
}
