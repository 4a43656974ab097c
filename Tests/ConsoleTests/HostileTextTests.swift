import EnergyModel
import Foundation
import Ports
import Screen
import Testing

@testable import Console

/// RELIABILITY §4: whatever comes in from outside, the grid holds no control, no C1, no bidirectional character, and no
/// other cell changes.
@Suite("Hostile text") struct HostileTextTests {
    static let corpus: [(name: String, text: String)] = [
        ("OSC 0", "\u{1B}]0;owned\u{07}"), ("OSC 8", "\u{1B}]8;;http://x\u{1B}\\link"),
        ("OSC 52", "\u{1B}]52;c;AAAA\u{07}"),
        ("CSI", "\u{1B}[2J\u{1B}[H"), ("DCS", "\u{1B}P1$r\u{1B}\\"), ("C1 CSI", "\u{9B}2J"),
        ("movers", "a\rb\u{08}c\nd\te"),
        ("bidi", "\u{202E}evil\u{202C}"), ("isolates", "\u{2066}x\u{2069}"), ("zero width", "a\u{200B}b\u{FEFF}c"),
        ("tags", "\u{E0041}\u{E0042}"), ("marks", "e" + String(repeating: "\u{0301}", count: 1000)),
        ("wide", String(repeating: "漢", count: 40)), ("NUL", "a\u{00}b"), ("formula", "=cmd()"),
        ("long", String(repeating: "x", count: 5000)),
    ]

    /// Every text from outside that a screen can show.
    static func poison(_ snapshot: inout OperatorSnapshot, _ text: String) {
        snapshot.facilities[0].name = text
        snapshot.facilities[0].region = text
        snapshot.facilities[0].timeZone = text
        for index in snapshot.openEvents.indices {
            snapshot.openEvents[index].name = text
            snapshot.openEvents[index].program = text
            snapshot.openEvents[index].source = text
            snapshot.openEvents[index].utilityRequestID = text
            snapshot.openEvents[index].traceID = text
        }
        snapshot.deadLetters[0].topic = text
        snapshot.deadLetters[0].reason = text
        snapshot.health.mode = text
        snapshot.health.version = text
        snapshot.health.dependencies[0].name = text
        snapshot.health.dependencies[0].detail = text
        snapshot.health.breakers[0].name = text
        snapshot.health.queues[0].name = text
        snapshot.health.feeds[0].name = text
        snapshot.health.feeds[0].endpoint = text
        snapshot.health.feeds[0].detail = text
        snapshot.health.partitions[0].topic = text
        snapshot.health.rates[0].name = text
        snapshot.health.latencies[0].name = text
        snapshot.health.counters[0].name = text
    }

    static func answer(_ work: Effect.Work, _ text: String) -> EffectResult? {
        switch work {
        case .deadLetters, .deadLetter:
            var letter = Fleet.letters()[0]
            letter.topic = text
            letter.reason = text
            letter.message = text
            letter.note = text
            letter.headers = [text: text]
            letter.payload = Array(text.utf8)
            letter.edit = DeadLetter.Edit(
                payload: Array(("{\"a\":\"" + text + "\"}").utf8), author: text, at: Fleet.now, edition: 3)
            if case .deadLetter = work { return .deadLetter(letter) }
            return .deadLetters(DeadLetterPage(letters: [letter], matching: 1))
        case .checkLetter:
            return .letterCheck(.fails([LetterCheck.Fault(reason: text, sentence: text, offset: text.utf8.count / 2)]))
        case .dryRun:
            let rows = [nil, text].map { DryRun.Row(reason: $0, count: 1, example: 4711, sentence: text) }
            return .dryRun(DryRun(rows: rows, matching: 2, examined: 2))
        case .redrives:
            let query = DeadLetterQuery(topic: text, reason: text, text: text)
            var redrive = Redrive(
                id: text, selection: .matching(query, through: 4711), perSecond: 1, author: text, reason: text,
                begunAt: Fleet.now, total: 3)
            (redrive.failed, redrive.failures, redrive.note) = (1, [text: 1], text)
            return .redrives([redrive])
        case .journal:
            return .journal([
                JournalEntry(
                    number: 1, at: Fleet.now, kind: .log, actor: text, subject: text, text: text, traceID: text)
            ])
        case .events: return .events(hostile(text).map { [$0.event] } ?? [])
        case .event: return .event(hostile(text))
        case .reports(let id):
            return .reports(
                Fleet.reports(id).map { record in
                    var record = record
                    (record.hash, record.previousHash) = (text, text)
                    record.body = record.version == 1 ? text : Self.report(text)
                    record.delivery = ReportDelivery(.refused, at: record.at, note: text)
                    return record
                })
        case .building(let facility): return .building(hostile(text, facility))
        case .previewEvent(let request):
            var preview = Fleet.preview(request)
            preview.remarks = [text, text]
            return .preview(preview)
        case .previewOverride(let request):
            var preview = Fleet.preview(request)
            preview.remarks = [text]
            return .preview(preview)
        default: return Desk.fixtures(work)
        }
    }

