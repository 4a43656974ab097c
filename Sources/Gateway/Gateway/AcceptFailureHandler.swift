import Logging
import NIOCore

/// Keeps the server alive when accepting fails for want of descriptors or because the peer has gone: otherwise the error
/// would end Hummingbird's loop over connections, and with it the server.
final class AcceptFailureHandler: ChannelInboundHandler, Sendable {
    typealias InboundIn = Never

    private let logger: Logger

    init(logger: Logger) { self.logger = logger }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard context.channel.isActive else { return context.fireErrorCaught(error) }
        logger.error("a connection could not be accepted", metadata: ["error": "\(error)"])
    }
}
