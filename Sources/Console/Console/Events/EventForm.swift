import EnergyModel
import Ports
import Screen

/// The fields of an event made by hand, and the words of its preview.
enum EventForm {
    static let longest = Duration.seconds(86_400)

    static func entry(_ state: ConsoleState) -> SheetEntry {
        let events = state.sight?.snapshot.openEvents ?? []
        let known = events.lazy.filter { $0.kind == .demandResponse }.map(\.program)
        let program = known.first ?? state.pane.events.index.rows.first { $0.kind == .demandResponse }?.program ?? ""
        let stamp = state.moment.iso8601.prefix(19).filter { $0 != "-" && $0 != ":" && $0 != "T" }
        let form = Form([
            Form.Field("id", "Event id", .text(TextInput("manual-\(stamp)", limit: 128)), isRequired: true),
            Form.Field("program", "Program", .text(TextInput(program, limit: 128)), isRequired: true),
            Form.Field(
                "start", "Start", .text(TextInput("now", limit: 40)), isRequired: true,
                placeholder: "now, +15m, 16:00 or 2026-11-21T16:00Z"),
            Form.Field(
                "duration", "Duration", .text(TextInput("1h", limit: 20)), isRequired: true, placeholder: "1h30m"),
            Form.Field(
                "target", "Target", .number(TextInput("", limit: 12), unit: "kW", range: 0.1...1_000_000),
                isRequired: true),
            Form.Field(
                "facilities", "Buildings", .text(TextInput("all", limit: 4000)),
                placeholder: "all, or ids parted by spaces"),
            Form.Field("reason", "Reason", .text(TextInput()), isRequired: true),
        ])
        return SheetEntry(subject: .event, form: form)
    }

    /// Sets what is wrong with each field; nil while anything is.
    static func read(_ entry: inout SheetEntry, _ state: ConsoleState) -> EventRequest? {
        let id = DREventID(entry.text("id"))
        entry.setProblem("id", id == nil ? "1 to 128 letters, digits, _ or -" : taken(id, state))
        let start = Ahead.moment(entry.text("start"), now: state.moment, clock: state.clock(for: state.pane))
        let duration = Ahead.span(entry.text("duration"))
        let isOver = start.map { $0.advanced(by: duration ?? .zero) <= state.moment } == true && duration != nil
        entry.setProblem(
            "start", start == nil ? "now, +15m, 16:00 or 2026-11-21T16:00Z" : isOver ? "It would be over already" : nil)
        let isTooLong = duration.map { $0 > longest } == true
        entry.setProblem(
            "duration", duration == nil ? "Write 90m, 2h or 1h30m" : isTooLong ? "At most 24h" : nil)
        let (facilities, unknown) = facilities(entry.text("facilities"), state)
        entry.setProblem("facilities", unknown.map { "No facility \($0): Overview lists those that are" })
        guard let id, let start, let duration, !isTooLong, !isOver, unknown == nil,
            let target = entry.form["target"]?.number,
            !entry.text("program").isEmpty, taken(id, state) == nil
        else { return nil }
        return EventRequest(
            id: id, program: entry.text("program"), start: start, duration: duration,
            target: Power(kilowatts: target), facilities: facilities)
    }

    private static func taken(_ id: DREventID?, _ state: ConsoleState) -> String? {
        guard let id else { return nil }
        let isKnown =
            state.pane.events.index.place[id] != nil
            || state.sight?.snapshot.openEvents.contains { $0.id == id } == true
        return isKnown ? "There is an event with this id: choose another" : nil
    }

    /// Empty for all; the first word that names none.
    private static func facilities(_ text: String, _ state: ConsoleState) -> (known: [FacilityID], unknown: String?) {
        let words = text.split { $0 == " " || $0 == "," }.map(String.init)
        if words.isEmpty || words == ["all"] { return ([], nil) }
        var known: [FacilityID] = []
        for word in words {
            guard let id = state.facilityID(like: word) else { return ([], word) }
            if !known.contains(id) { known.append(id) }
        }
        return (known, nil)
    }

    /// More than one building is touched: that has to be typed.
    static func word(_ preview: PlanPreview) -> String? {
        preview.plan.legs.count > 1 ? "create \(preview.plan.legs.count)" : nil
    }

    static func describe(_ preview: PlanPreview, _ wanted: EventRequest, _ clock: ZoneClock) -> [[Span]] {
        let plan = preview.plan
        let end = wanted.start.advanced(by: wanted.duration)
        let window = "\(clock.dateTime(wanted.start)) to \(clock.time(end)) \(clock.label(at: wanted.start))"
        let size =
            Numbers.count(plan.legs.count, "building", "buildings") + ", "
            + Numbers.count(plan.commandCount, "command", "commands")
        var lines: [[Span]] = [
            [Span("Plan        ", .textDim), Span("\(size), \(window)")],
            [
                Span("Expected    ", .textDim), Span(Numbers.kilowatts(preview.expected.kilowatts), .textStrong, .bold),
                Span(" to \(Numbers.kilowatts(preview.optimistic.kilowatts)) kW"),
                Span(" of \(Numbers.kilowatts(wanted.target.kilowatts)) kW asked for", .textDim),
            ],
        ]
        if preview.missing.kilowatts > 0.05 {
            lines.append([
                Span("× Missing   ", .stateBad), Span(Numbers.kilowatts(preview.missing.kilowatts) + " kW", .stateBad),
                Span(" that no permitted measure gives", .textDim),
            ])
        }
        if let caution = plan.forecastQuality.caution {
            lines.append([Span("! Rests on  ", .stateEstimated), Span(caution)])
        }
        if plan.legs.isEmpty { lines.append([Span("! No building would take part", .stateStale)]) }
        return lines
    }
}
