import Testing

@testable import Screen

@Suite struct ChartTests {
    static var sample: Chart {
        var chart = Chart(times: 0...3_600)
        let load = (0...60).map { Chart.Sample(Double($0) * 60, (20..<30).contains($0) ? nil : 50) }
        chart.lines = [Chart.Line("load", load, gapAfter: 90)]
        chart.bands = [Chart.Band("band", [.init(1_800, low: 20, high: 40), .init(3_600, low: 20, high: 40)])]
        chart.limits = [Chart.Limit("contract", 80)]
        chart.values = 0...100
        chart.unit = "kW"
        return chart
    }

    private func rows(_ chart: Chart, _ glyphs: Glyphs = .ascii, width: Int = 44, height: Int = 12) -> [String] {
        var grid = Grid(size: Size(columns: width, rows: height), glyphs: glyphs)
        chart.draw(in: grid.bounds, on: &grid)
        return (0..<height).map { grid.text(row: $0) }
    }

    @Test("a gap stays a gap, the limit is named, the axes have units and zone")
    func gaps() {
        let rows = rows(Self.sample)
        #expect(rows[0].hasPrefix(" kW ** load"))
        #expect(rows.contains { $0.contains("contract 80") })
        #expect(rows.contains { $0.contains("**      ") && $0.contains("*****") })
        #expect(rows.contains { $0.contains("::::") })
        #expect(rows[11].hasPrefix("UTC"))
        #expect(rows[11].contains("00:15"))
    }

    @Test("the three glyph sets draw the same shape in their own marks")
    func glyphSets() {
        #expect(rows(Self.sample, .unicode).joined().unicodeScalars.contains { (0x2801...0x28FF).contains($0.value) })
        #expect(
            !rows(Self.sample, .blocks).joined().unicodeScalars.contains {
                (0x2800...0x28FF).contains($0.value) && $0.value != 0x2822
            })
        #expect(rows(Self.sample, .ascii).joined().unicodeScalars.allSatisfy { $0.value < 0x7F })
    }

    @Test("the cursor reads values, and -- in a gap")
    func cursor() {
        var chart = Self.sample
        chart.cursor = 600
        #expect(rows(chart)[0].contains("00:10 UTC   load 50 kW"))
        chart.cursor = 1_500
        #expect(rows(chart)[0].contains("load --"))
    }

    @Test("five patterns are told apart without colour", arguments: [Glyphs.unicode, .blocks, .ascii])
    func patterns(_ glyphs: Glyphs) {
        let patterns: [Chart.Pattern] = [.solid, .dashed, .dotted, .chain, .sparse]
        let shown = patterns.map { pattern -> String in
            var chart = Chart(times: 0...3_600)
            chart.values = 0...100
            chart.lines = [Chart.Line("it", [.init(0, 50), .init(3_600, 50)], pattern: pattern)]
            return rows(chart, glyphs).joined(separator: "\n")
        }
        #expect(Set(shown).count == patterns.count)
        let legends = shown.map { $0.split(separator: "\n").first.map(String.init) ?? "" }
        #expect(Set(legends).count == patterns.count && legends.allSatisfy { $0.contains(" it") })
    }

    @Test("now is a line with its word, under the data; outside the times there is none")
    func present() {
        var chart = Self.sample
        chart.present = 1_800
        let shown = rows(chart)
        #expect(shown.contains { $0.contains("|now") })
        #expect(shown.filter { $0.contains("|") }.count > 6)
        chart.present = 3_601
        #expect(!rows(chart).contains { $0.contains("now") })
    }

    @Test(
        "facts stand behind the cursor's time, each whole or not at all; a line beyond its samples is not called missing"
    )
    func facts() {
        var chart = Self.sample
        chart.cursor = 600
        chart.cursorFacts = [[Span("usual 40 kW")], [Span(String(repeating: "x", count: 40))], [Span("+2")]]
        #expect(rows(chart)[0].contains("00:10 UTC   usual 40 kW   +2") && !rows(chart)[0].contains("xx"))
        chart.cursorFacts = nil
        chart.lines.append(Chart.Line("ahead", [.init(3_000, 40), .init(3_600, 45)], pattern: .chain, gapAfter: 600))
        #expect(!rows(chart)[0].contains("ahead"))
        chart.cursor = 3_300
        #expect(rows(chart)[0].contains("ahead 4"))
    }

    @Test("a legend leaves out what does not fit whole, and begins with what was measured")
    func legend() {
        var chart = Self.sample
        chart.lines.insert(
            Chart.Line("a name much longer than all that is left", [.init(0, 1)], pattern: .sparse), at: 0)
        #expect(rows(chart)[0].hasPrefix(" kW ** load") && !rows(chart)[0].contains("much longer"))
        #expect(rows(chart, .ascii, width: 80)[0].contains("'' a name much longer than all that is left"))
    }

    @Test(
        "value ticks are round and inside the range",
        arguments: [
            (0.0, 100.0, 5, [0, 20, 40, 60, 80, 100.0], 0), (0, 1, 4, [0, 0.25, 0.5, 0.75, 1], 2),
            (-50, 50, 2, [-50, 0, 50], 0),
            (980, 1_020, 4, [980, 990, 1_000, 1_010, 1_020], 0),
        ])
    func valueTicks(_ low: Double, _ high: Double, _ count: Int, _ expected: [Double], _ decimals: Int) {
        let (ticks, needed) = ChartTicks.values(in: low...high, count: count)
        #expect(zip(ticks, expected).allSatisfy { abs($0 - $1) < 1e-9 } && ticks.count == expected.count, "\(ticks)")
        #expect(needed == decimals)
    }

    @Test("time ticks stand at round local times, through a change of summer time")
    func timeTicks() {
        // 29 March 2026, Europe/Berlin: 02:00 becomes 03:00 at 01:00 UTC
        let change = 1_774_746_000.0
        let ticks = ChartTicks.times(in: (change - 7_200)...(change + 7_200), spacing: 3_000) {
            $0 < change ? 3_600 : 7_200
        }
        #expect(ticks.map(\.label).contains("03:00"))
        #expect(
            Set(ticks.map(\.time)).isSubset(of: Set(stride(from: change - 7_200, through: change + 7_200, by: 3_600))))
        #expect(ChartTicks.dayLabel(0) == "Thu 01")
        #expect(ChartTicks.dayLabel(20_541) == "Sun 29")
        #expect(ChartTicks.dayLabel(-1) == "Wed 31")
    }

    @Test("wild values and times neither trap nor take long")
    func wild() {
        var chart = Self.sample
        chart.values = nil
        chart.lines.append(
            Chart.Line(
                "wild",
                [
                    .init(-1e18, 1e300), .init(0, -1e300), .init(1_800, .nan), .init(1_801, .infinity), .init(1e18, 3),
                ]))
        chart.bands.append(
            Chart.Band("wild", [.init(-1e18, low: -1e300, high: 1e300), .init(1e18, low: .nan, high: 0)]))
        chart.limits.append(Chart.Limit("wild", .nan))
        _ = rows(chart, .unicode)
        var empty = Chart(times: 0...3_600)
        empty.emptyText = "no readings yet"
        #expect(rows(empty).contains { $0.contains("no readings yet") })
    }
}
