import EnergyModel
import GatewayWire
import Ports

/// How demand-response events are told.
enum EventShapes {
    typealias Fields = [Shape<DemandResponseEvent>.Field]

    private static let members: Fields = [
        .text("event_id", "As the utility gave it.", as: Parameters.eventIdentifier) { $0.id.text },
        .choice("kind", "An event, or one operator's override.") { $0.kind },
        .choice("status", "Where it stands.") { $0.status },
        .text("program", "The programme.") { $0.program },
        .text("name", "Free text from outside.") { $0.name },
        .text("source", "Who sent it.") { $0.source },
        .text("starts_at", "Its window begins.", as: .instant) { $0.window.start.iso8601 },
        .text("ends_at", "Its window ends.", as: .instant) { $0.window.end.iso8601 },
        .text("received_at", "When it came.", as: .instant) { $0.receivedAt.iso8601 },
        .text("modified_at", "The version that governs.", as: .instant) { $0.modifiedAt.iso8601 },
        .optionalInteger("priority", "0 is the highest.", unknown: "the utility gave none") {
            $0.priority.map(Int64.init)
        },
        .number("target_reduction_kw", "Asked for.", unknown: "the utility named no power, or it is not planned yet") {
            $0.target?.kilowatts
        },
        .number("expected_reduction_kw", "Planned.", unknown: "it is not planned yet") { $0.expected?.kilowatts },
        .number("achieved_reduction_kw", "Newest measured.", unknown: "nothing was measured yet") {
            $0.achieved?.kilowatts
        },
        .text(
            "forecast_quality", "What the plan's loads rest on.",
            as: .choice(ForecastQuality.allCases.map(\.rawValue)), unknown: "it is not planned yet"
        ) { $0.forecastQuality?.rawValue },
        .flag("awaits_approval", "Planned, and waiting for a person before anything is sent.") { $0.awaitsApproval },
        .flag("is_settled", "Nothing is left to do or to give back.") { $0.isSettled },
        .integer("ordinal", "Transitions stored so far; grows with every change.") { Int64($0.ordinal) },
        .optionalText("utility_request_id", "The utility's own number, when it is not the id.") {
            $0.utilityRequestID
        },
        .optionalText("trace_id", "The trace it belongs to.") { $0.traceID },
    ]

    static let event = Shape<DemandResponseEvent>("Event", "A demand-response event in short.", members)

    struct Page: Sendable {
        var events: [DemandResponseEvent]
        var next: String?
    }

    static let page = Shape<Told<Page>>.told(
        "EventPage", "Events, newest window first.",
        [
            .list("events", "Newest window first.", event) { $0.events },
            .optionalText("next_before", "Send it as `before` for the next page.", as: .instant) { $0.next },
        ])

    static let detail = Shape<Told<EventDetail>>.told(
        "EventDetail", "An event, how far it came, and what a person should know of its plan.",
        [
            .object("event", "The event in short.", event) { $0.event },
            .text("first_confirmed_at", "When the first building confirmed.", as: .instant, unknown: "none did yet") {
                $0.progress.firstConfirmedAt?.iso8601
            },
            .flag("is_under_delivering", "The meters show less than the alarm share of the target.") {
                $0.progress.isUnderDelivering
            },
            .texts("remarks", "Warnings, exclusions, limits that bind, kilowatts that are missing.") { $0.remarks },
            .integer("legs", "Buildings that take part.") { Int64($0.legs.count) },
            .integer("commands", "Commands to them.") { Int64($0.commands.count) },
        ])

