import EnergyModel
import Ports
import Screen
import Testing

@testable import Console

enum Place: String, CaseIterable, Sendable {
    case overview, facility, meter, events, event, leg, override, point, letters = "dead-letters", letter =
        "dead-letter", dryRun = "dry-run", redrives, health, journal, entry, trace

    func open(_ desk: inout Desk) {
        switch self {
        case .overview: desk.press("1")
        case .facility: desk.run("go F-002")
        case .meter:
            desk.run("go F-002")
            desk.press("Enter")
        case .events: desk.press("3")
        case .event: desk.run("event \(Fleet.evening)")
        case .leg: desk.run("switchyard://event/\(Fleet.evening)/facility/F-009")
        case .override: desk.run("switchyard://override/F-002")
        case .point: desk.run("switchyard://override/F-002/point/01%2FAHU-1%2FCLG_SP")
        case .letters: desk.press("5")
        case .letter:
            desk.press("5")
            desk.press("j Enter")
        case .dryRun: desk.run("dlq dry-run 4711 4710")
        case .redrives: desk.press("5 r")
        case .health: desk.press("8")
        case .journal: desk.press("9")
        case .entry:
            desk.press("9")
            desk.press("j Enter")
        case .trace: desk.run("trace \(Fleet.traceID)")
        }
    }
}

enum Situation: String, CaseIterable, Sendable {
    case full, empty, stale, broken

    func desk(size: Size, glyphs: Glyphs, at place: Place) -> Desk {
        var desk = Desk(
            size: size, glyphs: glyphs,
            snapshot: self == .empty ? Fleet.empty() : self == .broken ? Fleet.broken() : Fleet.mixed())
        if self == .empty { desk.answers = Desk.nothing }
        if self == .broken { desk.answers = Desk.failing }
        place.open(&desk)
        if self == .stale {
            desk.answers = Desk.failing
            for _ in 0..<58 { desk.wait(.seconds(1)) }
        } else {
            desk.wait(.seconds(13))
            desk.send(.link(.snapshot(shifted(desk.now))))
            desk.wait(.milliseconds(400))
        }
        if self == .broken {
            desk.send(.link(.lost(sentence: "Connection refused by 10.0.0.5:8443.")))
            desk.wait(.seconds(13))
        }
        return desk
    }

    private func shifted(_ now: UTCInstant) -> OperatorSnapshot {
        var snapshot = self == .empty ? Fleet.empty() : self == .broken ? Fleet.broken() : Fleet.mixed()
        snapshot.sequence = 2
        snapshot.at = now
        return snapshot
    }
}

@Suite("Screens") struct ScreenGoldenTests {
    struct Shot: Sendable, CustomStringConvertible {
        var place: Place
        var situation: Situation
        var size: Size
        var description: String { "\(place.rawValue)-\(situation.rawValue)-\(size.columns)x\(size.rows)" }
    }

    static let shots = Place.allCases.flatMap { place in
        Situation.allCases.flatMap { situation in
            [(80, 24), (120, 40), (200, 60)].map { columns, rows in
                Shot(place: place, situation: situation, size: Size(columns: columns, rows: rows))
            }
        }
    }

    @Test("each screen looks as recorded: in colour, without colour, and in ASCII", arguments: shots)
    func looksAsRecorded(_ shot: Shot) throws {
        var desk = shot.situation.desk(size: shot.size, glyphs: .unicode, at: shot.place)
        try Golden.check(desk.golden, shot.description)
        try Golden.check(MonochromeTests.golden(desk), "\(shot)-mono")
        desk.glyphs = .ascii
        try Golden.check(desk.screen + "\n", "\(shot)-ascii")
    }

    @Test("a terminal under 80x24 says what it needs")
    func tooSmall() {
        let desk = Desk(size: Size(columns: 60, rows: 20))
        #expect(desk.shows("too small: 80x24 needed, 60x20 here"))
    }

    @Test("ASCII screens hold nothing above ~", arguments: Place.allCases)
    func asciiIsASCII(_ place: Place) {
        let desk = Situation.broken.desk(size: Size(columns: 120, rows: 40), glyphs: .ascii, at: place)
        #expect(desk.screen.unicodeScalars.allSatisfy { $0 == "\n" || (0x20...0x7E).contains($0.value) })
    }

    @Test("numbers age on the screen although no snapshot comes")
    func aging() {
        var desk = Desk(snapshot: Fleet.snapshot(facilities: 3))
        let load = Numbers.kilowatts(desk.state.sight?.snapshot.facilities[0].load?.kilowatts)
        #expect(desk.shows(load))
        desk.wait(.seconds(60))
        #expect(desk.shows("○  Harbor Hospital"))
        #expect(desk.shows("! Updated 1 min ago"))
        #expect(desk.shows("NO NEWS from the engine"))
        desk.wait(.seconds(300))
        #expect(!desk.shows(load))
        #expect(desk.shows("×  Harbor Hospital"))
    }

    @Test("a lost link keeps the last data under a banner")
    func lostLink() {
        var desk = Desk()
        desk.send(.link(.lost(sentence: "Connection refused.")))
        desk.wait(.seconds(4))
        #expect(desk.shows("× LINK LOST: Connection refused."))
        #expect(desk.shows("Harbor Hospital"))
        desk.send(.link(.snapshot(Fleet.mixed())))
        #expect(!desk.shows("LINK LOST"))
    }

    @Test("read-only takes actions from keys, help, hints and palette, and says so")
    func readOnly() {
        var desk = Desk(isReadOnly: true)
        desk.press("5")
        #expect(desk.shows("READ-ONLY"))
        #expect(!desk.shows("discard"))
        desk.press("R D")
        #expect(desk.state.layer == nil)
        desk.press("?")
        desk.type("replay")
        #expect(!desk.shows("replay the letter"))
        desk.press("Esc")
        desk.run("dlq replay 4711")
        #expect(desk.shows("read-only"))
        #expect(desk.performed.isEmpty)
    }
}
