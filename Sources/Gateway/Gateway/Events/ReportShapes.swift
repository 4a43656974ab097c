import EnergyModel
import GatewayWire
import Ports

/// How participation reports are told: their place in the chain, and the report itself.
enum ReportShapes {
    static let delivery = Shape<ReportDelivery>(
        "ReportDelivery", "A report's way to its utility.",
        [
            .choice("state", "Where it stands.") { $0.state },
            .text("at", "Since when.", as: .instant) { $0.at.iso8601 },
            .text("note", "What the utility answered; text from outside.") { $0.note },
        ])

    static let report = Shape<ParticipationRecord>(
        "ParticipationReport", "What one facility did in one event, one version of it.",
        [
            .integer("number", "Its place in the chain.") { $0.number },
            .text("facility_id", "The facility.", as: Parameters.identifier) { $0.facility.text },
            .integer("version", "1, 2, 3 … of this facility and event.") { Int64($0.version) },
            .text("at", "When it was made.", as: .instant) { $0.at.iso8601 },
            .text("hash", "`sha256:` and 64 hexadecimal digits.") { $0.hash },
            .text("previous_hash", "Of the report before it in the chain.", unknown: "it is the first of the chain") {
                $0.previousHash
            },
            .text("signature", "Over the hash.", unknown: "no key was configured") { $0.signature },
            .object("delivery", "Its way to the utility.", delivery, unknown: "no utility is to get it") {
                $0.delivery
            },
            .value("report", "The report (reportVersion, event, baseline, intervals, result …).", .anything) {
                Self.body(of: $0)
            },
        ])

    /// The stored text as JSON; what cannot be read any more is told as the text that it is.
    private static func body(of record: ParticipationRecord) -> JSONValue {
        do throws(JSONFault) { return try JSONValue(parsing: Array(record.body.utf8)) } catch {
            return .text(record.body)
        }
    }
}
