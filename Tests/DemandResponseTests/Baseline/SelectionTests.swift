import DemandResponse
import EnergyModel
import Foundation
import Testing

@Suite("Days of a baseline") struct SelectionTests {
    @Test("every day of the look-back is explained")
    func explained() throws {
        var customer = Customer.weekdays(Array(repeating: 100, count: 32))
        // Half of the event missing on one day, all of another.
        customer.set(utcSpan("2026-08-18T15:00:00Z", "2026-08-18T16:00:00Z"), nil)
        customer.set(ZoneOffsets.utc.day(localDay("2026-08-17")), nil)
        let request = customer.request(
            "2026-08-20",
            exclusions: [
                eventDay("2026-08-14", note: "evt-1"), BaselineExclusion(date: localDay("2026-08-13"), kind: .outage),
                BaselineExclusion(date: localDay("2026-08-12"), kind: .operatorDecision, note: "moved out"),
            ])
        let result = try BaselineRule.caiso10In10.baseline(for: request)
        #expect(
            result.candidates.count == 45
                && result.candidates.map(\.date) == result.candidates.map(\.date).sorted(by: >))
        func sentence(_ text: String) -> String? { result.candidate(text)?.sentence }
        #expect(sentence("2026-08-19") == "kept")
        #expect(sentence("2026-08-18") == "dropped: load for 50 % of the event hours only")
        #expect(sentence("2026-08-17") == "dropped: without load")
        #expect(sentence("2026-08-16") == "dropped: non-business day")
        #expect(sentence("2026-08-14") == "dropped: with an event (evt-1)")
        #expect(sentence("2026-08-13") == "dropped: with an outage")
        #expect(sentence("2026-08-12") == "dropped: excluded by an operator (moved out)")
        #expect(sentence("2026-07-07") == "dropped: enough newer days")
        #expect(result.days.count == 10)
    }

    @Test("the third of July counts or not as the holiday table says")
    func holidayTable() throws {
        var customer = Customer()
        customer.days([
            "2026-07-06": 100, "2026-07-03": 10, "2026-07-02": 100, "2026-07-01": 100, "2026-06-30": 100,
            "2026-06-29": 100, "2026-06-26": 100,
        ])
        let nerc = try BaselineRule.caiso10In10.baseline(for: customer.request("2026-07-06"))
        #expect(nerc.days.contains(localDay("2026-07-03")))
        let federal = try BaselineRule.caiso10In10
            .baseline(for: customer.request("2026-07-06", holidays: .usFederal))
        #expect(federal.candidate("2026-07-03")?.sentence == "dropped: non-business day (Independence Day)")
        #expect(federal.eventRaw == [100, 100])
    }

    @Test("CAISO brings excluded days back, the highest first and only up to the minimum")
    func fill() throws {
        let customer = Customer.weekdays([100, 100, 100, 40, 60, 50])
        let dates = weekdaysBefore20August
        let excluded = (3...5).map { BaselineExclusion(date: dates[$0], kind: .outage) }
        let result = try BaselineRule.caiso10In10
            .baseline(for: customer.request("2026-08-20", exclusions: excluded))
        #expect(result.days == Array(dates[0...2]) + [dates[4], dates[5]])
        #expect(result.eventRaw == [82, 82])
        #expect(result.candidate(dates[4].description)?.sentence == "brought back to reach the minimum")
        #expect(result.candidate(dates[3].description)?.sentence == "dropped: with an outage")
    }

    @Test("with every day excluded CAISO falls back on the five highest, an operator's exclusion stands")
    func allExcluded() throws {
        let customer = Customer.weekdays([10, 20, 30, 40, 50, 60])
        let events = weekdaysBefore20August.prefix(6).map { eventDay($0.description) }
        let result = try BaselineRule.caiso10In10.baseline(for: customer.request("2026-08-20", exclusions: events))
        #expect(result.eventRaw == [40, 40] && result.days.first == weekdaysBefore20August[5])
        let operators = weekdaysBefore20August.prefix(6).map {
            BaselineExclusion(date: $0, kind: .operatorDecision)
        }
        #expect(throws: BaselineProblem.self) {
            try BaselineRule.caiso10In10.baseline(for: customer.request("2026-08-20", exclusions: events + operators))
        }
    }

    @Test("too few days say how many are missing and what became of the others")
    func notEnough() throws {
        let customer = Customer.weekdays([100, 100, 100])
        do {
            _ = try BaselineRule.pjmHigh4Of5
                .baseline(for: customer.request("2026-08-20", exclusions: [eventDay("2026-08-19")]))
            Issue.record("two days are no baseline")
        } catch {
            guard case .notEnoughDays(2, 4, .business, "pjm-high-4-of-5-saa", let candidates) = error else {
                Issue.record("\(error)")
                return
            }
            #expect(candidates.count == 45)
            #expect(
                error.description
                    == "pjm-high-4-of-5-saa needs 4 business days and found 2 in 45 (1 with an event, 12 of another day "
                    + "type, 30 without load); import older load or choose another rule")
        }
    }

    @Test("empty input says what is missing")
    func empty() {
        let customer = Customer()
        #expect(throws: BaselineProblem.noLoad) {
            try BaselineRule.caiso10In10.baseline(for: customer.request("2026-08-20"))
        }
        var backwards = customer.request("2026-08-20")
        backwards.event = TimeRange(start: backwards.event.end, end: backwards.event.start)
        #expect(throws: BaselineProblem.badEvent) { try BaselineRule.caiso10In10.baseline(for: backwards) }
        var weekend = Customer()
        weekend.days(["2026-08-22": 1])
        #expect(throws: BaselineProblem.noDaysOfType(.nonBusiness, rule: "high-15-of-20")) {
            try BaselineRule.high15Of20.baseline(for: weekend.request("2026-08-22"))
        }
    }

    @Test("before the event there is a baseline and no performance yet")
    func beforeTheEvent() throws {
        var customer = Customer.weekdays(Array(repeating: 100, count: 10))
        customer.set(utcSpan("2026-08-20T00:00:00Z", "2026-08-21T00:00:00Z"), nil)
        let result = try BaselineRule.caiso10In10.baseline(for: customer.request("2026-08-20", commitment: 10))
        #expect(result.eventAdjusted == [100, 100])
        #expect(
            result.adjustment
                == .unavailable(
                    utcSpan("2026-08-20T10:00:00Z", "2026-08-20T13:00:00Z"),
                    reason: "no load in the adjustment window, on the event day or the days before"))
        #expect(result.performance.average == nil && result.performance.percentOfCommitment == nil)
        #expect(!result.isComplete && result.performance.intervals.count == 8)
        #expect(result.points.count == 24)
    }

    @Test("questionable load never counts, estimated load where the rule takes it, raw load leaves it unvalidated")
    func quality() throws {
        var customer = Customer.weekdays(Array(repeating: 100, count: 10))
        customer.quality = .raw
        let raw = try BaselineRule.caiso10In10.baseline(for: customer.request("2026-08-20"))
        #expect(raw.isComplete && !raw.isValidated && raw.eventDayQuality.ok == 5)
        customer.quality = .estimated
        #expect(
            try BaselineRule.caiso10In10.baseline(for: customer.request("2026-08-20")).historyQuality.estimated == 50)
        var strict = BaselineRule.caiso10In10
        strict.acceptsEstimated = false
        #expect(throws: BaselineProblem.noLoad) { try strict.baseline(for: customer.request("2026-08-20")) }
        customer.quality = .questionable
        #expect(throws: BaselineProblem.noLoad) {
            try BaselineRule.caiso10In10.baseline(for: customer.request("2026-08-20"))
        }
    }

    @Test("an event that starts inside an hour is adjusted by the hours before that hour and paid by its minutes")
    func halfHours() throws {
        var customer = Customer.weekdays(Array(repeating: 100, count: 10))
        customer.set(utcSpan("2026-08-20T14:30:00Z", "2026-08-20T16:15:00Z"), 40)
        var request = customer.request("2026-08-20")
        request.event = utcSpan("2026-08-20T14:30:00Z", "2026-08-20T16:15:00Z")
        let result = try BaselineRule.caiso10In10.baseline(for: request)
        #expect(result.adjustment.comparison?.window == utcSpan("2026-08-20T10:00:00Z", "2026-08-20T13:00:00Z"))
        // 1.75 h at 60 kW.
        #expect(isNear(result.performance.gross.kilowattHours, 105) && isNear(result.performance.average, 60))
        #expect(result.performance.hours.map(\.range.duration) == [.seconds(1800), .seconds(3600), .seconds(900)])
    }

    @Test("an event over midnight looks at the next day's first hours too")
    func overMidnight() throws {
        var customer = Customer.weekdays(Array(repeating: 100, count: 12))
        customer.days(["2026-08-21": 100])
        for date in weekdaysBefore20August { customer.hours(0...0, of: date.advanced(by: 1).description, 300) }
        var request = customer.request("2026-08-20")
        request.event = utcSpan("2026-08-20T23:00:00Z", "2026-08-21T01:00:00Z")
        let result = try BaselineRule.caiso10In10.baseline(for: request)
        #expect(result.eventPoints.map(\.slot) == [ClockSlot(index: 23), ClockSlot(dayOffset: 1, index: 0)])
        #expect(result.eventRaw == [100, 300])
    }

    @Test("order of input changes nothing, and k times the load gives k times the figures")
    func metamorphic() throws {
        var random = SeededBaseline(state: 20_260_820)
        for rule in BaselineRule.presets where rule.id != "regression" {
            var customer = Customer()
            for date in [localDay("2026-08-20")] + weekdaysBefore20August.prefix(22) {
                for hour in 0...23 {
                    customer.hours(hour...hour, of: date.description, Double(random.next() % 900 + 100))
                }
            }
            var request = customer.request("2026-08-20", notifiedAt: utcMoment("2026-08-20T13:00:00Z"))
            let first = try rule.baseline(for: request)
            request.load.shuffle(using: &random)
            #expect(try rule.baseline(for: request) == first)
            request.load = request.load.map { sample in
                var sample = sample
                // A power of two: exact.
                sample.mean = Power(kilowatts: sample.mean.kilowatts * 4)
                return sample
            }
            let scaled = try rule.baseline(for: request)
            #expect(scaled.days == first.days)
            #expect(scaled.eventAdjusted == first.eventAdjusted.map { $0 * 4 })
            #expect(scaled.performance.gross.kilowattHours == first.performance.gross.kilowattHours * 4)
        }
    }
}

