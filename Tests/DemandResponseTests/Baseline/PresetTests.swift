import DemandResponse
import EnergyModel
import Testing

/// Each preset once by hand, on loads simple enough for a pencil.
@Suite("Baseline presets") struct PresetTests {
    @Test("CAISO holds a cold morning at 0.8, and keeps the hours that came out negative")
    func caiso() throws {
        var customer = Customer.weekdays(Array(repeating: 100, count: 10))
        customer.hours(0...13, of: "2026-08-20", 60)
        customer.hours(14...14, of: "2026-08-20", 90)
        customer.hours(15...15, of: "2026-08-20", 70)
        let result = try BaselineRule.caiso10In10.baseline(for: customer.request("2026-08-20", commitment: 20))
        // 60 / 100 = 0.6, held at 0.8: 80 kW; 80 - 90 = -10, 80 - 70 = 10.
        #expect(result.adjustment.capHit == .lower)
        #expect(isNear(result.adjustment.comparison?.actual, 60) && isNear(result.adjustment.comparison?.baseline, 100))
        #expect(result.eventAdjusted == [80, 80])
        let performance = result.performance
        #expect(isNear(performance.gross.kilowattHours, 0) && isNear(performance.average, 0))
        #expect(isNear(performance.minimumHour, -10) && performance.negativeHours.count == 1)
        #expect(isNear(performance.percentOfCommitment, 0))
        #expect(result.isComplete && result.isValidated)
    }

    @Test("CAISO takes four non-business days for a Saturday, a holiday Monday among them")
    func caisoWeekend() throws {
        var customer = Customer()
        customer.days([
            "2026-09-12": 50, "2026-09-11": 900, "2026-09-07": 40, "2026-09-06": 30, "2026-09-05": 20,
            "2026-08-30": 10, "2026-08-29": 1000,
        ])
        let result = try BaselineRule.caiso10In10.baseline(for: customer.request("2026-09-12"))
        #expect(result.days.map(\.description) == ["2026-09-07", "2026-09-06", "2026-09-05", "2026-08-30"])
        #expect(result.eventRaw == [25, 25])
        #expect(result.candidate("2026-09-11")?.sentence == "dropped: business day")
        #expect(result.candidate("2026-08-29")?.dropped == .notNeeded)
    }

    @Test("PJM drops the long Sunday, ranks two of three and adds what the morning says")
    func pjmSunday() throws {
        let hour: Int64 = 3_600_000
        var customer = Customer(
            zone: ZoneOffsets(
                name: "America/Los_Angeles", offset: -7 * hour,
                changes: [.init(start: utcMoment("2026-11-01T09:00:00Z"), milliseconds: -8 * hour)]))
        customer.days([
            "2026-11-08": 105, "2026-11-01": 500, "2026-10-25": 100, "2026-10-18": 120, "2026-10-11": 90,
            "2026-10-04": 700,
        ])
        customer.hours(14...15, of: "2026-11-08", 60)
        let result = try BaselineRule.pjmHigh4Of5.baseline(for: customer.request("2026-11-08"))
        // Top two of 100, 120, 90: 110; the morning is 5 below: 105; 105 - 60 = 45.
        #expect(result.candidate("2026-11-01")?.dropped == .clockChange)
        #expect(result.days == [localDay("2026-10-18"), localDay("2026-10-25")])
        #expect(result.candidate("2026-10-11")?.dropped == .notRanked(rank: 3, of: 3))
        #expect(result.eventRaw == [110, 110] && result.eventAdjusted == [105, 105])
        #expect(isNear(result.performance.average, 45))
    }

