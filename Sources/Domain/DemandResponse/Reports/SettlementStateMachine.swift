import EnergyModel

/// Which versions of a facility's report are issued, and why: provisional as soon as the event has settled, recomputed when
/// figures change before the settle time is over or a person asks, frozen when it is over. What was issued never changes; a
/// version names the one it replaces. States and their exits:
///
/// - pending (nothing issued): open by figures, frozen when they come after the settle time;
/// - open (provisional, recomputed …): itself by changed figures or a request, frozen by the settle time;
/// - frozen: itself by a request; never by figures alone.
package struct SettlementStateMachine: Hashable, Sendable {
    package struct Issued: Hashable, Sendable {
        package var report: ParticipationReport
        /// Its place in the chain.
        package var hash: String

        package init(report: ParticipationReport, hash: String) { (self.report, self.hash) = (report, hash) }
    }

    package enum Refusal: Error, Hashable, CustomStringConvertible {
        case nothingIssued, reasonMissing, unchanged(version: Int)

        package var description: String {
            switch self {
            case .nothingIssued: "there is no report yet; the first is made as soon as the event has settled"
            case .reasonMissing: "a recomputation needs a reason; give one"
            case .unchanged(let version): "the figures are those of version \(version), which counts; nothing to add"
            }
        }
    }

    private typealias Issue = ParticipationReport.Issue

    /// Ascending by version; the last one counts.
    package private(set) var issued: [Issued]

    package init(_ issued: [Issued] = []) {
        self.issued = issued.sorted { $0.report.reportVersion < $1.report.reportVersion }
    }

    package var isFrozen: Bool { issued.contains { $0.report.issue?.state == .frozen } }

    /// The next version when these figures ask for one; nil when there is nothing new, or only a person may change it.
    package func figuresArrived(
        _ figures: ParticipationReport, isSettleTimeOver: Bool, at now: UTCInstant, by author: String
    ) -> ParticipationReport? {
        guard !isFrozen else { return nil }
        let missing = figures.missingIntervals
        let gaps = missing == 0 ? nil : "\(missing) of \(figures.intervals.count) intervals are not measured"
        if isSettleTimeOver {
            let reason = "the settle time is over" + (gaps.map { "; \($0), and stay so" } ?? "")
            return next(figures, .frozen, reason, now, author)
        }
        guard let last = issued.last?.report else { return next(figures, .provisional, gaps, now, author) }
        return last.figures == figures.figures
            ? nil : next(figures, .recomputed, figures.difference(from: last), now, author)
    }

    /// A person's request, before or after the settle time.
    package func recomputationAsked(
        _ figures: ParticipationReport, because reason: String, at now: UTCInstant, by author: String
    ) throws(Refusal) -> ParticipationReport {
        guard let last = issued.last?.report else { throw .nothingIssued }
        guard reason.contains(where: { !$0.isWhitespace }) else { throw .reasonMissing }
        guard last.figures != figures.figures else { throw .unchanged(version: last.reportVersion) }
        return next(figures, .recomputed, "\(reason) (\(figures.difference(from: last)))", now, author)
    }

    private func next(
        _ figures: ParticipationReport, _ state: Issue.State, _ reason: String?, _ now: UTCInstant, _ author: String
    ) -> ParticipationReport {
        var report = figures
        report.reportVersion = (issued.last?.report.reportVersion ?? 0) + 1
        report.issue = Issue(
            state: state,
            replaces: issued.last.map { .init(version: $0.report.reportVersion, hash: $0.hash) }, reason: reason,
            by: author, at: now.iso8601)
        return report
    }
}

extension ParticipationReport {
    /// What is different from an earlier version, for who must explain it.
    package func difference(from other: ParticipationReport) -> String {
        var changes: [String] = []
        if baseline.preset != other.baseline.preset {
            changes.append("the baseline's rule is \(baseline.preset), was \(other.baseline.preset)")
        }
        if event != other.event { changes.append("the event itself changed") }
        if intervals.map(\.start) == other.intervals.map(\.start) {
            let actuals = zip(intervals, other.intervals).count {
                $0.0.actualKWh != $0.1.actualKWh || $0.0.quality != $0.1.quality
            }
            let baselines = zip(intervals, other.intervals).count { $0.0.baselineKWh != $0.1.baselineKWh }
            if actuals > 0 { changes.append("late data changed \(actuals) of \(intervals.count) intervals") }
            if baselines > 0 { changes.append("the baseline of \(baselines) intervals changed") }
        } else {
            changes.append("the intervals are others")
        }
        if changes.isEmpty, baseline != other.baseline {
            changes.append("the days or the data of the baseline changed")
        }
        if changes.isEmpty, dataQuality != other.dataQuality {
            changes.append("readings came late, the energy is the same")
        }
        return changes.isEmpty ? "details of commands or overrides changed" : changes.joined(separator: "; ")
    }
}
