import EnergyModel
import Ports
import Screen
import Testing

@testable import Console

@Suite("Events by keys") struct EventScriptTests {
    private func desk(_ id: DREventID = Fleet.evening, isReadOnly: Bool = false) -> Desk {
        var desk = Desk(isReadOnly: isReadOnly)
        desk.run("event \(id)")
        return desk
    }

    private func done(_ desk: inout Desk, _ sentence: String) {
        guard let effect = desk.performed.last(where: { if case .submit = $0.work { true } else { false } }) else {
            Issue.record("nothing was submitted")
            return
        }
        desk.send(.finished(effect.id, .outcome(.done(sentence: sentence, affected: 1))))
    }

    @Test("open events stand first, the soonest above; Enter goes down to the commands, Esc comes back")
    func levels() {
        var desk = Desk()
        desk.press("3")
        let order = desk.state.pane.events.index.rows.prefix(4).map(\.id)
        #expect(order == [Fleet.held, Fleet.evening, Fleet.north, Fleet.waiting])
        desk.press("j Enter")
        #expect(desk.state.pane.route == .event(Fleet.evening))
        #expect(desk.state.pane.events.legs.selected == FacilityID("F-003"), "what failed stands first")
        desk.press("Enter")
        #expect(desk.state.pane.route == .eventLeg(Fleet.evening, FacilityID("F-003")!))
        desk.press("Esc Esc")
        #expect(desk.state.pane.route == .events)
    }

    @Test("v goes through buildings, commands, history and remarks")
    func parts() throws {
        var desk = desk()
        desk.press("v")
        #expect(desk.shows("17 commands, failed first"))
        try Golden.check(desk.golden, "script-event-commands-120x40")
        desk.press("v")
        #expect(desk.shows("Refused the connection 5 times"))
        desk.press("v")
        #expect(desk.shows("F-006 left out"))
        desk.press("v")
        #expect(desk.shows("Report 44  F-001, version 3, recomputed") && desk.shows("baseline caiso-10-in-10"))
        #expect(desk.shows("version 2, recomputed, replaced: meter repaired (the baseline of 4 intervals changed)"))
        #expect(desk.shows("version 1, provisional, replaced: late data changed 2 of 4 intervals (engine)"))
        #expect(!desk.shows("Report 43") && !desk.shows("Report 41"), "older versions are folded")
        #expect(desk.shows("\"verdict\": \"dropped: a day with an event\""))
        try Golden.check(desk.golden, "script-event-reports-120x40")
        let table = desk.state.pane.route.screen.room.table(desk.state, pane: desk.state.pane)
        #expect(table.columns.contains("previous_hash") && table.rows.count == 4)
        let lines = desk.state.pane.events.reportLines.map { $0.map(\.text).joined() }
        let heuristic = "baseline same-day-hour-before, heuristic: caiso-10-in-10 could not be followed"
        #expect(lines.contains { $0.contains(heuristic) })
        desk.press("G v")
        #expect(desk.state.pane.events.part == .buildings)
        desk.run("event \(Fleet.waiting)")
        desk.answers = Desk.nothing
        desk.press("v v v v")
        #expect(desk.shows("No report yet"))
    }

    @Test("the list shows a choice of kinds and a filter; what is open comes with every snapshot")
    func listing() {
        var desk = Desk()
        desk.press("3 v")
        #expect(!desk.shows("01/AHU-1/CLG_SP at F-002"))
        desk.press("v")
        #expect(desk.state.pane.events.index.rows.map(\.id) == [Fleet.held])
        desk.press("v")
        desk.press("/")
        desk.type("state:degr")
        desk.press("Enter")
        #expect(desk.state.pane.events.index.rows.map(\.id) == [Fleet.north])
        desk.press("Esc")
        var next = Fleet.mixed()
        next.sequence = 7
        next.openEvents[0].achieved = Power(kilowatts: 811)
        desk.send(.link(.snapshot(next)))
        #expect(desk.text.contains { $0.contains("Evening peak") && $0.contains("811.0") })
    }

