import EnergyModel
import Ports
import Screen

/// An event's participation reports as they were stored: place in the hash chain, then the report itself, laid out token
/// by token. In it stands how each baseline came about: every day kept or dropped, and why.
enum ReportLines {
    /// Of each report; the rest is in the file that `W` writes.
    static let longest = 400

    static func all(_ records: [ParticipationRecord]) -> [[Span]] {
        records.flatMap { record in chain(record) + body(record) + [[]] }
    }

    private static func chain(_ record: ParticipationRecord) -> [[Span]] {
        [
            [
                Span("Report \(record.number)", .title, .bold),
                Span("  \(record.facility), version \(record.version), \(record.at.iso8601)"),
            ],
            [Span("  hash    ", .textDim), Span(record.hash)],
            [Span("  after   ", .textDim), Span(record.previousHash ?? "nothing: the first of the chain", .textDim)],
        ]
    }

    private static func body(_ record: ParticipationRecord) -> [[Span]] {
        guard let lines = JSONLines.read(Array(record.body.utf8)) else {
            return [[Span("  " + Sanitiser.escaped(String(record.body.prefix(2000))))]]
        }
        let rest = lines.count - longest
        let more = rest > 0 ? [[Span("  … \(rest) lines more", .textDim)]] : []
        return lines.prefix(longest).map { [Span("  ")] + $0 } + more
    }
}
