import EnergyModel
import Ports
import Screen

/// What each action on an event will do, before anybody does it.
enum EventSheets {
    static func create(_ state: inout ConsoleState) {
        state.present(
            Sheet(
                title: "Create an event by hand",
                facts: ["Planned at once and dispatched at its start, like one that the utility sent."],
                verb: "Create", reason: TextInput(), isReasonNeeded: true, entry: EventForm.entry(state)))
    }

    /// The event to act on; says why there is none.
    private static func chosen(_ state: inout ConsoleState, _ id: DREventID?) -> DemandResponseEvent? {
        let event =
            id.map { id in
                state.sight?.snapshot.openEvents.first { $0.id == id }
                    ?? state.pane.events.index.rows.first { $0.id == id }
            } ?? EventsRoom.current(state.pane)
        if event == nil { state.say(id.map { "No event \($0) is known" } ?? "No event is selected", .warning) }
        return event
    }

    private static func about(_ event: DemandResponseEvent, _ state: ConsoleState) -> [String] {
        let clock = state.clock(for: state.pane)
        let start = clock.near(event.window.start, now: state.moment)
        let end = event.isOpenEnded ? "open" : clock.near(event.window.end, now: event.window.start)
        let title = event.title == event.id.text ? event.id.text : "\(event.id) \(event.title)"
        return [
            Sanitiser.drawable("\(title), \(event.program), from \(event.source)"),
            "\(event.look.word), \(start) to \(end) \(clock.label(at: event.window.start)), "
                + "\(Numbers.power(event.achieved)) of \(Numbers.power(event.target ?? event.expected))",
        ]
    }

    /// How many buildings take part, as far as is known here.
    private static func buildings(_ event: DemandResponseEvent, _ state: ConsoleState) -> Int {
        if let detail = state.pane.events.detail.value.flatMap({ $0 }), detail.event.id == event.id {
            return detail.legs.count
        }
        return state.sight?.snapshot.facilities.count { $0.response?.event == event.id } ?? 0
    }

    /// What the planner remarked, the first three.
    private static func remarks(_ event: DemandResponseEvent, _ state: ConsoleState) -> [String] {
        guard let detail = state.pane.events.detail.value.flatMap({ $0 }), detail.event.id == event.id else {
            return []
        }
        let more = detail.remarks.count - 3
        return detail.remarks.prefix(3).map { "· \($0)" } + (more > 0 ? ["… and \(more) remarks more"] : [])
    }

    private static func word(_ verb: String, _ count: Int) -> String? { count > 1 ? "\(verb) \(count)" : nil }

    static func approve(_ state: inout ConsoleState, _ id: DREventID? = nil) {
        guard let event = chosen(&state, id) else { return }
        guard event.awaitsApproval, !event.status.isFinal else {
            return state.say("\(event.id) does not wait for approval: it is \(event.look.word)", .warning)
        }
        let count = buildings(event, state)
        state.present(
            Sheet(
                title: "Approve event \(event.id)",
                facts: about(event, state) + [
                    "Expected \(Numbers.power(event.expected)) from \(Numbers.count(count, "building", "buildings")).",
                    "Its commands go out at its start, or at once when that has passed.",
                ] + (event.forecastQuality?.caution.map { ["Caution: \($0)."] } ?? []) + remarks(event, state),
                action: .approveEvent(event.id), verb: "Approve", reason: TextInput(), isReasonNeeded: true,
                word: word("approve", count)))
    }

    static func cancel(_ state: inout ConsoleState, _ id: DREventID? = nil) {
        guard let event = chosen(&state, id) else { return }
        guard !event.status.isFinal else {
            return state.say("\(event.id) is \(event.look.word): there is nothing to cancel", .warning)
        }
        let count = buildings(event, state)
        state.present(
            Sheet(
                title: "Cancel event \(event.id)",
                facts: about(event, state) + [
                    "What was not sent is dropped; what was sent is given back, building by building.",
                    "The utility is told, and its shed ends: this cannot be taken back.",
                ],
                action: .cancelEvent(event.id), verb: "Call it off", reason: TextInput(), isReasonNeeded: true,
                word: word("cancel", count)))
    }