    @Test("older events are asked for when the end of a full list is reached")
    func deeper() {
        let many = (0..<500).map { index in
            var event = Fleet.settledEvents()[0]
            event.id = DREventID("past-\(index)")!
            return event
        }
        var desk = Desk()
        desk.answers = { work in
            guard case .events(let query) = work else { return Desk.fixtures(work) }
            return .events(Array(many.prefix(query.limit)))
        }
        desk.press("3")
        #expect(desk.state.pane.events.index.rows.count == 204)
        #expect(desk.shows("older ones below"))
        desk.press("G")
        #expect(desk.state.pane.events.index.rows.count == 404)
        desk.press("G")
        #expect(desk.state.pane.events.index.rows.count == 504)
        #expect(!desk.shows("older ones below"))
        let before = desk.state.pane.events.cursor.position
        desk.press("PgUp")
        #expect(desk.state.pane.events.cursor.position < before - 10)
    }

    @Test("approving: only what waits, with a reason, the number typed, armed, and a second key")
    func approve() throws {
        var desk = desk()
        desk.press("A")
        #expect(desk.state.layer == nil && desk.shows("does not wait for approval"))
        desk.run("event \(Fleet.waiting)")
        desk.press("A")
        desk.type("forecast checked")
        try Golden.check(desk.golden, "script-event-approve-120x40")
        desk.press("Enter Enter")
        #expect(desk.submitted.isEmpty, "Enter alone never does it")
        desk.press("A")
        desk.type("forecast checked")
        desk.press("Enter x")
        #expect(desk.submitted.first?.action == .approveEvent(Fleet.waiting))
        done(&desk, "Event capacity-test-3 goes on.")
        #expect(desk.shows("● Done: Event capacity-test-3 goes on."))
    }

    @Test("cancelling asks to type how many buildings that touches")
    func cancel() {
        var desk = desk()
        desk.press("C")
        desk.type("utility called")
        desk.press("Enter")
        #expect(desk.shows("Type cancel 5 to confirm"))
        desk.type("cancel 5")
        desk.press("Enter x")
        #expect(desk.submitted.first?.action == .cancelEvent(Fleet.evening))
        #expect(desk.submitted.first?.reason == "utility called")
    }

    @Test("opting out: of the event on its page, of one building on that building's")
    func optOut() {
        var desk = desk()
        desk.press("O")
        desk.type("plant trip")
        desk.press("Enter")
        desk.type("opt out 5")
        desk.press("Enter x")
        #expect(desk.submitted.last?.action == .optOut(Fleet.evening, nil))
        desk.press("Esc")
        desk.run("switchyard://event/\(Fleet.evening)/facility/F-001")
        desk.press("O")
        desk.type("operating theatre")
        desk.press("Enter")
        #expect(desk.shows("Type Harbor Hospital to confirm"), "a hospital is protected")
        desk.type("Harbor Hospital")
        desk.press("Enter x")
        #expect(desk.submitted.last?.action == .optOut(Fleet.evening, FacilityID("F-001")))
    }

    @Test("retrying a failed command follows it until the building confirms, or says why not")
    func retry() throws {
        var desk = desk()
        desk.press("R")
        #expect(desk.shows("Select a failed command first"), "two of the selected building have failed")
        desk.press("Enter R")
        desk.type("gateway restarted")
        desk.press("Enter x")
        let place = CommandPlace(facility: FacilityID("F-003")!, sequence: 8)
        #expect(desk.submitted.first?.action == .retryCommand(Fleet.evening, place.facility, sequence: 8))
        desk.answers = { work in
            guard case .event(let id) = work else { return Desk.fixtures(work) }
            var detail = Fleet.detail(id)
            for index in detail?.commands.indices ?? 0..<0 where detail?.commands[index].place == place {
                detail?.commands[index].progress.phase = .writing
            }
            return .event(detail)
        }
        done(&desk, "Command 8 is tried again.")
        #expect(desk.shows("Why: Refused the connection 5 times"))
        #expect(desk.shows("Reading back, 30 s left: sent"))
        try Golden.check(desk.golden, "script-event-following-120x40")
        desk.answers = { work in
            guard case .event(let id) = work else { return Desk.fixtures(work) }
            var detail = Fleet.detail(id)
            for index in detail?.commands.indices ?? 0..<0 where detail?.commands[index].place == place {
                detail?.commands[index].progress.phase = .confirmed
            }
            return .event(detail)
        }
        desk.wait(.seconds(2))
        #expect(desk.shows("Confirmed, the building confirmed it"))
    }

