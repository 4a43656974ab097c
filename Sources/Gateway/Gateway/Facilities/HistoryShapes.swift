import EnergyModel
import GatewayWire
import Ports

/// How loads over time are told.
enum HistoryShapes {
    struct History: Sendable {
        var facility: FacilityID
        var meter: MeterID?
        var step: HistoryEndpoints.Step
        var range: TimeRange
        var answer: SeriesAnswer
        var next: UTCInstant?
    }

    static let point = Shape<SeriesAnswer.Point>(
        "HistoryPoint", "A window of time.",
        [
            .text("start", "It begins.", as: .instant) { $0.start.iso8601 },
            .number("mean_kw", "Mean power.") { $0.mean },
            .number("min_kw", "Lowest power.") { $0.low },
            .number("max_kw", "Highest power.") { $0.high },
            .number("energy_kwh", "Energy that falls to the window.") { $0.kilowattHours },
            .number("quality_share", "Good readings of those expected, 0 to 1.") { $0.qualityShare },
            .text(
                "quality", "good from 0.95 on, partial below, poor under 0.5.",
                as: .choice(["good", "partial", "poor"])
            ) {
                $0.qualityShare >= 0.95 ? "good" : $0.qualityShare >= 0.5 ? "partial" : "poor"
            },
        ])

    static let history = Shape<Told<History>>.told(
        "History", "Points by time; a hole is a gap.",
        [
            .text("facility_id", "The facility.", as: Parameters.identifier) { $0.facility.text },
            .optionalText("meter_id", "The meter, when one was asked for.", as: Parameters.identifier) {
                $0.meter?.text
            },
            .choice("granularity", "As asked for.") { $0.step },
            .integer("step_seconds", "Length of a point; longer than asked for where the span was too long.") {
                $0.answer.stepMilliseconds / 1000
            },
            .text("from", "The page begins.", as: .instant) { $0.range.start.iso8601 },
            .text("to", "The page ends.", as: .instant) { $0.range.end.iso8601 },
            .list("points", "By time.", point) { $0.answer.points },
            .optionalText("next_from", "Send it as `from` for the next page.", as: .instant) { $0.next?.iso8601 },
        ])
}
