import EnergyModel

/// The watchdog's look at the stored commands (ledger DR-22): what should have been given back long ago and was not, whoever
/// was to do it. It needs no saga and no history, so it still works when those are damaged.
package enum OverdueRelease {
    /// Commands that may hold a point `grace` after they should have let go of it. Deterministic: by event, then number
    /// descending, so that later writes are given back before earlier ones.
    package static func find(
        in commands: some Sequence<BuildingCommand>, now: UTCInstant, grace: Duration = .seconds(120)
    ) -> [BuildingCommand] {
        commands.filter { command in
            let progress = command.progress
            let wasSent = progress.mayHaveActed || progress.isInFlight || progress.state == .releasing
            return wasSent && !progress.isSettled && command.plan.expiresAt.advanced(by: grace) <= now
        }
        .sorted { ($0.event, $1.plan.sequence) < ($1.event, $0.plan.sequence) }
    }

    /// The release of such a command, for a caller without a working saga. The key is the saga's own, so a release that did
    /// happen is not done twice.
    package static func request(for command: BuildingCommand, now: UTCInstant, budget: Duration) -> BuildingRequest {
        BuildingRequest(
            event: command.event, facility: command.facility, sequence: command.plan.sequence,
            generation: command.progress.generation + 1,
            key: .release(command.event, command.plan.sequence, round: max(1, command.progress.releaseRound)),
            operation: .release, point: command.plan.point, slot: command.plan.slot,
            expiresAt: command.plan.expiresAt, answerBy: now.advanced(by: budget))
    }
}
