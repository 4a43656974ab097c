/// One line of the journal: what was done, what changed state, what was logged, what the shift noted. Append-only.
package struct JournalEntry: Hashable, Sendable, Codable {
    package enum Kind: String, Sendable, Codable, CaseIterable {
        /// A person's command: written before it acts, and again with its outcome.
        case audit
        /// A state change of a breaker, feed, queue or service.
        case transition
        /// An operator's note for the next shift.
        case note
        /// A log record at warning or above.
        case log
    }

    /// Given by the record store; nil before it is stored.
    package var number: Int64?
    package var at: UTCInstant
    package var kind: Kind
    /// `operator:ana`, `engine`, `service:ingest`.
    package var actor: String
    /// What it is about, e.g. `dead-letter:4711`, `breaker:series-store`.
    package var subject: String
    /// One sentence.
    package var text: String
    package var facility: FacilityID?
    /// The command's idempotency key, for audit entries.
    package var commandKey: String?
    package var traceID: String?

    package init(
        number: Int64? = nil, at: UTCInstant, kind: Kind, actor: String, subject: String, text: String,
        facility: FacilityID? = nil, commandKey: String? = nil, traceID: String? = nil
    ) {
        self.number = number
        self.at = at
        self.kind = kind
        self.actor = actor
        self.subject = subject
        self.text = text
        self.facility = facility
        self.commandKey = commandKey
        self.traceID = traceID
    }
}
