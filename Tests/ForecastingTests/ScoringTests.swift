import EnergyModel
import Testing

@testable import Forecasting

@Suite("Scoring")
struct ScoringTests {
    private func manifest(_ change: (String) -> String = { $0 }) -> [UInt8] {
        let text = """
            [{"series": "a", "file": "a.csv", "resolution_min": 60, "tz": "Etc/UTC", "has_temp": false,
              "max_valid": 500.0, "origins": ["2024-02-05T00:00Z", "2024-02-06T06:00Z"], "extra": [1, {"x": null}]}]
            """
        return Array(change(text).utf8)
    }

    private func csv(days: Int, change: (Int, inout Double) -> Void = { _, _ in }) -> [UInt8] {
        var text = "utc,load,temp,holiday\n"
        for (index, sample) in SyntheticBuilding().samples(days: days).enumerated() {
            var load = sample.load ?? 0
            change(index, &load)
            text += "\(sample.start.iso8601.dropLast(4))Z,\(load),,0\n"
        }
        return Array(text.utf8)
    }

    private func run(_ bytes: [UInt8], _ constants: RecipeConstants = .small) throws -> ScoredSeries {
        let entry = try #require(try ScoreEntry.manifest(json: manifest()).first)
        return ScoreRun.forecasts(entry, try ScoreRows(csv: bytes), zone: .utc, constants: constants)
    }

    @Test("the future has no influence on a forecast, not even by a bit")
    func noLookAhead() throws {
        // The second origin is hour 6 of day 36.
        let origin = 36 * 24 + 6
        let plain = try run(csv(days: 40), .wooded)
        let perturbed = try run(csv(days: 40) { $1 = $0 >= origin ? $1 * 7 + 100 : $1 }, .wooded)
        #expect(plain.forecasts == perturbed.forecasts)
        #expect(plain.forecasts.map(\.count) == [24, 24])
        let past = try run(csv(days: 40) { $1 = $0 == origin - 1 ? $1 + 30 : $1 }, .wooded)
        #expect(past.forecasts[1] != plain.forecasts[1])
    }

    @Test("the file of forecasts repeats the manifest's origins and the rows' times")
    func output() throws {
        let lines = String(decoding: ScoreRun.csv(try run(csv(days: 40))), as: UTF8.self).split(separator: "\n")
        #expect(lines.count == 48)
        #expect(lines[0].hasPrefix("a,2024-02-05T00:00Z,2024-02-05T00:00Z,"))
        #expect(lines[24].hasPrefix("a,2024-02-06T06:00Z,2024-02-06T06:00Z,"))
        for line in lines {
            let values = line.split(separator: ",").suffix(3).compactMap { Double($0) }
            #expect(values.count == 3 && values == values.sorted())
        }
    }

    @Test("rows that a file leaves out are forecast behind the day, as the score script counts rows")
    func leftOutRows() throws {
        var lines = String(decoding: csv(days: 40), as: UTF8.self).split(separator: "\n")
        lines.removeSubrange(35 * 24 + 6..<35 * 24 + 9)
        let scored = try run(Array((lines.joined(separator: "\n") + "\n").utf8))
        #expect(scored.forecasts[0].count == 27)
        #expect(ScoreMetrics(scored)?.count == 48)
    }

