import EnergyModel
import GatewayWire
import Ports

/// How a building's points are told.
enum PointShapes {
    static let holder = Shape<PointView.Holder>(
        "PointHolder", "One of ours that holds, or is about to hold, a slot of the point.",
        [
            .integer("slot", "Slot of the priority array, 1 to 16; the lowest that holds a value wins.") {
                Int64($0.slot.rawValue)
            },
            .text("event_id", "The event or override.", as: Parameters.eventIdentifier) { $0.event.text },
            .text("author", "`operator:NAME` or `engine`.") { $0.author },
            .text("reason", "Why.") { $0.reason },
            .text("since", "Held from.", as: .instant) { $0.since.iso8601 },
            .text("until", "Held until.", as: .instant) { $0.until.iso8601 },
            .choice("state", "How far the command has come.") { $0.state },
        ])

    static let slot = Shape<(slot: Int, value: Double)>(
        "PrioritySlot", "A slot that holds a value.",
        [.integer("slot", "1 to 16.") { Int64($0.slot) }, .number("value", "In the point's unit.") { $0.value }])

    static let point = Shape<PointView>(
        "Point", "A commandable point, its value and its priority array.",
        [
            .text("point_id", "As the building names it.") { $0.point.id.text },
            .choice("kind", "What it does.") { $0.point.kind },
            .text("unit", "Of its values.") { $0.point.kind.unit },
            .text("zone", "The zone it serves.") { $0.point.zone },
            .number("normal_value", "Its value without demand response.") { $0.point.normal },
            .number("rated_kw", "Power behind it at its normal value.", unknown: "nobody told it") {
                $0.point.rated?.kilowatts
            },
            .flag("is_critical", "Never touched by demand response.") { $0.point.isCritical },
            .flag("is_held_by_operator", "A value of the building's own operator stands above ours.") {
                $0.point.isHeldByOperator
            },
            .number("present_value", "What it reads now.", unknown: "the building did not answer for it") {
                $0.reading?.value
            },
            .text("read_at", "When it was read.", as: .instant, unknown: "the building did not answer for it") {
                $0.reading?.at.iso8601
            },
            .list("priority_array", "Slots that hold a value, by number.", slot) { point in
                (point.reading?.slots ?? [:]).sorted { $0.key < $1.key }.map { (slot: $0.key, value: $0.value) }
            },
            .list("holders", "Ours.", holder) { $0.holders },
        ])

    static let building = Shape<Told<BuildingView>>.told(
        "Building", "A building's points as they stand.",
        [
            .text("facility_id", "The facility.", as: Parameters.identifier) { $0.facility.text },
            .flag("can_be_commanded", "False without an endpoint.") { $0.endpoint != nil },
            .text("read_at", "When points and values were read.", as: .instant, unknown: "the building did not answer")
            {
                $0.readAt?.iso8601
            },
            .optionalText("failure", "Why it did not answer.") { $0.failure },
            .list("points", "Its points.", point) { $0.points },
        ])
}
