import EnergyModel
import Ports
import SwitchyardTesting
import Testing

@testable import Engine

@Suite("Late hours")
struct LateHourTests {
    private func late(_ meter: UInt32, _ facility: UInt32, _ hour: Int64) -> LateHour {
        LateHour(
            meter: MeterNumber(rawValue: meter), facility: FacilityNumber(rawValue: facility),
            hour: UTCInstant(seconds: hour * 3600))
    }

    @Test("a queue gives what sorting all late hours would give, whatever comes and goes")
    func model() {
        var random = SplitMix64(seed: 7)
        var queue = LateHourQueue()
        var model: Set<LateHour> = []
        for _ in 0..<2000 {
            let hour = late(
                .random(in: 0..<12, using: &random), .random(in: 0..<4, using: &random),
                .random(in: 0..<20, using: &random))
            if Bool.random(using: &random) {
                #expect(queue.insert(hour) == model.insert(hour).inserted)
            } else {
                queue.remove(hour)
                model.remove(hour)
            }
            #expect(queue.count == model.count)
            let limit = Int.random(in: 0..<20, using: &random)
            #expect(queue.groups(limit: limit) == LateHourTests.groups(of: model, limit: limit))
        }
    }

    private static func groups(of hours: Set<LateHour>, limit: Int) -> [LateHourQueue.Group] {
        var chosen: [LateHourQueue.Group] = []
        var taken = 0
        for first in hours.sorted(by: { ($0.hour, $0.facility) < ($1.hour, $1.facility) }) where taken < limit {
            guard !chosen.contains(where: { $0.facility == first.facility }) else { continue }
            let meters = hours.filter { $0.facility == first.facility && $0.hour == first.hour }.map(\.meter).sorted()
            chosen.append(.init(facility: first.facility, hour: first.hour, meters: meters))
            taken += meters.count
        }
        return chosen
    }

    @Test(
        "a recompute asked at a desk is worked by the engine that runs beside it, or by the next one",
        arguments: [true, false])
    func desk(isRunning: Bool) async throws {
        var world = World()
        let start = world.time.now
        var session = try await world.parts.aggregation.open()
        for minute in 0..<70 {
            _ = await world.send(json(at: start.advanced(by: .seconds(minute * 60)), kilowatts: 10))
            world.time.advance(by: .seconds(60))
            try await world.settle(&session)
        }
        let meter = try #require(try await world.records.meters().first).number
        let range = TimeRange(start: start, end: start.advanced(by: .seconds(60)))
        var damage = SeriesWrite()
        damage.rollups = try await world.series.rollups(of: .meter(meter), .minute, in: range, limit: 1)
        damage.rollups[0].kilowattHours = 1e9
        try await world.series.write(damage)
        let command = OperatorCommand(key: "k", author: "operator:ana", reason: "damaged", action: .recompute(range))
        guard case .done(_, 1) = await world.desk.submit(command) else {
            Issue.record("nothing was queued")
            return
        }
        #expect(try await world.series.progress().lateHours.count == 1)
        if isRunning {
            world.time.advance(by: .seconds(11))
        } else {
            try await world.crash()
            session = try await world.parts.aggregation.open()
            world.time.advance(by: .seconds(2))
        }
        for _ in 0..<3 { try await world.parts.aggregation.turn(&session) }
        #expect(try await world.series.progress().lateHours.isEmpty)
        let healed = try await world.series.rollups(of: .meter(meter), .minute, in: range, limit: 1)
        #expect(healed.first.map { $0.kilowattHours < 1 } == true)
    }

    @Test("a late hour of a facility that a meter has left is worked with the meter's readings of that hour")
    func moved() async throws {
        let world = World()
        let start = world.time.now
        let rest = IntakeDelivery.Origin.rest(client: "test")
        var session = try await world.parts.aggregation.open()
        for minute in 0..<70 {
            let at = start.advanced(by: .seconds(minute * 60))
            if minute != 5 { _ = await world.send(json("M-1", at: at, kilowatts: 10), as: rest) }
            _ = await world.send(json("M-2", at: at, kilowatts: 30), as: rest)
            world.time.advance(by: .seconds(60))
            try await world.settle(&session)
        }
        func description(_ facility: String, _ meters: [String]) throws -> FacilityDescription {
            FacilityDescription(
                id: try #require(FacilityID(facility)), name: facility, kind: .office, region: "", timeZone: "UTC",
                contractDemand: nil, buildingEndpoint: nil,
                meters: try meters.map { .init(id: try #require(MeterID($0)), registerLimit: nil) })
        }
        _ = try await world.records.importFacilities([
            try description("F-1", ["M-1"]), try description("F-2", ["M-2"]),
        ])
        try await world.parts.directory.load()
        _ = await world.send(json("M-1", at: start.advanced(by: .seconds(300)), kilowatts: 10))
        try await world.settle(&session)
        world.time.advance(by: .seconds(5))
        for _ in 0..<3 { try await world.parts.aggregation.turn(&session) }
        let facility = try #require(try await world.records.facilities().first { $0.id.text == "F-1" }).number
        let range = TimeRange(start: start, end: start.advanced(by: .seconds(3600)))
        let hour = try await world.series.rollups(of: .facility(facility), .hour, in: range, limit: 1).first
        #expect(hour?.count == 120)
        let minutes = try await world.series.rollups(of: .facility(facility), .minute, in: range, limit: 60)
        #expect(minutes.allSatisfy { $0.meanKilowatts == 40 })
    }

    @Test("a recompute of more hours than the limit is refused and queues nothing")
    func limit() async throws {
        let world = World { $0.aggregation.recomputeHours = 2 }
        var session = try await world.parts.aggregation.open()
        let start = world.time.now
        for hour in 0..<3 { _ = await world.send(json(at: start.advanced(by: .seconds(hour * -3600)))) }
        try await world.settle(&session)
        let range = TimeRange(start: start.advanced(by: .seconds(-7200)), end: start.advanced(by: .seconds(1)))
        let command = OperatorCommand(key: "k", author: "operator:ana", reason: "x", action: .recompute(range))
        guard case .refused(let sentence) = await world.desk.submit(command) else {
            Issue.record("three hours were queued")
            return
        }
        #expect(sentence.contains("shorter"))
        #expect(try await world.series.progress().lateHours.isEmpty)
    }

    @Test("a queue is reported at its mark and once more when it is nearly full")
    func nearlyFull() {
        var settings = EngineSettings.Ingest()
        settings.queueCapBytes = 100
        var gate = IngestGate(settings: settings)
        #expect(gate.measured(.local, bytes: 80, items: 1) == [.startedRefusing(.local)])
        #expect(gate.appended(to: .local, bytes: 15, items: 1) == [.becameNearlyFull(.local)])
        #expect(gate.measured(.local, bytes: 96, items: 1).isEmpty)
        #expect(gate.measured(.local, bytes: 10, items: 1) == [.resumed(.local), .noLongerNearlyFull(.local)])
    }
}
