import DequeModule
import NIOCore

/// One MQTT session over any number of connections: events in, actions out. Reads no clock, does no I/O.
///
/// `idle` → `connecting` (socket up, CONNECT sent) → `open` → `idle`; any state goes to `idle` on `closed`.
struct MQTTSessionStateMachine: Sendable {
    enum Action: Sendable, Equatable {
        case send(MQTTOutgoingPacket)
        case connected(MQTTConnectAnswer)
        /// Hang up and dial again, speaking 3.1.1.
        case dialAgain
        /// Every message of a publish is acknowledged.
        case published(ticket: UInt64)
        case subscribed(ticket: UInt64, [MQTTSubscriptionOutcome])
        case failed(ticket: UInt64, MQTTError)
        /// Our DISCONNECT is out: the broker hangs up next.
        case awaitClose
        case close(MQTTError)
    }

    private enum State: Sendable {
        case idle
        case connecting(MQTTVersion, deadline: NIODeadline)
        case open(Connection)
    }

    private struct Connection: Sendable {
        var version: MQTTVersion
        var keepAlive: TimeAmount
        var window: Int
        var maximumPacketBytes: Int
        var lastSent: NIODeadline
        var lastReceived: NIODeadline
        /// When the last ping was sent, and by when something must arrive.
        var pinged: NIODeadline?
        var answerDeadline: NIODeadline?

        /// Silence in either direction for the keep-alive asks for a ping; one at a time.
        var pingDue: NIODeadline {
            let quietSince = min(lastSent, lastReceived)
            return max(quietSince, pinged ?? quietSince) + keepAlive
        }
    }

    private struct Ticket: Sendable {
        var remaining: Int
        var deadline: NIODeadline
        var refusal: MQTTError?
    }

    private struct Subscribing: Sendable {
        let ticket: UInt64
        let subscriptions: [MQTTSubscription]
    }

    private let configuration: MQTTConfiguration
    private var state = State.idle
    private var outgoing = MQTTOutgoingQueue()
    private var incoming: MQTTIncomingQueue
    private var tickets: [UInt64: Ticket] = [:]
    /// By deadline, since all wait equally long; finished ones are dropped when they reach the head.
    private var ticketOrder: Deque<UInt64> = []
    private var subscribing: [UInt16: Subscribing] = [:]

    init(_ configuration: MQTTConfiguration) {
        self.configuration = configuration
        incoming = MQTTIncomingQueue(configuration)
    }

    var isOpen: Bool { if case .open = state { true } else { false } }
    /// False while too much is unacknowledged: the shell stops reading the socket.
    var wantsToRead: Bool { !incoming.isFull }
    var unacknowledgedPublishes: Int { outgoing.count }

    /// The next moment at which `timePassed` may have something to do.
    var nextDeadline: NIODeadline? {
        let request = ticketOrder.first.flatMap { tickets[$0]?.deadline }
        switch state {
        case .idle: return request
        case .connecting(_, let deadline): return min(deadline, request ?? deadline)
        case .open(let connection):
            let ping = min(connection.pingDue, connection.answerDeadline ?? connection.pingDue)
            return min(ping, request ?? ping)
        }
    }
}

// MARK: Connecting and leaving

extension MQTTSessionStateMachine {
    /// The socket is up. `deadline` bounds the broker's answer.
    mutating func opened(speaking version: MQTTVersion, deadline: NIODeadline) -> [Action] {
        state = .connecting(version, deadline: deadline)
        return [.send(.connect(connectRequest))]
    }

    /// The socket is gone, for whatever reason. What cannot be answered any more fails.
    mutating func closed(_ error: MQTTError) -> [Action] {
        state = .idle
        outgoing.connectionLost(keepsSession: !configuration.cleanStart)
        incoming.connectionLost()
        subscribing = [:]
        defer {
            tickets = [:]
            ticketOrder = []
        }
        return ticketOrder.filter { tickets[$0] != nil }.map { .failed(ticket: $0, error) }
    }

    mutating func leave(now: NIODeadline) -> [Action] {
        guard isOpen else { return [.close(MQTTError(.notConnected, "The client disconnected."))] }
        return sending([.send(.disconnect(reason: MQTTReason.normalDisconnection))], now) + [.awaitClose]
    }