    /// A report that can be read, with the text wherever the screen tells of it in its own words.
    private static func report(_ text: String) -> String {
        let part = ["state": text, "reason": text, "by": text, "preset": text, "quality": text]
        do {
            return String(decoding: try JSONEncoder().encode(["issue": part, "baseline": part]), as: UTF8.self)
        } catch {
            return text
        }
    }

    private static func hostile(_ text: String) -> EventDetail? {
        var detail = Fleet.detail(Fleet.evening)
        detail?.event.name = text
        detail?.event.program = text
        detail?.event.source = text
        detail?.event.utilityRequestID = text
        detail?.event.traceID = text
        detail?.remarks = [text, text]
        detail?.transitions = [
            EventTransitionView(
                ordinal: 1, at: Fleet.now, subject: text, from: text, to: text, actor: text, reason: text),
            EventTransitionView(
                ordinal: 1, at: Fleet.now, subject: "event", from: text, to: text, actor: text, reason: text),
        ]
        for index in detail?.commands.indices ?? 0..<0 { detail?.commands[index].progress.executionID = text }
        return detail
    }

    private static func hostile(_ text: String, _ facility: FacilityID) -> BuildingView {
        var building = Fleet.building(facility)
        building.endpoint = text
        for index in building.points.indices {
            building.points[index].point.zone = text
            for holder in building.points[index].holders.indices {
                building.points[index].holders[holder].author = text
                building.points[index].holders[holder].reason = text
            }
        }
        return building
    }

    static func desk(_ text: String, at place: Place) -> Desk {
        var snapshot = Fleet.mixed()
        poison(&snapshot, text)
        var desk = Desk(snapshot: snapshot)
        desk.answers = { answer($0, text) }
        switch place {
        case .facility: desk.run("go F-001")
        case .meter:
            desk.run("go F-001")
            desk.press("Enter")
        case .letter: desk.press("5 Enter")
        case .entry: desk.press("9 Enter")
        default: place.open(&desk)
        }
        return desk
    }

