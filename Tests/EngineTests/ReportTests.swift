import DemandResponse
import EnergyModel
import Ports
import SwitchyardTesting
import Testing

@testable import Engine

@Suite("Participation reports of the engine")
struct ReportTests {
    static let keys = ReportKeys([
        (name: "house", secret: Array(repeating: 1, count: 32)), (name: "acme", secret: Array(repeating: 2, count: 32)),
    ])

    /// Quarter hours of a facility at `kilowatts`.
    private func store(
        _ kilowatts: Double, of facility: FacilityID, from start: UTCInstant, quarters: Int, in world: ResponseWorld
    ) async throws {
        let fleet = world.engine.parts.directory.current
        let number = try #require(fleet.facilities.first { $0.id == facility }?.number)
        var write = SeriesWrite()
        write.rollups = (0..<quarters).map { step in
            Rollup(
                series: .facility(number), granularity: .quarterHour, start: start.advanced(by: .seconds(900 * step)),
                meanKilowatts: kilowatts, minKilowatts: kilowatts, maxKilowatts: kilowatts,
                kilowattHours: kilowatts / 4, count: 60, goodCount: 60)
        }
        try await world.series.write(write)
    }

    private func reports(_ world: ResponseWorld) async throws -> [ParticipationReport] {
        let id: DREventID = try #require(DREventID("E-1"))
        return try await world.engine.link.reports(of: id).map { try ReportText.report(of: $0) }
    }

    /// An event of an hour at F-1, which begins in an hour; `days` of history at 300 kW.
    private func world(days: Int, _ change: (inout EngineSettings) -> Void = { _ in }) async throws -> (
        ResponseWorld, start: UTCInstant
    ) {
        let world = try await ResponseWorld(buildings: 1, reports: ReportPorts(keys: Self.keys)) { settings in
            settings.response.report.freezeAfter = .seconds(2 * 3600)
            change(&settings)
        }
        let start = world.time.now.advanced(by: .seconds(3600))
        try await store(
            300, of: world.facilities[0], from: start.advanced(by: .seconds(-86_400 * days - 3600)),
            quarters: 96 * days + 4, in: world)
        _ = try await world.notify(notice("E-1", at: start, minutes: 60, kilowatts: 60, to: ["F-1"]))
        return (world, start)
    }

    @Test(
        "an operator's value stands in the report for as long as it stood at the building, not for as long as was asked"
    )
    func overrides() async throws {
        var (world, start) = try await world(days: 40)
        try await store(250, of: world.facilities[0], from: start, quarters: 4, in: world)
        await world.run(until: start.advanced(by: .seconds(600)))
        let request = OverrideRequest(
            facility: world.facilities[0], point: try #require(PointID("AHU-1/CLG_SP")), value: 25,
            until: start.advanced(by: .seconds(2 * 3600)))
        _ = await world.submit("k-1", .overridePoint(request))
        await world.run(until: start.advanced(by: .seconds(1200)))
        let id = try #require(OverrideOrder.id(ofCommand: "k-1"))
        _ = await world.submit("k-2", .releaseOverride(id))
        await world.run(until: start.advanced(by: .seconds(3600 + 240)))
        let found = try #require(try await reports(world).last?.overrides)
        #expect(found.count == 1 && found.first?.by == "operator:ana" && found.first?.reason == "test")
        let (from, to) = (
            try #require(UTCInstant(iso8601: found.first?.from ?? "")),
            try #require(UTCInstant(iso8601: found.first?.to ?? ""))
        )
        #expect(from >= start.advanced(by: .seconds(600)) && from < start.advanced(by: .seconds(660)))
        #expect(to >= start.advanced(by: .seconds(1200)) && to < start.advanced(by: .seconds(1260)))
    }