    private var connectRequest: MQTTConnectRequest {
        MQTTConnectRequest(
            clientID: configuration.clientID, user: configuration.endpoint.user,
            password: configuration.endpoint.password, cleanStart: configuration.cleanStart,
            keepAliveSeconds: UInt16(clamping: configuration.keepAlive.components.seconds),
            sessionExpirySeconds: configuration.cleanStart
                ? 0 : UInt32(clamping: configuration.sessionExpiry.components.seconds),
            receiveMaximum: UInt16(clamping: configuration.receiveMaximum),
            maximumPacketBytes: UInt32(clamping: configuration.maximumPacketBytes), will: configuration.will)
    }

    private mutating func answered(_ answer: MQTTConnectAcknowledgement, now: NIODeadline) -> [Action] {
        guard case .connecting(let version, _) = state else {
            return [.close(MQTTError(.protocolViolation, "The broker answered CONNECT twice."))]
        }
        guard answer.reason == 0 else { return refused(answer, speaking: version) }
        guard !answer.sessionPresent || !configuration.cleanStart else {
            return [.close(MQTTError(.protocolViolation, "The broker kept a session that was to start clean."))]
        }
        let properties = answer.properties
        let keepAlive = properties[number: .serverKeepAlive].map { TimeAmount.seconds(Int64(max(1, $0))) }
        state = .open(
            Connection(
                version: version, keepAlive: keepAlive ?? configuration.keepAlive.timeAmount,
                window: min(configuration.outgoingWindow, Int(properties[number: .receiveMaximum] ?? 65_535)),
                maximumPacketBytes: min(
                    configuration.maximumPacketBytes, Int(properties[number: .maximumPacketSize] ?? .max)),
                lastSent: now, lastReceived: now))
        if !answer.sessionPresent { outgoing.sessionLost() }
        let connected = MQTTConnectAnswer(version: version, sessionPresent: answer.sessionPresent)
        return [.connected(connected)] + pump(now)
    }

    private func refused(_ answer: MQTTConnectAcknowledgement, speaking version: MQTTVersion) -> [Action] {
        let isOlder = answer.isOlderForm || version == .v311
        let isVersion =
            answer.reason == (isOlder ? MQTTReason.unsupportedVersionOlder : MQTTReason.unsupportedVersion)
        if version == .v5, isVersion, configuration.version == .auto { return [.dialAgain] }
        let why = isOlder ? MQTTReason.olderConnectSentence(answer.reason) : MQTTReason.sentence(answer.reason)
        let detail = answer.properties[text: .reasonString].map { ": \(printable($0))" } ?? ""
        return [
            .close(
                MQTTError(
                    .refused, "\(configuration.endpoint) refused the connection: \(why)\(detail).",
                    reasonCode: answer.reason))
        ]
    }
}

// MARK: Requests of the application

extension MQTTSessionStateMachine {
    /// Takes all of the messages or none.
    mutating func publish(_ messages: [MQTTMessage], ticket: UInt64, now: NIODeadline) -> [Action] {
        guard case .open(let connection) = state else {
            return [.failed(ticket: ticket, MQTTError(.notConnected, "Connect before publishing."))]
        }
        if let error = reasonToRefuse(messages, connection) { return [.failed(ticket: ticket, error)] }
        var immediate: [Action] = []
        var remaining = 0
        for message in messages {
            var message = message
            message.isDuplicate = false
            if message.qos == .atMostOnce {
                immediate.append(.send(.publish(message, id: 0)))
            } else {
                outgoing.append(message, ticket: ticket)
                remaining += 1
            }
        }
        guard remaining > 0 else { return sending(immediate, now) + [.published(ticket: ticket)] }
        wait(for: ticket, remaining: remaining, now: now)
        return sending(immediate, now) + pump(now)
    }