    @Test("settling by hand asks to type the building, and refuses one that is settled")
    func settle() {
        var desk = desk()
        desk.run("switchyard://event/\(Fleet.evening)/facility/F-009")
        desk.press("S")
        desk.type("released at the panel")
        desk.press("Enter")
        desk.type("Cold Store 7")
        desk.press("Enter x")
        #expect(desk.submitted.first?.action == .settleByHand(Fleet.evening, FacilityID("F-009")!))
        desk.press("Esc Esc")
        desk.run("event day-ahead-400")
        desk.press("S")
        #expect(desk.state.layer == nil && desk.shows("Open the event and select a building first"))
    }

    // MARK: - By hand

    private func filled() -> Desk {
        var desk = Desk()
        desk.press("3 N")
        desk.press("Tab Tab")
        desk.press("C-u")
        desk.type("21:30")
        desk.press("Tab C-u")
        desk.type("45m")
        desk.press("Tab")
        desk.type("400")
        desk.press("Tab Tab")
        desk.type("webhook is down")
        return desk
    }

    @Test("an event by hand: the preview stands on the screen before anything can be armed")
    func create() throws {
        var desk = filled()
        #expect(desk.shows("3 buildings, 3 commands, 2026-11-21 21:30:00 to 22:15:00 UTC"))
        #expect(desk.shows("360.0 to 425.5 kW"))
        #expect(desk.shows("Missing") && desk.shows("40.0 kW"))
        #expect(desk.shows("heuristic, not a forecast"))
        #expect(desk.shows("F-003 left out"))
        try Golden.check(desk.golden, "script-event-create-120x40")
        desk.press("Enter")
        #expect(desk.shows("Type create 3 to confirm"))
        desk.press("Tab")
        desk.type("create 3")
        desk.press("Enter")
        #expect(desk.shows("Armed for 30 s"))
        try Golden.check(desk.golden, "script-event-create-armed-120x40")
        desk.press("x")
        guard case .createEvent(let request) = desk.submitted.first?.action else {
            Issue.record("not created")
            return
        }
        #expect(request.start.iso8601 == "2026-11-21T21:30:00Z" && request.duration == .seconds(2700))
        #expect(request.target == Power(kilowatts: 400) && request.facilities.isEmpty)
        #expect(request.program == "Capacity Bidding")
        #expect(desk.submitted.first?.reason == "webhook is down")
    }

    @Test("at 80x24 the whole form and the figures of its preview stand on the screen")
    func small() throws {
        var desk = filled()
        desk.send(.input(.resized(Size(columns: 80, rows: 24))))
        #expect(desk.shows("360.0 to 425.5 kW") && desk.shows("40.0 kW") && desk.shows("Enter"))
        try Golden.check(desk.golden, "script-event-create-80x24")
    }

    @Test("a field changed after its preview takes the preview away; an old one is asked for again")
    func stalePreview() {
        var desk = filled()
        desk.press("S-Tab S-Tab")
        desk.type("0")
        #expect(!desk.shows("360.0 to 425.5 kW"))
        desk.press("Enter")
        #expect(desk.shows("of 4,000.0 kW asked for"))
        desk.wait(.seconds(61))
        desk.press("Enter")
        #expect(!desk.shows("Armed"))
    }

    @Test("what cannot be read is marked at its field, and asks nothing")
    func badFields() throws {
        var desk = Desk()
        desk.press("3 N")
        desk.press("C-u")
        desk.type("evening-peak-1121")
        desk.press("Tab Tab C-u")
        desk.type("soon")
        desk.press("Tab C-u")
        desk.type("25h")
        desk.press("Tab Tab C-u")
        desk.type("F-001 F-999")
        desk.press("Enter")
        #expect(desk.shows("There is an event with this id"))
        #expect(desk.shows("now, +15m, 16:00"))
        #expect(desk.shows("At most 24h"))
        #expect(desk.shows("No facility F-999"))
        #expect(desk.shows("Mend what is marked"))
        #expect(desk.performed.isEmpty && desk.submitted.isEmpty)
        desk.send(.input(.resized(Size(columns: 80, rows: 24))))
        #expect(desk.shows("Mend what is marked") && desk.shows("Cancel"))
        try Golden.check(desk.golden, "script-event-create-marked-80x24")
    }

    @Test("an event that would be over before it began is refused at its field")
    func over() {
        var desk = Desk()
        desk.press("3 N Tab Tab C-u")
        desk.type("2026-11-21T19:00Z")
        desk.press("Enter")
        #expect(desk.shows("It would be over already"))
    }

