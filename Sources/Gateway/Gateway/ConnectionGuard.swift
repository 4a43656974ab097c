import GatewayWire
import HTTPTypes
import NIOCore
import NIOHTTP1
import NIOHTTPTypes

/// Performs `ConnectionStateMachine` on a channel: between the HTTP codec and Hummingbird, one a connection. Because it
/// sits behind the codec, a header that drips in byte by byte does not feed its timers (slowloris).
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let configuration: GatewayConfiguration
    private let census: ConnectionCensus
    private var machine = ConnectionStateMachine()
    private var timer: Scheduled<Void>?
    private var isCounted = false
    private var discardedBytes = 0
    /// The request under way may take longer than others.
    private var isSlow = false

    init(configuration: GatewayConfiguration, census: ConnectionCensus) {
        self.configuration = configuration
        self.census = census
    }

    func channelActive(context: ChannelHandlerContext) {
        isCounted = census.enter()
        perform(machine.opened(hasRoom: isCounted), context)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        machine.closed()
        timer?.cancel()
        timer = nil
        if isCounted { census.leave() }
        isCounted = false
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = unwrapInboundIn(data)
        if machine.isLingering { return discard(part, context) }
        switch part {
        case .head(let head):
            let expects = head.headerFields[.expect]?.lowercased() == "100-continue"
            isSlow = head.path == LinkMembers.slowPath
            perform(machine.headRead(expectsContinue: expects), context)
        case .body: break
        case .end: perform(machine.bodyEnded(), context)
        }
        context.fireChannelRead(data)
    }

    /// While lingering nobody else asks for more.
    func channelReadComplete(context: ChannelHandlerContext) {
        context.fireChannelReadComplete()
        if machine.isLingering { context.read() }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if machine.isLingering {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        switch unwrapOutboundIn(data) {
        case .head(var head):
            // Events and exports: nobody knows their length.
            let isStream = head.headerFields[.contentLength] == nil
            if head.status.kind != .informational, machine.answerBegan(isStream: isStream) {
                head.headerFields[.connection] = "close"
            }
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .body:
            context.write(data, promise: promise)
            perform(machine.answerProgressed(), context)
        case .end:
            context.writeAndFlush(data, promise: promise)
            perform(machine.answerEnded(), context)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let overflow = (error as? HTTPParserError) == .headerOverflow
        let actions = machine.inputBroke(headersTooLarge: overflow)
        // Inside an exchange the error itself is what fails the body.
        if actions.contains(.failBody) { context.fireErrorCaught(error) }
        perform(actions.filter { $0 != .failBody }, context)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event as? ChannelEvent == .inputClosed { perform(machine.inputEnded(), context) }
        context.fireUserInboundEventTriggered(event)
    }

    private func perform(_ actions: [ConnectionStateMachine.Action], _ context: ChannelHandlerContext) {
        for action in actions {
            switch action {
            case .arm(let kind): arm(kind, context)
            case .sendContinue:
                context.writeAndFlush(wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: nil)
            case .refuse(let refusal): refuse(refusal, context)
            case .failBody: context.fireErrorCaught(BodyTooSlow())
            case .finishOutput: finishOutput(context)
            case .close: context.close(promise: nil)
            }
        }
    }

    private func arm(_ kind: ConnectionStateMachine.Timer, _ context: ChannelHandlerContext) {
        timer?.cancel()
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(span(of: kind))) {
            self.timer = nil
            self.perform(self.machine.timeRanOut(), context)
        }
    }

    private func span(of timer: ConnectionStateMachine.Timer) -> Duration {
        switch timer {
        case .head: configuration.headTimeout
        case .body: configuration.bodyTimeout
        case .answer: isSlow ? configuration.slowAnswerTimeout : configuration.answerTimeout
        case .idle: configuration.idleTimeout
        case .linger: configuration.lingerTimeout
        }
    }

    private func refuse(_ refusal: ConnectionStateMachine.Refusal, _ context: ChannelHandlerContext) {
        let (head, body) = refusal.problem(configuration).answer()
        var last = head
        last.headerFields[.connection] = "close"
        context.write(wrapOutboundOut(.head(last)), promise: nil)
        context.write(wrapOutboundOut(.body(ByteBuffer(bytes: body))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        finishOutput(context)
    }

    private func finishOutput(_ context: ChannelHandlerContext) {
        context.close(mode: .output, promise: nil)
        context.read()
    }

    /// Up to twice the body limit, then the client has had its chance to read the answer.
    private func discard(_ part: HTTPRequestPart, _ context: ChannelHandlerContext) {
        guard case .body(let bytes) = part else { return }
        discardedBytes += bytes.readableBytes
        if discardedBytes > 2 * configuration.bodyLimit { context.close(promise: nil) }
    }
}

/// Thrown to the reader of a body whose time ran out.
struct BodyTooSlow: Error {}