    mutating func subscribe(_ subscriptions: [MQTTSubscription], ticket: UInt64, now: NIODeadline) -> [Action] {
        guard isOpen else { return [.failed(ticket: ticket, MQTTError(.notConnected, "Connect before subscribing."))] }
        guard !subscriptions.isEmpty, subscriptions.allSatisfy({ MQTTSubscription.isValidFilter($0.filter) }) else {
            return [
                .failed(
                    ticket: ticket, MQTTError(.invalid, "'+' fills a whole level of a topic filter and '#' the last."))
            ]
        }
        guard subscribing.count < 16 else {
            return [
                .failed(
                    ticket: ticket, MQTTError(.tooManyOutstanding, "16 subscriptions wait for an answer; wait too."))
            ]
        }
        let id = outgoing.reserveSubscriptionID()
        subscribing[id] = Subscribing(ticket: ticket, subscriptions: subscriptions)
        wait(for: ticket, remaining: 1, now: now)
        return sending([.send(.subscribe(id: id, subscriptions))], now)
    }

    /// The caller no longer waits: what was sent stays in flight, what was not is dropped.
    mutating func abandon(_ ticket: UInt64, _ error: MQTTError) -> [Action] {
        guard tickets.removeValue(forKey: ticket) != nil else { return [] }
        outgoing.abandon(ticket)
        dropFinishedTickets()
        return [.failed(ticket: ticket, error)]
    }

    mutating func takeBatch() -> MQTTBatch? { incoming.takeBatch() }

    mutating func acknowledge(_ batch: MQTTBatch, now: NIODeadline) -> [Action] {
        let couldRead = wantsToRead
        let ids = incoming.settle(batch.number, generation: batch.generation)
        if !couldRead, wantsToRead { readingResumed(now) }
        guard !ids.isEmpty, isOpen else { return [] }
        return sending([.send(.acknowledge(ids))], now)
    }

    private func reasonToRefuse(_ messages: [MQTTMessage], _ connection: Connection) -> MQTTError? {
        guard outgoing.count + messages.count <= configuration.maximumOutstandingPublishes else {
            return MQTTError(
                .tooManyOutstanding,
                "\(outgoing.count) publishes wait for acknowledgement, \(configuration.maximumOutstandingPublishes) may: wait, or send smaller batches."
            )
        }
        let encoder = MQTTEncoder(version: connection.version)
        for message in messages {
            guard MQTTMessage.isValidTopic(message.topic) else {
                return MQTTError(.invalid, "A topic has 1-65,535 bytes, no wildcard and no control character.")
            }
            let size = encoder.size(of: message)
            guard size <= connection.maximumPacketBytes else {
                return MQTTError(
                    .packetTooLarge,
                    "A publish of \(size) bytes is above the limit of \(connection.maximumPacketBytes).")
            }
        }
        return nil
    }

    private mutating func wait(for ticket: UInt64, remaining: Int, now: NIODeadline) {
        dropFinishedTickets()
        tickets[ticket] = Ticket(remaining: remaining, deadline: now + configuration.requestTimeout.timeAmount)
        ticketOrder.append(ticket)
    }

    private mutating func dropFinishedTickets() {
        while let first = ticketOrder.first, tickets[first] == nil { ticketOrder.removeFirst() }
    }

    private mutating func pump(_ now: NIODeadline) -> [Action] {
        guard case .open(let connection) = state else { return [] }
        return sending(outgoing.take(window: connection.window).map { .send(.publish($0.message, id: $0.id)) }, now)
    }

    private mutating func sending(_ actions: [Action], _ now: NIODeadline) -> [Action] {
        guard !actions.isEmpty, case .open(var connection) = state else { return actions }
        connection.lastSent = now
        state = .open(connection)
        return actions
    }
}

// MARK: Packets of the broker

extension MQTTSessionStateMachine {
    mutating func received(_ packet: MQTTIncomingPacket, now: NIODeadline) -> [Action] {
        if case .connectAnswer(let answer) = packet { return answered(answer, now: now) }
        guard case .open(var connection) = state else {
            return [.close(MQTTError(.protocolViolation, "The broker sent something before its answer to CONNECT."))]
        }
        connection.lastReceived = now
        connection.answerDeadline = nil
        state = .open(connection)
        switch packet {
        case .publish(let message, let id):
            incoming.append(message, id: id)
            return []
        case .publishAcknowledged(let id, let reason): return acknowledged(id, reason, now)
        case .subscribed(let id, let codes): return subscribed(id, codes)
        case .disconnected(let reason, let text):
            let detail = text.map { ": \(printable($0))" } ?? ""
            let sentence = "\(configuration.endpoint) ended the connection: \(MQTTReason.sentence(reason))\(detail)."
            return [.close(MQTTError(.connectionLost, sentence, reasonCode: reason))]
        case .connectAnswer, .pingResponse: return []
        }
    }

