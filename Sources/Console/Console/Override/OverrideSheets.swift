import EnergyModel
import Ports
import Screen

/// What each action on a point will do, before anybody does it.
enum OverrideSheets {
    /// The point to act on; says why there is none.
    private static func chosen(_ state: inout ConsoleState) -> (FacilityID, PointView)? {
        guard let facility = state.pane.route.facility, let view = OverrideRoom.current(state.pane) else {
            state.say("No point is selected: the building has to be read first", .warning)
            return nil
        }
        return (facility, view)
    }

    private static func about(_ facility: FacilityID, _ view: PointView, _ state: ConsoleState) -> [String] {
        let value = view.point.kind.shown(view.reading?.value)
        let zone = view.point.zone.isEmpty ? "" : ", zone \(view.point.zone)"
        return [
            Sanitiser.drawable("\(view.point.id) at \(state.described(facility))\(zone)"),
            Sanitiser.drawable(
                "Now \(value), normal \(view.point.kind.shown(view.point.normal)). "
                    + view.sentence(state.clock(for: state.pane), now: state.moment) + "."),
        ]
    }

    static func set(_ state: inout ConsoleState) {
        guard let (facility, view) = chosen(&state) else { return }
        let value = view.reading.map { Numeral.fixed($0.value, decimals: 1) } ?? ""
        set(&state, facility, view.point.id, value: value, until: "2h")
    }

    /// From the palette the point need not have been read: then only the preview knows it.
    static func set(
        _ state: inout ConsoleState, _ facility: FacilityID, _ point: PointID, value: String, until: String
    ) {
        let view = known(point, facility, state)
        var facts = view.map { about(facility, $0, state) } ?? ["\(point) at \(state.described(facility))"]
        facts.append("Slot 8 stands above demand response: while it holds, an event does not reach this point.")
        if view?.point.isCritical == true { facts.append("A critical zone: demand response never touches it.") }
        let word = state.guardWord(facility)
        var sheet = Sheet(
            title: "Set \(point)", facts: facts, verb: "Set", reason: TextInput(), isReasonNeeded: true, word: word)
        var entry = OverrideForm.entry(
            facility, point, kind: view?.point.kind, value: value, until: until, word: word)
        _ = state.read(&entry)
        sheet.entry = entry
        state.present(sheet)
    }

    private static func known(_ point: PointID, _ facility: FacilityID, _ state: ConsoleState) -> PointView? {
        guard let building = state.pane.override.building.value, building.facility == facility else { return nil }
        return building.points.first { $0.point.id == point }
    }

    /// Ours at slot 8, or why there is none.
    private static func ours(_ state: inout ConsoleState, _ view: PointView) -> PointView.Holder? {
        if let holder = view.ourOverride { return holder }
        if view.reading?.slots[PrioritySlot.operatorOverride.rawValue] != nil {
            let all = state.keys.hint(.releaseAll, in: .override) ?? ":release-all"
            state.say("Slot 8 was not written through this engine: \(all) frees it with all our slots", .warning)
        } else if case .ours(let holder) = view.hold.ruler {
            state.say("Held by event \(holder.event): opt the building out on Events to free it", .warning)
        } else {
            state.say("No override of ours holds \(view.point.id)", .warning)
        }
        return nil
    }

    static func extend(_ state: inout ConsoleState) {
        guard let (facility, view) = chosen(&state), let holder = ours(&state, view) else { return }
        let word = state.guardWord(facility)
        let entry = OverrideForm.newEnd(holder.event, of: facility, word: word)
        state.present(
            Sheet(
                title: "Extend the override of \(view.point.id)",
                facts: about(facility, view, state) + [
                    Sanitiser.drawable("Set for: \(holder.reason)"),
                    "Its value stays; only its end moves. At the new end slot 8 is given back.",
                ],
                verb: "Extend", reason: TextInput(), isReasonNeeded: true, word: word, entry: entry))
    }

    static func release(_ state: inout ConsoleState) {
        guard let (facility, view) = chosen(&state), let holder = ours(&state, view) else { return }
        let rest = view.reading?.slots.filter { $0.key != PrioritySlot.operatorOverride.rawValue } ?? [:]
        let next = rest.keys.min().flatMap { slot in
            rest[slot].map { "slot \(slot) takes over with \(view.point.kind.shown($0))" }
        }
        state.present(
            Sheet(
                title: "Release \(view.point.id)",
                facts: about(facility, view, state) + [
                    Sanitiser.drawable("Set for: \(holder.reason)"),
                    "NULL is written in slot 8; then \(next ?? "the building's own default rules").",
                ],
                action: .releaseOverride(holder.event), verb: "Release", reason: TextInput(), isReasonNeeded: true,
                word: state.guardWord(facility), follow: SheetFollow(.free(facility, view.point.id))))
    }

