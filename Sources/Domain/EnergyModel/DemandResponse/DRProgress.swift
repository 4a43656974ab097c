/// How far an event has come. A value of the transition table: whole, not a difference.
package struct EventProgress: Hashable, Sendable, Codable {
    package var status: DREventStatus
    package var firstConfirmedAt: UTCInstant?
    /// The meters show less than the alarm share of the target.
    package var isUnderDelivering: Bool
    /// Final, and nothing is left to release: the coordinator need not load it any more.
    package var isSettled: Bool

    package init(
        status: DREventStatus = .pending, firstConfirmedAt: UTCInstant? = nil, isUnderDelivering: Bool = false,
        isSettled: Bool = false
    ) {
        self.status = status
        self.firstConfirmedAt = firstConfirmedAt
        self.isUnderDelivering = isUnderDelivering
        self.isSettled = isSettled
    }
}

/// How far one facility's leg has come.
package struct LegProgress: Hashable, Sendable, Codable {
    package var state: LegState
    package var ending: LegEnding?
    package var activeSince: UTCInstant?
    package var isUnderDelivering: Bool
    /// Meters and commands tell different stories (ledger DR-20).
    package var isDiscrepant: Bool

    package init(
        state: LegState = .planned, ending: LegEnding? = nil, activeSince: UTCInstant? = nil,
        isUnderDelivering: Bool = false, isDiscrepant: Bool = false
    ) {
        self.state = state
        self.ending = ending
        self.activeSince = activeSince
        self.isUnderDelivering = isUnderDelivering
        self.isDiscrepant = isDiscrepant
    }
}

/// How far one building command has come.
package struct CommandProgress: Hashable, Sendable, Codable {
    /// What it waits for. `due` says until when; phases without a `due` wait for another event.
    package enum Phase: String, Sendable, Codable, CaseIterable {
        /// Its time has not come. Exits: writing, released (dropped).
        case planned
        /// Waits before the next attempt; the last one surely had no effect. Exits: writing, failed, released.
        case retrying
        /// The write is on its way. Exits: confirmed, accepted, retrying, asking, failed.
        case writing
        /// The building took it and will do it; asked again at `due`. Exits: polling, failed, releasing.
        case accepted
        /// Asked whether it is done. Exits: confirmed, accepted, retrying, failed, releasing.
        case polling
        /// Nobody knows whether it acted: asked by key. Exits: confirmed, accepted, retrying, askingLater, failed, releasing.
        case asking
        case askingLater
        case confirmed
        case failed
        /// NULL at our slot is on its way. Exits: released, rechecking, releaseAsking, releaseRetrying.
        case releasing
        case releaseAsking
        case releaseRetrying
        /// Released, but a write that was lost on the way may still arrive: the slot is read at `due`.
        case rechecking
        case reading
        case released
    }

    package var phase: Phase
    package var due: UTCInstant?
    /// Writes begun since the first one or the last retry by hand.
    package var attempts: Int
    /// Requests made; an answer to an older one is ignored.
    package var generation: Int
    /// Confirmation is due 30 s (CF-01) after this.
    package var firstSentAt: UTCInstant?
    package var confirmedAt: UTCInstant?
    /// `command_execution_id`, as the building gave it.
    package var executionID: String?
    /// A write went out whose outcome was never learnt.
    package var isAmbiguous: Bool
    package var releaseRound: Int
    package var releaseAttempts: Int

    package init(
        phase: Phase = .planned, due: UTCInstant? = nil, attempts: Int = 0, generation: Int = 0,
        firstSentAt: UTCInstant? = nil, confirmedAt: UTCInstant? = nil, executionID: String? = nil,
        isAmbiguous: Bool = false, releaseRound: Int = 0, releaseAttempts: Int = 0
    ) {
        self.phase = phase
        self.due = due
        self.attempts = attempts
        self.generation = generation
        self.firstSentAt = firstSentAt
        self.confirmedAt = confirmedAt
        self.executionID = executionID
        self.isAmbiguous = isAmbiguous
        self.releaseRound = releaseRound
        self.releaseAttempts = releaseAttempts
    }

    package var state: CommandState {
        switch phase {
        case .planned, .retrying: .planned
        case .writing, .accepted, .polling: .sent
        case .asking, .askingLater: .unknown
        case .confirmed: .confirmed
        case .failed: .failed
        case .releasing, .releaseAsking, .releaseRetrying, .rechecking, .reading: .releasing
        case .released: .released
        }
    }

    /// The building holds the value, or may hold it.
    package var mayHaveActed: Bool { confirmedAt != nil || isAmbiguous }
    /// Nothing is left to do: given back, or failed without any effect.
    package var isSettled: Bool { phase == .released || (phase == .failed && !mayHaveActed) }
    package var isInFlight: Bool {
        switch phase {
        case .writing, .polling, .asking, .releasing, .releaseAsking, .reading: true
        default: false
        }
    }
}
