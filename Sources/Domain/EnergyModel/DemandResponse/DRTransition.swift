/// One line of `dr_event_transitions` (ledger DR-10): append-only, keyed by (event, ordinal). The state of an event is the
/// fold of its transitions, and each carries the whole new progress of what it changes, so an old history folds the same
/// under new code.
package struct DRTransition: Hashable, Sendable, Codable {
    package enum Change: Hashable, Sendable, Codable {
        case plan(DispatchPlan)
        case event(EventProgress)
        case leg(FacilityID, LegProgress)
        case command(FacilityID, sequence: Int, CommandProgress)
    }

    package var event: DREventID
    /// 1, 2, 3 ... without gaps. Storing the same ordinal twice must fail: somebody else drives the event.
    package var ordinal: Int
    /// States before and after, in words of the subject; equal when only a detail changed.
    package var from: String
    package var to: String
    package var at: UTCInstant
    /// `engine`, `operator:ana`, `utility:acme`.
    package var actor: String
    package var traceID: String?
    /// One sentence.
    package var reason: String
    package var change: Change
    /// What must be done about it outside: an outbox. Done at least once, after the transition is durable.
    package var notices: [DRNotice]

    package init(
        event: DREventID, ordinal: Int, from: String, to: String, at: UTCInstant, actor: String, traceID: String?,
        reason: String, change: Change, notices: [DRNotice] = []
    ) {
        self.event = event
        self.ordinal = ordinal
        self.from = from
        self.to = to
        self.at = at
        self.actor = actor
        self.traceID = traceID
        self.reason = reason
        self.change = change
        self.notices = notices
    }
}

/// Something a transition asks of the world besides building requests.
package enum DRNotice: Hashable, Sendable, Codable {
    /// The event's status changed: callback to the utility, push to consoles.
    case statusChanged(DREventStatus)
    /// Attempts are used up: to `bms-failures`, retry tiers 1 / 5 / 15 min.
    case commandFailed(FacilityID, sequence: Int, String)
    /// A point could not be given back; keeps being tried. For the person on call.
    case releaseFailing(FacilityID, sequence: Int, String)
    /// DR-19: less than the alarm share of the target after the settling time. Nil facility: the whole event.
    case underDelivery(FacilityID?, achieved: Power, target: Power)
    /// DR-20: commands recorded and meters differ by more than the limit.
    case discrepancy(FacilityID, recorded: Power, measured: Power)
    /// A building asked for by a new plan is still being released; plan again when it is done.
    case buildingBusy(FacilityID)
    /// Everything is given back: report, settle, forget.
    case settled
}

/// A request to a building, made by the saga after its intent was recorded.
package struct BuildingRequest: Hashable, Sendable, Codable {
    package enum Operation: Hashable, Sendable, Codable {
        /// Write this value at `slot`.
        case write(Double)
        /// NULL at `slot`.
        case release
        /// What became of `key`?
        case status
        /// What does `slot` hold?
        case readSlot
    }

    package var event: DREventID
    package var facility: FacilityID
    package var sequence: Int
    /// Goes back with the answer; see `CommandProgress.generation`.
    package var generation: Int
    package var key: IdempotencyKey
    package var operation: Operation
    package var point: PointID
    package var slot: PrioritySlot
    package var expiresAt: UTCInstant
    /// The saga takes the outcome for unknown from here on.
    package var answerBy: UTCInstant
    /// Of the event, 32 hex digits; goes to the building as `traceparent`.
    package var traceID: String?

    package init(
        event: DREventID, facility: FacilityID, sequence: Int, generation: Int, key: IdempotencyKey,
        operation: Operation, point: PointID, slot: PrioritySlot, expiresAt: UTCInstant, answerBy: UTCInstant
    ) {
        self.event = event
        self.facility = facility
        self.sequence = sequence
        self.generation = generation
        self.key = key
        self.operation = operation
        self.point = point
        self.slot = slot
        self.expiresAt = expiresAt
        self.answerBy = answerBy
    }

    /// Gives something back, and is harmless to repeat: may be sent even while its record cannot be stored (ledger DR-13).
    package var isRelease: Bool { operation == .release }
}

/// What a building answered, or failed to.
package enum BuildingAnswer: Hashable, Sendable, Codable {
    /// Done, and read back. Also the answer to a repeated key that was done before.
    case applied(executionID: String?)
    /// Taken, not done yet.
    case pending(executionID: String?)
    /// No request with this key is known there.
    case notKnown
    /// Refused for good; no effect.
    case rejected(String)
    /// Could not be asked or would not now; surely no effect (connection refused, breaker open, 503 before acceptance).
    case unavailable(String)
    /// Sent, and no answer came: the effect is unknown.
    case timedOut
    /// What the slot holds; nil for nothing.
    case slot(Double?)
}