    @Test("a preview that fails says why, and nothing can be armed")
    func noPreview() {
        var desk = Desk()
        desk.press("3")
        desk.answers = Desk.failing
        desk.press("N Tab Tab Tab Tab")
        desk.type("100")
        desk.press("Tab Tab")
        desk.type("test")
        #expect(desk.shows("× No preview: The record store did not answer"))
        desk.press("Enter")
        #expect(!desk.shows("Armed"))
    }

    // MARK: - Header, past, read-only, palette

    @Test("the header tells what is worst: failed, to approve, active with its figures, scheduled")
    func header() {
        var snapshot = Fleet.mixed()
        #expect(Desk(snapshot: snapshot).shows("DR ! 1 to approve · 883 of 1,120 kW"))
        snapshot.openEvents.removeAll { $0.awaitsApproval || $0.id == Fleet.north }
        #expect(Desk(snapshot: snapshot).shows("DR 1 active · 764 of 820 kW"))
        snapshot.openEvents[0].status = .failed
        #expect(Desk(snapshot: snapshot).shows("DR × 1 failed"))
        snapshot.openEvents[0].status = .scheduled
        #expect(Desk(snapshot: snapshot).shows("DR 1 scheduled"))
        snapshot.openEvents = []
        #expect(!Desk(snapshot: snapshot).text[0].contains("DR "))
    }

    @Test("the facility's chart shows the event's window, its baseline and its target")
    func chart() throws {
        var desk = Desk()
        desk.run("go F-009")
        #expect(
            desk.shows("baseline") && desk.shows("target") && desk.shows("DR ▼ 237 of 181 kW")
                && desk.shows("peak ahead 677.8 kW at 00:00, 68 %"))
        try Golden.check(desk.golden, "script-facility-response-120x40")
    }

    @Test("of a past moment events are not kept, and nothing can be done there")
    func past() {
        var desk = desk()
        desk.press("z")
        #expect(desk.shows("Events are not kept as they were"))
        desk.press("C")
        #expect(desk.state.layer == nil)
        desk.press("4")
        #expect(desk.shows("Points are not kept as they were"))
        desk.press("z")
        #expect(desk.shows("Harbor Hospital") || desk.shows("points"))
    }

    @Test("read-only: no action among keys, hints, help and palette")
    func readOnly() {
        var desk = desk(isReadOnly: true)
        #expect(!desk.shows("A approve") && !desk.shows("O opt out"))
        desk.press("A O C R S N")
        #expect(desk.state.layer == nil)
        desk.press("?")
        desk.type("event")
        #expect(!desk.shows("by hand") && !desk.shows("event-cancel"))
        desk.press("Esc")
        for line in [
            "event-create", "event-cancel \(Fleet.evening)", "override F-002 P 21 for 2h", "release-all F-002",
        ] {
            desk.run(line)
            #expect(desk.shows("read-only"), "\(line)")
        }
        desk.run("override F-002")
        #expect(desk.state.pane.route == .override(FacilityID("F-002")))
        #expect(desk.performed.isEmpty)
    }

    @Test("the palette opens events, and each action's sheet")
    func palette() {
        var desk = Desk()
        desk.press(":")
        desk.type("event even")
        #expect(desk.shows("event evening-peak-1121"))
        desk.press("Esc")
        desk.run("events")
        #expect(desk.state.pane.route == .events)
        desk.run("switchyard://event/\(Fleet.north)")
        #expect(desk.state.pane.route == .event(Fleet.north))
        desk.run("event-cancel \(Fleet.evening)")
        #expect(desk.shows("Cancel event evening-peak-1121"))
        desk.press("Esc")
        desk.run("event-opt-out \(Fleet.evening) F-002")
        #expect(desk.shows("Opt F-002 out of evening-peak-1121"))
        desk.press("Esc")
        desk.run("event-approve nobody-knows")
        #expect(desk.shows("No event nobody-knows is known"))
    }

    @Test("an event that is gone, or an engine without demand response, says so")
    func honest() {
        var desk = Desk()
        desk.run("event never-was")
        #expect(desk.shows("There is no event never-was"))
        desk.answers = { _ in .failed(sentence: "This engine runs no demand response; connect to one that does.") }
        desk.state.live = nil
        desk.send(.link(.snapshot(Fleet.snapshot())))
        desk.press("3")
        #expect(desk.shows("This engine runs no demand response"))
    }
}