    static func optOut(_ state: inout ConsoleState, _ id: DREventID? = nil, _ building: FacilityID? = nil) {
        guard let event = chosen(&state, id) else { return }
        guard !event.status.isFinal else {
            return state.say("\(event.id) is \(event.look.word): there is nothing to opt out of", .warning)
        }
        var facility = building
        if id == nil, case .eventLeg(_, let shown) = state.pane.route { facility = shown }
        let count = facility == nil ? buildings(event, state) : 1
        let whole = "Every building is given back, and the utility is told that we take no part."
        let one = facility.map { "\(state.described($0)) is given back; the other buildings go on." }
        state.present(
            Sheet(
                title: facility.map { "Opt \($0) out of \(event.id)" } ?? "Opt out of event \(event.id)",
                facts: about(event, state) + [one ?? whole],
                action: .optOut(event.id, facility), verb: "Opt out", reason: TextInput(), isReasonNeeded: true,
                word: facility.flatMap { state.guardWord($0) } ?? word("opt out", count)))
    }

    static func retry(_ state: inout ConsoleState) {
        guard let detail = state.pane.events.detail.value.flatMap({ $0 }), EventsRoom.event(of: state.pane.route) != nil
        else { return state.say("Open the event first: a command is retried on its page", .warning) }
        guard let command = failedCommand(detail, state.pane) else {
            return state.say("Select a failed command first: Enter on a building lists its commands", .warning)
        }
        let plan = command.plan
        let subject = "\(command.facility) #\(plan.sequence)"
        let why = detail.transitions.first { $0.subject == subject && $0.to == CommandState.failed.rawValue }
        state.present(
            Sheet(
                title: "Retry command \(plan.sequence) at \(command.facility)",
                facts: about(detail.event, state) + [
                    "\(plan.point) at \(state.described(command.facility)): \(plan.kind.shown(plan.value)) in slot "
                        + "\(plan.slot.rawValue)",
                    "Failed after \(Numbers.count(command.progress.attempts, "attempt", "attempts")); "
                        + (command.progress.isAmbiguous
                            ? "one of them may have acted: the building is asked by its key first."
                            : "none of them had an effect."),
                    why.map { "Why: \($0.reason)" } ?? "Why: the history does not go back so far",
                    "Sent again under the same key, so that it acts once at most.",
                ],
                action: .retryCommand(detail.event.id, command.facility, sequence: plan.sequence), verb: "Retry",
                reason: TextInput(), isReasonNeeded: true, word: state.guardWord(command.facility),
                follow: SheetFollow(.command(detail.event.id, command.place))))
    }

    /// The selected one when it failed; on the list of buildings the only failed one of the selected building.
    private static func failedCommand(_ detail: EventDetail, _ pane: Pane) -> BuildingCommand? {
        let failed = EventsRoom.commands(detail, pane.route).filter { $0.progress.phase == .failed }
        if EventPage.part(pane) == .commands { return failed.first { $0.place == pane.events.commands.selected } }
        let there = failed.filter { $0.facility == pane.events.legs.selected }
        return there.count == 1 ? there[0] : nil
    }

    static func settle(_ state: inout ConsoleState) {
        guard let detail = state.pane.events.detail.value.flatMap({ $0 }) else {
            return state.say("Open the event and select a building first", .warning)
        }
        let facility: FacilityID?
        switch state.pane.route {
        case .eventLeg(_, let shown): facility = shown
        case .event: facility = state.pane.events.legs.selected
        default: facility = nil
        }
        guard let facility, let leg = detail.legs.first(where: { $0.facility == facility }) else {
            return state.say("Open the event and select a building first", .warning)
        }
        let open = detail.commands.filter { $0.facility == facility && !$0.progress.isSettled }
        guard !open.isEmpty else {
            return state.say("\(facility) is settled: nothing of it is left to give back", .warning)
        }
        let points = open.prefix(4).map(\.plan.point.text).joined(separator: ", ")
        let more = open.count > 4 ? " and \(open.count - 4) more" : ""
        state.present(
            Sheet(
                title: "Settle \(facility) by hand",
                facts: about(detail.event, state) + [
                    "\(state.described(facility)) is \(leg.progress.look.word); not given back: \(points)\(more)",
                    "Do this only when these points were given back at the building itself.",
                    "Nothing more is sent for them; whatever they hold stays until somebody there changes it.",
                ],
                action: .settleByHand(detail.event.id, facility), verb: "Settle", reason: TextInput(),
                isReasonNeeded: true, word: state.guardWord(facility) ?? "settle \(facility)"))
    }
}

