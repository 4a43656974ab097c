import EnergyModel

extension ParticipationReport.Trust {
    /// `disturbances` are further sentences that speak against it.
    init(_ found: BaselineResult, _ disturbances: [String]) {
        let (poor, fair) = (
            ParticipationReport.Trust.grave(found), ParticipationReport.Trust.slight(found) + disturbances
        )
        self.init(
            grade: poor.isEmpty ? (fair.isEmpty ? .good : .fair) : .poor, reasons: poor + fair,
            cvrmse: found.consistency.map { thousandths($0.cvrmse) },
            nmbe: found.consistency.map { thousandths($0.nmbe) })
    }

    private static func grave(_ found: BaselineResult) -> [String] {
        var reasons: [String] = []
        let missing = found.performance.intervals.count { $0.reduction == nil }
        if missing > 0 {
            reasons.append("\(missing) of \(found.performance.intervals.count) intervals have no figure")
        }
        if let consistency = found.consistency, !consistency.meetsGuideline14(.hourly) {
            let percent = Int((consistency.cvrmse * 100).rounded())
            reasons.append("the days of the baseline differ by \(percent) % (Guideline 14 allows 30 %)")
        }
        return reasons
    }

    private static func slight(_ found: BaselineResult) -> [String] {
        var reasons: [String] = []
        if case .unavailable(_, let reason) = found.adjustment { reasons.append("not adjusted: \(reason)") }
        switch found.adjustment.capHit {
        case .none: break
        case .lower: reasons.append("the adjustment is held at its lower limit")
        case .upper: reasons.append("the adjustment is held at its upper limit")
        }
        let filled = found.candidates.count { if case .filled = $0.verdict { true } else { false } }
        if filled > 0 { reasons.append("\(filled) excluded days were brought back to reach the minimum") }
        if found.eventDayQuality.estimated + found.eventDayQuality.missing > 0 {
            reasons.append(
                "the event day has \(found.eventDayQuality.estimated) slots in part and "
                    + "\(found.eventDayQuality.missing) without load, of \(found.eventDayQuality.expected)")
        }
        if found.historyQuality.estimated + found.historyQuality.missing > 0 {
            reasons.append(
                "the days before have \(found.historyQuality.estimated) slots in part and "
                    + "\(found.historyQuality.missing) without load, of \(found.historyQuality.expected)")
        }
        return reasons
    }
}
