import DemandResponse
import EnergyModel
import Ports
import SwitchyardTesting
import Testing

@testable import Engine

@Suite("What meters show of a response")
struct ResponseMeterTests {
    /// An hour of quarter hours at `kilowatts` before `end`, stored.
    private func store(_ kilowatts: Double, of facility: FacilityID, before end: UTCInstant, in world: ResponseWorld)
        async throws
    {
        let number = try #require(world.engine.parts.directory.current.facilities.first { $0.id == facility }?.number)
        let last = Granularity.quarterHour.windowStart(of: end)
        var write = SeriesWrite()
        write.rollups = (1...4).map { back in
            Rollup(
                series: .facility(number), granularity: .quarterHour, start: last.advanced(by: .seconds(-900 * back)),
                meanKilowatts: kilowatts, minKilowatts: kilowatts, maxKilowatts: kilowatts,
                kilowattHours: kilowatts / 4, count: 60, goodCount: 60)
        }
        try await world.series.write(write)
    }

    private func read(_ kilowatts: Double, of facility: FacilityID, in world: ResponseWorld) throws {
        let fleet = world.engine.parts.directory.current
        let number = try #require(fleet.facilities.first { $0.id == facility }?.number)
        let meter = try #require(fleet.meters.first { $0.facility == number }?.number)
        let reading = Reading(time: world.time.now, meter: meter, facility: number, kilowatts: kilowatts)
        world.engine.parts.board.apply(readings: [reading], rollups: [], now: world.time.now)
    }

    @Test("a building whose meters show too little is told of once, and the event shows what was measured")
    func underDelivery() async throws {
        var world = try await ResponseWorld()
        let start = world.time.now.advanced(by: .seconds(60))
        for facility in world.facilities { try await store(300, of: facility, before: start, in: world) }
        _ = try await world.notify(notice("E-1", at: start, minutes: 60, kilowatts: 180))
        await world.run(until: start.advanced(by: .seconds(30)))
        let id: DREventID = try #require(DREventID("E-1"))
        let confirmed = try #require(world.coordinator.event(id)?.saga.recordedReduction(of: world.facilities[0]))
        for _ in 0..<24 {
            try read(300 - confirmed.kilowatts, of: world.facilities[0], in: world)
            try read(295, of: world.facilities[1], in: world)
            await world.response.reconciliation.turn()
            await world.run(for: .seconds(30))
        }
        let event = try #require(try await world.event("E-1"))
        #expect(abs(try #require(event.achieved).kilowatts - confirmed.kilowatts - 5) < 0.01)
        let detail = try #require(try await world.engine.link.event(id))
        #expect(detail.legs.map { $0.baseline?.kilowatts } == [300, 300])
        #expect(detail.legs.map(\.progress.isUnderDelivering) == [false, true])
        #expect(detail.legs.map(\.progress.isDiscrepant) == [false, true])
        let under = world.escalations.values.filter { $0.sentence.contains("gives") }
        #expect(under.filter { $0.facility == world.facilities[1] }.count == 1)
        await world.engine.parts.journal.flush()
        let notes = try await world.records.journal(JournalQuery()).filter { $0.text.contains("the meters show") }
        #expect(notes.count == 1 && notes.first?.actor == "engine")
        await world.run(for: .seconds(4000))
        let report = try #require(
            try await world.engine.link.reports(of: id).first { $0.facility == world.facilities[0] })
        #expect(report.body.contains("\"preset\":\"same-day-hour-before\""))
        #expect(report.body.contains("\"baselineKWh\":75") && report.body.contains("\"quality\":\"heuristic\""))
    }

    @Test("a last hour of load makes bands with a stated width, and the plan says heuristic")
    func bands() async throws {
        let world = try await ResponseWorld()
        let number = try #require(world.engine.parts.directory.current.facilities.first?.number)
        let minutes = (1...60).map { back in
            Rollup(
                series: .facility(number), granularity: .minute,
                start: Granularity.minute.windowStart(of: world.time.now).advanced(by: .seconds(-60 * back)),
                meanKilowatts: 400, minKilowatts: 400, maxKilowatts: 400, kilowattHours: 400 / 60, count: 4,
                goodCount: 4)
        }
        world.engine.parts.board.apply(readings: [], rollups: minutes, now: world.time.now)
        let request = EventRequest(
            id: try #require(DREventID("hand")), program: "cbp", start: world.time.now.advanced(by: .seconds(60)),
            duration: .seconds(3600), target: Power(kilowatts: 50), facilities: [world.facilities[0]])
        let preview = try await world.engine.link.preview(request)
        #expect(preview.plan.forecastQuality == .heuristic)
        #expect(abs(preview.optimistic.kilowatts / preview.expected.kilowatts - 1 / 0.9) < 0.01)
    }
}