    static let leg = Shape<EventLegView>(
        "EventLeg", "One building's part.",
        [
            .text("facility_id", "The building.", as: Parameters.identifier) { $0.facility.text },
            .choice("state", "How far it has come.") { $0.progress.state },
            .optionalText("ending", "Why it gives its points back, once it does.") { $0.progress.ending?.name },
            .text("active_since", "When it confirmed.", as: .instant, unknown: "it did not yet") {
                $0.progress.activeSince?.iso8601
            },
            .flag("is_under_delivering", "Its meters show too little.") { $0.progress.isUnderDelivering },
            .flag("is_discrepant", "Meters and commands tell different stories.") { $0.progress.isDiscrepant },
            .number("expected_kw", "Reduction planned.") { $0.expected.kilowatts },
            .number("confirmed_kw", "Reduction that confirmed commands stand for.") { $0.confirmed.kilowatts },
            .number("achieved_kw", "Newest measured reduction.", unknown: "nothing was measured yet") {
                $0.achieved?.kilowatts
            },
            .number("baseline_kw", "Load without the event.", unknown: "no baseline could be found") {
                $0.baseline?.kilowatts
            },
            .text("baseline_method", "How it was found.", unknown: "there is no baseline") { $0.baselineMethod },
            .integer("commands", "Commands to it.") { Int64($0.commands) },
            .integer("confirmed_commands", "Those confirmed.") { Int64($0.confirmedCommands) },
            .integer("failed_commands", "Those failed.") { Int64($0.failedCommands) },
        ])

    static let command = Shape<BuildingCommand>(
        "EventCommand", "One set-point to write and give back.",
        [
            .text("idempotency_key", "As it goes to the building.") { $0.key.text },
            .integer("sequence", "Its number in the event.") { Int64($0.plan.sequence) },
            .text("facility_id", "The building.", as: Parameters.identifier) { $0.facility.text },
            .text("point_id", "The point.") { $0.plan.point.text },
            .choice("point_kind", "What the point does.") { $0.plan.kind },
            .number("value", "Written.") { $0.plan.value },
            .text("unit", "Of the value.") { $0.plan.kind.unit },
            .integer("slot", "Slot of the priority array.") { Int64($0.plan.slot.rawValue) },
            .choice("state", "Where it stands.") { $0.progress.state },
            .text("starts_at", "To be written.", as: .instant) { $0.plan.startsAt.iso8601 },
            .text("ends_at", "To be given back.", as: .instant) { $0.plan.endsAt.iso8601 },
            .text("expires_at", "A building that can reverts alone.", as: .instant) { $0.plan.expiresAt.iso8601 },
            .text("first_sent_at", "When it was sent.", as: .instant, unknown: "it was not sent yet") {
                $0.progress.firstSentAt?.iso8601
            },
            .text("confirmed_at", "When it was confirmed.", as: .instant, unknown: "it was not confirmed") {
                $0.progress.confirmedAt?.iso8601
            },
            .optionalText("command_execution_id", "As the building gave it.") { $0.progress.executionID },
            .integer("attempts", "Writes begun.") { Int64($0.progress.attempts) },
            .number("expected_kw", "Reduction expected of it.") { $0.plan.expected.kilowatts },
        ])

    static let transition = Shape<EventTransitionView>(
        "EventTransition", "A change of state.",
        [
            .integer("ordinal", "Its number in the event.") { Int64($0.ordinal) },
            .text("at", "When.", as: .instant) { $0.at.iso8601 },
            .text("subject", "`event`, a facility, or a facility and a command's number.") { $0.subject },
            .text("from", "Before.") { $0.from },
            .text("to", "After.") { $0.to },
            .text("actor", "By whom.") { $0.actor },
            .text("reason", "Why.") { $0.reason },
        ])

    /// A list of an event's parts.
    struct Parts<Part: Sendable>: Sendable {
        var event: DREventID
        var parts: [Part]
    }

    static func parts<Part>(_ name: String, _ member: String, _ shape: Shape<Part>) -> Shape<Told<Parts<Part>>> {
        .told(
            name, "Of one event.",
            [
                .text("event_id", "The event.", as: Parameters.eventIdentifier) { $0.event.text },
                .list(member, "In order.", shape) { $0.parts },
            ])
    }

    static let legs = parts("EventLegs", "legs", leg)
    static let commands = parts("EventCommands", "commands", command)
    static let transitions = parts("EventTransitions", "transitions", transition)
    static let reports = parts("EventReports", "reports", ReportShapes.report)
}

extension LegEnding {
    /// For programs.
    var name: String {
        switch self {
        case .windowOver: "window_over"
        case .stepFailed: "step_failed"
        case .cancelled: "cancelled"
        case .superseded(let event): "superseded_by:\(event)"
        case .optedOut: "opted_out"
        }
    }
}
