import EnergyModel
import Ports
import Screen
import Testing

@testable import Console

@Suite("Filters, places, keys, exports") struct GrammarTests {
    struct Row: Filterable {
        var name: String
        var load: Double
        func text(of field: String) -> String { field == "name" ? name : Numeral.fixed(load) }
        func number(of field: String) -> Double? { field == "load" ? load : nil }
    }

    static let rows = [
        Row(name: "Harbor Hospital", load: 1842), Row(name: "Mill 4", load: 3110), Row(name: "Depot North", load: 12),
    ]

    @Test(
        "filters choose rows",
        arguments: [
            ("", [0, 1, 2]), ("mill", [1]), ("!mill", [0, 2]), ("name:h", [0, 2]),
            ("~^d", [2]), ("name:~4$", [1]), ("load:>1,000", [0, 1]), ("load:<100", [2]), ("\"harbor h\"", [0]),
            ("o load:>1000", [0]), ("!~^(mill|depot)", [0]),
        ])
    func filters(_ text: String, _ wanted: [Int]) throws {
        let fields = ["name", "load"]
        let pass = FilterPass(try RowFilter(parsing: text, fields: fields), fields: fields)
        #expect(Self.rows.indices.filter { pass.accepts(Self.rows[$0]) } == wanted)
    }

