import EnergyModel

/// One day of the look-back and what became of it, so that a settlement can be explained day by day.
package struct CandidateDay: Hashable, Sendable, Codable {
    package enum Verdict: Hashable, Sendable, Codable {
        /// Part of the baseline. `rank` is 1 for the first, nil where the rule does not rank.
        case kept(rank: Int?)
        /// Was excluded and came back because too few days were left.
        case filled(rank: Int?)
        case dropped(Drop)
    }

    package enum Drop: Hashable, Sendable, Codable {
        case tooRecent
        case otherDayType(DayType, holiday: String?)
        case clockChange
        case excluded(BaselineExclusion.Kind, note: String)
        case noLoad
        /// Values for this share of the event window only, 0...1.
        case incomplete(share: Double)
        case lowUse(mean: Power, threshold: Power)
        case notRanked(rank: Int, of: Int)
        /// Enough newer days were found.
        case notNeeded
    }

    package var date: CivilDate
    package var type: DayType
    /// Mean load over the hours of the event, where there is any.
    package var eventMean: Power?
    package var verdict: Verdict
    /// Mean squared difference to the event day in kW², where the rule compares days.
    package var distance: Double?

    package var dropped: Drop? {
        if case .dropped(let drop) = verdict { return drop }
        return nil
    }

    package var rank: Int? {
        switch verdict {
        case .kept(let rank), .filled(let rank): rank
        case .dropped: nil
        }
    }

    /// `kept`, `kept, rank 2`, `dropped: holiday (Labor Day)`.
    package var sentence: String {
        switch verdict {
        case .kept(let rank): "kept" + (rank.map { ", rank \($0)" } ?? "")
        case .filled(let rank): "brought back to reach the minimum" + (rank.map { ", rank \($0)" } ?? "")
        case .dropped(let drop): "dropped: \(drop.sentence)"
        }
    }
}

extension CandidateDay.Drop {
    /// For counting alike.
    package var label: String {
        switch self {
        case .tooRecent: "too recent"
        case .otherDayType: "of another day type"
        case .clockChange: "with a clock change"
        case .excluded(.demandResponse, _): "with an event"
        case .excluded(.outage, _): "with an outage"
        case .excluded(.operatorDecision, _): "excluded by an operator"
        case .noLoad: "without load"
        case .incomplete: "incomplete"
        case .lowUse: "of low use"
        case .notRanked: "not among the ranked"
        case .notNeeded: "not needed"
        }
    }

    /// Figures are rounded for reading; the record keeps them whole.
    package var sentence: String {
        switch self {
        case .otherDayType(let type, let holiday):
            "\(type.rawValue) day" + (holiday.map { " (\($0))" } ?? "")
        case .excluded(_, let note): label + (note.isEmpty ? "" : " (\(note))")
        case .incomplete(let share): "load for \(Int((share * 100).rounded(.down))) % of the event hours only"
        case .lowUse(let mean, let threshold): "low use, \(mean.tenths) kW is below \(threshold.tenths) kW"
        case .notRanked(let rank, let count): "rank \(rank) of \(count)"
        case .notNeeded: "enough newer days"
        case .tooRecent, .clockChange, .noLoad: label
        }
    }
}

extension Power {
    /// To one decimal, for sentences.
    var tenths: String { "\((kilowatts * 10).rounded() / 10)" }
}
