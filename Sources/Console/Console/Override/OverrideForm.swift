import EnergyModel
import Ports
import Screen

/// The fields of an override, and the words of its preview.
enum OverrideForm {
    static let longest = Duration.seconds(7 * 86_400)

    static func entry(
        _ facility: FacilityID, _ point: PointID, kind: PointKind?, value: String, until: String, word: String?
    ) -> SheetEntry {
        let form = Form([
            Form.Field(
                "value", "Value", .number(TextInput(value, limit: 12), unit: kind?.unit ?? "", range: range(kind)),
                isRequired: true),
            Form.Field(
                "until", "Until", .text(TextInput(until, limit: 40)), isRequired: true,
                placeholder: "2h, 16:00 or 2026-11-21T16:00Z"),
            Form.Field("reason", "Reason", .text(TextInput()), isRequired: true),
        ])
        var entry = SheetEntry(subject: .override(facility, point), form: form)
        entry.confirm(word)
        return entry
    }

    static func newEnd(_ event: DREventID, of facility: FacilityID, word: String?) -> SheetEntry {
        let form = Form([
            Form.Field(
                "until", "New end", .text(TextInput("2h", limit: 40)), isRequired: true,
                placeholder: "2h from now, 16:00 or 2026-11-21T16:00Z"),
            Form.Field("reason", "Reason", .text(TextInput()), isRequired: true),
        ])
        var entry = SheetEntry(subject: .extend(event, facility), form: form)
        entry.confirm(word)
        return entry
    }

    /// What can be typed; what is allowed the safety envelope says in the preview.
    private static func range(_ kind: PointKind?) -> ClosedRange<Double> {
        switch kind {
        case .coolingSetPoint, .heatingSetPoint: 0...50
        case .lightLevel, .switchedLoad: 0...1
        case nil: -100_000...100_000
        }
    }

    static func read(
        _ entry: inout SheetEntry, _ facility: FacilityID, _ point: PointID, _ state: ConsoleState
    ) -> OverrideRequest? {
        guard let end = readEnd(&entry, state), let value = entry.form["value"]?.number else { return nil }
        return OverrideRequest(facility: facility, point: point, value: value, until: end)
    }

    /// When it ends; sets what is wrong with the field.
    static func readEnd(_ entry: inout SheetEntry, _ state: ConsoleState) -> UTCInstant? {
        let end = end(entry, state)
        guard let end else {
            entry.setProblem("until", "Write 2h, 16:00 or 2026-11-21T16:00Z")
            return nil
        }
        let left = end.since(state.moment)
        let problem =
            left < .seconds(60) ? "At least a minute from now" : left > longest ? "At most 7 d from now" : nil
        entry.setProblem("until", problem)
        return problem == nil ? end : nil
    }

    static func end(_ entry: SheetEntry, _ state: ConsoleState) -> UTCInstant? {
        Ahead.moment(entry.text("until"), now: state.moment, clock: state.clock(for: state.pane))
    }

    static func describe(_ preview: PlanPreview, _ wanted: OverrideRequest, _ clock: ZoneClock) -> [[Span]] {
        let until = "\(clock.dateTime(wanted.until)) \(clock.label(at: wanted.until))"
        guard let command = preview.plan.legs.first?.commands.first else {
            return [[Span("× Nothing would be written", .stateBad)]]
        }
        let written = command.kind.shown(command.value)
        let isClamped = abs(command.value - wanted.value) >= 0.005
        let first: [Span] =
            isClamped
            ? [
                Span("! Written   ", .stateStale), Span("\(written) in slot 8", .textStrong, .bold),
                Span(" instead of \(command.kind.shown(wanted.value)): a limit binds", .stateStale),
            ]
            : [Span("Written     ", .textDim), Span("\(written) in slot 8", .textStrong, .bold)]
        return [first, [Span("Until       ", .textDim), Span("\(until), then slot 8 is given back")]]
    }
}
