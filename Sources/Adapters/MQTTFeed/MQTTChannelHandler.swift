import NIOCore
import NIOSSL

/// Cuts the stream into packets for the core. One per connection.
final class MQTTChannelHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let core: MQTTClientCore
    private let link: Int
    private var decoder: MQTTDecoder
    /// An incomplete packet.
    private var rest: ByteBuffer?
    private var isBroken = false

    init(_ core: MQTTClientCore, link: Int, decoder: MQTTDecoder) {
        self.core = core
        self.link = link
        self.decoder = decoder
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isBroken else { return }
        var bytes = unwrapInboundIn(data)
        if var joined = rest.take() {
            joined.writeBuffer(&bytes)
            bytes = joined
        }
        let now = NIODeadline.now()
        do {
            while let packet = try decoder.next(from: &bytes) { core.received(packet, link, now: now) }
        } catch {
            isBroken = true
            return core.broken(error, link)
        }
        if bytes.readableBytes > 0 {
            bytes.discardReadBytes()
            rest = bytes
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        core.burstEnded(link)
    }

    func channelInactive(context: ChannelHandlerContext) {
        core.closed(link, nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        core.broken(reason(error), link)
        context.close(promise: nil)
    }

    private func reason(_ error: any Error) -> MQTTError {
        let isTLS = error is NIOSSLError || error is NIOSSLExtraError || error is BoringSSLError
        return isTLS
            ? MQTTError(
                .unreachable, "TLS failed: check the authority, the certificates and the broker's name.", cause: error)
            : MQTTError(.connectionLost, "The connection broke.", cause: error)
    }
}
