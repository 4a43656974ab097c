import Crypto
import EnergyModel
import Ports

/// The chain of participation reports: each carries the hash of the one before, so that none can be changed, taken out or
/// put in between without a trace. Pure.
package enum ReportChain {
    /// `sha256:` and the digest of the previous hash (nothing for the first), a line feed, and the report's exact bytes.
    package static func hash(of body: String, after previous: String?) -> String {
        var digest = SHA256()
        digest.update(data: Array((previous ?? "").utf8))
        digest.update(data: [0x0A])
        digest.update(data: Array(body.utf8))
        return "sha256:" + digest.finalize().map(hex).joined()
    }

    package enum Finding: Hashable, Sendable, CustomStringConvertible {
        /// The report's text or its hash was changed.
        case changed(Int64)
        /// The report does not follow the one before: one was taken out, put in, or moved.
        case brokenLink(Int64)
        /// Numbers do not follow one another.
        case missing(after: Int64)

        package var description: String {
            switch self {
            case .changed(let number): "report \(number) was changed after it was made"
            case .brokenLink(let number): "report \(number) does not follow the one before it"
            case .missing(let number): "a report is missing after \(number)"
            }
        }
    }

    /// `reports` is the whole chain, or a piece of it from report `from` on, ascending; empty when it is as it was made.
    /// O(bytes).
    package static func verify(_ reports: some Sequence<ParticipationRecord>) -> [Finding] {
        var findings: [Finding] = []
        var last: ParticipationRecord?
        for report in reports {
            if hash(of: report.body, after: report.previousHash) != report.hash {
                findings.append(.changed(report.number))
            }
            if let last {
                if report.number != last.number + 1 { findings.append(.missing(after: last.number)) }
                if report.previousHash != last.hash { findings.append(.brokenLink(report.number)) }
            } else if report.number == 1, report.previousHash != nil {
                findings.append(.brokenLink(report.number))
            }
            last = report
        }
        return findings
    }

    private static func hex(_ byte: UInt8) -> String {
        let digits = Array("0123456789abcdef")
        return String([digits[Int(byte >> 4)], digits[Int(byte & 15)]])
    }
}
