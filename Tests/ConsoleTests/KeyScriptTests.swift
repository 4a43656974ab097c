import EnergyModel
import Ports
import Screen
import Testing

@testable import Console

@Suite("Key scripts") struct KeyScriptTests {
    @Test("Enter goes down four levels and Esc comes back")
    func levels() {
        var desk = Desk()
        desk.press("j Enter")
        guard case .facility(let id?) = desk.state.pane.route else {
            Issue.record("no facility")
            return
        }
        desk.press("Enter")
        #expect(desk.state.pane.route == .meter(id, MeterID("M-1001")!))
        #expect(desk.shows("newest first"))
        desk.press("Esc")
        #expect(desk.state.pane.route == .facility(id))
        desk.press("Esc")
        #expect(desk.state.pane.route == .overview)
    }

    @Test("the selection stays on its facility when the order changes")
    func selectionByID() {
        var desk = Desk(snapshot: Fleet.snapshot())
        desk.press("j j j")
        let chosen = desk.state.pane.overview.cursor.selected
        var next = Fleet.snapshot(sequence: 2)
        next.facilities.reverse()
        next.facilities.removeAll { $0.id == FacilityID("F-001") }
        desk.send(.link(.snapshot(next)))
        desk.press("r")
        #expect(desk.state.pane.overview.cursor.selected == chosen)
        next.facilities.removeAll { $0.id == chosen }
        next.sequence = 3
        desk.send(.link(.snapshot(next)))
        #expect(desk.state.pane.overview.cursor.selected != chosen)
        #expect(desk.state.pane.overview.cursor.selected != nil)
    }

    @Test("filtering narrows while typing, Esc brings everything back")
    func filtering() throws {
        var desk = Desk()
        desk.press("/")
        desk.type("kind:hosp")
        try Golden.check(desk.golden, "script-filter-120x40")
        desk.press("Enter")
        #expect(desk.state.pane.overview.index.shown == 3)
        desk.press("/")
        desk.type(" ~(")
        #expect(desk.shows("not a regular expression"))
        desk.press("Esc")
        #expect(desk.state.pane.overview.index.shown == 3)
        desk.press("Esc")
        #expect(desk.state.pane.overview.index.shown == 24)
    }

    @Test("sorting and grouping")
    func sorting() throws {
        var desk = Desk()
        desk.run("sort contract desc")
        let first = desk.state.pane.overview.index.id(at: 0, in: desk.state.sight!.snapshot.facilities)
        #expect(first == FacilityID("F-002"))
        desk.run("group kind")
        try Golden.check(desk.golden, "script-grouped-120x40")
        desk.press("g")
        #expect(desk.state.pane.overview.cursor.selected != nil)
    }

    @Test("freeze, step back, and every screen shows the stored past")
    func timeTravel() throws {
        var desk = Desk()
        desk.press("z")
        #expect(desk.shows("FROZEN at 2026-11-21 21:04:15 UTC"))
        desk.wait(.seconds(30))
        #expect(desk.shows("30 s ago"))
        desk.press("[")
        #expect(desk.shows("FROZEN at 2026-11-21 21:03:00 UTC"))
        desk.press("{")
        try Golden.check(desk.golden, "script-past-120x40")
        desk.press("5 R")
        #expect(desk.state.layer == nil)
        desk.press("z")
        #expect(!desk.shows("FROZEN"))
        desk.run("at -15m")
        #expect(desk.shows("FROZEN at 2026-11-21 20:49:45 UTC"))
        desk.run("live")
        #expect(desk.state.past == nil)
    }

    @Test("a stale answer for a moment no longer wanted is ignored")
    func staleMoment() {
        var desk = Desk()
        desk.answers = { _ in nil }
        desk.press("[")
        desk.press("[")
        let asked = desk.performed.filter { if case .snapshot = $0.work { true } else { false } }
        #expect(asked.count == 2)
        desk.send(.finished(asked[0].id, .snapshot(Desk.past(Fleet.now.advanced(by: .seconds(-60))))))
        #expect(desk.state.past?.wanted != nil)
        desk.send(.finished(asked[1].id, .snapshot(Desk.past(Fleet.now.advanced(by: .seconds(-120))))))
        #expect(desk.state.past?.wanted == nil)
    }