    @Test("PJM drops low days together, takes older ones and looks again")
    func pjmLowUse() throws {
        // 100 100 100 10 5: mean 63, a quarter is 15.75: both low ones go, 14 and 100 come; mean 82.8, 20.7: 14 goes.
        let customer = Customer.weekdays([100, 100, 100, 10, 5, 14, 100, 100])
        let result = try BaselineRule.pjmHigh4Of5.baseline(for: customer.request("2026-08-20"))
        let low = result.candidates.filter { if case .lowUse = $0.dropped { true } else { false } }
        #expect(low.map(\.date) == Array(weekdaysBefore20August[3...5]))
        #expect(result.basis.count == 5 && result.days.count == 4)
        #expect(result.candidates.contains { $0.sentence == "dropped: low use, 14.0 kW is below 20.7 kW" })
    }

    @Test("a site that feeds in has no low use")
    func feedIn() throws {
        let customer = Customer.weekdays(Array(repeating: -100, count: 12))
        #expect(try BaselineRule.pjmHigh4Of5.baseline(for: customer.request("2026-08-20")).eventRaw == [-100, -100])
        #expect(try BaselineRule.nyisoHigh5Of10.baseline(for: customer.request("2026-08-20")).eventRaw == [-100, -100])
        let caiso = try BaselineRule.caiso10In10.baseline(for: customer.request("2026-08-20"))
        guard case .unavailable(_, let reason) = caiso.adjustment else {
            Issue.record("\(caiso.adjustment)")
            return
        }
        #expect(
            reason == "the baseline of the adjustment window is not above zero" && caiso.eventAdjusted == [-100, -100])
    }

    @Test("NYISO leaves out the day before and measures low use against the level so far")
    func nyiso() throws {
        // The level begins at the greatest hour, 100: 24 is low, 26 is not; then (100+100+26)/3 = 75.3: 19 is not.
        let customer = Customer.weekdays([999, 100, 100, 24, 26, 19, 100])
        let result = try BaselineRule.nyisoHigh5Of10.baseline(for: customer.request("2026-08-20"))
        #expect(result.candidate("2026-08-19")?.dropped == .tooRecent)
        #expect(result.candidate("2026-08-14")?.sentence == "dropped: low use, 24.0 kW is below 25.0 kW")
        #expect(result.eventRaw == [69, 69])
        // 100 / 69 is above 1.2.
        #expect(result.adjustment.capHit == .upper && isNear(result.eventAdjusted.first, 82.8))
        #expect(result.adjustment.comparison?.slots.map(\.index) == [10, 11])
    }

    @Test("ISO-NE adds the difference of the quarter-hour before the notification")
    func isoNewEngland() throws {
        var customer = Customer.weekdays(Array(repeating: 100, count: 10))
        customer.set(utcSpan("2026-08-20T13:15:00Z", "2026-08-20T13:30:00Z"), 130)
        let rule = BaselineRule.isoNewEngland
        let request = customer.request("2026-08-20", notifiedAt: utcMoment("2026-08-20T13:32:00Z"))
        let result = try rule.baseline(for: request)
        // 13:17-13:32: 13 minutes at 130, 2 at 100: 126.
        #expect(isNear(result.adjustment.comparison?.actual, 126))
        #expect(result.eventPoints.count == 24 && result.eventAdjusted.allSatisfy { isNear($0, 126) })
        #expect(throws: BaselineProblem.notificationUnknown(rule: rule.id)) {
            try rule.baseline(for: customer.request("2026-08-20"))
        }
    }

    @Test("middle 8 of 10 drops the highest and the lowest")
    func middle() throws {
        let customer = Customer.weekdays([10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 5000])
        let result = try BaselineRule.middle8Of10.baseline(for: customer.request("2026-08-20"))
        #expect(result.eventRaw == [55, 55] && result.days.count == 8)
        #expect(result.candidate("2026-08-19")?.dropped == .notRanked(rank: 10, of: 10))
        let ercot = try BaselineRule.ercotMiddle8Of10.baseline(for: customer.request("2026-08-20"))
        // 100 / 55, uncapped.
        #expect(ercot.eventAdjusted.count == 8 && ercot.eventAdjusted.allSatisfy { isNear($0, 100) })
    }

    @Test("of equal days the newer ranks first")
    func ties() throws {
        let customer = Customer.weekdays([50, 100, 100, 100, 100, 50, 100, 50, 50, 50])
        let high = try BaselineRule.high3Of10.baseline(for: customer.request("2026-08-20"))
        #expect(high.days == Array(weekdaysBefore20August[1...3]))
        let low = try #require(BaselineRule.named("low-2-of-10")).baseline(for: customer.request("2026-08-20"))
        #expect(low.days == [weekdaysBefore20August[8], weekdaysBefore20August[9]])
    }

    @Test("loads that are equal but for the last bit are equal")
    func nearlyTies() throws {
        var customer = Customer.weekdays([50, 50, 0.3, 50, 50])
        // 0.1 + 0.2 is a little more than 0.3.
        for (index, load) in [(0, 0.3), (1, 0.1 + 0.2), (3, 0.3), (4, 0.1 + 0.2)] {
            customer.hours(14...15, of: weekdaysBefore20August[index].description, load)
        }
        let rule = try #require(BaselineRule.named("high-3-of-5"))
        #expect(try rule.baseline(for: customer.request("2026-08-20")).days == Array(weekdaysBefore20August[0...2]))
        // The mean is 1.2, a quarter of it 0.3: not below.
        let low = Customer.weekdays([0.3, 1.2, 1.5, 1.5, 1.5])
        #expect(try BaselineRule.pjmHigh4Of5.baseline(for: low.request("2026-08-20")).basis.count == 5)
    }

    @Test("15 of 20 ranks each hour by itself")
    func highestBySlot() throws {
        var customer = Customer.weekdays(Array(repeating: 100, count: 20))
        for (index, date) in weekdaysBefore20August.prefix(20).enumerated() {
            customer.hours(14...14, of: date.description, Double(index + 1))
            customer.hours(15...15, of: date.description, Double(20 - index))
        }
        let result = try BaselineRule.high15Of20.baseline(for: customer.request("2026-08-20"))
        // The mean of 6...20, in both hours; by whole days it would be 10.5.
        #expect(result.eventRaw == [13, 13] && result.days.count == 20)
        let adjusted = try BaselineRule.iesoHigh15Of20.baseline(for: customer.request("2026-08-20"))
        #expect(adjusted.eventAdjusted == [13, 13])
    }

    @Test("same day 3+2 is the mean of the five hours around the gaps")
    func sameDay() throws {
        var customer = Customer()
        customer.days(["2026-08-20": 1000])
        customer.hours(10...11, of: "2026-08-20", 440)
        customer.hours(12...12, of: "2026-08-20", 550)
        customer.hours(19...19, of: "2026-08-20", 550)
        customer.hours(20...20, of: "2026-08-20", 330)
        for (hour, load) in zip(14...17, [380.0, 360, 355, 400]) { customer.hours(hour...hour, of: "2026-08-20", load) }
        let result = try BaselineRule.sameDay3Plus2.baseline(for: customer.request("2026-08-20", hours: 14...17))
        #expect(result.eventRaw == [462, 462, 462, 462])
        #expect(isNear(result.performance.gross.kilowattHours, 353))
        #expect(result.candidates.isEmpty && result.isComplete)
    }

    @Test("same day before its evening is provisional, and without its morning impossible")
    func sameDayUnfinished() throws {
        var customer = Customer()
        customer.hours(0...15, of: "2026-08-20", 200)
        let result = try BaselineRule.sameDay3Plus2.baseline(for: customer.request("2026-08-20"))
        #expect(result.eventRaw == [200, 200] && result.eventDayQuality.missing == 2 && !result.isComplete)
        var evening = Customer()
        evening.hours(14...15, of: "2026-08-20", 200)
        #expect(throws: BaselineProblem.sameDayLoadMissing(utcSpan("2026-08-20T10:00:00Z", "2026-08-20T13:00:00Z"))) {
            try BaselineRule.sameDay3Plus2.baseline(for: evening.request("2026-08-20"))
        }
    }

    @Test("match day takes the three days most alike outside the event")
    func matchDay() throws {
        var customer = Customer.weekdays([150, 101, 98, 105])
        for (date, load) in zip(weekdaysBefore20August, [500.0, 200, 210, 220]) {
            customer.hours(13...16, of: date.description, load)
        }
        let result = try BaselineRule.matchDay3.baseline(for: customer.request("2026-08-20"))
        #expect(result.eventRaw == [210, 210])
        #expect(result.days == [weekdaysBefore20August[1], weekdaysBefore20August[2], weekdaysBefore20August[3]])
        #expect(
            isNear(result.candidate("2026-08-18")?.distance, 1) && isNear(result.candidate("2026-08-17")?.distance, 4))
        #expect(result.candidate("2026-08-19")?.dropped == .notRanked(rank: 4, of: 4))
    }

    @Test("regression finds the line through the days and reads it at the event's temperature")
    func regression() throws {
        var customer = Customer()
        customer.days(["2026-08-20": 300])
        var temperatures: [TemperatureSample] = []
        func note(_ date: CivilDate, _ celsius: Double) {
            temperatures.append(
                TemperatureSample(span: ZoneOffsets.utc.day(date), mean: Temperature(celsius: celsius)))
        }
        for (index, date) in weekdaysBefore20August.prefix(12).enumerated() {
            customer.set(ZoneOffsets.utc.day(date), 50 + 10 * Double(20 + index))
            note(date, Double(20 + index))
        }
        note(localDay("2026-08-20"), 35)
        var request = customer.request("2026-08-20")
        #expect(throws: BaselineProblem.self) { try BaselineRule.regression.baseline(for: request) }
        request.temperatures = temperatures
        let result = try BaselineRule.regression.baseline(for: request)
        #expect(result.eventRaw.allSatisfy { isNear($0, 400) } && result.eventRaw.count == 2)
        let fit = try #require(result.fit)
        #expect(fit.count == 24 && fit.cvrmse < 1e-9 && fit.meetsGuideline14(.hourly))
    }

    @Test("a firm service level counts from the peak load contribution, or says how much room was left")
    func firmServiceLevel() throws {
        var customer = Customer()
        customer.hours(14...14, of: "2026-08-20", 280)
        customer.hours(15...15, of: "2026-08-20", 320)
        customer.hours(16...16, of: "2026-08-20", 600)
        let request = customer.request("2026-08-20", hours: 14...16)
        let level = Power(kilowatts: 300)
        let rule = BaselineRule.firmServiceLevel(
            FirmServiceLevel(level: level, peakLoadContribution: Power(kilowatts: 500)))
        let performance = try rule.baseline(for: request).performance
        // 220, 180 and never below zero; promised 200.
        #expect(performance.hours.map(\.reduction?.kilowatts) == [220, 180, 0])
        #expect(isNear(performance.percentOfCommitment, 400.0 / 3 / 200 * 100))
        #expect(performance.firm?.isKept == false && isNear(performance.firm?.worstExcess, 300))
        let room = try BaselineRule.firmServiceLevel(FirmServiceLevel(level: level, peakLoadContribution: nil))
            .baseline(for: request).performance
        #expect(room.hours.map(\.reduction?.kilowatts) == [20, -20, -300] && room.negativeHours.count == 2)
    }

    @Test("every preset is found by its id, and only by it")
    func ids() {
        for rule in BaselineRule.presets { #expect(BaselineRule.named(rule.id) == rule) }
        #expect(Set(BaselineRule.presets.map(\.id)).count == BaselineRule.presets.count)
        #expect(BaselineRule.named("high-7-of-9")?.selection?.quota(for: .business)?.ranked == 7)
        for name in ["high-9-of-7", "middle-7-of-10", "mean-9-of-10", "high-0-of-3", "best-of-all", ""] {
            #expect(BaselineRule.named(name) == nil)
        }
    }
}
