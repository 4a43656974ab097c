import EnergyModel
import Ports
import Screen
import Testing

@testable import Console

@Suite("Any message in any state") struct TotalityTests {
    private struct Dice {
        var state: UInt64
        mutating func roll(_ sides: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(sides))
        }
    }

    private static let keys: [KeyPress] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:/?[]{}|<>+-=.,!~\"".map { KeyPress($0) }
        + [
            "Enter", "Esc", "Tab", "S-Tab", "Up", "Down", "Left", "Right", "PgUp", "PgDn", "Home", "End", "Backspace",
            "Space", "C-c", "C-u", "F1", "C-s", "C-z", "C-y", "C-g", "C-r", "C-k", "C-End",
        ]
        .compactMap { KeyPress(parsing: $0) }

    private static let snapshots = [
        Fleet.mixed(), Fleet.empty(), Fleet.broken(), Fleet.snapshot(facilities: 3, sequence: 9),
    ]

    private static let answers: [EffectResult] = [
        .letterCheck(.passes(["yes"])),
        .letterCheck(.fails([LetterCheck.Fault(reason: "r", sentence: "s", offset: 999)])),
        .dryRun(Fleet.dryRun(.numbers([1, 2]))), .dryRun(DryRun(rows: [], matching: 0, examined: 0)),
        .forecast(Fleet.forecast(ForecastQuery(facility: ForecastScriptTests.mill))), .forecast(Desk.noForecast),
        .backtest(Fleet.backtest(BacktestRequest(facility: ForecastScriptTests.mill))),
        .redrives(Fleet.redrives()), .redrives([]), .deadLetter(nil), .deadLetter(Fleet.letters()[1]),
        .outcome(.done(sentence: "done", affected: 1)), .outcome(.refused(sentence: "no")), .failed(sentence: "late"),
    ]

    private static func message(_ dice: inout Dice, _ desk: inout Desk) -> ConsoleMessage {
        switch dice.roll(44) {
        case 0: return .input(.paste("go F-003 \u{1B}[2J", isCut: dice.roll(2) == 0))
        case 1:
            return .input(.mouse(MouseEvent(.pressed(.left), at: Point(x: dice.roll(250) - 20, y: dice.roll(80) - 10))))
        case 2:
            return .input(
                .mouse(
                    MouseEvent(
                        dice.roll(2) == 0 ? .wheelUp : .wheelDown, at: Point(x: dice.roll(200), y: dice.roll(60)))))
        case 3: return .input(.resized(Size(columns: dice.roll(260), rows: dice.roll(90))))
        case 4: return .link(.lost(sentence: "gone"))
        case 5:
            return .link(.snapshot(snapshots[dice.roll(snapshots.count)]))
        case 6: return .finished(EffectID(number: UInt64(dice.roll(500))), .failed(sentence: "late"))
        case 7: return .finished(EffectID(number: UInt64(dice.roll(500))), .outcome(.refused(sentence: "no")))
        case 8: return .finished(EffectID(number: UInt64(dice.roll(500))), .journal([]))
        case 9: return .tick
        case 10:
            // What was just asked is most likely awaited.
            let id = EffectID(number: UInt64(max(1, desk.lastAsked - dice.roll(4))))
            return .finished(id, answers[dice.roll(answers.count)])
        case 11, 12:
            let words = [
                "5 e", "5 j Enter e", "5 j j e", "5 A t", "5 r", "5 A R", "5 e q C-s", "5 > A D", "3", "4", "2 v G",
                "2 t v", "2 M",
            ]
            desk.press(words[dice.roll(words.count)])
            return .tick
        case 13: return .input(.paste(["{\n", "\u{202E}x\r\n\t", "\u{FF}"][dice.roll(3)], isCut: false))
        default: return .input(.key(keys[dice.roll(keys.count)]))
        }
    }

    @Test("random messages never trap, and every state can be drawn", arguments: 0..<24)
    func random(_ seed: Int) {
        var dice = Dice(state: UInt64(seed))
        var desk = Desk(isReadOnly: seed % 5 == 0, snapshot: seed % 7 == 0 ? nil : Self.snapshots[0])
        for step in 0..<300 {
            desk.now = desk.now.advanced(by: .milliseconds(Int64(dice.roll(3000))))
            let message = Self.message(&dice, &desk)
            desk.send(message)
            if step % 8 == 0 { #expect(desk.grid.size == desk.state.size) }
        }
        if seed % 5 == 0 { #expect(desk.submitted.isEmpty) }
    }

    @Test("every palette command plans or explains, with and without arguments")
    func palette() {
        let desk = Desk()
        for command in PaletteCommand.table {
            for argument in ["", "x", "F-001", "kind", "-1h", "4711", "name.csv", "~(", "1h"] {
                do throws(PaletteError) {
                    #expect(!(try desk.state.plan("\(command.name) \(argument)").preview.isEmpty))
                } catch {
                    #expect(error.sentence.count > 8)
                }
            }
        }
    }
}
