import EnergyModel
import Foundation
import Ports
import Screen

/// An event's participation reports: of each building the newest version, as it was stored (place in the hash chain, then the
/// report itself, laid out token by token; in it stands how its baseline came about, every day kept or dropped), and a line
/// for each older one that says why it was replaced.
enum ReportLines {
    /// Of each report, and of all; the rest is in the file that `W` writes.
    static let longest = 400
    static let most = 10_000

    static func all(_ records: [ParticipationRecord]) -> [[Span]] {
        let parts = Dictionary(grouping: records, by: \.facility).sorted { $0.key < $1.key }
        var lines: [[Span]] = []
        for (_, versions) in parts {
            let versions = versions.sorted { ($0.version, $0.number) < ($1.version, $1.number) }
            guard let newest = versions.last else { continue }
            lines += head(newest)
            lines += older(versions)
            lines += lines.count < most ? body(newest) : [[Span("  … its text is in the file that W writes", .textDim)]]
            lines.append([])
        }
        return lines
    }

    /// What the screen says of a report in its own words. Everything optional: earlier builds wrote less.
    private struct Summary: Decodable {
        struct Issue: Decodable {
            var state: String?
            var reason: String?
            var by: String?
        }
        struct Baseline: Decodable {
            var preset: String?
            var quality: String?
            var reason: String?
        }
        var issue: Issue?
        var baseline: Baseline?

        /// Empty for a text that is no report: it is shown as it is.
        init(_ record: ParticipationRecord) {
            do { self = try JSONDecoder().decode(Summary.self, from: Data(record.body.utf8)) } catch {
                (issue, baseline) = (nil, nil)
            }
        }
    }

    private static func head(_ record: ParticipationRecord) -> [[Span]] {
        let summary = Summary(record)
        let state = summary.issue?.state.map { ", \(escaped($0))" } ?? ""
        var lines = [
            [
                Span("Report \(record.number)", .title, .bold),
                Span("  \(record.facility), version \(record.version)\(state), \(record.at.iso8601)"),
            ]
        ]
        if let baseline = summary.baseline, let rule = baseline.preset {
            let isOwn = baseline.quality == nil || baseline.quality == "settlement"
            let quality = baseline.quality.map { ", \(escaped($0))" } ?? ""
            lines.append([
                Span("  baseline ", .textDim), Span(escaped(rule), .textStrong),
                Span(quality, isOwn ? .textDim : .stateEstimated),
                Span(baseline.reason.map { ": \(escaped($0))" } ?? "", .textDim),
            ])
        }
        if let reason = summary.issue?.reason {
            lines.append([Span("  because  ", .textDim), Span(escaped(reason))])
        }
        lines.append([Span("  hash     ", .textDim), Span(record.hash)])
        lines.append([
            Span("  after    ", .textDim), Span(record.previousHash ?? "nothing: the first of the chain", .textDim),
        ])
        if let delivery = record.delivery { lines.append(line(delivery)) }
        return lines
    }

    private static func line(_ delivery: ReportDelivery) -> [Span] {
        let note = delivery.note.isEmpty ? "" : ": \(escaped(delivery.note))"
        let text: Span =
            switch delivery.state {
            case .owed: Span("not delivered yet", .stateStale)
            case .taken: Span("has it since \(delivery.at.iso8601)\(note)")
            case .refused: Span("did not take it\(note)", .stateBad)
            }
        return [Span("  utility  ", .textDim), text]
    }

    /// Newest first. The reason why one was replaced stands in the one that replaced it.
    private static func older(_ versions: [ParticipationRecord]) -> [[Span]] {
        zip(versions, versions.dropFirst()).reversed().map { old, next in
            let (summary, successor) = (Summary(old), Summary(next))
            let reason = successor.issue?.reason ?? successor.issue?.state ?? "no reason is given"
            let author = successor.issue?.by.map { " (\(escaped($0)))" } ?? ""
            return [
                Span("  version \(old.version)", .text),
                Span(summary.issue?.state.map { ", \(escaped($0))" } ?? "", .textDim),
                Span(", replaced: ", .textDim), Span(escaped(reason)), Span(author, .textDim),
                Span("  report \(old.number), \(old.at.iso8601)", .textDim),
            ]
        }
    }

    private static func escaped(_ text: String) -> String { Sanitiser.escaped(String(text.prefix(500))) }

    private static func body(_ record: ParticipationRecord) -> [[Span]] {
        guard let lines = JSONLines.read(Array(record.body.utf8)) else {
            return [[Span("  " + Sanitiser.escaped(String(record.body.prefix(2000))))]]
        }
        let rest = lines.count - longest
        let more = rest > 0 ? [[Span("  … \(rest) lines more", .textDim)]] : []
        return lines.prefix(longest).map { [Span("  ")] + $0 } + more
    }
}