    @Test("provisional with a gap, recomputed by late data, frozen by time, and then only by a person's word")
    func story() async throws {
        var (world, start) = try await world(days: 40)
        try await store(250, of: world.facilities[0], from: start, quarters: 3, in: world)
        await world.run(until: start.advanced(by: .seconds(3600 + 60)))
        #expect(try await world.event("E-1")?.isSettled == true)
        await world.run(for: .seconds(180))
        let first = try #require(try await reports(world).first)
        #expect(first.issue?.state == .provisional && first.baseline.quality == "settlement")
        #expect(first.issue?.reason == "1 of 4 intervals are not measured" && first.result.energyKWh == 37.5)
        #expect(first.baseline.preset == "caiso-10-in-10" && first.baseline.daysUsed?.count == 10)

        try await store(240, of: world.facilities[0], from: start.advanced(by: .seconds(2700)), quarters: 1, in: world)
        await world.run(for: .seconds(960))
        #expect(try await reports(world).map { $0.issue?.state } == [.provisional, .recomputed])
        let second = try #require(try await reports(world).last)
        let id: DREventID = try #require(DREventID("E-1"))
        let chain = try await world.engine.link.reports(of: id)
        #expect(second.issue?.replaces == .init(version: 1, hash: chain[0].hash) && second.result.energyKWh == 52.5)
        #expect(second.issue?.reason == "late data changed 1 of 4 intervals")

        await world.run(for: .seconds(2 * 3600))
        #expect(try await reports(world).map { $0.issue?.state } == [.provisional, .recomputed, .frozen])
        #expect(try await world.responses.pendingNotices(limit: 1).isEmpty)
        try await store(200, of: world.facilities[0], from: start, quarters: 1, in: world)
        await world.run(for: .seconds(3600))
        #expect(try await reports(world).count == 3, "frozen figures wait for a person")

        guard case .done(_, 1) = await world.submit("k1", .recomputeReports(id, nil)) else {
            Issue.record("not recomputed")
            return
        }
        let fourth = try #require(try await reports(world).last)
        #expect(fourth.reportVersion == 4 && fourth.issue?.by == "operator:ana" && fourth.result.energyKWh == 65)
        guard case .refused(let sentence) = await world.submit("k2", .recomputeReports(id, nil)) else {
            Issue.record("recomputed without a difference")
            return
        }
        #expect(sentence.contains("version 4"))
        try await checkChain(world, id)
    }

    /// Whole as it is; every way to change it is found.
    private func checkChain(_ world: ResponseWorld, _ id: DREventID) async throws {
        let chain = try await world.engine.link.reports(of: id)
        #expect(ReportChain.verify(chain, keys: Self.keys, mustBeSigned: true).isEmpty)
        #expect(chain.allSatisfy { Self.keys.check($0) == .valid(key: "acme") })
        var changed = chain
        changed[1].body = changed[1].body.replacing("52.5", with: "99.5")
        #expect(ReportChain.verify(changed, keys: Self.keys) == [.changed(2)])
        // Hashed anew to its end, the chain holds; the signatures and the versions do not.
        for index in 1..<changed.count {
            changed[index].previousHash = changed[index - 1].hash
            changed[index].hash = ReportChain.hash(of: changed[index].body, after: changed[index].previousHash)
        }
        let findings = ReportChain.verify(changed, keys: Self.keys)
        #expect(findings.contains(.wrongSignature(2)) && findings.contains(.wrongSignature(4)))
        #expect(findings.contains(.wrongPredecessor(3)) && !findings.contains(.changed(2)))
        let stranger = ReportKeys([(name: "acme", secret: Array(repeating: 3, count: 32))])
        #expect(ReportChain.verify(chain, keys: stranger) == (1...4).map { .wrongSignature($0) })
        let others = ReportKeys([(name: "other", secret: Array(repeating: 3, count: 32))])
        #expect(ReportChain.verify(chain, keys: others) == (1...4).map { .unknownKey($0, "acme") })
        var stripped = chain
        stripped[2].signature = nil
        #expect(ReportChain.verify(stripped, keys: Self.keys) == [.unsigned(3)])
        var moved = chain
        moved[3].facility = try #require(FacilityID("F-2"))
        #expect(ReportChain.verify(moved, keys: Self.keys) == [.mislabelled(4)])
    }

    @Test("a short history makes the hour before the event stand in, marked, with the reason")
    func shortHistory() async throws {
        var (world, start) = try await world(days: 3)
        try await store(250, of: world.facilities[0], from: start, quarters: 4, in: world)
        await world.run(until: start.advanced(by: .seconds(3600 + 300)))
        let report = try #require(try await reports(world).first)
        #expect(report.baseline.quality == "heuristic" && report.baseline.preset == "same-day-hour-before")
        #expect(report.baseline.reason?.contains("needs 5 business days and found") == true)
        #expect(report.baseline.trust?.grade == .poor && report.result.energyKWh == 50)
    }

