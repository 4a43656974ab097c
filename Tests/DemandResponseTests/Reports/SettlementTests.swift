import DemandResponse
import EnergyModel
import Testing

@Suite("Figures of a participation report") struct SettlementTests {
    @Test("ten quiet weekdays make a baseline that can be relied on, explained day by day")
    func settled() throws {
        let report = try Participation(request: tenWeekdays()).figures()
        #expect(report.baseline.preset == "caiso-10-in-10" && report.baseline.quality == "settlement")
        #expect(report.baseline.reason == nil && report.baseline.daysUsed?.count == 10)
        #expect(report.baseline.days?.count == 45)
        #expect(report.baseline.days?.first?.verdict == "kept" && report.baseline.days?.first?.date == "2026-08-19")
        #expect(report.baseline.days?.first { $0.date == "2026-08-16" }?.verdict == "dropped: non-business day")
        #expect(report.baseline.adjustment?.window == ["10:00", "13:00"] && report.baseline.adjustment?.factor == 1)
        #expect(report.baseline.trust == .init(grade: .good, reasons: [], cvrmse: 0, nmbe: 0))
        #expect(report.intervals.count == 8 && report.intervals.allSatisfy { $0.quality == "OK" })
        #expect(report.intervals.first?.reductionKWh == 10 && report.result.energyKWh == 80)
        #expect(report.result.averageKW == 40 && report.result.percentOfCommitment == 80)
        #expect(report.result.hours?.map(\.reductionKW) == [40, 40] && report.result.minimumHourKW == 40)
    }

    @Test("with too little history the hour before the event stands in, and the report says why")
    func tooShort() throws {
        var customer = Customer()
        customer.days(["2026-08-19": 100, "2026-08-18": 100, "2026-08-20": 90])
        customer.hours(14...15, of: "2026-08-20", 60)
        let report = try Participation(request: customer.request("2026-08-20")).figures()
        #expect(report.baseline.preset == "same-day-hour-before" && report.baseline.quality == "heuristic")
        let reason = try #require(report.baseline.reason)
        #expect(reason.contains("caiso-10-in-10 needs 5 business days and found 2"), "\(reason)")
        #expect(report.baseline.trust?.grade == .poor && report.baseline.days?.count == 45)
        #expect(report.intervals.first?.baselineKWh == 22.5 && report.result.energyKWh == 60)
    }

    @Test("without any load before the event there is no baseline, and no figure is made up")
    func nothing() throws {
        var customer = Customer()
        customer.set(utcSpan("2026-08-20T14:00:00Z", "2026-08-20T15:00:00Z"), 60)
        let report = try Participation(request: customer.request("2026-08-20")).figures()
        #expect(report.baseline.quality == "none" && report.baseline.trust?.grade == .poor)
        #expect(report.intervals.count == 8 && report.missingIntervals == 4)
        #expect(report.intervals.allSatisfy { $0.baselineKWh == nil && $0.reductionKWh == nil })
        #expect(report.intervals.map(\.actualKWh) == [15, 15, 15, 15, nil, nil, nil, nil])
        #expect(report.result.energyKWh == nil && report.intervals.last?.quality == "MISSING")
    }

    @Test("days of other events are left out and named; an event in the adjustment hours is told")
    func otherEvents() throws {
        var participation = Participation(request: tenWeekdays { $0.days(["2026-08-18": 10]) })
        let id = try #require(DREventID("evt-0"))
        participation.otherEvents = [
            .init(id: id, window: utcSpan("2026-08-18T14:00:00Z", "2026-08-18T15:00:00Z")),
            .init(id: id, window: utcSpan("2026-08-20T11:00:00Z", "2026-08-20T11:30:00Z")),
        ]
        let report = try participation.figures()
        let day = report.baseline.days?.first { $0.date == "2026-08-18" }
        #expect(day?.isUsed == false && day?.verdict == "dropped: with an event (evt-0)")
        #expect(report.result.energyKWh == 80)
        #expect(report.baseline.trust?.grade == .fair)
        #expect(report.baseline.trust?.reasons == ["event evt-0 lies in the hours that adjust the baseline"])
    }

