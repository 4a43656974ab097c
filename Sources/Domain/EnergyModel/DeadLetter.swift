/// A message that could not be processed, kept with its raw bytes unchanged and the reason (ledger DLQ-01, DLQ-02).
package struct DeadLetter: Hashable, Sendable, Codable {
    package enum State: String, Sendable, Codable, CaseIterable {
        /// Waits for a person or a rule.
        case pending
        /// Sent to processing again and accepted there.
        case replayed
        /// Dropped by a person, with a reason.
        case discarded
        /// Replayed as often as the limit allows without success; only a person may touch it.
        case quarantined
    }

    /// Given by the record store; nil before it is stored.
    package var number: Int64?
    /// The dead-letter topic it lies in, e.g. `sensor-readings-dlt`.
    package var topic: String
    package var payload: [UInt8]
    /// `__switchyard.errors.*` and `traceparent`. Values may hold hostile text.
    package var headers: [String: String]
    /// Machine-readable class of the failure, e.g. `malformed_json`.
    package var reason: String
    /// A sentence for people: what was wrong and where.
    package var message: String
    package var facility: FacilityID?
    package var firstSeen: UTCInstant
    package var attempts: Int
    package var state: State
    /// Why a person discarded it, or why the last replay failed.
    package var note: String?
    /// What a person made of the payload; a replay sends this instead. The original stays beside it.
    package var edit: Edit?

    package struct Edit: Hashable, Sendable, Codable {
        package var payload: [UInt8]
        package var author: String
        package var at: UTCInstant
        /// 1 for the first edit. Whoever edits says which edition was seen (compare and set).
        package var edition: Int
        package init(payload: [UInt8], author: String, at: UTCInstant, edition: Int) {
            self.payload = payload
            self.author = author
            self.at = at
            self.edition = edition
        }
    }

    /// What a replay sends.
    package var currentPayload: [UInt8] { edit?.payload ?? payload }

    package init(
        number: Int64? = nil, topic: String, payload: [UInt8], headers: [String: String], reason: String,
        message: String,
        facility: FacilityID? = nil, firstSeen: UTCInstant, attempts: Int = 0, state: State = .pending,
        note: String? = nil, edit: Edit? = nil
    ) {
        self.number = number
        self.topic = topic
        self.payload = payload
        self.headers = headers
        self.reason = reason
        self.message = message
        self.facility = facility
        self.firstSeen = firstSeen
        self.attempts = attempts
        self.state = state
        self.note = note
        self.edit = edit
    }
}

/// Header names of a dead letter (RELIABILITY.md §3).
package enum DeadLetterHeader {
    package static let topic = "__switchyard.errors.topic"
    package static let partition = "__switchyard.errors.partition"
    package static let offset = "__switchyard.errors.offset"
    package static let exception = "__switchyard.errors.exception"
    package static let message = "__switchyard.errors.message"
    package static let stage = "__switchyard.errors.stage"
    package static let attempts = "__switchyard.errors.attempts"
    /// How often it was replayed, however often it became a dead letter in between.
    package static let replays = "__switchyard.errors.replays"
    package static let firstSeen = "__switchyard.errors.first_seen"
    /// When it failed for the last time; the first time is `firstSeen` (ledger DLQ-02).
    package static let lastSeen = "__switchyard.errors.last_seen"
    package static let source = "__switchyard.errors.source"
    package static let traceparent = "traceparent"
}
