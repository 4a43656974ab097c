import NIOCore
import NIOPosix

/// What a client holds on its event loop: the session machine, the socket, and who waits for what. Performs the machine's
/// actions; decides nothing. Every method is called on the event loop.
final class MQTTClientCore {
    private let configuration: MQTTConfiguration
    private let eventLoop: any EventLoop
    private var machine: MQTTSessionStateMachine
    private var link: Link?
    /// Counts links, so that events of an earlier one are ignored.
    private var linkNumber = 0
    private var lastTicket: UInt64 = 0

    private var connecting:
        (ticket: UInt64, promise: EventLoopPromise<MQTTConnectAnswer>, tls: MQTTTLSContext?, deadline: NIODeadline)?
    private var publishing: [UInt64: EventLoopPromise<Void>] = [:]
    private var subscribing: [UInt64: EventLoopPromise<[MQTTSubscriptionOutcome]>] = [:]
    private var batchWaiter: (ticket: UInt64, promise: EventLoopPromise<MQTTBatch>)?
    /// Why the last connection ended.
    private var ending = MQTTError(.notConnected, "Connect first.")
    private var timer: (task: Scheduled<Void>, at: NIODeadline)?

    private struct Link {
        let number: Int
        let channel: any Channel
        let encoder: MQTTEncoder
        var isReading = true
    }

    init(_ configuration: MQTTConfiguration, _ eventLoop: any EventLoop) {
        self.configuration = configuration
        self.eventLoop = eventLoop
        machine = MQTTSessionStateMachine(configuration)
    }

    func nextTicket() -> UInt64 {
        lastTicket += 1
        return lastTicket
    }

    // MARK: Requests

    func connect(tls: MQTTTLSContext?, ticket: UInt64, _ promise: EventLoopPromise<MQTTConnectAnswer>) {
        guard link == nil, connecting == nil else {
            return promise.fail(MQTTError(.invalid, "This client is connected or connecting already."))
        }
        connecting = (ticket, promise, tls, .now() + configuration.connectTimeout.timeAmount)
        dial(configuration.version == .v311 ? .v311 : .v5)
    }

    func publish(_ messages: [MQTTMessage], ticket: UInt64, _ promise: EventLoopPromise<Void>) {
        publishing[ticket] = promise
        perform(machine.publish(messages, ticket: ticket, now: .now()))
    }

    func subscribe(
        _ subscriptions: [MQTTSubscription], ticket: UInt64, _ promise: EventLoopPromise<[MQTTSubscriptionOutcome]>
    ) {
        subscribing[ticket] = promise
        perform(machine.subscribe(subscriptions, ticket: ticket, now: .now()))
    }

    func nextBatch(ticket: UInt64, _ promise: EventLoopPromise<MQTTBatch>) {
        guard batchWaiter == nil else {
            return promise.fail(MQTTError(.invalid, "Somebody waits for the next batch already."))
        }
        guard machine.isOpen else { return promise.fail(ending) }
        batchWaiter = (ticket, promise)
        deliver()
    }

    func acknowledge(_ batch: MQTTBatch) {
        perform(machine.acknowledge(batch, now: .now()))
        deliver()
    }

    func abandon(_ ticket: UInt64, _ error: MQTTError) {
        if let waiter = batchWaiter, waiter.ticket == ticket {
            batchWaiter = nil
            waiter.promise.fail(error)
        }
        if connecting?.ticket == ticket { return hangUp(error) }
        perform(machine.abandon(ticket, error))
    }

    func disconnect(_ done: @escaping @Sendable () -> Void) {
        guard let channel = link?.channel else {
            hangUp(MQTTError(.notConnected, "The client disconnected."))
            return done()
        }
        channel.closeFuture.whenComplete { _ in done() }
        let forced = eventLoop.scheduleTask(in: configuration.disconnectTimeout.timeAmount) {
            channel.close(mode: .all, promise: nil)
        }
        channel.closeFuture.whenComplete { _ in forced.cancel() }
        perform(machine.leave(now: .now()))
    }

    // MARK: The socket