    private mutating func acknowledged(_ id: UInt16, _ reason: UInt8, _ now: NIODeadline) -> [Action] {
        guard let waiting = outgoing.acknowledge(id) else {
            return [
                .close(
                    MQTTError(.protocolViolation, "The broker acknowledged a publish (\(id)) that is not in flight."))
            ]
        }
        var actions = pump(now)
        guard let number = waiting, var ticket = tickets[number] else { return actions }
        ticket.remaining -= 1
        if reason >= 0x80, ticket.refusal == nil {
            ticket.refusal = MQTTError(
                .refused, "The broker refused a publish: \(MQTTReason.sentence(reason)).", reasonCode: reason)
        }
        tickets[number] = ticket
        guard ticket.remaining == 0 else { return actions }
        tickets[number] = nil
        dropFinishedTickets()
        actions.append(ticket.refusal.map { .failed(ticket: number, $0) } ?? .published(ticket: number))
        return actions
    }

    private mutating func subscribed(_ id: UInt16, _ codes: [UInt8]) -> [Action] {
        guard let request = subscribing.removeValue(forKey: id), request.subscriptions.count == codes.count else {
            return [
                .close(
                    MQTTError(.protocolViolation, "The broker answered a subscription (\(id)) that was not asked so."))
            ]
        }
        outgoing.releaseSubscriptionID(id)
        guard tickets.removeValue(forKey: request.ticket) != nil else { return [] }
        dropFinishedTickets()
        let outcomes = zip(request.subscriptions, codes).map { subscription, code in
            MQTTSubscriptionOutcome(
                filter: subscription.filter, granted: MQTTQoS(rawValue: code),
                refusal: code >= 0x80 ? MQTTReason.sentence(code) : nil)
        }
        return [.subscribed(ticket: request.ticket, outcomes)]
    }
}

// MARK: Time

extension MQTTSessionStateMachine {
    mutating func timePassed(now: NIODeadline) -> [Action] {
        var actions: [Action] = []
        while let first = ticketOrder.first, let ticket = tickets[first], ticket.deadline <= now {
            let sentence = "The broker did not acknowledge within \(configuration.requestTimeout)."
            actions += abandon(first, MQTTError(.timedOut, sentence))
        }
        switch state {
        case .idle: break
        case .connecting(_, let deadline) where deadline <= now:
            let sentence = "\(configuration.endpoint) did not answer CONNECT within \(configuration.connectTimeout)."
            actions.append(.close(MQTTError(.timedOut, sentence)))
        case .connecting: break
        case .open(var connection):
            if let deadline = connection.answerDeadline, deadline <= now {
                let sentence = "\(configuration.endpoint) did not answer a ping: the connection is dead."
                actions.append(.close(MQTTError(.connectionLost, sentence)))
            } else if connection.pingDue <= now {
                connection.pinged = now
                connection.lastSent = now
                // While we do not read we cannot see the answer.
                if wantsToRead, connection.answerDeadline == nil { connection.answerDeadline = now + pingTimeout }
                state = .open(connection)
                actions.append(.send(.pingRequest))
            }
        }
        return actions
    }

    /// Silence while we did not read was ours: the broker gets the full time again.
    private mutating func readingResumed(_ now: NIODeadline) {
        guard case .open(var connection) = state else { return }
        connection.lastReceived = now
        connection.answerDeadline = nil
        state = .open(connection)
    }

    private var pingTimeout: TimeAmount {
        min(.seconds(10), max(.seconds(1), .nanoseconds(configuration.keepAlive.timeAmount.nanoseconds / 2)))
    }
}

/// Text from outside, safe for a sentence: control and format characters shown as '?', at most 200 characters.
private func printable(_ text: String) -> String {
    var shown = String.UnicodeScalarView()
    for scalar in text.unicodeScalars.prefix(200) {
        let category = scalar.properties.generalCategory
        let isSafe =
            category != .control && category != .format && category != .lineSeparator && category != .paragraphSeparator
        shown.append(isSafe ? scalar : "?")
    }
    return String(shown)
}
