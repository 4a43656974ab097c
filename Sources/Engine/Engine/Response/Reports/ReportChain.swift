import Crypto
import DemandResponse
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
        /// It is stored as another event's, facility's or version's than its text says.
        case mislabelled(Int64)
        /// The version it replaces is not the one before it.
        case wrongPredecessor(Int64)
        case wrongSignature(Int64)
        case unknownKey(Int64, String)
        /// Without a signature, where earlier ones have one or each must.
        case unsigned(Int64)

        package var description: String {
            switch self {
            case .changed(let number): "report \(number) was changed after it was made"
            case .brokenLink(let number): "report \(number) does not follow the one before it"
            case .missing(let number): "a report is missing after \(number)"
            case .mislabelled(let number): "report \(number) is filed under another event, facility or version"
            case .wrongPredecessor(let number): "report \(number) replaces a version that is not the one before it"
            case .wrongSignature(let number): "the signature of report \(number) is wrong"
            case .unknownKey(let number, let name):
                "report \(number) is signed with key \(name.debugDescription), which is not configured here"
            case .unsigned(let number): "report \(number) is not signed"
            }
        }
    }

    /// `reports` is the whole chain, or a piece of it, ascending; empty when it is as it was made.
    package static func verify(
        _ reports: some Sequence<ParticipationRecord>, keys: ReportKeys = ReportKeys(), mustBeSigned: Bool = false
    ) -> [Finding] {
        var verifier = Verifier(keys: keys, mustBeSigned: mustBeSigned)
        return reports.flatMap { verifier.take($0) }
    }

    /// Checks a chain report by report, so that years of it need not be held at once: it keeps a hash for each part in an event.
    /// Signatures are checked when there are keys; `mustBeSigned` refuses also those from before the first signed one.
    package struct Verifier: Sendable {
        private let keys: ReportKeys
        private var isSigned: Bool
        private var versions = Versions()
        private var last: ParticipationRecord?

        package init(keys: ReportKeys = ReportKeys(), mustBeSigned: Bool = false) {
            self.keys = keys
            isSigned = mustBeSigned
        }

        /// The next one, ascending; the first may be any of the chain. O(bytes).
        package mutating func take(_ report: ParticipationRecord) -> [Finding] {
            var findings: [Finding] = []
            if ReportChain.hash(of: report.body, after: report.previousHash) != report.hash {
                findings.append(.changed(report.number))
            }
            if let last {
                if report.number != last.number + 1 { findings.append(.missing(after: last.number)) }
                if report.previousHash != last.hash { findings.append(.brokenLink(report.number)) }
            } else if report.number == 1, report.previousHash != nil {
                findings.append(.brokenLink(report.number))
            }
            findings += versions.findings(report)
            if let finding = ReportChain.signatureFinding(report, keys, isSigned) { findings.append(finding) }
            isSigned = isSigned || report.signature != nil
            last = report
            return findings
        }
    }

    private static func signatureFinding(
        _ report: ParticipationRecord, _ keys: ReportKeys, _ mustBeSigned: Bool
    ) -> Finding? {
        if report.signature == nil { return mustBeSigned ? .unsigned(report.number) : nil }
        guard !keys.isEmpty else { return nil }
        switch keys.check(report) {
        case .valid: return nil
        case .unsigned: return mustBeSigned ? .unsigned(report.number) : nil
        case .wrong: return .wrongSignature(report.number)
        case .unknownKey(let name): return .unknownKey(report.number, name)
        }
    }

    /// Follows the versions of each facility's part in each event.
    private struct Versions: Sendable {
        private struct Part: Hashable {
            var event: DREventID
            var facility: FacilityID
        }
        private var newest: [Part: (version: Int, hash: String)] = [:]

        mutating func findings(_ record: ParticipationRecord) -> [Finding] {
            let report: ParticipationReport
            do throws(PortError) { report = try ReportText.report(of: record) } catch {
                return [.mislabelled(record.number)]
            }
            var findings: [Finding] = []
            if report.event.id != record.event.text || report.facility.id != record.facility.text
                || report.reportVersion != record.version
            {
                findings.append(.mislabelled(record.number))
            }
            let part = Part(event: record.event, facility: record.facility)
            let known = newest[part]
            // Of a piece of the chain the version before may lie outside.
            if known != nil || record.number == 1 {
                let replaced = report.issue?.replaces
                if replaced?.version != known?.version || replaced?.hash != known?.hash {
                    findings.append(.wrongPredecessor(record.number))
                }
            }
            newest[part] = (record.version, record.hash)
            return findings
        }
    }

    private static func hex(_ byte: UInt8) -> String {
        let digits = Array("0123456789abcdef")
        return String([digits[Int(byte >> 4)], digits[Int(byte & 15)]])
    }
}
