import EnergyModel
import Ports
import Screen
import Testing

@testable import Console

@Suite("Overrides by keys") struct OverrideScriptTests {
    private static let point = PointID("01/AHU-1/CLG_SP")!
    private static let mill = FacilityID("F-002")!

    private func desk(_ facility: String = "F-002") -> Desk {
        var desk = Desk()
        desk.run("override \(facility)")
        return desk
    }

    private func done(_ desk: inout Desk, _ sentence: String) {
        guard let effect = desk.performed.last(where: { if case .submit = $0.work { true } else { false } }) else {
            Issue.record("nothing was submitted")
            return
        }
        desk.send(.finished(effect.id, .outcome(.done(sentence: sentence, affected: 1))))
    }

    /// A building whose slot 8 of the point is as given.
    private func answers(slot8: Double?, _ state: CommandState = .confirmed, failure: String? = nil)
        -> (Effect.Work) -> EffectResult?
    {
        { work in
            guard case .building(let facility) = work else { return Desk.fixtures(work) }
            var building = Fleet.building(facility)
            building.points[0].reading?.slots[8] = slot8
            building.points[0].holders[0].state = state
            if let failure {
                building.failure = failure
                building.readAt = nil
                for index in building.points.indices { building.points[index].reading = nil }
            }
            return .building(building)
        }
    }

