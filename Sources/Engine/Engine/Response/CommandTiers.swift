import EnergyModel

/// What becomes of a failed command that lies in `bms-failures`: sent again after 1, 5 and 15 minutes, then a person's
/// (ledger BMS-11). Pure.
struct CommandTiers: Sendable {
    var waits: [Duration]

    enum Move: Hashable, Sendable {
        case wait
        case retry
        /// It was confirmed after all.
        case resolve
        /// Nothing is left to retry.
        case close(String)
        /// The tiers are used up.
        case escalate
    }

    /// `attempts` counts retries so far; each tier begins when the one before has passed. `command` is nil when the event is
    /// not open any more.
    func move(attempts: Int, firstSeen: UTCInstant, command: BuildingCommand?, now: UTCInstant) -> Move {
        guard let command else { return .close("the event is over; its buildings are given back") }
        switch command.progress.phase {
        case .confirmed: return .resolve
        case .failed: break
        case .released, .releasing, .releaseAsking, .releaseRetrying, .rechecking, .reading:
            return .close("the point is being given back, or was")
        default: return .wait
        }
        guard command.plan.endsAt > now else { return .close("the command's time is over") }
        guard attempts < waits.count else { return .escalate }
        let due = waits.prefix(attempts + 1).reduce(.zero, +)
        return now.since(firstSeen) >= due ? .retry : .wait
    }
}
