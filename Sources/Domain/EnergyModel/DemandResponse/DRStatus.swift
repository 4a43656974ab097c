/// Where a demand-response event stands (ledger BASE-12); `dr_events.status`.
package enum DREventStatus: String, Sendable, Codable, CaseIterable {
    /// Received and durable, not yet planned. Exits: any.
    case pending
    /// Planned, begins later. Exits: pendingExecution, cancelled, superseded, optedOut.
    case scheduled
    /// Commands are going out, no building has confirmed yet. Exits: active, degraded, failed, and the endings.
    case pendingExecution = "pending_execution"
    /// Buildings have confirmed. Exits: degraded, completed, and the endings.
    case active
    /// Works, but not as planned: a building failed, the meters show too little, or the plan rests on a heuristic.
    /// Exits: active, failed, completed, and the endings.
    case degraded
    /// Over, every point released. Final.
    case completed
    /// No building confirmed. While its window lasts, a retry leads back to pendingExecution; afterwards final.
    case failed
    /// Withdrawn by the utility or an operator. Final; releases may still be under way (see `EventProgress.isSettled`).
    case cancelled
    /// Another event took its buildings over. Final, as `cancelled`.
    case superseded
    /// Declined: reported as opted out. Final, as `cancelled`.
    case optedOut = "opted_out"

    package var isFinal: Bool {
        switch self {
        case .completed, .cancelled, .superseded, .optedOut, .failed: true
        case .pending, .scheduled, .pendingExecution, .active, .degraded: false
        }
    }
}

/// Where one facility's part of an event stands.
package enum LegState: String, Sendable, Codable, CaseIterable {
    case planned
    /// Another event still holds the building; begins when that one has let go.
    case waiting
    case pendingExecution = "pending_execution"
    case active
    case degraded
    /// No command confirmed. May be retried inside the window; final after it.
    case failed
    /// The window is over: points are being given back, in reverse.
    case releasing
    case completed
    /// Ended early (a step failed, cancelled, superseded, opted out): points are being given back, in reverse.
    case compensating
    case compensated
}

/// Why a leg gives its points back.
package enum LegEnding: Hashable, Sendable, Codable {
    case windowOver
    case stepFailed
    case cancelled
    case superseded(by: DREventID)
    case optedOut
}

/// Where one building command stands (ARCHITECTURE §4).
package enum CommandState: String, Sendable, Codable, CaseIterable {
    case planned, sent, unknown, confirmed, failed, releasing, released
}
