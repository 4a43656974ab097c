import DemandResponse
import EnergyModel
import Ports
import Screen

/// One report as a person reads it.
struct ReportPage {
    private let record: ParticipationRecord
    private let report: ParticipationReport

    init(_ record: ParticipationRecord, _ report: ParticipationReport) {
        self.record = record
        self.report = report
    }

    func print() {
        heading()
        baseline()
        days()
        intervals()
    }

    private func heading() {
        let state = report.issue.map { $0.state.rawValue } ?? "of an earlier build"
        say("\(report.event.id) \(report.facility.id)  version \(record.version), \(state)  \(record.at.iso8601)")
        if let issue = report.issue {
            if let replaced = issue.replaces { say("  replaces version \(replaced.version), \(replaced.hash)") }
            if let reason = issue.reason { say("  because: \(reason) (\(issue.by))") }
        }
        let result = report.result
        say(
            "  energy \(text(result.energyKWh)) kWh, average \(text(result.averageKW)) kW, lowest hour "
                + "\(text(result.minimumHourKW)) kW, \(text(result.percentOfCommitment)) % of \(report.commitment.kw) kW"
        )
        if report.missingIntervals > 0 {
            say("  \(report.missingIntervals) of \(report.intervals.count) intervals are not measured")
        }
        let key = record.signature?.split(separator: ":").dropFirst().first
        say(key.map { "  signed with key \($0)" } ?? "  not signed")
        switch record.delivery?.state {
        case nil: say("  owed to no utility")
        case .owed: say("  on its way to the utility")
        case .taken:
            say("  the utility has it since \(record.delivery?.at.iso8601 ?? ""): \(record.delivery?.note ?? "")")
        case .refused: say("  the utility did not take it: \(record.delivery?.note ?? "")")
        }
    }

    private func baseline() {
        let baseline = report.baseline
        say("  baseline: \(baseline.preset), \(baseline.quality)" + (baseline.reason.map { ": \($0)" } ?? ""))
        if let adjustment = baseline.adjustment, adjustment.kind != "none" { say("  " + sentence(adjustment)) }
        if let trust = baseline.trust {
            say("  trust: \(([trust.grade.rawValue] + trust.reasons).joined(separator: "; "))")
        }
    }

    private func sentence(_ adjustment: ParticipationReport.Baseline.Adjustment) -> String {
        let window = adjustment.window?.joined(separator: "-") ?? ""
        if let factor = adjustment.factor {
            let cap = adjustment.capHit == "none" ? "" : ", held at its \(adjustment.capHit ?? "") limit"
            return "adjusted by \(window): times \(factor), measured \(adjustment.ratio ?? factor)\(cap)"
        }
        if let added = adjustment.addedKW { return "adjusted by \(window): plus \(added) kW" }
        return "not adjusted by \(window): \(adjustment.reason ?? "")"
    }

    private func days() {
        guard let days = report.baseline.days, !days.isEmpty else { return }
        Output.table(
            ["DAY", "TYPE", "MEAN kW", "VERDICT"], days.map { [$0.date, $0.type, text($0.meanKW), $0.verdict] },
            right: [2])
    }

    private func intervals() {
        Output.table(
            ["START (LOCAL)", "s", "ACTUAL kWh", "BASELINE kWh", "REDUCTION kWh", "QUALITY"],
            report.intervals.map { interval in
                [
                    interval.localStart ?? interval.start, "\(interval.durationSeconds)", text(interval.actualKWh),
                    text(interval.baselineKWh), text(interval.reductionKWh), interval.quality,
                ]
            }, right: [1, 2, 3, 4])
        Output.line("")
    }

    private func say(_ text: String) { Output.line(Sanitiser.drawable(text)) }
    private func text(_ value: Double?) -> String { value.map { "\($0)" } ?? "--" }
}