    private func dial(_ version: MQTTVersion) {
        guard let tls = connecting.map(\.tls), let deadline = connecting?.deadline else { return }
        linkNumber += 1
        let number = linkNumber
        let core = NIOLoopBound(self, eventLoop: eventLoop)
        let limit = configuration.maximumPacketBytes
        ClientBootstrap(group: eventLoop)
            .connectTimeout(max(.milliseconds(1), deadline - .now()))
            .channelOption(.socketOption(.so_keepalive), value: 1)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 1 << 16))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls { try channel.pipeline.syncOperations.addHandler(tls.handler()) }
                    let decoder = MQTTDecoder(version: version, maximumPacketBytes: limit)
                    let handler = MQTTChannelHandler(core.value, link: number, decoder: decoder)
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }
            .connect(host: configuration.endpoint.host, port: configuration.endpoint.port)
            .whenComplete { result in
                switch result {
                case .success(let channel): core.value.opened(channel, number, version)
                case .failure(let error): core.value.failedToDial(error, number)
                }
            }
    }

    private func opened(_ channel: any Channel, _ number: Int, _ version: MQTTVersion) {
        guard number == linkNumber, let deadline = connecting?.deadline else {
            return channel.close(mode: .all, promise: nil)
        }
        link = Link(number: number, channel: channel, encoder: MQTTEncoder(version: version))
        // Hung up between TCP and here: `closed` came before there was a link.
        guard channel.isActive else { return closed(number, nil) }
        perform(machine.opened(speaking: version, deadline: deadline))
    }

    private func failedToDial(_ error: any Error, _ number: Int) {
        guard number == linkNumber else { return }
        let isTimeout = if case .connectTimeout = error as? ChannelError { true } else { false }
        hangUp(
            MQTTError(
                isTimeout ? .timedOut : .unreachable, "\(configuration.endpoint) cannot be reached: is the broker up?",
                cause: error))
    }

    func received(_ packet: MQTTIncomingPacket, _ number: Int, now: NIODeadline) {
        guard number == link?.number else { return }
        let actions = machine.received(packet, now: now)
        if !actions.isEmpty { perform(actions) }
    }

    /// The end of a burst of packets: hand over what came, stop or go on reading.
    func burstEnded(_ number: Int) {
        guard number == link?.number else { return }
        deliver()
    }

    /// The handler could not go on (bytes that are no MQTT, TLS refused).
    func broken(_ error: MQTTError, _ number: Int) {
        guard number == link?.number || link == nil && number == linkNumber else { return }
        hangUp(error)
    }

    func closed(_ number: Int, _ error: MQTTError?) {
        guard number == link?.number else { return }
        if connecting != nil, link?.encoder.version == .v5, configuration.version == .auto, error == nil {
            return perform([.dialAgain])
        }
        hangUp(error ?? MQTTError(.connectionLost, "\(configuration.endpoint) closed the connection."))
    }

    /// Ends the connection and everything that waits for it.
    func hangUp(_ error: MQTTError) {
        let channel = link?.channel
        link = nil
        linkNumber += 1
        ending = error
        if let connecting {
            self.connecting = nil
            connecting.promise.fail(error)
        }
        perform(machine.closed(error))
        if let batchWaiter {
            self.batchWaiter = nil
            batchWaiter.promise.fail(error)
        }
        channel?.close(mode: .all, promise: nil)
    }

    // MARK: Actions

    private func perform(_ actions: [MQTTSessionStateMachine.Action]) {
        var bytes = ByteBuffer()
        for action in actions {
            if case .send(let packet) = action {
                link?.encoder.write(packet, to: &bytes)
            } else {
                write(&bytes)
                performOther(action)
            }
        }
        write(&bytes)
        reschedule()
    }

    private func write(_ bytes: inout ByteBuffer) {
        guard bytes.readableBytes > 0 else { return }
        link?.channel.writeAndFlush(bytes, promise: nil)
        bytes = ByteBuffer()
    }

    private func performOther(_ action: MQTTSessionStateMachine.Action) {
        switch action {
        case .send: break
        case .connected(let answer):
            connecting?.promise.succeed(answer)
            connecting = nil
        case .dialAgain:
            let old = link?.channel
            link = nil
            dial(.v311)
            old?.close(mode: .all, promise: nil)
        case .published(let ticket): publishing.removeValue(forKey: ticket)?.succeed(())
        case .subscribed(let ticket, let outcomes): subscribing.removeValue(forKey: ticket)?.succeed(outcomes)
        case .failed(let ticket, let error):
            publishing.removeValue(forKey: ticket)?.fail(error)
            subscribing.removeValue(forKey: ticket)?.fail(error)
        case .awaitClose:
            // Closing now, with messages unread, would reset the connection: the broker would lose our last
            // acknowledgements and the DISCONNECT. So read on, ignoring what comes; `disconnect` bounds the wait.
            let channel = link?.channel
            link = nil
            _ = channel?.setOption(.autoRead, value: true)
            hangUp(MQTTError(.notConnected, "The client disconnected."))
        case .close(let error): hangUp(error)
        }
    }

    private func deliver() {
        if let waiter = batchWaiter, let batch = machine.takeBatch() {
            batchWaiter = nil
            waiter.promise.succeed(batch)
        }
        updateReading()
        reschedule()
    }

    private func updateReading() {
        guard let isReading = link?.isReading, isReading != machine.wantsToRead else { return }
        link?.isReading = machine.wantsToRead
        // Only a closed channel refuses this, and its end is reported by `closed`.
        _ = link?.channel.setOption(.autoRead, value: machine.wantsToRead)
    }

    /// One timer, for the machine's next deadline. It may ring early (deadlines move with every packet), never late.
    private func reschedule() {
        guard let next = machine.nextDeadline else { return }
        if let timer, timer.at <= next { return }
        timer?.task.cancel()
        let core = NIOLoopBound(self, eventLoop: eventLoop)
        let task = eventLoop.scheduleTask(deadline: next) { core.value.rang() }
        timer = (task, next)
    }

    private func rang() {
        timer = nil
        perform(machine.timePassed(now: .now()))
    }
}