    @Test("who holds a point, and that a DR value waits behind an operator's")
    func holders() {
        var desk = desk()
        #expect(desk.shows("operator ana @8, DR waiting"))
        #expect(desk.shows("DR evening-peak-1121 @10"))
        #expect(desk.shows("@5 critical equipment"))
        #expect(desk.shows("1 point hides a DR value"))
        desk.press("Enter")
        #expect(
            desk.shows(
                "Held by operator ana @8 since 20:41:15, DR value 26.0 °C @10 waiting, until 22:41:15 UTC"))
        #expect(desk.shows("Board meeting in the"))
        #expect(desk.text.contains { $0.contains("▶ 8  manual operator") && $0.contains("21.0 °C") })
        desk.press("Esc n")
        #expect(desk.state.pane.route != .override(Self.mill) && desk.state.pane.route.screen == .override)
    }

    @Test("setting a point: value, end, reason; the preview shows the clamp; read back after execute")
    func set() throws {
        var desk = desk()
        desk.press("S C-u")
        desk.type("30")
        desk.press("Tab C-u")
        desk.type("90m")
        desk.press("Tab")
        desk.type("filter change")
        #expect(desk.shows("27.0 °C in slot 8 instead of 30.0 °C: a limit binds"))
        #expect(desk.shows("Cooling set-points stay within"))
        try Golden.check(desk.golden, "script-override-set-120x40")
        desk.press("Enter")
        #expect(desk.shows("Armed for 30 s"))
        desk.press("x")
        guard case .overridePoint(let request) = desk.submitted.first?.action else {
            Issue.record("not set")
            return
        }
        #expect(request.facility == Self.mill && request.point == Self.point && request.value == 30)
        #expect(request.until == Fleet.now.advanced(by: .milliseconds(5_400_400)))
        desk.answers = answers(slot8: nil, .sent)
        done(&desk, "Override set at F-002.")
        #expect(desk.shows("sent, not read back yet"))
        desk.answers = answers(slot8: 27)
        desk.wait(.seconds(2))
        #expect(desk.shows("Confirmed, read back: 27.0 °C in slot 8"))
        try Golden.check(desk.golden, "script-override-confirmed-120x40")
    }

    @Test("what does not come back within 30 s is not called done, and says what was seen")
    func unconfirmed() {
        var desk = desk()
        desk.press("S Tab Tab")
        desk.type("test")
        desk.press("Enter x")
        desk.answers = answers(slot8: nil, .unknown, failure: "timed out after 5 s")
        done(&desk, "Override set at F-002.")
        for _ in 0..<14 { desk.wait(.seconds(2)) }
        #expect(desk.shows("Reading back"))
        desk.wait(.seconds(2))
        #expect(desk.shows("! Not confirmed: 30 s passed: the building does not answer: timed out after 5 s"))
        #expect(!desk.shows("● Done"))
        let asked = desk.performed.count
        desk.press("Esc")
        desk.wait(.seconds(2))
        #expect(desk.performed.count == asked && desk.state.layer == nil)
    }

    @Test("a building that does not take it ends the wait at once, with the cause")
    func refused() {
        var desk = desk()
        desk.press("S Tab Tab")
        desk.type("test")
        desk.press("Enter x")
        desk.answers = answers(slot8: 21.5, .failed)
        done(&desk, "Override set at F-002.")
        #expect(desk.shows("Not confirmed: the building did not take it"))
    }

    @Test("a hospital asks to type its name, a factory does not")
    func protected() {
        var desk = desk("F-001")
        #expect(desk.shows("protected"))
        desk.press("S Tab Tab")
        desk.type("ward too warm")
        desk.press("Enter")
        #expect(desk.shows("Type Harbor Hospital"))
        #expect(!desk.shows("Armed"))
        desk.press("Tab")
        desk.type("Harbor Hospital")
        desk.press("Enter")
        #expect(desk.shows("Armed for 30 s"))
        #expect(!self.desk().shows("protected"))
    }

    @Test("at 80x24 the sheet of a protected building shows its fields, the clamp and the buttons")
    func small() throws {
        var desk = desk("F-001")
        desk.send(.input(.resized(Size(columns: 80, rows: 24))))
        desk.press("S C-u")
        desk.type("31")
        desk.press("Tab Tab")
        desk.type("ward too warm")
        #expect(desk.shows("a limit binds") && desk.shows("Type Harbor Hospital") && desk.shows("Cancel"))
        try Golden.check(desk.golden, "script-override-set-80x24")
    }

    @Test("a building without an endpoint says that it cannot be commanded, and a failed reading is said in few words")
    func noEndpoint() {
        var desk = Desk()
        desk.answers = Desk.nothing
        desk.run("override F-002")
        #expect(desk.shows("× No endpoint is configured for it"))
        desk.answers = Desk.failing
        desk.send(.input(.resized(Size(columns: 80, rows: 24))))
        for _ in 0..<2 { desk.wait(.seconds(15)) }
        #expect(desk.shows("! no answer, 30 s old"))
    }

    @Test("extending moves only the end; a moment that is past is refused at its field")
    func extend() {
        var desk = desk()
        desk.press("E C-u")
        desk.type("2026-11-21T20:00Z")
        desk.press("Tab")
        desk.type("longer")
        desk.press("Enter")
        #expect(desk.shows("At least a minute from now") && !desk.shows("Armed"))
        desk.press("S-Tab C-u")
        desk.type("23:30")
        desk.press("Enter")
        #expect(desk.shows("2026-11-21 23:30:00 UTC"))
        desk.press("x")
        let end = UTCInstant(iso8601: "2026-11-21T23:30:00Z") ?? Fleet.now
        #expect(desk.submitted.first?.action == .extendOverride(Fleet.held, until: end))
        done(&desk, "The override ends at 23:30.")
        #expect(desk.shows("the new end is not confirmed yet"))
        desk.answers = { work in
            guard case .building(let facility) = work else { return Desk.fixtures(work) }
            var building = Fleet.building(facility)
            building.points[0].holders[0].until = end
            return .building(building)
        }
        desk.wait(.seconds(2))
        #expect(desk.shows("Confirmed, the building holds it with its new end"))
    }

    @Test("releasing says what takes over, and waits until slot 8 reads empty")
    func release() {
        var desk = desk()
        desk.press("R")
        #expect(desk.shows("slot 10 takes over with 26.0 °C"))
        desk.type("meeting is over")
        desk.press("Enter x")
        #expect(desk.submitted.first?.action == .releaseOverride(Fleet.held))
        done(&desk, "Released.")
        #expect(desk.shows("slot 8 still holds 21.0"))
        desk.answers = answers(slot8: nil, .released)
        desk.wait(.seconds(2))
        #expect(desk.shows("Confirmed, read back: slot 8 is free"))
    }

    @Test("what is not ours at slot 8 is not released from here, and says what would")
    func notOurs() {
        var desk = desk()
        desk.press("j R")
        #expect(desk.state.layer == nil && desk.shows("Held by event evening-peak-1121: opt the building out"))
        desk.press("G R")
        #expect(desk.shows("Slot 8 was not written through this engine"))
        desk.press("k E")
        #expect(desk.shows("No override of ours holds"))
    }

    @Test("release-all always asks for the name, and touches only our slots")
    func releaseAll() throws {
        var desk = desk()
        desk.press("X")
        #expect(desk.shows("slots 8 to 15 of every point; 1 to 7 and 16 are not touched"))
        #expect(desk.shows("Event evening-peak-1121 ends for this building"))
        desk.type("evacuation drill")
        desk.press("Enter")
        #expect(desk.shows("Type Mill 4 to confirm"))
        try Golden.check(desk.golden, "script-release-all-120x40")
        desk.type("Mill 4")
        desk.press("Enter x")
        #expect(desk.submitted.first?.action == .releaseBuilding(Self.mill))
    }

    @Test("the palette sets a point with its value and end, previewed; nonsense is explained")
    func palette() {
        var desk = Desk()
        desk.run("override F-002 01/AHU-1/CLG_SP 24.5 for 90m")
        #expect(desk.state.pane.route == .override(Self.mill))
        #expect(desk.shows("Set 01/AHU-1/CLG_SP") && desk.shows("24.5") && desk.shows("90m"))
        desk.press("Tab Tab")
        desk.type("by command")
        #expect(desk.shows("24.5 °C in slot 8"))
        desk.press("Enter x")
        guard case .overridePoint(let request) = desk.submitted.first?.action else {
            Issue.record("not set")
            return
        }
        #expect(request.value == 24.5)
        desk.press("Esc")
        for (line, part) in [
            ("override F-999", "No facility F-999"), ("override F-002 P", "Write a point, a value"),
            ("override F-002 P warm", "Write a point, a value"),
        ] {
            desk.run(line)
            #expect(desk.shows(part), "\(line)")
        }
    }

    @Test("a building that does not answer shows no value, its failure first, and what is known of ours")
    func silent() throws {
        var desk = Desk()
        desk.answers = answers(slot8: nil, .confirmed, failure: "timed out after 5 s; its breaker is open")
        desk.run("override F-002")
        #expect(desk.shows("× The building does not answer: timed out after 5 s"))
        #expect(
            desk.text.contains { $0.contains("01/AHU-1/CLG_SP") && $0.contains("--") && $0.contains("operator ana") })
        try Golden.check(desk.golden, "script-override-silent-120x40")
    }

    @Test("values age on the screen, and bad ones are not shown")
    func aging() {
        var desk = desk()
        #expect(desk.shows("21.0 °C"))
        desk.answers = Desk.failing
        for _ in 0..<21 {
            desk.wait(.seconds(15))
            var next = Fleet.mixed()
            next.at = desk.now
            next.sequence += 1
            desk.send(.link(.snapshot(next)))
        }
        #expect(!desk.text.contains { $0.contains("01/AHU-1/CLG_SP") && $0.contains("21.0 °C") })
    }
}
