import EnergyModel
import Metering
import Testing

@Suite("Gaps, clocks, lag") struct QualityTests {
    @Test("missing slots come as runs, and the share counts good slots")
    func gaps() {
        let readings =
            [0.0, 15, 15, 31, 90, 90.5].map { reading($0, 1) } + [
                reading(105, 1, quality: .estimated), reading(300, 1),
            ]
        let report = GapReport(readings: readings, in: TimeRange(start: at(7), end: at(131)))
        #expect(report.range == TimeRange(start: at(0), end: at(135)))
        #expect(report.expectedSlots == 9)
        #expect(report.presentSlots == 5)
        #expect(report.goodSlots == 4)
        #expect(report.gaps == [TimeRange(start: at(45), end: at(90)), TimeRange(start: at(120), end: at(135))])
        #expect(report.qualityShare == 4.0 / 9)
        let empty = GapReport(readings: [], in: TimeRange(start: at(0), end: at(0)))
        #expect(empty.expectedSlots == 0 && empty.gaps.isEmpty && empty.qualityShare == 1)
        #expect(GapReport(readings: [], in: TimeRange(start: at(0), end: at(60))).missingSlots == 4)
    }

    @Test(
        "local days of 23, 24 and 25 hours are whole when every slot is there",
        arguments: [
            ("2026-03-08T08:00:00Z", "2026-03-09T07:00:00Z", 5520),
            ("2026-07-01T07:00:00Z", "2026-07-02T07:00:00Z", 5760),
            ("2026-11-01T07:00:00Z", "2026-11-02T08:00:00Z", 6000),
        ])
    func daylightSaving(start: String, end: String, slots: Int) throws {
        let range = TimeRange(
            start: try #require(UTCInstant(iso8601: start)), end: try #require(UTCInstant(iso8601: end)))
        let readings = (0..<slots).map {
            Reading(time: at(Double($0) * 15, after: range.start), meter: meter(0), facility: facility(0), kilowatts: 1)
        }
        let report = GapReport(readings: readings, in: range)
        #expect(report.expectedSlots == slots && report.missingSlots == 0 && report.qualityShare == 1)
        let rollups = WindowOracle(readings).rollups
        var machine = WindowStateMachine()
        var output = WindowOutput()
        machine.process(readings, now: range.end, into: &output)
        machine.checkpoint(into: &output)
        #expect(Set(output.rollups.map(\.key)) == Set(rollups.keys))
    }

    @Test("a clock that is ahead or behind is told by the median, outliers and a few readings are not")
    func clocks() {
        var detector = ClockSkewDetector()
        for index in 0..<4 { detector.observe(eventTime: at(Double(index)), arrival: at(Double(index) + 1)) }
        #expect(detector.verdict() == .undecided)
        for index in 0..<20 {
            detector.observe(eventTime: at(Double(index)), arrival: at(Double(index) + (index % 5 == 0 ? 900 : 1)))
        }
        #expect(detector.verdict() == .inStep)
        #expect(detector.verdict().sentence == nil)
        for index in 0..<8 { detector.observe(eventTime: at(Double(index)), arrival: at(Double(index) - 90)) }
        #expect(detector.verdict() == .ahead(.seconds(90)))
        #expect(detector.verdict().sentence?.hasPrefix("meter clock is 90 s ahead") == true)
        for _ in 0..<8 { detector.observe(eventTime: .distantPast, arrival: UTCInstant(milliseconds: .max)) }
        #expect(detector.verdict() == .behind(.milliseconds(Int64(Int32.max))))
    }

    @Test("lag rises through its levels and falls with hysteresis")
    func lag() {
        var lag = LagStateMachine()
        let steps: [(Int64, LagStateMachine.Level?)] = [
            (9_999, nil), (10_000, .alert), (49_999, nil), (50_000, .backlog), (10_000, nil), (9_999, .normal),
            (100_000, .notReady), (50_000, nil), (49_999, .backlog), (100_001, .notReady), (0, .normal),
        ]
        for (measured, expected) in steps { #expect(lag.lagMeasured(measured) == expected, "\(measured)") }
    }
}
