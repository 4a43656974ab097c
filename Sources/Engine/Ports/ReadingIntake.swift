import EnergyModel

/// Where feeds (MQTT, REST, files) hand over what meters sent. The engine's ingest is the real one.
package protocol ReadingIntake: Sendable {
    /// Decodes, validates and makes durable. Returns only when everything accepted is durable in the event log or the
    /// local queue and everything refused is in `sensor-readings-dlt` (feeds that cannot answer) or in the verdict (REST).
    /// Never throws for bad input.
    func accept(_ deliveries: [IntakeDelivery], arrivedAt: UTCInstant) async -> IntakeVerdict

    /// The same for a sender whose batches must become durable in the order it gives them (BASE-06) while several are under
    /// way. What needs no order (decoding) may run ahead; nothing is made durable before the turn comes, and nothing at all
    /// when it never does: then the answer is `.refused` with `.outOfTurn`.
    func accept(_ deliveries: [IntakeDelivery], arrivedAt: UTCInstant, turn: IntakeTurn) async -> IntakeVerdict
}

extension ReadingIntake {
    /// For an intake that does nothing ahead of its turn.
    package func accept(
        _ deliveries: [IntakeDelivery], arrivedAt: UTCInstant, turn: IntakeTurn
    ) async -> IntakeVerdict {
        guard await turn.comes() else { return .refused(.outOfTurn) }
        return await accept(deliveries, arrivedAt: arrivedAt)
    }
}

/// When a batch may be made durable.
package struct IntakeTurn: Sendable {
    private let wait: @Sendable () async -> Bool

    /// `wait` is asked at most once, and ends when the batches before have ended or the caller is cancelled.
    package init(_ wait: @escaping @Sendable () async -> Bool) { self.wait = wait }

    /// For senders without an order.
    package static let free = IntakeTurn { true }

    /// True once everything that the sender gave before is durable; false when some of it was refused.
    package func comes() async -> Bool { await wait() }
}

package struct IntakeDelivery: Sendable {
    package enum Origin: Sendable, Hashable {
        /// The sender cannot be answered: bad items become dead letters.
        case mqtt(topic: String)
        /// The sender is answered: bad items are refused with reasons.
        case rest(client: String)
        /// A dead letter sent again, by number.
        case replay(deadLetter: Int64)
    }
    package enum Format: Sendable, Hashable { case json, ndjson, protobuf }

    package var origin: Origin
    package var format: Format
    package var payload: [UInt8]
    /// W3C trace context, given at the edge when the sender had none (ledger ING-18).
    package var traceparent: String?
    /// The meter that all of it must be of; it stands in for ids that the payload leaves out. Nil: whoever it names.
    package var of: MeterRegistration?
    /// Of these alone the sender may bring readings; with one of another nothing of the delivery is taken. Nil: of any.
    package var facilities: Set<FacilityID>?

    package init(
        origin: Origin, format: Format, payload: [UInt8], traceparent: String? = nil, of: MeterRegistration? = nil,
        facilities: Set<FacilityID>? = nil
    ) {
        self.origin = origin
        self.format = format
        self.payload = payload
        self.traceparent = traceparent
        self.of = of
        self.facilities = facilities
    }
}

package enum IntakeVerdict: Sendable {
    /// One result a delivery, in order. Everything in it is durable: acknowledge.
    case settled([IntakeResult])
    /// Above the mark, or neither log nor queue takes anything: do not acknowledge; try again after the delay.
    case refused(IntakeRefusal)
}

package struct IntakeResult: Sendable, Hashable {
    package var accepted: Int
    /// Of those accepted, readings whose meter and time this engine took lately: sent again, and stored once all the same.
    package var duplicates: Int
    package var deadLettered: Int
    package var rejected: [RejectedItem]
    package init(accepted: Int, duplicates: Int = 0, deadLettered: Int = 0, rejected: [RejectedItem] = []) {
        self.accepted = accepted
        self.duplicates = duplicates
        self.deadLettered = deadLettered
        self.rejected = rejected
    }
}

package struct RejectedItem: Sendable, Hashable, Codable {
    /// Position in the delivery, from 0.
    package var index: Int
    package var reason: String
    package var message: String
    package init(index: Int, reason: String, message: String) {
        self.index = index
        self.reason = reason
        self.message = message
    }
}

package struct IntakeRefusal: Sendable, Hashable {
    /// `outOfTurn`: a batch before it was refused, so that this one must come again behind it.
    package enum Reason: String, Sendable { case aboveMark, unavailable, stopping, outOfTurn }
    package var reason: Reason
    package var retryAfter: Duration
    package init(_ reason: Reason, retryAfter: Duration) {
        self.reason = reason
        self.retryAfter = retryAfter
    }

    package static let outOfTurn = IntakeRefusal(.outOfTurn, retryAfter: .zero)
}

/// What a feed tells about itself for Health.
package struct FeedStatus: Sendable, Hashable, Codable {
    package enum State: String, Sendable, Codable { case connecting, live, backingOff, paused, stopped }
    package var name: String
    package var state: State
    /// The endpoint in use, without secrets.
    package var endpoint: String
    package var detail: String
    package var since: UTCInstant
    package var received: UInt64
    package var acknowledged: UInt64
    package init(
        name: String, state: State, endpoint: String, detail: String, since: UTCInstant, received: UInt64,
        acknowledged: UInt64
    ) {
        self.name = name
        self.state = state
        self.endpoint = endpoint
        self.detail = detail
        self.since = since
        self.received = received
        self.acknowledged = acknowledged
    }
}

package protocol StatusReportingFeed: Sendable {
    var status: FeedStatus { get }
}