    static func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F..<0xA0, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F, 0xFEFF, 0xE0000...0xE0FFF: false
        default: true
        }
    }

    @Test("no field can smuggle a control onto a screen", arguments: Place.allCases)
    func screens(_ place: Place) {
        for (name, text) in Self.corpus {
            expectHarmless(Self.desk(text, at: place), name)
        }
    }

    private func expectHarmless(_ desk: Desk, _ name: String) {
        let grid = desk.grid
        for row in 0..<grid.size.rows {
            let isClean = (0..<grid.size.columns).allSatisfy { x in
                let scalars = grid.scalars(x: x, y: row)
                return scalars.allSatisfy(Self.isHarmless) && scalars.count <= 1 + Sanitiser.maximumMarks
            }
            #expect(isClean, "\(name) in row \(row)")
        }
    }

    @Test(
        "nor onto what lies over it: palette, filter, help, note, sheet, notice", arguments: [":", "/", "?", "a", "R"])
    func layers(_ key: String) {
        for (name, text) in Self.corpus {
            var desk = Self.desk(text, at: key == "a" ? .journal : .letters)
            desk.press(key)
            desk.send(.input(.paste(text, isCut: true)))
            expectHarmless(desk, name)
            desk.press("Enter")
            expectHarmless(desk, name)
        }
    }

    @Test("nor onto the sheets of events and overrides, their previews, and what follows")
    func responseSheets() {
        for (name, text) in Self.corpus {
            for (place, keys) in [
                (Place.event, "C"), (.event, "v v v v"), (.leg, "R"), (.leg, "S"), (.events, "N"), (.point, "S"),
                (.point, "E"), (.point, "X"),
            ] {
                var desk = Self.desk(text, at: place)
                desk.send(.input(.resized(Size(columns: 80, rows: 24))))
                desk.press(keys)
                if place == .point || place == .events {
                    desk.press("Enter")
                    desk.send(.input(.paste(text, isCut: true)))
                    desk.press("Tab Enter")
                }
                expectHarmless(desk, name)
            }
            var desk = Self.desk(text, at: .override)
            desk.answers = { work in
                guard case .building(let facility) = work else { return Self.answer(work, text) }
                return .building(
                    BuildingView(facility: facility, endpoint: text, points: [], readAt: nil, failure: text))
            }
            desk.press("n")
            expectHarmless(desk, name)
        }
    }

    @Test("nor onto the editor, its comparison and its sheet, nor onto dry runs and redrives and theirs")
    func letters() {
        for (name, text) in Self.corpus {
            for keys in ["e", "e C-g", "e C-s", "e q C-s Enter", "j e", "A R", "A D", "t R", "r P", "r C", "> > A t"] {
                var desk = Self.desk(text, at: .letters)
                desk.press(keys)
                desk.send(.input(.paste(text, isCut: false)))
                expectHarmless(desk, "\(name) after \(keys)")
                desk.send(.input(.resized(Size(columns: 80, rows: 24))))
                desk.press("Enter")
                expectHarmless(desk, "\(name) after \(keys) Enter")
            }
        }
    }

    @Test("nor from a facility's name that completes, nor from the stored past, nor from a failure")
    func elsewhere() {
        for (name, text) in Self.corpus {
            var desk = Self.desk(text, at: .overview)
            desk.press(":")
            desk.type("F-0")
            expectHarmless(desk, name)
            desk.press("Esc z")
            expectHarmless(desk, name)
            desk.send(.link(.lost(sentence: text)))
            desk.answers = { _ in .failed(sentence: text) }
            desk.press("z 9 5 2")
            expectHarmless(desk, name)
        }
    }

    @Test(
        "bytes that are no UTF-8 are shown escaped",
        arguments: [
            [0x9B, 0x33, 0x31, 0x6D, 0xFF], [0xC2], [0xED, 0xA0, 0x80], [0xF0, 0x9F, 0x92],
            [0x00, 0x1B, 0x5B, 0x32, 0x4A],
        ] as [[UInt8]])
    func rawBytes(_ payload: [UInt8]) {
        for place in [Place.letters, .letter] {
            var desk = Desk()
            desk.answers = { work in
                var letter = Fleet.letters()[0]
                letter.payload = payload
                switch work {
                case .deadLetters: return .deadLetters(DeadLetterPage(letters: [letter], matching: 1))
                case .deadLetter: return .deadLetter(letter)
                default: return Desk.fixtures(work)
                }
            }
            desk.press(place == .letter ? "5 Enter" : "5")
            expectHarmless(desk, "\(payload) in \(place)")
        }
    }

    @Test("a hostile name changes no row but its own")
    func otherCells() {
        func rows(_ text: String) -> [String] { Self.desk(text, at: .overview).text }
        let others = rows("plain").filter { row in
            !row.contains("plain") && Fleet.names.contains { row.contains($0) }
        }
        #expect(others.count > 10)
        for (name, text) in Self.corpus {
            let shown = Set(rows(text))
            #expect(others.allSatisfy { shown.contains($0) }, "\(name)")
        }
    }

    @Test("exports hold no control but line ends, and no formula")
    func exports() {
        for (name, text) in Self.corpus {
            for place in [Place.overview, .letters, .dryRun, .redrives, .health, .journal, .events, .event, .override] {
                let desk = Self.desk(text, at: place)
                let table = desk.state.pane.route.screen.room.table(desk.state, pane: desk.state.pane)
                for format in ExportFormat.allCases {
                    let contents = table.text(as: format)
                    let bad = contents.unicodeScalars.first { $0 != "\n" && $0 != "\r" && !Self.isHarmless($0) }
                    #expect(bad == nil, "\(name) in \(format)")
                    if format == .csv { #expect(!contents.contains("\n=cmd") && !contents.contains(",=cmd")) }
                }
            }
        }
    }
}
