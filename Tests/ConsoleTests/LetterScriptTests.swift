import EnergyModel
import Ports
import Screen
import Testing

@testable import Console

@Suite("Dead letters by keys") struct LetterScriptTests {
    private func done(_ desk: inout Desk, _ outcome: CommandOutcome) {
        guard let effect = desk.performed.last(where: { if case .submit = $0.work { true } else { false } }) else {
            Issue.record("nothing was submitted")
            return
        }
        desk.send(.finished(effect.id, .outcome(outcome)))
    }

    // MARK: - Editing

    private static let mended =
        "{\"meter_id\":\"M-1042\",\"facility_id\":\"F-007\",\"ts\":\"2026-11-21T21:04:00Z\",\"kw\":12.5}"

    /// Goes to the fault that the check found and types over it.
    private func mend(_ desk: inout Desk) {
        desk.press("C-g Delete")
        desk.type("4:00Z")
    }

    @Test("edit, check while typing, compare, store: the text leaves as it stands, the original is untouched")
    func edit() throws {
        var desk = Desk()
        desk.press("5 e")
        #expect(desk.shows("Edit letter 4711") && desk.shows("× malformed_json"))
        #expect(desk.shows("byte 64: line 1,"))
        try Golden.check(desk.golden, "script-letter-edit-120x40")
        mend(&desk)
        #expect(desk.shows("Not checked yet: the text has changed") && !desk.shows("malformed_json  ts is no moment"))
        desk.wait(.seconds(1))
        #expect(desk.shows("● It would be taken") && desk.shows("checked 0 s ago"))
        desk.press("C-s")
        #expect(
            desk.shows("- the original  + yours") && desk.shows("1 line removed, 1 added")
                && desk.shows("field by field"))
        try Golden.check(desk.golden, "script-letter-review-120x40")
        desk.press("Enter")
        desk.type("typo at the gateway")
        #expect(desk.shows("Processing would take it.") && desk.shows("Store edition 1 of letter 4711"))
        desk.press("Enter")
        #expect(desk.shows("Armed for 30 s") && desk.submitted.isEmpty)
        desk.press("x")
        #expect(desk.submitted.first?.action == .editDeadLetter(4711, payload: Array(Self.mended.utf8), edition: 0))
        #expect(desk.submitted.first?.reason == "typo at the gateway")
        done(&desk, .done(sentence: "Edition 1 of letter 4711 is stored.", affected: 1))
        #expect(desk.shows("● Done: Edition 1"))
        desk.press("Esc")
        #expect(desk.state.layer == nil && desk.state.pane.route == .deadLetters)
    }

    @Test("what a person typed survives a refusal, and who came in between is named", arguments: [false, true])
    func conflict(_ isFailure: Bool) {
        var desk = Desk()
        desk.press("5 e")
        mend(&desk)
        desk.wait(.seconds(1))
        desk.press("C-s Enter")
        desk.type("typo")
        desk.press("Enter x")
        desk.press("Esc")
        #expect(desk.shows("Sent, waiting"), "Esc does not lose what is on its way")
        if isFailure {
            let id = desk.performed.last!.id
            desk.send(.finished(id, .failed(sentence: "No outcome within 30 s")))
        } else {
            done(&desk, .refused(sentence: "Letter 4711 has edition 1 by ben: read it again."))
        }
        #expect(desk.shows("× Not done"))
        desk.answers = { work in
            guard case .deadLetter = work, var letter = Fleet.letters().first else { return Desk.fixtures(work) }
            letter.edit = DeadLetter.Edit(
                payload: Array("theirs".utf8), author: "operator:ben", at: Fleet.now, edition: 1)
            return .deadLetter(letter)
        }
        desk.press("Esc")
        #expect(desk.shows("operator:ben stored edition 1 meanwhile"))
        desk.press("Tab")
        #expect(desk.shows("- edition 1  + yours") && desk.shows("theirs"))
        desk.press("Enter")
        desk.type("mine is right")
        desk.press("Enter x")
        #expect(desk.submitted.last?.action == .editDeadLetter(4711, payload: Array(Self.mended.utf8), edition: 1))
    }

    @Test("Esc leaves at once what was not changed, and asks before it drops what was")
    func leaving() {
        var desk = Desk()
        desk.press("5 e Esc")
        #expect(desk.state.layer == nil)
        desk.press("e q Esc")
        #expect(desk.shows("What you changed is not stored"))
        desk.press("q Enter Esc")
        #expect(desk.shows("Edit letter 4711") && desk.shows("compare and store"))
        desk.press("C-c x")
        #expect(desk.state.layer == nil && desk.shows("nothing was stored") && desk.submitted.isEmpty)
        desk.press("e q C-z Esc")
        #expect(desk.state.layer == nil)
    }

    @Test("an answer to an older text is not shown for a newer one")
    func staleCheck() {
        var desk = Desk()
        desk.answers = { work in if case .checkLetter = work { nil } else { Desk.fixtures(work) } }
        desk.press("5 e")
        let asked = { (desk: Desk) in desk.performed.filter { if case .checkLetter = $0.work { true } else { false } } }
        #expect(asked(desk).count == 1 && desk.shows("Checking"))
        desk.press("x")
        desk.send(.finished(asked(desk)[0].id, .letterCheck(.passes(["old text"]))))
        #expect(!desk.shows("old text") && desk.shows("Not checked yet"))
        desk.wait(.milliseconds(100))
        #expect(asked(desk).count == 1, "not before the typing stops")
        desk.wait(.seconds(1))
        #expect(asked(desk).count == 2)
        desk.send(.finished(asked(desk)[1].id, .failed(sentence: "the engine did not answer")))
        #expect(desk.shows("! Not checked: the engine did not answer"))
        desk.wait(.seconds(2))
        #expect(asked(desk).count == 3)
        desk.send(.finished(asked(desk)[2].id, .letterCheck(.passes(["new text"]))))
        #expect(desk.shows("new text"))
    }

    @Test("bytes that are no text are edited as pairs of digits; half a byte is marked and cannot be stored")
    func hexadecimal() throws {
        var desk = Desk()
        desk.press("5 j j e")
        #expect(desk.shows("not UTF-8, in hexadecimal") && desk.shows("FF 00 1B 5B 32 4A 62"))
        desk.press("Delete")
        #expect(desk.shows("A byte is two digits: one is missing here"))
        desk.press("C-s")
        #expect(desk.shows("no whole bytes"))
        desk.type("7")
        desk.press("C-s")
        #expect(desk.shows("- FF 00 1B") && desk.shows("+ 7F 00 1B") && desk.shows("in hexadecimal"))
        desk.press("Enter")
        desk.type("first byte")
        desk.press("Enter x")
        let bytes: [UInt8] = [0x7F, 0x00, 0x1B, 0x5B, 0x32, 0x4A] + Array("binary".utf8)
        #expect(desk.submitted.first?.action == .editDeadLetter(4709, payload: bytes, edition: 0))
    }

    @Test("an edit goes on from the stored one, and can be taken back to the original")
    func fromEdit() {
        var desk = Desk()
        desk.press("5 j Enter e")
        #expect(desk.shows("from edition 2 by operator:ben") && desk.shows("facility_id"))
        desk.press("C-r C-s")
        #expect(desk.shows("Nothing is different"))
        desk.press("Tab")
        #expect(desk.shows("- edition 2  + yours"))
        desk.press("Enter")
        desk.type("the first was right")
        desk.press("Enter x")
        #expect(
            desk.submitted.first?.action
                == .editDeadLetter(4710, payload: Fleet.letters()[1].payload, edition: 2))
    }

    @Test("pastes go in as they are, line ends and all; what does not fit says so")
    func paste() {
        var desk = Desk()
        desk.press("5 e")
        desk.send(.input(.paste("a\u{1B}[2J\nxq:", isCut: false)))
        #expect(desk.shows("a\\x1B[2J") && desk.shows("  2 xq:{"))
        desk.send(.input(.paste(String(repeating: "x", count: LetterEditor.largest), isCut: true)))
        #expect(desk.shows("does not fit") || desk.shows("too long and was cut"))
        desk.press("C-z")
        #expect(!desk.shows("x1B"))
    }

    @Test("what cannot be edited says why")
    func refused() {
        func desk(_ change: @escaping @Sendable (inout DeadLetter) -> Void) -> Desk {
            var desk = Desk()
            desk.answers = { work in
                guard case .deadLetters = work else { return Desk.fixtures(work) }
                var letter = Fleet.letters()[0]
                change(&letter)
                return .deadLetters(DeadLetterPage(letters: [letter], matching: 1))
            }
            desk.press("5 e")
            return desk
        }
        let large = desk { $0.payload = Array(repeating: 0x20, count: 300_000) }
        #expect(large.state.layer == nil && large.shows("switchyard dlq edit 4711 --file"))
        #expect(desk { $0.state = .replayed }.shows("Letter 4711 is replayed"))
        var past = Desk()
        past.press("5 z e")
        #expect(past.state.layer == nil && past.shows("This is the past"))
        var reader = Desk(isReadOnly: true)
        reader.press("5 e")
        #expect(reader.state.layer == nil)
    }

    @Test(
        "the editor at other sizes: the text, what is wrong with it, and the keys are on the screen",
        arguments: [(80, 24), (200, 60)])
    func sizes(_ columns: Int, _ rows: Int) throws {
        var desk = Desk(size: Size(columns: columns, rows: rows))
        desk.press("5 e")
        try Golden.check(desk.golden, "script-letter-edit-\(columns)x\(rows)")
        try Golden.check(MonochromeTests.golden(desk), "script-letter-edit-\(columns)x\(rows)-mono")
        mend(&desk)
        desk.press("C-s")
        try Golden.check(desk.golden, "script-letter-review-\(columns)x\(rows)")
        try Golden.check(MonochromeTests.golden(desk), "script-letter-review-\(columns)x\(rows)-mono")
        desk.glyphs = .ascii
        try Golden.check(desk.screen + "\n", "script-letter-review-\(columns)x\(rows)-ascii")
    }

    // MARK: - Many at once

    @Test("dry run of all that match, replay them at a rate, watch, pause, resume, cancel")
    func redrive() throws {
        var desk = Desk()
        desk.press("5 > > A")
        #expect(desk.shows("all 9 marked") && desk.shows("only malformed_json"))
        desk.press("t")
        #expect(desk.state.pane.route == .dryRun && desk.shows("all 9 letters: pending, topic sensor-readings-dlt"))
        #expect(desk.shows("9,602 would be taken") && desk.shows("the oldest 10,000 of 12,804"))
        desk.press("j Enter")
        #expect(desk.state.pane.route == .deadLetter(4709))
        desk.press("Esc R")
        #expect(desk.state.pane.route == .dryRun && desk.shows("Dry run 0 s ago: 9,602 of 10,000"))
        #expect(desk.shows("→ Replays 9 letters, at most 100 a second: about 1 s"))
        desk.press("C-u")
        desk.type("2")
        #expect(desk.shows("at most 2 a second: about 5 s"))
        desk.press("Tab")
        desk.type("parser was mended")
        try Golden.check(desk.golden, "script-redrive-sheet-120x40")
        desk.press("Enter")
        #expect(desk.shows("Type replay 9 to confirm"))
        desk.press("Tab")
        desk.type("replay 9")
        desk.press("Enter")
        #expect(desk.shows("Armed for 30 s") && desk.shows("at most 2 a second"))
        desk.press("x")
        let query = DeadLetterQuery(
            topic: "sensor-readings-dlt", reason: "malformed_json", state: .pending, limit: 200)
        #expect(desk.submitted.last?.action == .redrive(.matching(query, through: 4711), perSecond: 2))
        done(&desk, .done(sentence: "Redrive s1-1 of 9 letters is begun.", affected: 9))
        desk.press("Esc")
        #expect(desk.state.pane.route == .redrives && desk.shows("▶ running"))
        desk.press("P")
        desk.type("too fast")
        desk.press("Enter x")
        #expect(desk.submitted.last?.action == .pauseRedrive("s1-14"))
        done(&desk, .done(sentence: "Paused.", affected: 1))
        desk.press("Esc j P Enter x")
        #expect(desk.submitted.last?.action == .resumeRedrive("s0-3"))
        done(&desk, .done(sentence: "Goes on.", affected: 1))
        desk.press("Esc C")
        desk.type("wrong letters")
        #expect(desk.shows("the 300 others stay as they are"))
        desk.press("Enter x")
        #expect(desk.submitted.last?.action == .cancelRedrive("s0-3"))
        done(&desk, .done(sentence: "Cancelled.", affected: 1))
        desk.press("Esc G P")
        #expect(desk.state.layer == nil && desk.shows("is cancelled: nothing of it can be stopped"))
    }

    @Test("the redrives are asked for while they are shown and no longer; their pace is that of the answers")
    func pace() {
        var desk = Desk()
        let clock = Counter()
        desk.answers = { work in
            guard case .redrives = work else { return Desk.fixtures(work) }
            clock.count += 1
            var running = Fleet.redrives()[0]
            running.replayed += clock.count * 50
            return .redrives([running])
        }
        desk.press("5")
        for _ in 0..<6 { desk.wait(.seconds(1)) }
        #expect(clock.count == 0)
        desk.press("r")
        for _ in 0..<6 { desk.wait(.seconds(1)) }
        #expect(clock.count == 4 && desk.shows("25.0 a second now") && desk.shows("about 16 s left"))
        desk.press("Esc")
        for _ in 0..<6 { desk.wait(.seconds(1)) }
        #expect(clock.count == 4)
    }

    private final class Counter { var count = 0 }

    @Test("discarding all that match asks for a reason and for the number")
    func discardAll() throws {
        var desk = Desk()
        desk.press("5 A D")
        #expect(
            desk.shows("All 12 letters: pending")
                && desk.shows("Up to number 4711: what comes later is not swept along"))
        desk.type("test rig")
        desk.press("Enter")
        #expect(desk.shows("Type discard 12 to confirm"))
        try Golden.check(desk.golden, "script-discard-all-120x40")
        desk.type("discard 12")
        desk.press("Enter x")
        let query = DeadLetterQuery(state: .pending, limit: 200)
        #expect(desk.submitted.first?.action == .discardDeadLetters(.matching(query, through: 4711)))
        done(&desk, .done(sentence: "12 dead letters discarded.", affected: 12))
        desk.press("Esc")
        #expect(!desk.state.pane.letters.isAllMarked, "what comes next was not meant by it")
    }

    @Test("all that match is only what the engine can look for: the rest says how")
    func wholeFilters() {
        for (filter, isWhole) in [
            ("reason:malformed_json", true), ("text:M-1042", true), ("state:pending topic:sensor-readings-dlt", true),
            ("reason:malf", false), ("words", false), ("!reason:malformed_json", false), ("text:a text:b", false),
            ("state:discarded", false),
        ] {
            var desk = Desk()
            desk.press("5 /")
            desk.type(filter)
            desk.press("Enter A")
            #expect(desk.state.pane.letters.isAllMarked == isWhole, "\(filter)")
            #expect(isWhole || desk.shows("All that match: filter by whole topic:"), "\(filter)")
        }
    }

    @Test("marks are dropped where they would mean other letters than were seen")
    func marks() {
        var desk = Desk()
        desk.press("5 A Space")
        #expect(desk.shows("1 marked") && !desk.shows("all 12"))
        desk.press("A")
        #expect(desk.shows("all 12 marked"))
        desk.press("/ m")
        #expect(!desk.state.pane.letters.isAllMarked)
        desk.press("Esc A v")
        #expect(!desk.state.pane.letters.isAllMarked)
        desk.press("v v v v A A")
        #expect(!desk.state.pane.letters.isAllMarked)
        desk.press("A Esc")
        #expect(!desk.state.pane.letters.isAllMarked && desk.state.pane.route == .deadLetters)
    }

    @Test("the tree narrows the list to a topic or a reason, and Esc widens it again")
    func tree() throws {
        var desk = Desk()
        desk.press("5 >")
        #expect(desk.state.pane.letters.group == LetterNode(topic: "sensor-readings-dlt"))
        desk.press("> >")
        #expect(desk.state.pane.letters.group?.reason == "unknown_facility" && desk.shows("3 of 3"))
        try Golden.check(desk.golden, "script-letter-tree-120x40")
        desk.press("Esc")
        #expect(desk.state.pane.letters.group == nil && desk.shows("12 of 12"))
        desk.press("<")
        #expect(desk.state.pane.letters.group?.reason == "out_of_range")
        desk.press(">")
        #expect(desk.state.pane.letters.group == nil)
    }

    @Test("a handful goes at once, more go by a redrive")
    func handful() {
        var desk = Desk()
        desk.press("5")
        desk.press(Array(repeating: "Space", count: 10).joined(separator: " "))
        desk.press("R")
        #expect(!desk.shows("letters a second"))
        desk.press("Esc Space R")
        #expect(desk.shows("letters a second"))
        desk.press("C-u")
        desk.type("2.5")
        desk.press("Tab")
        #expect(desk.shows("Enter a whole number"))
        desk.press("S-Tab C-u 0 Tab")
        #expect(desk.shows("Enter 1 to 10,000"))
    }

    @Test("the palette does the same, previewed; a filter waits for its list")
    func palette() {
        var desk = Desk()
        desk.press(":")
        desk.type("dlq replay reason:malformed_json")
        #expect(desk.shows("→ Open the sheet to replay all pending letters with reason:malformed_json"))
        desk.press("Enter")
        #expect(desk.state.pane.route == .deadLetters && desk.shows("Replay 9 dead letters"))
        desk.press("Esc")
        desk.run("dlq discard 4711 4710")
        #expect(desk.shows("Discard 2 dead letters"))
        desk.press("Esc")
        desk.run("dlq dry-run all")
        #expect(desk.state.pane.route == .dryRun)
        desk.run("dlq edit 4709")
        #expect(desk.shows("Edit letter 4709"))
        desk.press("Esc")
        desk.run("dlq redrives")
        desk.run("dlq pause s0-3")
        #expect(desk.shows("Resume redrive s0-3"))
        desk.press("Esc")
        for (line, part) in [
            ("dlq cancel nothing", "No redrive nothing is known"), ("dlq replay words", "All that match: filter by"),
            ("dlq replay ~(", "not a regular expression"), ("dlq edit x", "x is no letter's number"),
            ("dlq nonsense", "List pending, quarantined"), ("dlq replay 5 x", "x is no letter's number"),
        ] {
            desk.run(line)
            #expect(desk.shows(part), "\(line)")
        }
    }

    @Test("what the palette asked for is dropped when its list does not come, or nobody waits for it")
    func intents() {
        var desk = Desk()
        desk.answers = { work in if case .deadLetters = work { nil } else { Desk.fixtures(work) } }
        desk.run("dlq discard all")
        #expect(desk.state.pane.letters.intent == .discard && desk.state.layer == nil)
        desk.press("1")
        desk.answers = Desk.fixtures
        desk.press("5")
        #expect(desk.state.layer == nil && desk.state.pane.letters.intent == nil)
        desk.answers = Desk.failing
        desk.run("dlq discard all")
        #expect(desk.state.layer == nil && desk.state.pane.letters.intent == nil)
    }

    @Test("in read-only mode letters can be looked at and tried, nothing else")
    func readOnly() {
        var desk = Desk(isReadOnly: true)
        desk.press("5 A R D e")
        #expect(desk.state.layer == nil)
        desk.press("t")
        #expect(desk.state.pane.route == .dryRun && !desk.shows("replay   D discard"))
        desk.press("Esc r P C")
        #expect(desk.state.layer == nil && desk.state.pane.route == .redrives)
        desk.press("Esc ?")
        desk.type("editor")
        #expect(!desk.shows("compare with the original"))
        desk.press("Esc")
        desk.run("dlq edit 4711")
        #expect(desk.shows("read-only") && desk.submitted.isEmpty)
    }

    @Test("in the past nothing is tried, edited or stopped")
    func past() {
        var desk = Desk()
        desk.press("5 z t")
        #expect(desk.state.pane.route == .deadLetters && desk.shows("as they are now: z returns to live"))
        desk.press("r P")
        #expect(desk.state.layer == nil && desk.shows("as they are now"))
    }

    @Test("exports tell of edits, dry runs and redrives")
    func exports() {
        func csv(_ keys: String) -> String {
            var desk = Desk()
            desk.press(keys)
            return desk.state.pane.route.screen.room.table(desk.state, pane: desk.state.pane).text(as: .csv)
        }
        #expect(csv("5").contains(",2,operator:ben,2026-11-21T20:59:15Z,"))
        #expect(csv("5 j Enter").split(separator: "\r\n").count == 2)
        #expect(csv("5 A t").contains("taken,,9602,4711,"))
        #expect(csv("5 r").contains("\"18 unknown_facility, 2 out_of_range\""))
    }
}
