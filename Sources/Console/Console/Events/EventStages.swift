import EnergyModel
import Ports
import Screen

/// The five steps of an event's life as a person asks for them: when, by whom, and what is still missing.
struct EventStage: Sendable, Equatable {
    enum State: Sendable, Equatable { case done, underWay, notYet, failed }
    var name: String
    var state: State
    /// When it happened, or is to happen.
    var at: UTCInstant?
    var actor = ""
    var note = ""

    var mark: (String, Role) {
        switch state {
        case .done: ("●", .textDim)
        case .underWay: ("▶", .stateActive)
        case .notYet: ("·", .textDim)
        case .failed: ("×", .stateBad)
        }
    }

    static func all(_ detail: EventDetail, now: UTCInstant) -> [EventStage] {
        [
            EventStage(name: "received", state: .done, at: detail.event.receivedAt, actor: detail.event.source),
            acknowledged(detail), dispatched(detail), confirmed(detail), released(detail, now),
        ]
    }

    /// Transitions come newest first, and only 500 of them: of a long event the first may be missing.
    private static func first(_ detail: EventDetail, where fits: (EventTransitionView) -> Bool) -> EventTransitionView?
    {
        detail.transitions.last(where: fits)
    }

    private static func acknowledged(_ detail: EventDetail) -> EventStage {
        guard let seen = first(detail, where: { $0.subject == "event" && $0.ordinal == 1 }) else {
            return EventStage(name: "acknowledged", state: .done, note: "longer ago than the lines kept here")
        }
        return EventStage(name: "acknowledged", state: .done, at: seen.at, actor: seen.actor, note: "durable")
    }

    private static func dispatched(_ detail: EventDetail) -> EventStage {
        let name = "dispatched"
        let commands = Numbers.count(detail.commands.count, "command", "commands")
        let sent = CommandState.sent.rawValue
        if let seen = first(detail, where: { $0.to == DREventStatus.pendingExecution.rawValue || $0.to == sent }) {
            return EventStage(name: name, state: .done, at: seen.at, actor: seen.actor, note: commands)
        }
        if detail.progress.firstConfirmedAt != nil { return EventStage(name: name, state: .done, note: commands) }
        if detail.event.status.isFinal {
            return EventStage(name: name, state: .notYet, note: "never: \(detail.event.look.word)")
        }
        let note = detail.event.awaitsApproval ? "waits for approval, \(commands)" : "planned, \(commands)"
        return EventStage(name: name, state: .notYet, at: detail.event.window.start, note: note)
    }

    private static func confirmed(_ detail: EventDetail) -> EventStage {
        let name = "confirmed"
        let all = detail.legs.reduce(0) { $0 + $1.commands }
        let done = detail.legs.reduce(0) { $0 + $1.confirmedCommands }
        let failed = detail.legs.reduce(0) { $0 + $1.failedCommands }
        let counts = "\(done) of \(all)" + (failed > 0 ? ", × \(failed) failed" : "")
        if let at = detail.progress.firstConfirmedAt {
            let seen = first(detail, where: { $0.to == CommandState.confirmed.rawValue })
            let isWhole = done == all || detail.event.status.isFinal
            return EventStage(
                name: name, state: isWhole ? .done : .underWay, at: at, actor: seen?.actor ?? "engine", note: counts)
        }
        if detail.event.status == .failed {
            return EventStage(name: name, state: .failed, note: "no building confirmed, \(counts)")
        }
        let isSent = detail.event.status == .pendingExecution
        return EventStage(name: name, state: isSent ? .underWay : .notYet, note: isSent ? counts : "")
    }

    private static func released(_ detail: EventDetail, _ now: UTCInstant) -> EventStage {
        let name = "released"
        let taken = detail.commands.filter { $0.progress.mayHaveActed }
        let back = taken.count { $0.progress.phase == .released }
        if detail.progress.isSettled || detail.event.isSettled {
            let last = detail.transitions.first
            return EventStage(
                name: name, state: .done, at: last?.at, actor: last?.actor ?? "", note: "everything is given back")
        }
        let isLate = taken.contains { $0.progress.phase == .releaseRetrying }
        let isOver = detail.event.status.isFinal || now >= detail.event.window.end
        guard isOver || back > 0 else {
            let at = detail.event.isOpenEnded ? nil : detail.event.window.end
            return EventStage(name: name, state: .notYet, at: at, note: at == nil ? "when it is cancelled" : "planned")
        }
        let note = "\(back) of \(taken.count) given back" + (isLate ? ", × a building does not take it" : "")
        return EventStage(name: name, state: isLate ? .failed : .underWay, note: note)
    }
}