    @Test("a facility's rule goes before its programme's, and that before its utility's")
    func rules() async throws {
        let orders: [([String: String], String)] = [
            (["F-1": "mean-10-of-10", "cbp": "high-3-of-10", "acme": "high-5-of-10"], "mean-10-of-10"),
            (["cbp": "high-3-of-10", "acme": "high-5-of-10"], "high-3-of-10"),
            (["acme": "high-5-of-10"], "high-5-of-10"), ([:], "caiso-10-in-10"),
        ]
        for (names, rule) in orders {
            var world = try await ResponseWorld(
                buildings: 1, reports: ReportPorts(programs: names.compactMapValues { BaselineRule.named($0) }))
            let start = world.time.now.advanced(by: .seconds(3600))
            try await store(
                300, of: world.facilities[0], from: start.advanced(by: .seconds(-86_400 * 30)), quarters: 96 * 30 + 4,
                in: world)
            _ = try await world.notify(notice("E-1", at: start, minutes: 60, kilowatts: 60, to: ["F-1"]))
            await world.run(until: start.advanced(by: .seconds(3600 + 300)))
            #expect(try await reports(world).first?.baseline.preset == rule)
        }
    }

    @Test("a day on which the building was commanded is no day of its baseline")
    func eventDays() async throws {
        var (world, start) = try await world(days: 40)
        try await store(250, of: world.facilities[0], from: start, quarters: 4, in: world)
        await world.run(for: .seconds(5))
        let id: DREventID = try #require(DREventID("E-0"))
        var history = try #require(try await world.responses.commands(of: DREventID("E-1")).first)
        history.event = id
        history.progress.generation = 1
        let window = TimeRange(
            start: start.advanced(by: .seconds(-86_400 * 4)), end: start.advanced(by: .seconds(3600 - 86_400 * 4)))
        let event = DemandResponseEvent(
            id: id, program: "cbp", source: "utility:acme json", window: window, status: .completed, isSettled: true,
            receivedAt: window.start, modifiedAt: window.start)
        let leg = LegPlan(
            facility: world.facilities[0], commands: [history.plan], expected: Power(kilowatts: 1),
            releaseOffset: .zero)
        let plan = DispatchPlan(
            event: id, version: 1, window: window, target: nil, forecastQuality: .normal, legs: [leg])
        func transition(_ ordinal: Int, _ change: DRTransition.Change) -> DRTransition {
            DRTransition(
                event: id, ordinal: ordinal, from: "", to: "", at: window.start, actor: "engine", traceID: nil,
                reason: "", change: change)
        }
        try await world.responses.append(
            [
                transition(1, .plan(plan)),
                transition(
                    2, .command(world.facilities[0], sequence: history.plan.sequence, history.progress)),
            ], of: event)
        await world.run(until: start.advanced(by: .seconds(3600 + 300)))
        let report = try #require(try await reports(world).first)
        let date = ZoneOffsets.utc.date(at: window.start).description
        #expect(report.baseline.days?.first { $0.date == date }?.verdict == "dropped: with an event (E-0)")
        #expect(report.baseline.quality == "settlement" && report.result.energyKWh == 50)
    }