    @Test("commands sent in the adjustment hours are told")
    func earlyCommands() throws {
        var participation = Participation(request: tenWeekdays())
        participation.firstSentAt = utcMoment("2026-08-20T12:30:00Z")
        let reasons = try participation.figures().baseline.trust?.reasons
        #expect(reasons == ["commands began in the hours that adjust the baseline"])
    }

    @Test("days that differ wildly make a baseline that cannot be relied on")
    func inconsistent() throws {
        var customer = Customer.weekdays([10, 200, 10, 200, 10, 200, 10, 200, 10, 200])
        customer.hours(14...15, of: "2026-08-20", 60)
        let trust = try Participation(request: customer.request("2026-08-20")).figures().baseline.trust
        #expect(trust?.grade == .poor && (trust?.cvrmse ?? 0) > 0.9)
        #expect(trust?.reasons.first?.contains("Guideline 14 allows 30 %") == true)
    }

    @Test("a negative hour stays visible, and energies add up to the watt-hour")
    func rounding() throws {
        let report = try Participation(
            request: tenWeekdays { customer in
                customer.hours(14...14, of: "2026-08-20", 100.0 / 3)
                customer.hours(15...15, of: "2026-08-20", 120)
            }
        ).figures()
        #expect(report.intervals.prefix(4).map(\.actualKWh) == [8.333, 8.334, 8.333, 8.333])
        #expect(report.result.hours?.map(\.reductionKW) == [66.667, -20] && report.result.minimumHourKW == -20)
        let sum = report.intervals.reduce(0) { $0 + Int((($1.reductionKWh ?? 0) * 1_000).rounded()) }
        #expect(report.result.energyKWh == Double(sum) / 1_000)
    }

    /// 2026-03-08 has 23 hours in Los Angeles, 2026-11-01 has 25.
    @Test(
        "an event over a change of the clocks keeps local days and tells local times",
        arguments: [
            ("2026-03-08", 10, ["2026-03-08T01:00:00-08:00", "2026-03-08T03:00:00-07:00"]),
            ("2026-11-01", 9, ["2026-11-01T01:00:00-07:00", "2026-11-01T01:00:00-08:00", "2026-11-01T02:00:00-08:00"]),
        ])
    func clockChange(day: String, startHourUTC: Int, hours: [String]) throws {
        let zone = losAngeles
        var customer = Customer(zone: zone)
        for back in 0...30 { customer.set(zone.day(localDay(day).advanced(by: -back)), back == 0 ? 80 : 100) }
        let start = zone.moment(of: localDay(day), millisecondOfDay: 3_600_000)
        var request = customer.request(day)
        request.event = TimeRange(start: start, end: start.advanced(by: .seconds(3_600 * Int64(hours.count))))
        #expect(start == utcMoment("\(day)T0\(startHourUTC - 1):00:00Z"))
        let report = try Participation(request: request, zoneName: zone.name).figures()
        #expect(report.baseline.quality == "settlement", "\(report.baseline.reason ?? "")")
        #expect(report.result.hours?.map(\.localStart) == hours)
        #expect(report.intervals.count == hours.count * 4 && report.missingIntervals == 0)
        #expect(report.baseline.daysUsed?.count == 4)
        #expect(report.facility.timeZone == "America/Los_Angeles")
    }
}

let losAngeles = ZoneOffsets(
    name: "America/Los_Angeles", offset: -8 * 3_600_000,
    changes: [
        .init(start: utcMoment("2025-03-09T10:00:00Z"), milliseconds: -7 * 3_600_000),
        .init(start: utcMoment("2025-11-02T09:00:00Z"), milliseconds: -8 * 3_600_000),
        .init(start: utcMoment("2026-03-08T10:00:00Z"), milliseconds: -7 * 3_600_000),
        .init(start: utcMoment("2026-11-01T09:00:00Z"), milliseconds: -8 * 3_600_000),
        .init(start: utcMoment("2027-03-14T10:00:00Z"), milliseconds: -7 * 3_600_000),
        .init(start: utcMoment("2027-11-07T09:00:00Z"), milliseconds: -8 * 3_600_000),
    ])
