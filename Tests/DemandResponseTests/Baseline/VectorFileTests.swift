import DemandResponse
import EnergyModel
import Ports
import Testing

private func zone(_ name: String, around date: CivilDate) -> ZoneOffsets? {
    let week = Duration.seconds(7 * 86_400)
    return ZoneDatabase.offsets(
        of: name,
        within: TimeRange(
            start: date.midnightUTC.advanced(by: .zero - week), end: date.midnightUTC.advanced(by: week)))
}

private func check(_ text: String) throws -> [BaselineFigure] {
    try BaselineVectors(json: Array(text.utf8)).check(zone: zone)
}

/// The error that reading or checking ends with.
private func failure(_ text: String) -> BaselineVectorsError? {
    do {
        _ = try BaselineVectors(json: Array(text.utf8)).check(zone: zone)
    } catch {
        return error
    }
    return nil
}

@Suite("Baseline vector files") struct VectorFileTests {
    @Test("every worked figure is met to 1e-4")
    func worked() throws {
        let figures = try check(workedVectors)
        for figure in figures where !figure.agrees { Issue.record("\(figure)") }
        #expect(figures.count == 134)
        #expect(Set(figures.map(\.scenario)).count == 5)
    }

    @Test("a figure that is wrong by more than 1e-4 is found, with its line")
    func wrongFigure() throws {
        let lines = workedVectors.split(separator: "\n", omittingEmptySubsequences: false)
        let line = try #require(lines.firstIndex { $0.contains("686.6") }) + 1
        let wrong = try check(workedVectors.replacing("686.6", with: "686.6002")).filter { !$0.agrees }
        #expect(wrong.map(\.key) == ["total_kwh"] && wrong.first?.line == line)
        #expect(wrong.first?.computed == "686.6" && wrong.first?.rule == "caiso_10_in_10")
        #expect(try check(workedVectors.replacing("686.6", with: "686.60009")).allSatisfy(\.agrees))
        let days = try check(workedVectors.replacing(#""top": ["2026-08-19""#, with: #""top": ["2026-08-14""#))
        #expect(days.filter { !$0.agrees }.map(\.key) == ["top"])
    }

    private static let small = #"""
        {"shape_S_kw_by_hour_beginning": [1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1],
         "multipliers": {"2026-08-19": 10, "2026-08-18": 20, "2026-08-17": 30, "2026-08-14": 40, "2026-08-13": 50},
         "event_date": "2026-08-20", "event_hours_beginning": [14, 15], "note": "by hand",
         "cases": [
          {"name": "one", "event_day_pre_event_multiplier": 30, "event_hour_actual_kw": [20, 40], "notified_hour": 13.5,
           "mean_10_of_10": {"cbl": {"14": 30}, "total_kwh": 0, "minimum_hour_kw": -10},
           "mid_3_of_5": {"days": ["2026-08-14", "2026-08-17", "2026-08-18"]},
           "iso_ne_10_of_10": {"saa": 0, "adj_hours": [13]}, "same_day_3_2": {"cbl": 30}},
          {"name": "two", "commitment_kw": 20, "event_hour_actual_kw": [20, 60], "high_2_of_3": {"cbl": 25},
           "fsl": {"level_kw": 30, "plc_kw": 50, "reduction": {"14": 30, "15": 0}, "percent_of_commitment": 75}}]}
        """#

    @Test("any X of Y, same day and other rules may stand in a file")
    func otherRules() throws {
        let figures = try check(Self.small)
        #expect(figures.count == 13 && figures.allSatisfy(\.agrees), "\(figures.filter { !$0.agrees })")
    }

    @Test("a rule that cannot be worked out differs and says why")
    func cannot() throws {
        let text = Self.small.replacing("mid_3_of_5", with: "match_day").replacing("2026-08-13\"", with: "2026-08-15\"")
            .replacing(
                "\"mean_10_of_10\": {\"cbl\": {\"14\": 30}, \"total_kwh\": 0", with: "\"caiso\": {\"total_kwh\": 0")
        let wrong = try check(text).filter { !$0.agrees }
        #expect(wrong.contains { $0.rule == "caiso" && $0.computed.hasPrefix("caiso-10-in-10 needs 5 business days") })
    }

    @Test(
        "an error names line, case and key",
        arguments: [
            ("\"event_hour_actual_kw\": [20, 40], ", "", 5, "event_hour_actual_kw"),
            ("[20, 40]", "[20]", 5, "2 numbers"),
            ("[20, 40]", "[20, true]", 5, "must be a number"),
            ("mean_10_of_10", "mean_of_ten", 6, "no such rule"),
            ("total_kwh", "total_mwh", 6, "unknown figure"),
            ("\"14\": 30", "\"24\": 30", 6, "is no hour"),
            ("2026-08-18\": 20", "2026-08-32\": 20", 2, "is no date"),
            ("[14, 15]", "[14, 16]", 3, "without a gap"),
            ("\"note\": \"by hand\"", "\"notes\": 1", 3, "unknown key"),
            ("\"event_date\": \"2026-08-20\", ", "", 4, "event_date"),
            ("75}}]}", "75}}]", 10, "not valid JSON"),
            ("\"name\": \"one\",", "\"name\": \"one\", \"name\": \"two\",", 5, "stands twice"),
            ("1,1]", "1]", 1, "24 numbers"),
            ("\"level_kw\": 30, ", "", 9, "level_kw"),
        ])
    func errors(old: String, new: String, line: Int, words: String) throws {
        let text = Self.small.replacing(old, with: new)
        try #require(text != Self.small)
        let error = try #require(failure(text))
        #expect(error.description.contains(words), "\(error)")
        #expect(abs(error.line - line) <= 1, "\(error)")
    }

    @Test(
        "what is no JSON, or nothing to check, is refused",
        arguments: ["", "{", "[]", "{}", "{\"cases\": []}", "nul", "{\"a\": 01}"])
    func noFile(text: String) {
        #expect(failure(text) != nil)
    }

    @Test("cut short or changed anywhere, a file is an answer or an error, never a trap")
    func mutations() {
        var random = SeededBaseline(state: 7)
        let bytes = Array(Self.small.utf8)
        for _ in 0..<300 {
            var mutated = bytes
            for _ in 0...(random.next() % 3) {
                let at = Int(random.next() % UInt64(mutated.count))
                switch random.next() % 3 {
                case 0: mutated.remove(at: at)
                case 1: mutated[at] = UInt8(truncatingIfNeeded: random.next())
                default: mutated.removeSubrange(at..<min(mutated.count, at + 40))
                }
                if mutated.isEmpty { mutated = [0x7B] }
            }
            do {
                let figures = try BaselineVectors(json: mutated).check(zone: zone)
                #expect(figures.count < 100)
            } catch {
                #expect(error.line >= 1 && !error.sentence.isEmpty)
            }
        }
    }
}
