import DemandResponse
import EnergyModel
import Ports
import SwitchyardTesting
import Testing

@testable import Engine

@Suite("Demand response, end to end")
struct ResponseTests {
    @Test("a notification becomes a plan, commands, confirmations, releases, and an end")
    func wholeWay() async throws {
        var world = try await ResponseWorld()
        let start = world.time.now.advanced(by: .seconds(300))
        #expect(
            try await world.notify(notice("E-1", at: start, kilowatts: 120)) == .accepted(event: "E-1", isRepeat: false)
        )
        await world.settle()
        #expect(try await world.event("E-1")?.status == .scheduled)
        #expect(world.buildings.held.isEmpty)
        await world.run(until: start.advanced(by: .seconds(60)))
        let running = try #require(try await world.event("E-1"))
        #expect(running.status == .degraded, "no forecast exists, and it says so")
        #expect(running.forecastQuality == .heuristic)
        #expect(try #require(running.expected).kilowatts >= 120)
        #expect(world.buildings.held.count == 2)
        #expect(try await world.commands("E-1").allSatisfy { $0.progress.phase == .confirmed })
        await world.run(until: start.advanced(by: .seconds(1200 + 60)))
        #expect(world.buildings.held.isEmpty)
        let over = try #require(try await world.event("E-1"))
        #expect(over.status == .completed)
        #expect(over.isSettled)
        #expect(world.coordinator.open.isEmpty)
    }
}
