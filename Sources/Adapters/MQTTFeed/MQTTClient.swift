import NIOCore
import NIOPosix

/// What the broker said to CONNECT.
package struct MQTTConnectAnswer: Sendable, Hashable {
    package let version: MQTTVersion
    /// The broker remembered us: subscriptions stand, and what it queued is on the way.
    package let sessionPresent: Bool
}

package struct MQTTSubscriptionOutcome: Sendable, Hashable {
    package let filter: String
    /// Nil when refused, or granted at QoS 2 (never asked for).
    package let granted: MQTTQoS?
    package let refusal: String?
}

/// An MQTT 3.1.1 and 5 client: one session, one connection at a time, QoS 0 and 1. It does not reconnect by itself: after
/// `.connectionLost` call `connect()` again; with `cleanStart` false the session goes on.
///
/// All waits are bounded by the configuration, and cancelling the task ends them. State lives on one event loop.
package final class MQTTClient: Sendable {
    package let configuration: MQTTConfiguration
    private let eventLoop: any EventLoop
    private let core: NIOLoopBoundBox<MQTTClientCore>

    package init(
        _ configuration: MQTTConfiguration, on group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) throws(MQTTError) {
        try configuration.validate()
        self.configuration = configuration
        let eventLoop = group.next()
        self.eventLoop = eventLoop
        core = .makeBoxSendingValue(MQTTClientCore(configuration, eventLoop), eventLoop: eventLoop)
    }

    deinit {
        let core = core
        eventLoop.execute { core.value.hangUp(MQTTError(.cancelled, "The client was let go.")) }
    }

    /// Dials, logs in, and with a kept session sends unacknowledged publishes again. Throws `.unreachable`, `.timedOut`,
    /// `.refused`, `.invalid` (certificate files); `.invalid` also while already connected.
    package func connect() async throws(MQTTError) -> MQTTConnectAnswer {
        let context = try configuration.endpoint.usesTLS ? MQTTTLSContext(configuration) : nil
        return try await request { core, ticket, promise in core.connect(tls: context, ticket: ticket, promise) }
    }

    /// Returns when the broker has acknowledged (QoS 1) or the bytes are on their way (QoS 0). Throws `.tooManyOutstanding`
    /// at once when the queue is full. After `.connectionLost`, `.timedOut` and `.cancelled` the broker may or may not have
    /// the message; with a kept session it is sent again after `connect()`, marked as a duplicate.
    package func publish(_ message: MQTTMessage) async throws(MQTTError) {
        try await publish([message])
    }

    /// All of them, in order, through the window: one wait for the whole batch. Fails whole when a message is invalid or too
    /// large, before any is sent; `.refused` when the broker refused at least one.
    package func publish(_ messages: [MQTTMessage]) async throws(MQTTError) {
        guard !messages.isEmpty else { return }
        try await request { core, ticket, promise in core.publish(messages, ticket: ticket, promise) }
    }

    /// One outcome a subscription, in order; a refused one is an outcome, not an error.
    package func subscribe(_ subscriptions: [MQTTSubscription]) async throws(MQTTError) -> [MQTTSubscriptionOutcome] {
        try await request { core, ticket, promise in core.subscribe(subscriptions, ticket: ticket, promise) }
    }

    /// Everything that arrived since the last batch, in order, up to `maximumBatchMessages`; waits while there is nothing or
    /// `maximumUnacknowledgedBatches` are out. Throws why the connection ended (`.notConnected` after `disconnect`). One
    /// caller at a time.
    package func nextBatch() async throws(MQTTError) -> MQTTBatch {
        try await request { core, ticket, promise in core.nextBatch(ticket: ticket, promise) }
    }

    /// Sends PUBACK for the batch's QoS 1 messages, once all batches before it are acknowledged as well. Does nothing for a
    /// batch of an earlier connection.
    package func acknowledge(_ batch: MQTTBatch) {
        eventLoop.execute { [core] in core.value.acknowledge(batch) }
    }

    /// Sends DISCONNECT (so no will is published) and closes, within `disconnectTimeout`. Acknowledgements given before are
    /// sent first. Goes on when cancelled. Harmless when not connected.
    package func disconnect() async {
        await withCheckedContinuation { continuation in
            eventLoop.execute { [core] in core.value.disconnect { continuation.resume() } }
        }
    }

    private enum Request: Sendable {
        case new
        case begun(ticket: UInt64)
        case cancelled
    }

    /// Runs a request on the event loop; cancellation abandons it, and one cancelled beforehand is not begun.
    private func request<Answer: Sendable>(
        _ begin: @escaping @Sendable (MQTTClientCore, _ ticket: UInt64, EventLoopPromise<Answer>) -> Void
    ) async throws(MQTTError) -> Answer {
        let promise = eventLoop.makePromise(of: Answer.self)
        let request = NIOLoopBoundBox<Request>.makeBoxSendingValue(.new, eventLoop: eventLoop)
        let cancelled = MQTTError(.cancelled, "The request was cancelled.")
        do {
            return try await withTaskCancellationHandler {
                eventLoop.execute { [core] in
                    if case .cancelled = request.value { return promise.fail(cancelled) }
                    let ticket = core.value.nextTicket()
                    request.value = .begun(ticket: ticket)
                    begin(core.value, ticket, promise)
                }
                return try await promise.futureResult.get()
            } onCancel: {
                eventLoop.execute { [core] in
                    if case .begun(let ticket) = request.value { core.value.abandon(ticket, cancelled) }
                    request.value = .cancelled
                }
            }
        } catch {
            throw MQTTError(error, otherwise: .connectionLost, "The request failed.")
        }
    }
}