extension ConsoleState {
    /// `Harbor Hospital (F-001)`.
    func described(_ id: FacilityID) -> String {
        guard let name = facility(id)?.name, name.contains(where: { $0 != " " }) else { return id.text }
        return Sanitiser.drawable("\(name) (\(id))")
    }

    /// What has to be typed before a protected building is touched: its name, or its id where a name cannot be typed;
    /// nil for the others.
    func guardWord(_ id: FacilityID) -> String? {
        guard let kind = facility(id)?.kind, kind == .hospital || kind == .dataCentre else { return nil }
        return typedName(id)
    }

    func typedName(_ id: FacilityID) -> String {
        guard let name = facility(id)?.name, (1...40).contains(name.utf8.count), name == name.trimmingSpaces,
            name.utf8.allSatisfy({ (0x20..<0x7F).contains($0) })
        else { return id.text }
        return name
    }
}

// MARK: - Palette

extension PaletteCommand {
    static let response: [PaletteCommand] =
        [
            PaletteCommand(
                "event", usage: "event ID", "open an event", complete: { events($0, $1) }, plan: planEvent),
            PaletteCommand("event-create", "create an event by hand, with a preview", acts: true) { _, _ in
                Plan(preview: "Open the sheet for an event by hand; nothing is sent before it is armed") { state in
                    if state.pane.route.screen != .events { state.go(to: .events) }
                    EventSheets.create(&state)
                }
            },
            acting("event-approve", "approve an event that waits for a person", "approve") {
                EventSheets.approve(&$0, $1)
            },
            acting("event-cancel", "cancel an event and give every point back", "cancel") {
                EventSheets.cancel(&$0, $1)
            },
            PaletteCommand(
                "event-opt-out", usage: "event-opt-out ID [FACILITY]", "opt out of an event, or one building of it",
                acts: true, complete: { events($0, $1) }, plan: planOptOut),
        ] + overrides

    private static func acting(
        _ name: String, _ summary: String, _ verb: String,
        _ open: @escaping @Sendable (inout ConsoleState, DREventID) -> Void
    ) -> PaletteCommand {
        PaletteCommand(
            name, usage: "\(name) ID", summary, acts: true, complete: { events($0, $1) },
            plan: { _, argument throws(PaletteError) in
                let id = try eventID(argument)
                return Plan(preview: "Open the sheet to \(verb) event \(id)") { state in
                    if state.pane.route.screen != .events { state.go(to: .events) }
                    open(&state, id)
                }
            })
    }

    /// Those that are open, and those listed.
    private static func events(_ state: ConsoleState, _ typed: String) -> [Candidate] {
        let open = state.sight?.snapshot.openEvents ?? []
        let listed = state.pane.events.index.rows
        var seen: Set<DREventID> = []
        let known = (open + listed).filter { event in
            event.id.text.lowercased().hasPrefix(typed.lowercased()) && seen.insert(event.id).inserted
        }
        return known.prefix(ConsoleState.completionLimit)
            .map { Candidate(text: $0.id.text, summary: "\($0.look.word) \($0.name)") }
    }

    private static func eventID(_ argument: String) throws(PaletteError) -> DREventID {
        guard !argument.isEmpty else { throw PaletteError("Which event? Tab completes the ids of those that are open") }
        guard let id = DREventID(argument) else {
            throw PaletteError("\(argument) is no event's id: 1 to 128 letters, digits, _ or -")
        }
        return id
    }

    private static func planEvent(_ state: ConsoleState, _ argument: String) throws(PaletteError) -> Plan {
        let id = try eventID(argument)
        return Plan(preview: "Open event \(id)") { $0.go(to: .event(id)) }
    }

    private static func planOptOut(_ state: ConsoleState, _ argument: String) throws(PaletteError) -> Plan {
        let words = argument.split(separator: " ").map(String.init)
        let id = try eventID(words.first ?? "")
        guard words.count > 1 else {
            return Plan(preview: "Open the sheet to opt out of event \(id)") { state in
                if state.pane.route.screen != .events { state.go(to: .events) }
                EventSheets.optOut(&state, id)
            }
        }
        guard let facility = state.facilityID(like: words[1]) else {
            throw PaletteError("No facility \(words[1]): write its id after the event's")
        }
        return Plan(preview: "Open the sheet to opt \(facility) out of event \(id)") { state in
            if state.pane.route.screen != .events { state.go(to: .events) }
            EventSheets.optOut(&state, id, facility)
        }
    }
}