    static func releaseAll(_ state: inout ConsoleState) {
        guard let facility = state.pane.route.facility, state.facility(facility) != nil else {
            return state.say("No facility is chosen", .warning)
        }
        releaseAll(&state, facility)
    }

    static func releaseAll(_ state: inout ConsoleState, _ facility: FacilityID) {
        let building = state.pane.override.building.value.flatMap { $0.facility == facility ? $0 : nil }
        let held = building?.points.filter { view in
            view.reading?.slots.keys.contains { PrioritySlot(rawValue: $0)?.isOurs == true } == true
                || view.holders.contains { $0.state != .released && $0.state != .failed }
        }
        let names = held?.prefix(4).map(\.point.id.text).joined(separator: ", ") ?? ""
        let more = (held?.count ?? 0) > 4 ? " and \((held?.count ?? 0) - 4) more" : ""
        let what: String =
            switch held {
            case nil: "What is held there is not known: the building was not read."
            case let held? where held.isEmpty: "Nothing of ours is held there as far as is known."
            case let held?: "\(Numbers.count(held.count, "point holds", "points hold")) a value: \(names)\(more)"
            }
        let response = state.facility(facility)?.response.map {
            ["Event \($0.event) ends for this building, and its reduction with it."]
        }
        state.present(
            Sheet(
                title: "Release all of \(facility)",
                facts: [
                    state.described(facility), what,
                    "NULL is written in slots 8 to 15 of every point; 1 to 7 and 16 are not touched.",
                ] + (response ?? []),
                action: .releaseBuilding(facility), verb: "Release all", reason: TextInput(), isReasonNeeded: true,
                word: state.typedName(facility), follow: SheetFollow(.allFree(facility))))
    }
}

// MARK: - Palette

extension PaletteCommand {
    /// `override` goes there; with a point and a value it opens the sheet, and only that acts.
    static let overrides: [PaletteCommand] = [
        PaletteCommand(
            "override", usage: "override [FACILITY]", "Override: a building's points and who holds them",
            complete: facilities, plan: planOverride),
        PaletteCommand(
            "override", usage: "override FACILITY POINT VALUE for 2h", "set a point at slot 8; also: until 16:00",
            acts: true, complete: facilities, plan: planOverride),
        PaletteCommand(
            "release-all", usage: "release-all FACILITY", "release all our slots of a building", acts: true,
            complete: facilities,
            plan: { state, argument throws(PaletteError) in
                guard let id = state.facilityID(like: argument) else {
                    throw PaletteError("Which facility? Write its id; Tab completes it")
                }
                return Plan(preview: "Open the sheet to release all our slots of \(state.described(id))") { state in
                    state.go(to: .override(id))
                    OverrideSheets.releaseAll(&state, id)
                }
            }),
    ]

    private static func planOverride(_ state: ConsoleState, _ argument: String) throws(PaletteError) -> Plan {
        let parts = argument.split(separator: " ", maxSplits: 1).map(String.init)
        guard let first = parts.first else {
            return Plan(preview: "Override: a building's points and who holds them") { $0.open(.override) }
        }
        guard let id = state.facilityID(like: first) else {
            throw PaletteError("No facility \(first): write its id; Tab completes it")
        }
        guard parts.count > 1 else {
            return Plan(preview: "Show the points of \(state.described(id))") { $0.go(to: .override(id)) }
        }
        guard state.mayAct else { throw PaletteError("override is not available: this console is read-only") }
        let (point, value, until) = try setting(parts[1])
        return Plan(preview: "Open the sheet to set \(point) at \(id) to \(value) until \(until)") { state in
            if state.pane.route.facility != id || state.pane.route.screen != .override { state.go(to: .override(id)) }
            OverrideSheets.set(&state, id, point, value: value, until: until)
        }
    }

    /// `POINT VALUE`, `POINT VALUE for 2h`, `POINT VALUE until 16:00`; a point's name may hold spaces.
    private static func setting(_ text: String) throws(PaletteError) -> (PointID, String, String) {
        var words = text.split(separator: " ").map(String.init)
        var until = "2h"
        if words.count > 3, words[words.count - 2] == "for" || words[words.count - 2] == "until" {
            until = words.removeLast()
            words.removeLast()
        }
        guard words.count > 1, let value = words.popLast(), Double(value) != nil else {
            throw PaletteError("Write a point, a value and how long: override F-007 01/AHU-1/CLG_SP 24.5 for 2h")
        }
        guard let point = PointID(words.joined(separator: " ")) else {
            throw PaletteError("\(words.joined(separator: " ")) is no point's name: printable ASCII only")
        }
        return (point, value, until)
    }
}