    @Test("discarding: reason, arm, a second key; Enter alone never does it")
    func discard() throws {
        var desk = Desk()
        desk.press("5 D")
        desk.press("Enter")
        #expect(desk.shows("Give a reason"))
        desk.type("test rig")
        try Golden.check(desk.golden, "script-discard-review-120x40")
        desk.press("Enter")
        #expect(desk.shows("Armed for 30 s"))
        desk.wait(.seconds(11))
        #expect(desk.shows("Armed for 19 s"))
        try Golden.check(desk.golden, "script-discard-armed-120x40")
        desk.press("Enter")
        #expect(desk.performed.isEmpty)
        desk.press("D")
        desk.type("test rig")
        desk.press("Enter x")
        let command = desk.submitted.first
        #expect(command?.action == .discardDeadLetters(.numbers([4711])))
        #expect(command?.reason == "test rig")
        #expect(command?.author == "operator:ana")
        desk.send(.finished(desk.performed[0].id, .outcome(.done(sentence: "1 dead letter discarded.", affected: 1))))
        #expect(desk.shows("● Done: 1 dead letter discarded."))
        desk.press("Esc")
        #expect(desk.state.layer == nil)
    }

    @Test("what another has armed cannot be armed, says whose it is, and can be once it is free")
    func armedElsewhere() throws {
        var desk = Desk()
        desk.answers = { work in
            if case .arm = work { return .armed(.held(by: "operator:ben", for: .seconds(24))) }
            return Desk.fixtures(work)
        }
        desk.press("5 D")
        desk.type("test rig")
        desk.press("Enter")
        #expect(desk.shows("operator:ben has armed this: free in 24 s at most"))
        desk.press("x")
        #expect(desk.submitted.isEmpty, "x is a letter of the reason here")
        desk.answers = Desk.fixtures
        desk.press("Enter")
        #expect(desk.shows("Armed for 30 s"))
    }

    @Test("keys typed before the engine has armed it execute nothing; closed meanwhile, it is given back")
    func armingTakesTime() throws {
        var desk = Desk()
        desk.answers = { work in if case .arm = work { nil } else { Desk.fixtures(work) } }
        desk.press("5 D")
        desk.type("test rig")
        desk.press("Enter x x")
        #expect(desk.shows("Arming") && desk.submitted.isEmpty)
        let arm = try #require(desk.performed.last)
        desk.press("Esc")
        #expect(desk.state.layer == nil)
        desk.answers = { work in if case .disarm = work { nil } else { Desk.fixtures(work) } }
        desk.send(.finished(arm.id, .armed(.armed(for: .seconds(30)))))
        guard case .disarm(let key) = desk.performed.last?.work, case .arm(let request) = arm.work else {
            Issue.record("what nobody waits for any more stays armed")
            return
        }
        #expect(key == request.key && desk.state.layer == nil)
    }

    @Test("an armed action disarms itself after 30 s")
    func expiry() {
        var desk = Desk()
        desk.press("5 R Enter")
        desk.wait(.seconds(30))
        #expect(desk.shows("30 s passed"))
        desk.press("x")
        #expect(desk.performed.isEmpty)
    }

    @Test("more than one letter asks to type the number")
    func bulk() {
        var desk = Desk()
        desk.press("5 Space Space R Enter")
        #expect(desk.shows("Type replay 2 to confirm"))
        desk.type("replay 2")
        desk.press("Enter x")
        #expect(desk.submitted.first?.action == .replayDeadLetters([4710, 4711]))
    }

    @Test("quitting asks while something is armed, and while it would stop the engine")
    func quitting() {
        var desk = Desk()
        desk.press("5 R Enter C-c")
        #expect(!desk.state.isQuitting)
        #expect(desk.shows("An action is armed"))
        desk.press("Esc q")
        #expect(!desk.state.isQuitting)
        #expect(desk.shows("Quitting stops the embedded engine"))
        desk.wait(.seconds(6))
        desk.press("q")
        #expect(!desk.state.isQuitting)
        desk.press("q")
        #expect(desk.state.isQuitting)
    }

    @Test("a paste never triggers keys")
    func paste() {
        var desk = Desk()
        desk.send(.input(.paste("5Rxq\n", isCut: false)))
        #expect(desk.state.pane.route == .overview)
        #expect(!desk.state.isQuitting)
        desk.press("5 R Enter")
        desk.send(.input(.paste("x", isCut: false)))
        #expect(desk.performed.isEmpty)
    }

    @Test("tripping a breaker by hand follows the same two keys")
    func trip() {
        var desk = Desk()
        desk.press("8")
        desk.press("T")
        #expect(desk.shows("Select a breaker first"))
        desk.press("j j j j T")
        desk.type("vendor says so")
        desk.press("Enter x")
        #expect(desk.submitted.first?.action == .tripBreaker("mqtt"))
    }