    @Test("the figures are those of the score script")
    func metrics() throws {
        let entry = try #require(try ScoreEntry.manifest(json: manifest()).first)
        let rows = try ScoreRows(csv: csv(days: 40) { $1 = Double(60 + ($0 * 37) % 53 + $0 % 24) })
        let forecasts = entry.instants.map { origin -> [ScoredStep] in
            let start = rows.position(of: origin) ?? 0
            return (start..<start + 24).map { index in
                ScoredStep(
                    start: rows.starts[index], low: rows.loads[index - 24] - 8, middle: rows.loads[index - 24],
                    high: rows.loads[index - 24] + 10)
            }
        }
        let metrics = try #require(ScoreMetrics(ScoredSeries(entry: entry, rows: rows, forecasts: forecasts)))
        #expect(metrics.count == 48)
        for (name, expected) in ScoringTests.expected {
            #expect(abs(metrics[name] - expected) < 1e-6, "\(name): \(metrics[name]) is not \(expected)")
        }
        let mean = try #require(ScoreMetrics(meanOf: [metrics, metrics]))
        for name in ScoreMetrics.names { #expect(abs(mean[name] - metrics[name]) < 1e-9) }
    }

    /// What `score.py` says to the same rows.
    static let expected: [(String, Double)] = [
        ("WAPE", 19.819238218), ("MAPE", 19.160165976), ("CVRMSE", 23.026050367), ("MASEd", 0.978073463),
        ("MASEw", 0.892318339), ("PIN05", 4.350118356), ("PIN50", 9.909619109), ("PIN95", 7.661932430),
        ("QS", 7.307223298), ("COV90", 0.000000000), ("WID90", 18.592640413), ("INT90", 240.241015709),
        ("rMAE", 0.903827282),
    ]

    @Test(
        "a wrong file is refused with the line that is wrong",
        arguments: [
            ("", 1), ("time,load\n", 1), ("utc,load\n2024-01-01T00:00Z\n", 2), ("utc,load\nyesterday,5\n", 2),
            ("utc,load\n2024-01-01T00:00Z,5\n2024-01-01T00:00Z,6\n", 3), ("utc,load\n2024-01-01T00:00Z,five\n", 2),
            ("utc,load\n2024-01-01T00:00Z,inf\n", 2), ("utc,load\n2024-01-01T00:00Z,1e999\n", 2),
            ("utc,load\n2024-01-01T00:00Z,5,6\n", 2), ("\u{0}\u{1}", 1), ("utc,load\n\u{FFFD}\u{0},5\n", 2),
        ])
    func hostileRows(text: String, line: Int) {
        let error = #expect(throws: ScoreInputError.self) { try ScoreRows(csv: Array(text.utf8)) }
        #expect(error?.line == line)
    }

    @Test("columns in any order, DOS line ends, a mark of byte order, words for nothing")
    func tolerantRows() throws {
        let text = "\u{FEFF}holiday,note,load,utc\r\n1,x,NaN,2024-01-01T00:00Z\r\n0,,5.5,2024-01-01T01:00Z\r\n\r\n"
        let rows = try ScoreRows(csv: Array(text.utf8))
        #expect(rows.starts.count == 2)
        #expect(rows.loads[0].isNaN && rows.loads[1] == 5.5)
        #expect(rows.holidays == [true, false])
        #expect(!rows.temperatures.contains { !$0.isNaN })
    }

    @Test(
        "a wrong manifest is refused",
        arguments: [
            "", "{}", "[", "[1]", "[{\"series\": \"a\"}]", "[{]", "nul", "[\"\\u12\"]", "[1e999]",
            String(repeating: "[", count: 100_000),
        ])
    func hostileManifest(text: String) {
        #expect(throws: ScoreInputError.self) { try ScoreEntry.manifest(json: Array(text.utf8)) }
    }

    @Test(
        "a manifest cannot reach outside its folder, nor break the output's columns",
        arguments: [
            ("a.csv", "../a.csv"), ("a.csv", "/etc/passwd"), ("\"a\"", "\"a,b\""), (": 60", ": 7"), ("Z\"", "\""),
        ])
    func manifestFields(from: String, to: String) {
        let bytes = manifest { text in
            guard let range = text.firstRange(of: from) else { return text }
            return text.replacingCharacters(range, with: to)
        }
        #expect(throws: ScoreInputError.self) { try ScoreEntry.manifest(json: bytes) }
    }

    @Test("bytes at random are read or refused, and never end the program", arguments: [UInt64(1), 2, 3])
    func randomBytes(seed: UInt64) {
        var noise = Noise(seed: seed)
        let (rows, list) = (Array(csv(days: 1).prefix(300)), manifest())
        for _ in 0..<60 {
            var (brokenRows, brokenList) = (rows, list)
            for _ in 0..<3 {
                brokenRows[Int(noise.uniform() * Double(rows.count))] = UInt8(noise.uniform() * 255)
                brokenList[Int(noise.uniform() * Double(list.count))] = UInt8(noise.uniform() * 255)
            }
            if let read = try? ScoreRows(csv: brokenRows) { #expect(read.starts.count == read.loads.count) }
            if let read = try? ScoreEntry.manifest(json: brokenList) { #expect(read.count <= 1) }
        }
    }
}

extension String {
    fileprivate func replacingCharacters(_ range: Range<String.Index>, with text: String) -> String {
        String(self[..<range.lowerBound]) + text + String(self[range.upperBound...])
    }
}