    @Test("an event that begins inside a quarter hour is measured in minutes there")
    func cutQuarter() async throws {
        var world = try await ResponseWorld(buildings: 1)
        let hour = world.time.now.advanced(by: .seconds(3600))
        let start = hour.advanced(by: .seconds(600))
        try await store(
            300, of: world.facilities[0], from: hour.advanced(by: .seconds(-86_400 * 30)), quarters: 96 * 30, in: world)
        try await store(260, of: world.facilities[0], from: hour, quarters: 2, in: world)
        let number = try #require(world.engine.parts.directory.current.facilities.first?.number)
        var write = SeriesWrite()
        write.rollups = (0..<15).map { minute in
            let load = minute < 10 ? 300.0 : 180.0
            return Rollup(
                series: .facility(number), granularity: .minute, start: hour.advanced(by: .seconds(60 * minute)),
                meanKilowatts: load, minKilowatts: load, maxKilowatts: load, kilowattHours: load / 60, count: 4,
                goodCount: 4)
        }
        try await world.series.write(write)
        _ = try await world.notify(notice("E-1", at: start, minutes: 20, kilowatts: 60, to: ["F-1"]))
        await world.run(until: start.advanced(by: .seconds(1200 + 300)))
        let report = try #require(try await reports(world).first)
        #expect(report.intervals.map(\.durationSeconds) == [300, 900])
        #expect(report.intervals.map(\.actualKWh) == [15, 65] && report.intervals.map(\.baselineKWh) == [25, 75])
        #expect(report.dataQuality == .init(expected: 80, ok: 80, estimated: 0, missing: 0))
    }

    @Test("the first report comes as soon as the load of the whole event is stored")
    func soon() async throws {
        var (world, start) = try await world(days: 20)
        try await store(250, of: world.facilities[0], from: start, quarters: 4, in: world)
        var write = SeriesWrite()
        write.closedUntil = start.advanced(by: .seconds(3600))
        try await world.series.write(write)
        var waited = Duration.zero
        while try await world.event("E-1")?.isSettled != true { await world.run(for: .seconds(5)) }
        while try await reports(world).isEmpty, waited < .seconds(60) {
            await world.run(for: .seconds(1))
            waited += .seconds(1)
        }
        #expect(try await reports(world).count == 1 && waited <= .seconds(15))
    }

    /// Stored by a build that made one version only. Never edit it: reports are kept for years.
    private static let oldBody = [
        #"{"baseline":{"kw":300,"preset":"same-day-hour-before","quality":"heuristic","version":1,"#,
        #""window":["2026-09-21T13:00:00Z","2026-09-21T14:00:00Z"]},"commands":[],"commitment":{"kw":50,"#,
        #""type":"delta_kw"},"dataQuality":{"estimated":0,"expected":240,"missing":0,"ok":240},"event":{"#,
        #""end":"2026-09-21T14:15:00Z","id":"E-1","modificationDateTime":"2026-09-21T13:00:00Z","programID":"cbp","#,
        #""source":"utility:acme json","start":"2026-09-21T14:00:00Z","status":"completed","test":"none"},"#,
        #""facility":{"id":"F-1","timeZone":"UTC"},"intervals":[{"actualKWh":60,"baselineKWh":75,"#,
        #""durationSeconds":900,"quality":"OK","reductionKWh":15,"start":"2026-09-21T14:00:00Z"}],"optState":"in","#,
        #""overrides":[],"reportVersion":1,"result":{"averageKW":60,"energyKWh":15,"minimumIntervalKW":60,"#,
        #""percentOfCommitment":120},"timeline":{"receivedAt":"2026-09-21T13:00:00Z"}}"#,
    ].joined()

    @Test("a report of an earlier build is read, holds in the chain, and is exported with what it has")
    func earlierBuild() throws {
        let record = ParticipationRecord(
            number: 1, event: try #require(DREventID("E-1")), facility: try #require(FacilityID("F-1")), version: 1,
            at: UTCInstant(seconds: 1_790_000_000), body: Self.oldBody, previousHash: nil,
            hash: ReportChain.hash(of: Self.oldBody, after: nil))
        #expect(ReportChain.verify([record], keys: Self.keys).isEmpty)
        #expect(ReportChain.verify([record], keys: Self.keys, mustBeSigned: true) == [.unsigned(1)])
        let report = try ReportText.report(of: record)
        #expect(report.issue == nil && report.result.energyKWh == 15 && report.baseline.days == nil)
        #expect(
            ReportTable.text(of: [report]).contains("E-1,F-1,1,,2026-09-21T14:00:00Z,,,900,60.000,75.000,15.000,OK,"))
        #expect(try ReportText.sealed(record).hasSuffix("\"integrity\":{\"hash\":\"\(record.hash)\"}}"))
        let next = SettlementStateMachine([.init(report: report, hash: record.hash)])
        #expect(!next.isFrozen)
    }
}