    @Test(
        "a filter that cannot be read says why",
        arguments: [("~(", "regular expression"), ("load:>many", "number"), ("colour:red", "no field colour")])
    func filterErrors(_ text: String, _ part: String) {
        #expect {
            _ = try RowFilter(parsing: text, fields: ["name", "load"])
        } throws: { "\($0)".contains(part) }
    }

    @Test(
        "a locator reads back as it was written",
        arguments: [
            Locator(route: .overview), Locator(route: .facility(FacilityID("F-007")), moment: Fleet.now),
            Locator(route: .facility(nil)), Locator(route: .meter(FacilityID("F-1")!, MeterID("M:2")!)),
            Locator(route: .events), Locator(route: .event(Fleet.evening)),
            Locator(route: .eventLeg(Fleet.evening, FacilityID("F-1")!)), Locator(route: .override(nil)),
            Locator(route: .override(FacilityID("F-1"))),
            Locator(route: .point(FacilityID("F-1")!, PointID("01/AHU 1/50%?")!), moment: Fleet.now),
            Locator(route: .deadLetters), Locator(route: .deadLetter(4711)), Locator(route: .dryRun),
            Locator(route: .redrives), Locator(route: .health),
            Locator(route: .journal), Locator(route: .trace(Fleet.traceID)),
            Locator(route: .journalEntry(3), moment: UTCInstant(milliseconds: 1)),
        ])
    func locators(_ locator: Locator) throws {
        #expect(try Locator(parsing: locator.description) == locator)
    }

    @Test(
        "what is no locator is refused",
        arguments: [
            "http://x", "switchyard://moon", "switchyard://health?at=soon", "switchyard://event/a b",
            "switchyard://override/F-1/point/%2", "",
        ])
    func badLocators(_ text: String) {
        #expect(throws: LocatorError.self) { _ = try Locator(parsing: text) }
    }

    @Test("moments as people type them")
    func moments() {
        let now = Fleet.now
        let clock = ZoneClock(named: "America/Los_Angeles")
        #expect(Moment.parse("-15m", now: now, clock: clock) == now.advanced(by: .seconds(-900)))
        #expect(Moment.parse("-2h", now: now, clock: clock) == now.advanced(by: .seconds(-7200)))
        #expect(Moment.parse("2026-11-21T20:00Z", now: now, clock: clock)?.iso8601 == "2026-11-21T20:00:00Z")
        #expect(Moment.parse("12:30", now: now, clock: clock)?.iso8601 == "2026-11-21T20:30:00Z")
        #expect(Moment.parse("23:59", now: now, clock: .utc)?.iso8601 == "2026-11-20T23:59:00Z")
        for bad in ["", "soon", "-m", "25:00", "-0h", "--1h"] {
            #expect(Moment.parse(bad, now: now, clock: clock) == nil)
        }
    }

    @Test("moments to come and spans as people type them")
    func ahead() {
        let now = Fleet.now
        let clock = ZoneClock(named: "America/Los_Angeles")
        #expect(Ahead.span("1h30m") == .seconds(5400) && Ahead.span("90m") == .seconds(5400))
        #expect(Ahead.moment("now", now: now, clock: clock) == now)
        #expect(Ahead.moment("+15m", now: now, clock: clock) == now.advanced(by: .seconds(900)))
        #expect(Ahead.moment("13:30", now: now, clock: clock)?.iso8601 == "2026-11-21T21:30:00Z")
        #expect(Ahead.moment("9:00", now: now, clock: .utc)?.iso8601 == "2026-11-22T09:00:00Z")
        #expect(Ahead.moment("2026-11-21T22:00Z", now: now, clock: clock)?.iso8601 == "2026-11-21T22:00:00Z")
        for bad in ["", "soon", "h", "5", "0m", "25:00", "-5m", "99999d", "1h30"] {
            #expect(Ahead.moment(bad, now: now, clock: clock) == nil, "\(bad)")
        }
    }

    // MARK: - Keys

    @Test("the standard keys have no conflict, and every action has a key")
    func standardKeys() {
        #expect(KeyMap.standard.conflicts().isEmpty)
        #expect(KeyMap.standard.table().allSatisfy { !$0.keys.isEmpty })
        #expect(Set(KeyMap.standard.table().map(\.action)) == Set(Action.allCases))
        for entry in ActionEntry.table {
            #expect(entry.keys.allSatisfy { KeyPress(parsing: $0) != nil }, "\(entry.keys)")
        }
    }

    @Test("no key acts without a sheet: what acts opens one, and executing hears only its own key")
    func noSingleChord() {
        for row in KeyMap.standard.table() where row.acts && row.action != .execute {
            var desk = Desk()
            let places: [KeyScope: String] = [
                .health: "8 j j j j", .journal: "9", .events: "3", .override: "4", .facility: "2",
            ]
            desk.press(places[row.scope] ?? "5")
            desk.press(row.keys[0].description)
            #expect(desk.performed.isEmpty, "\(row.action)")
        }
    }

    @Test("keys.yaml over the defaults; each problem is named with its line")
    func keysFile() {
        let text = """
            # mine
            sort-next: [o, F5]
            quit: C-q
            nonsense: x
            group: [hyper-x]
            filter: z
            zoom-in: ["+"]
            """
        let (map, problems) = KeyMapFile.parse(text)
        #expect(map.action(for: KeyPress("o"), in: .overview) == .sortNext)
        #expect(map.action(for: KeyPress("s"), in: .overview) == nil)
        #expect(map.action(for: KeyPress("q"), in: .overview) == nil)
        #expect(map.action(for: KeyPress("z"), in: .overview) == .freeze)
        #expect(problems.contains { $0.hasPrefix("line 4: no action nonsense") })
        #expect(problems.contains { $0.hasPrefix("line 5: no key hyper-x") })
        #expect(problems.contains { $0.hasPrefix("line 6: z for filter already means freeze by default") })
        #expect(problems.count == 3)
        #expect(KeyMapFile.parse("").problems.isEmpty)
        #expect(KeyMapFile.parse("- a\n- b").problems == ["line 1: expected `action: key` lines"])
        #expect(KeyMapFile.parse("a: [").problems.count == 1)
    }

    // MARK: - Bytes

    @Test("bytes as digits read back as they were, however they are spaced; half a byte is found")
    func hexText() {
        let bytes = (0..<70).map { UInt8($0 * 37 % 256) }
        #expect(HexText.read(Array(HexText.written(bytes).unicodeScalars)) == .success(bytes))
        #expect(HexText.written(bytes).split(separator: "\n").map(\.count) == [47, 47, 47, 47, 17])
        for (text, wanted) in [("", []), ("0a FF\n", [10, 255]), ("0aFF", [10, 255])] as [(String, [UInt8])] {
            #expect(HexText.read(Array(text.unicodeScalars)) == .success(wanted))
        }
        for (text, place) in [("0a F", 4), ("0a F F", 4), ("0x", 1), ("漢", 0)] {
            guard case .failure(let problem) = HexText.read(Array(text.unicodeScalars)) else {
                Issue.record("\(text) was read")
                continue
            }
            #expect(problem.index == place, "\(text)")
        }
        #expect(HexText.index(ofByte: 1, in: Array("0a FF".unicodeScalars)) == 3)
    }

    @Test("payloads are compared by fields, by lines or by bytes, and a hidden difference is one")
    func payloadDiff() {
        func words(_ old: String, _ new: String) -> (String, [String]) {
            let diff = PayloadDiff(old: Array(old.utf8), new: Array(new.utf8))
            return (diff.words, diff.lines.unified(width: 80).map { $0.map(\.text).joined() })
        }
        #expect(
            words(#"{"a":1,"b":2}"#, #"{"a":1,"b":3}"#).1 == [
                "  {", "    \"a\": 1,", "-   \"b\": 2", "+   \"b\": 3", "  }",
            ])
        #expect(words(#"{"a":1}"#, #"{ "a": 1 }"#).0 == "line by line")
        #expect(words("{\"a\":\"x\"}", "{\"a\":\"x\u{200B}\"}").1.contains { $0.contains("\\u{200B}") })
        #expect(PayloadDiff(old: [0xFF], new: [0xFE]).words == "in hexadecimal")
        #expect(PayloadDiff(old: [], new: Array("a".utf8)).lines.added == 1)
    }

    // MARK: - Exports

    @Test("CSV: quotes doubled, formulas disarmed, numbers left alone")
    func csv() {
        let table = ExportTable(
            title: "t", columns: ["a", "b"],
            rows: [[.text("x,\"y\""), .number(-1.5)], [.text("=1+1"), .missing], [.text("@a"), .number(3)]])
        #expect(table.text(as: .csv) == "a,b\r\n\"x,\"\"y\"\"\",-1.5\r\n'=1+1,\r\n'@a,3\r\n")
        #expect(
            table.text(as: .json)
                == "[\n{\"a\":\"x,\\\"y\\\"\",\"b\":-1.5},\n{\"a\":\"=1+1\",\"b\":null},\n{\"a\":\"@a\",\"b\":3}\n]\n")
        #expect(table.text(as: .text).hasPrefix("t\n\na      b\n"))
        for hidden in ["\u{200D}=1", "\u{AD}=1", "\u{A0}=1", "\u{3000}+1", "\t=1", "\n@a", "  -1"] {
            let csv = ExportTable(title: "t", columns: ["a"], rows: [[.text(hidden)]]).text(as: .csv)
            #expect(csv.hasPrefix("a\r\n'") || csv.hasPrefix("a\r\n\"'"), "\(hidden.unicodeScalars.map(\.value))")
        }
        #expect(ExportFormat.nextName(after: "a.csv") == "a.json")
        #expect(ExportFormat.nextName(after: "a") == "a.csv")
        #expect(ExportFormat(fileName: ".csv") == nil)
    }

    @Test("JSON is laid out token by token and keeps what decoding would hide")
    func jsonLines() {
        func text(_ json: String) -> [String]? {
            JSONLines.read(Array(json.utf8))?.map { $0.map(\.text).joined() }
        }
        #expect(
            text(#"{"a":1,"a":[true,{}]}"#) == ["{", "  \"a\": 1,", "  \"a\": [", "    true,", "    {}", "  ]", "}"])
        for bad in ["", "word", "{", "{\"a\"}", "[1,]x", "{\"a\":1}}", String(repeating: "[", count: 100)] {
            #expect(text(bad) == nil, "\(bad)")
        }
    }

    @Test("ages and zones in words")
    func words() {
        #expect(Age.text(.seconds(3)) == "3 s")
        #expect(Age.text(.seconds(372)) == "6 min")
        #expect(Age.column(.seconds(-1)) == "0 s")
        #expect(Age.column(.seconds(-30)) == "-30 s")
        #expect(Age.countdown(.seconds(65)) == "1:05")
        #expect(ZoneClock(named: "Asia/Kolkata").label(at: Fleet.now) == "UTC+5:30")
        #expect(ZoneClock(named: "Not/AZone").time(Fleet.now) == "21:04:15")
    }
}
