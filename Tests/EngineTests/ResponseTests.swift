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

    @Test("an answer lost after the building acted leads to a question, not to a second execution")
    func lostAnswer() async throws {
        var world = try await ResponseWorld()
        world.buildings.set(.losesAnswers(2), of: world.facilities[0])
        let start = world.time.now.advanced(by: .seconds(60))
        _ = try await world.notify(notice("E-1", at: start, kilowatts: 180))
        await world.run(until: start.advanced(by: .seconds(120)))
        #expect(try await world.commands("E-1").allSatisfy { $0.progress.phase == .confirmed })
        let keys = world.buildings.site(world.facilities[0]).effects.map(\.key)
        #expect(Set(keys).count == keys.count && !keys.isEmpty)
        await world.run(until: start.advanced(by: .seconds(1500)))
        #expect(world.buildings.held.isEmpty)
        #expect(try await world.event("E-1")?.isSettled == true)
    }

    @Test("with the record store down at the end the releases go out all the same, and are recorded when it is back")
    func storeDownAtTheEnd() async throws {
        var world = try await ResponseWorld()
        let start = world.time.now.advanced(by: .seconds(60))
        _ = try await world.notify(notice("E-1", at: start, kilowatts: 180))
        await world.run(until: start.advanced(by: .seconds(600)))
        #expect(world.buildings.held.count == 2)
        world.responses.faults.failNext(.max)
        await world.run(until: start.advanced(by: .seconds(1400)))
        #expect(world.buildings.held.isEmpty, "every step of every leg is given back, in order")
        #expect(try await world.responses.base.hasUnsettled(world))
        world.responses.faults.failNext(0)
        await world.run(until: start.advanced(by: .seconds(1800)))
        let over = try #require(try await world.event("E-1"))
        #expect(over.status == .completed && over.isSettled)
        for facility in world.facilities {
            let keys = world.buildings.site(facility).effects.map(\.key)
            #expect(Set(keys).count == keys.count, "nothing was done twice")
        }
    }

    @Test("the watchdog alone gives back what the coordinator never will, once")
    func watchdogAlone() async throws {
        var world = try await ResponseWorld()
        let start = world.time.now.advanced(by: .seconds(60))
        _ = try await world.notify(notice("E-1", at: start, kilowatts: 120))
        await world.run(until: start.advanced(by: .seconds(300)))
        #expect(!world.buildings.held.isEmpty)
        world.time.advance(by: .seconds(1550))
        await world.response.watchdog.turn()
        #expect(!world.buildings.held.isEmpty, "the grace after the dead-man is not over")
        world.time.advance(by: .seconds(300))
        await world.response.watchdog.turn()
        #expect(world.buildings.held.isEmpty)
        let calls = world.buildings.calls
        await world.response.watchdog.turn()
        #expect(world.buildings.calls == calls)
        // The coordinator comes back and finds it done.
        await world.run(for: .seconds(300))
        #expect(try await world.event("E-1")?.isSettled == true)
    }

    @Test("a winning event takes the building over; the loser ends there and the winner begins when it is free")
    func takeOver() async throws {
        var world = try await ResponseWorld()
        let start = world.time.now.advanced(by: .seconds(60))
        _ = try await world.notify(notice("LOW", at: start, minutes: 60, kilowatts: 60, to: ["F-1"], priority: 5))
        await world.run(until: start.advanced(by: .seconds(120)))
        #expect(world.buildings.held.keys.sorted() == [world.facilities[0]])
        _ = try await world.notify(
            notice("HIGH", at: world.time.now, minutes: 30, kilowatts: 120, to: ["F-1"], priority: 0))
        await world.run(for: .seconds(120))
        #expect(try await world.event("LOW")?.status == .superseded)
        let high = try #require(try await world.event("HIGH"))
        #expect(high.status == .degraded, "runs on a heuristic")
        let effects = world.buildings.site(world.facilities[0]).effects
        let lastOfLow = try #require(effects.lastIndex { $0.key.hasPrefix("LOW") })
        let firstOfHigh = try #require(effects.firstIndex { $0.key.hasPrefix("HIGH") })
        #expect(lastOfLow < firstOfHigh)
        _ = try await world.notify(
            notice("LATE", at: world.time.now, minutes: 120, kilowatts: 60, to: ["F-1"], priority: 7))
        await world.run(for: .seconds(300))
        #expect(try await world.commands("LATE").allSatisfy { $0.progress.generation == 0 }, "waits for the winner")
        await world.run(for: .seconds(2000))
        #expect(try await world.commands("LATE").contains { $0.progress.phase == .confirmed })
        await world.run(for: .seconds(7200))
        #expect(world.buildings.held.isEmpty)
    }

    @Test("a status reaches the utility once it listens again")
    func callbacks() async throws {
        var world = try await ResponseWorld { $0.response.report.freezeAfter = .seconds(600) }
        world.callbacks.failNext(2)
        let start = world.time.now.advanced(by: .seconds(60))
        _ = try await world.notify(notice("E-1", at: start))
        await world.run(until: start.advanced(by: .seconds(1400)))
        #expect(
            world.callbacks.values.map(\.status) == [.scheduled, .pendingExecution, .degraded, .completed])
        #expect(Set(world.callbacks.values.map(\.id)).count == 4)
        await world.run(for: .seconds(1100))
        #expect(try await world.responses.pendingNotices(limit: 10).isEmpty)
    }

    @Test("a failed command lies in bms-failures, is sent again after a minute, and is done with when it works")
    func tiers() async throws {
        var world = try await ResponseWorld()
        world.buildings.set(.refuses, of: world.facilities[0])
        let start = world.time.now.advanced(by: .seconds(10))
        _ = try await world.notify(notice("E-1", at: start, minutes: 60, kilowatts: 120))
        await world.run(until: start.advanced(by: .seconds(20)))
        let letters = try await world.letters(.buildingFailures)
        #expect(!letters.isEmpty && letters.allSatisfy { $0.facility == world.facilities[0] })
        #expect(!world.escalations.values.isEmpty)
        world.buildings.set(.none, of: world.facilities[0])
        await world.response.tiers.turn()
        await world.run(for: .seconds(10))
        #expect(try await world.commands("E-1").contains { $0.progress.phase == .failed }, "its tier has not come")
        world.time.advance(by: .seconds(60))
        await world.response.tiers.turn()
        await world.run(for: .seconds(10))
        #expect(try await world.commands("E-1").allSatisfy { $0.progress.phase == .confirmed })
        await world.response.tiers.turn()
        let states = try await world.records.deadLetters(DeadLetterQuery(topic: Topic.buildingFailures.name)).letters
        #expect(states.allSatisfy { $0.state == .replayed })
    }

    @Test("only one engine drives; another takes over when the lease is over, and the first learns of it")
    func lease() async throws {
        var world = try await ResponseWorld()
        let id: DREventID = try #require(DREventID("E-1"))
        _ = try await world.notify(notice("E-1", at: world.time.now, minutes: 60, kilowatts: 120))
        await world.run(for: .seconds(60))
        await world.response.driver.renew()
        let early = try await world.rival()
        #expect(early.parts.response?.coordinator.isDriving == false)
        await #expect(throws: PortError.self) {
            _ = try await early.parts.response?.coordinator.change(id, by: "test") { $0.cancelled("", $2) }
        }
        world.time.advance(by: .seconds(31))
        let rival = try #require(try await world.rival().parts.response)
        #expect(rival.coordinator.open.map(\.id) == [id])
        #expect(try await rival.coordinator.change(id, by: "test") { $0.cancelled("over", $2) }.refusal == nil)
        // What the first one still holds in memory is worth nothing, and it finds out before it sends anything.
        await #expect(throws: PortError.self) {
            _ = try await world.coordinator.change(id, by: "test") { $0.optedOut("late", $2) }
        }
        #expect(world.coordinator.takeRequests().isEmpty)
        await world.response.driver.renew()
        #expect(!world.coordinator.isDriving)
        for request in rival.coordinator.takeRequests() { await rival.driver.perform(request) }
        #expect(try await world.event("E-1")?.status == .cancelled)
    }

    @Test("reports of an event form a chain in which any change is found")
    func reports() async throws {
        var world = try await ResponseWorld(buildings: 3)
        let start = world.time.now.advanced(by: .seconds(60))
        _ = try await world.notify(notice("E-1", at: start, kilowatts: 200))
        let id: DREventID = try #require(DREventID("E-1"))
        await world.run(until: start.advanced(by: .seconds(1260)))
        #expect(try await world.event("E-1")?.isSettled == true)
        #expect(try await world.engine.link.reports(of: id).isEmpty, "its load is waited for")
        await world.run(for: .seconds(1100))
        let chain = try await world.engine.link.reports(of: id)
        #expect(chain.count == 3)
        #expect(ReportChain.verify(chain).isEmpty)
        #expect(chain[0].body.contains("\"outcome\":\"confirmed\""))
        for index in chain.indices {
            var tampered = chain
            tampered[index].body = tampered[index].body.replacing("confirmed", with: "confirmeD")
            #expect(ReportChain.verify(tampered) == [.changed(Int64(index + 1))])
        }
        var shortened = chain
        shortened.remove(at: 1)
        #expect(ReportChain.verify(shortened) == [.missing(after: 1), .brokenLink(3)])
        var rehashed = chain
        rehashed[1].body += " "
        rehashed[1].hash = ReportChain.hash(of: rehashed[1].body, after: rehashed[1].previousHash)
        #expect(ReportChain.verify(rehashed) == [.brokenLink(3)])
    }
}

extension MemoryResponseRecords {
    /// Asked past the faults: with them every read throws.
    fileprivate func hasUnsettled(_ world: ResponseWorld) async throws -> Bool {
        faults.failNext(0)
        defer { faults.failNext(.max) }
        return try await world.event("E-1")?.isSettled == false
    }
}
