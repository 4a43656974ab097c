import DemandResponse
import EnergyModel
import Foundation
import Ports

/// Reports as the text that is hashed, and back.
package enum ReportText {
    static func body(of report: ParticipationReport) throws(PortError) -> String {
        do {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return String(decoding: try encoder.encode(report), as: UTF8.self)
        } catch {
            throw PortError(.corrupt, "a report cannot be written as JSON; report this", cause: error)
        }
    }

    package static func report(of record: ParticipationRecord) throws(PortError) -> ParticipationReport {
        do {
            return try JSONDecoder().decode(ParticipationReport.self, from: Data(record.body.utf8))
        } catch {
            throw PortError(
                .corrupt,
                "report \(record.number) cannot be read; `switchyard report verify` tells whether it was changed",
                cause: error)
        }
    }

    /// The report with its integrity (DOMAIN §5.6). The bytes that are hashed are its beginning, up to `,"integrity"`, and a
    /// closing brace.
    package static func sealed(_ record: ParticipationRecord) throws(PortError) -> String {
        struct Integrity: Encodable {
            var prev: String?
            var hash: String
            var signature: String?
        }
        guard record.body.hasSuffix("}") else {
            throw PortError(.corrupt, "report \(record.number) is no JSON object; it was changed")
        }
        do {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            let integrity = Integrity(prev: record.previousHash, hash: record.hash, signature: record.signature)
            return record.body.dropLast() + ",\"integrity\":"
                + String(decoding: try encoder.encode(integrity), as: UTF8.self) + "}"
        } catch {
            throw PortError(.corrupt, "a report cannot be written as JSON; report this", cause: error)
        }
    }
}