@Suite("What baselines are fed with") struct BaselineInputTests {
    private static func rollup(kilowatts: Double, count: UInt32, good: UInt32) -> Rollup {
        Rollup(
            series: .facility(FacilityNumber(rawValue: 1)), granularity: .quarterHour,
            start: utcMoment("2026-08-20T14:00:00Z"), meanKilowatts: kilowatts, minKilowatts: 0, maxKilowatts: 0,
            kilowattHours: 0, count: count, goodCount: good)
    }

    @Test("a rollup is as good as its readings")
    func rollups() {
        // Two meters, sixty slots: 120 expected.
        func sample(_ kilowatts: Double, _ count: UInt32, _ good: UInt32) -> LoadSample? {
            LoadSample(rollup: Self.rollup(kilowatts: kilowatts, count: count, good: good), expectedPerSlot: 2)
        }
        #expect(sample(5, 120, 108)?.quality == .raw)
        #expect(sample(5, 120, 107)?.quality == .estimated)
        #expect(sample(5, 10, 0)?.quality == .questionable)
        #expect(sample(.nan, 0, 0) == nil)
        #expect(sample(5, 120, 120)?.span == utcSpan("2026-08-20T14:00:00Z", "2026-08-20T14:15:00Z"))
    }

    @Test("an event excludes each local day it touches")
    func exclusions() {
        let night = BaselineExclusion.days(
            of: utcSpan("2026-08-20T22:00:00Z", "2026-08-21T02:00:00Z"), kind: .demandResponse, note: "e", zone: .utc)
        #expect(night.map(\.date) == [localDay("2026-08-20"), localDay("2026-08-21")])
        let day24 = BaselineExclusion.days(
            of: utcSpan("2026-08-20T00:00:00Z", "2026-08-21T00:00:00Z"), kind: .outage, zone: .utc)
        #expect(day24.map(\.date) == [localDay("2026-08-20")])
        #expect(
            BaselineExclusion.days(
                of: utcSpan("2026-08-20T00:00:00Z", "2026-08-20T00:00:00Z"), kind: .outage, zone: .utc
            )
            .isEmpty)
    }

    @Test("rules and results keep every figure through their records")
    func records() throws {
        for rule in BaselineRule.presets {
            #expect(try JSONDecoder().decode(BaselineRule.self, from: JSONEncoder().encode(rule)) == rule)
        }
        var customer = Customer.weekdays([101.3, 97.7, 0.1, 100, 33.3, 250.25])
        customer.hours(14...14, of: "2026-08-20", 41.123456789)
        let request = customer.request("2026-08-20", exclusions: [eventDay("2026-08-18", note: "e")], commitment: 10)
        for rule in [BaselineRule.caiso10In10, .pjmHigh4Of5, .matchDay3, .sameDay3Plus2] {
            let result = try rule.baseline(for: request)
            #expect(try JSONDecoder().decode(BaselineResult.self, from: JSONEncoder().encode(result)) == result)
        }
    }
}

/// SplitMix64.
struct SeededBaseline: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
