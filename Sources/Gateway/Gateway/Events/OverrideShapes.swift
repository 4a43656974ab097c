import EnergyModel
import GatewayWire
import Ports

/// How overrides are told: one operator's value on one point, until a moment.
enum OverrideShapes {
    struct Override: Sendable {
        var event: DemandResponseEvent
        /// Nil before it is planned.
        var command: BuildingCommand?

        init(_ detail: EventDetail) {
            event = detail.event
            command = detail.commands.last
        }
    }

    private static let unplanned = "it is not planned yet"

    static let override = Shape<Override>(
        "Override", "An operator's value on one point.",
        [
            .text("override_id", "Its id, that of its event.", as: Parameters.eventIdentifier) { $0.event.id.text },
            .choice("status", "Where it stands.") { $0.event.status },
            .text("facility_id", "The building.", as: Parameters.identifier, unknown: unplanned) {
                $0.command?.facility.text
            },
            .text("point_id", "The point.", unknown: unplanned) { $0.command?.plan.point.text },
            .number("value", "Written, after the safety envelope.", unknown: unplanned) { $0.command?.plan.value },
            .text("unit", "Of the value.", unknown: unplanned) { $0.command?.plan.kind.unit },
            .optionalInteger("slot", "Slot of the priority array.", unknown: unplanned) {
                ($0.command?.plan.slot.rawValue).map(Int64.init)
            },
            .text(
                "command_state", "How far the write has come.",
                as: .choice(CommandState.allCases.map(\.rawValue)), unknown: unplanned
            ) { $0.command?.progress.state.rawValue },
            .text("since", "Held from.", as: .instant) { $0.event.window.start.iso8601 },
            .text("until", "Held until.", as: .instant) { $0.event.window.end.iso8601 },
            .text("author", "By whom.") { $0.event.source },
            .text("reason", "Why; text from people.") { $0.event.name },
            .flag("is_settled", "Given back.") { $0.event.isSettled },
            .integer("ordinal", "Transitions stored so far.") { Int64($0.event.ordinal) },
        ])

    static let single = Shape<Told<Override>>.told(
        "OverrideDetail", "One override.",
        [.object("override", "The override.", override) { $0.value }])

    struct Page: Sendable {
        var overrides: [Override]
        var next: String?
    }

    static let page = Shape<Told<Page>>.told(
        "OverridePage", "Overrides, newest first.",
        [
            .list("overrides", "Newest first.", override) { $0.overrides },
            .optionalText("next_before", "Send it as `before` for the next page.", as: .instant) { $0.next },
        ])
}
