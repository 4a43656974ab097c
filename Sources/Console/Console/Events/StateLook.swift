import EnergyModel
import Ports
import Screen

/// How a state is told: by mark, word and role; colour is never the only one of them.
struct StateLook: Sendable, Equatable {
    var mark: String
    var word: String
    var role: Role

    init(_ mark: String, _ word: String, _ role: Role) {
        self.mark = mark
        self.word = word
        self.role = role
    }
}

extension DemandResponseEvent {
    var look: StateLook {
        if awaitsApproval, !status.isFinal { return StateLook("!", "to approve", .stateEstimated) }
        let isOverride = kind == .override
        switch status {
        case .pending: return StateLook("·", "pending", .text)
        case .scheduled: return StateLook(" ", "scheduled", .text)
        case .pendingExecution: return StateLook("▶", isOverride ? "writing" : "dispatching", .stateActive)
        case .active: return StateLook("▼", isOverride ? "held" : "active", .stateActive)
        case .degraded: return StateLook("!", "degraded", .stateStale)
        case .failed: return StateLook("×", "failed", isSettled ? .textDim : .stateBad)
        case .completed: return StateLook(" ", isOverride ? "given back" : "completed", .textDim)
        case .cancelled: return ending("cancelled")
        case .superseded: return ending("superseded")
        case .optedOut: return ending("opted out")
        }
    }

    private func ending(_ word: String) -> StateLook {
        isSettled ? StateLook(" ", word, .textDim) : StateLook("·", word, .text)
    }

    /// Ends at no moment that a person would wait for (OpenADR's `P9999Y`).
    var isOpenEnded: Bool { window.duration > .seconds(3_650 * 86_400) }

    /// `in 12 min`, `41 min`, `releasing`, `over`; empty for one without an end.
    func timeLeft(at now: UTCInstant) -> String {
        if isSettled { return "over" }
        if status.isFinal { return "releasing" }
        if now < window.start { return "in \(Age.text(window.start.since(now)))" }
        if isOpenEnded { return "no end" }
        return now < window.end ? Age.text(window.end.since(now)) : "releasing"
    }

    /// Measured reduction as a share of what was asked for, else of what was planned.
    var achievedShare: Double? {
        guard let achieved, let wanted = target ?? expected, wanted.kilowatts > 0 else { return nil }
        return achieved.kilowatts / wanted.kilowatts
    }

    /// Delivers less than the share that the utility accepts (ledger DR-19).
    var isLow: Bool {
        (status == .active || status == .degraded) && achievedShare.map { $0 < ResponseTotals.acceptedShare } == true
    }
}

extension LegProgress {
    var look: StateLook {
        let base: StateLook =
            switch state {
            case .planned: StateLook(" ", "planned", .textDim)
            case .waiting: StateLook("·", "waiting", .text)
            case .pendingExecution: StateLook("▶", "dispatching", .stateActive)
            case .active: StateLook("▼", "active", .stateActive)
            case .degraded: StateLook("!", "degraded", .stateStale)
            case .failed: StateLook("×", "failed", .stateBad)
            case .releasing: StateLook("·", "releasing", .text)
            case .completed: StateLook(" ", "completed", .textDim)
            case .compensating: StateLook("·", "giving back", .text)
            case .compensated: StateLook(" ", "given back", .textDim)
            }
        guard base.role != .stateBad, isUnderDelivering || isDiscrepant else { return base }
        return StateLook("!", isUnderDelivering ? base.word + ", low" : "differs", .stateStale)
    }

    /// Worst first: the order of a list of legs.
    var trouble: Int {
        if state == .failed { return 3 }
        if state == .degraded || isUnderDelivering || isDiscrepant { return 2 }
        return state == .waiting || state == .pendingExecution ? 1 : 0
    }
}

extension LegEnding {
    var words: String {
        switch self {
        case .windowOver: "the window is over"
        case .stepFailed: "a step failed"
        case .cancelled: "cancelled"
        case .superseded(let event): "taken over by \(event)"
        case .optedOut: "opted out"
        }
    }
}

extension CommandProgress {
    var look: StateLook {
        switch phase {
        case .planned: StateLook(" ", "planned", .textDim)
        case .retrying: StateLook("!", "retrying", .stateStale)
        case .writing: StateLook("▶", "sent", .stateActive)
        case .accepted, .polling: StateLook("▶", "accepted", .stateActive)
        case .asking, .askingLater: StateLook("!", "unknown", .stateStale)
        case .confirmed: StateLook("●", "confirmed", .stateOK)
        case .failed: StateLook("×", "failed", .stateBad)
        case .releasing, .releaseAsking: StateLook("·", "releasing", .text)
        case .releaseRetrying: StateLook("!", "release retried", .stateStale)
        case .rechecking, .reading: StateLook("·", "rechecking", .text)
        case .released: StateLook(" ", "released", .textDim)
        }
    }
}

extension PointKind {
    var word: String {
        switch self {
        case .coolingSetPoint: "cooling"
        case .heatingSetPoint: "heating"
        case .lightLevel: "light"
        case .switchedLoad: "switch"
        }
    }

    /// A value as it stands in a table: `24.5 °C`, `40 %`, `off`.
    func shown(_ value: Double?) -> String {
        guard let value else { return Numbers.unknown }
        switch self {
        case .coolingSetPoint, .heatingSetPoint: return Numeral.fixed(value, decimals: 1) + " °C"
        case .lightLevel: return Numbers.percent(value) + " %"
        case .switchedLoad: return value == 0 ? "off" : value == 1 ? "on" : Numeral.fixed(value, decimals: 2)
        }
    }
}

extension ForecastQuality {
    /// What a plan's figures rest on; nil for a forecast as it should be.
    var caution: String? {
        switch self {
        case .normal: nil
        case .manual: "figures from a profile entered by hand"
        case .degraded: "figures from a degraded forecast"
        case .heuristic: "heuristic, not a forecast: newest loads stand in for it"
        }
    }
}