    @Test("the palette completes, previews and remembers")
    func palette() throws {
        var desk = Desk()
        desk.press(":")
        desk.type("mil")
        #expect(desk.shows("→ Go to F-002 Mill 4"))
        try Golden.check(desk.golden, "script-palette-120x40")
        desk.press("Enter")
        #expect(desk.state.pane.route == .facility(FacilityID("F-002")))
        desk.press(": Up")
        #expect(desk.shows("→ Go to F-002"))
        desk.press("Esc")
        desk.run("switchyard://facility/F-003?at=2026-11-21T20:00:00Z")
        #expect(desk.state.pane.route == .facility(FacilityID("F-003")))
        #expect(desk.shows("FROZEN at 2026-11-21 20:00:00 UTC"))
    }

    @Test("help is found by word and by key")
    func help() throws {
        var desk = Desk()
        desk.press("?")
        try Golden.check(desk.golden, "script-help-120x40")
        desk.type("inverse")
        #expect(desk.shows("Nothing answers"))
        desk.press("C-u")
        desk.type("z")
        #expect(desk.shows("freeze this moment"))
        desk.press("C-u")
        desk.type("sort by")
        #expect(desk.shows("sort by the next column"))
    }

    @Test("two panes, each with its own screen")
    func panes() throws {
        var desk = Desk(size: Size(columns: 200, rows: 60))
        desk.press("| 8 Tab")
        #expect(desk.state.panes.map(\.route) == [.overview, .health])
        try Golden.check(desk.golden, "script-split-200x60")
        desk.press("|")
        #expect(desk.state.panes.map(\.route) == [.overview])
    }

    @Test("the chart's cursor reads values and gaps")
    func cursor() throws {
        var desk = Desk()
        desk.run("go F-002")
        desk.press("Left Left Left Left Left Left")
        #expect(desk.shows("kWh"))
        try Golden.check(desk.golden, "script-cursor-120x40")
        desk.press("Esc")
        #expect(desk.state.pane.facility.cursor == nil)
        #expect(desk.state.pane.route.screen == .facility)
    }

    @Test("zoom and pan ask for what they show")
    func zoom() {
        var desk = Desk()
        desk.run("go F-002")
        desk.press("-")
        #expect(desk.state.pane.facility.series.value?.request.resolution == .rollup(.quarterHour))
        desk.press("<")
        #expect(desk.shows("to 2026-11-22 09:"))
        desk.press("0")
        #expect(desk.state.pane.facility.end == nil)
    }

    @Test("wheel and clicks work on tabs and rows")
    func mouse() {
        var desk = Desk()
        let tab = desk.text[1].firstRange(of: "8 Health").map { range in
            desk.text[1].distance(from: desk.text[1].startIndex, to: range.lowerBound)
        }
        desk.send(.input(.mouse(MouseEvent(.pressed(.left), at: Point(x: (tab ?? 0) + 2, y: 1)))))
        #expect(desk.state.pane.route == .health)
        desk.press("1")
        let row = desk.text.firstIndex { $0.contains("Cold Store 7") } ?? 0
        let click = TerminalEvent.mouse(MouseEvent(.pressed(.left), at: Point(x: 5, y: row)))
        desk.send(.input(click))
        #expect(desk.state.pane.overview.cursor.selected == FacilityID("F-009"))
        desk.send(.input(click))
        #expect(desk.state.pane.route == .facility(FacilityID("F-009")))
    }

    @Test("times follow the facility's zone")
    func zone() {
        var desk = Desk(snapshot: Fleet.snapshot())
        desk.run("go F-001")
        #expect(desk.shows("21:04:15 UTC"))
        desk.press("Z")
        #expect(desk.shows("13:04:15 UTC-8"))
    }

    @Test("writing makes a file's contents, copying a locator")
    func writing() {
        var desk = Desk()
        desk.press("W")
        desk.press("C-u")
        desk.type("view.json")
        desk.press("Enter y")
        guard case .writeFile(let name, let contents) = desk.performed.first?.work else {
            Issue.record("no file")
            return
        }
        #expect(name == "view.json")
        #expect(contents.contains(#""name":"Harbor Hospital""#))
        guard case .copy(let text) = desk.performed.last?.work else {
            Issue.record("no copy")
            return
        }
        #expect(text.hasPrefix("switchyard://overview"))
    }

    @Test("a note goes to the journal")
    func note() {
        var desk = Desk()
        desk.press("9 a")
        desk.type("watch Mill 4")
        desk.press("Enter")
        #expect(desk.submitted.first?.action == .addNote(facility: nil))
        #expect(desk.submitted.first?.reason == "watch Mill 4")
    }
}

extension Desk {
    var submitted: [OperatorCommand] {
        performed.compactMap { if case .submit(let command) = $0.work { command } else { nil } }
    }
}
