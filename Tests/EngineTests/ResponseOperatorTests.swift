import DemandResponse
import EnergyModel
import Ports
import SwitchyardTesting
import Testing

@testable import Engine

@Suite("People and demand response")
struct ResponseOperatorTests {
    private func request(
        _ world: ResponseWorld, value: Double = 25, minutes: Int64 = 30
    ) throws -> OverrideRequest {
        OverrideRequest(
            facility: world.facilities[0], point: try point("AHU-1/CLG_SP"), value: value,
            until: world.time.now.advanced(by: .seconds(minutes * 60)))
    }

    private func slot8(_ world: ResponseWorld) throws -> Double? {
        world.buildings.site(world.facilities[0]).slots[try point("AHU-1/CLG_SP")]?[8]
    }

    private func overrideID(_ key: String) throws -> DREventID { try #require(OverrideOrder.id(ofCommand: key)) }

    @Test("an event that is over still shows how many commands its buildings had confirmed")
    func confirmedAfterTheEnd() async throws {
        var world = try await ResponseWorld()
        let start = world.time.now.advanced(by: .seconds(60))
        _ = try await world.notify(notice("E-1", at: start, kilowatts: 120))
        await world.run(until: start.advanced(by: .seconds(1200 + 900)))
        let id: DREventID = try #require(DREventID("E-1"))
        let detail = try #require(try await world.engine.link.event(id))
        #expect(detail.event.isSettled && !detail.legs.isEmpty)
        #expect(detail.legs.allSatisfy { $0.commands > 0 && $0.confirmedCommands == $0.commands }, "\(detail.legs)")
    }

    @Test("an override is written at slot 8 inside the envelope, once a key, and ends by itself")
    func overrideEnds() async throws {
        var world = try await ResponseWorld()
        let request = try request(world, value: 31)
        let preview = try await world.engine.link.preview(request)
        #expect(preview.plan.legs.first?.commands.first?.value == 27)
        #expect(preview.remarks.contains { $0.contains("limited") })
        guard case .done(let sentence, 1) = await world.submit("k-1", .overridePoint(request)) else {
            Issue.record("refused")
            return
        }
        #expect(sentence.contains("27"))
        await world.settle()
        #expect(try slot8(world) == 27)
        #expect(await world.submit("k-1", .overridePoint(request)) == .done(sentence: sentence, affected: 1))
        await world.settle()
        #expect(world.buildings.site(world.facilities[0]).effects.count == 1)
        let shown = try await world.engine.link.building(world.facilities[0])
        let holder = try #require(shown.points.first { $0.point.id == request.point }?.holders.first)
        #expect(holder.author == "operator:ana" && holder.slot == .operatorOverride && holder.reason == "test")
        await world.run(for: .seconds(1900))
        #expect(world.buildings.held.isEmpty)
        #expect(try await world.responses.event(try overrideID("k-1"))?.status == .completed)
    }

    @Test("an override is extended without a gap and released on demand")
    func extendAndRelease() async throws {
        var world = try await ResponseWorld()
        _ = await world.submit("k-1", .overridePoint(try request(world)))
        await world.run(for: .seconds(60))
        let id = try overrideID("k-1")
        let later = world.time.now.advanced(by: .seconds(7200))
        guard case .done = await world.submit("k-2", .extendOverride(id, until: later)) else {
            Issue.record("not extended")
            return
        }
        await world.run(for: .seconds(3600))
        #expect(try slot8(world) == 25)
        #expect(world.coordinator.event(id)?.event.window.end == later)
        #expect(
            world.buildings.site(world.facilities[0]).effects.allSatisfy { $0.value == 25 }, "never NULL in between")
        guard case .done = await world.submit("k-3", .releaseOverride(id)) else {
            Issue.record("not released")
            return
        }
        await world.run(for: .seconds(10))
        #expect(world.buildings.held.isEmpty)
    }

    @Test("a newer override of the same point takes its place; the planner leaves held points alone")
    func newerOverride() async throws {
        var world = try await ResponseWorld()
        _ = await world.submit("k-1", .overridePoint(try request(world, value: 25)))
        await world.run(for: .seconds(10))
        _ = await world.submit("k-2", .overridePoint(try request(world, value: 24)))
        await world.run(for: .seconds(30))
        #expect(try slot8(world) == 24)
        let newer = try overrideID("k-2")
        #expect(world.coordinator.open.map(\.id) == [newer])
        _ = try await world.notify(notice("E-1", at: world.time.now, minutes: 10, kilowatts: 200))
        await world.run(for: .seconds(60))
        let held = try point("AHU-1/CLG_SP")
        #expect(
            try await !world.commands("E-1").contains { $0.facility == world.facilities[0] && $0.plan.point == held })
        await world.run(for: .seconds(3600))
        #expect(world.buildings.held.isEmpty)
    }

    @Test("an override knocks at an open breaker, and a success closes it")
    func forcedProbe() async throws {
        var world = try await ResponseWorld()
        let facility = world.facilities[0]
        _ = await world.response.points.points(of: facility)
        world.buildings.set(.faults, of: facility)
        _ = try await world.notify(notice("E-1", at: world.time.now, kilowatts: 180))
        await world.run(for: .seconds(15))
        #expect(!world.response.gate.isReachable(facility))
        world.buildings.set(.none, of: facility)
        _ = await world.submit("k-1", .overridePoint(try request(world)))
        await world.settle()
        #expect(try slot8(world) == 25)
        #expect(world.response.gate.isReachable(facility))
        let name = "building:\(facility)"
        #expect(world.engine.parts.snapshots.make().health.breakers.contains { $0.name == name })
    }

    @Test("an event by hand is previewed, runs, shows in snapshots, and is cancelled in flight")
    func manualEvent() async throws {
        var world = try await ResponseWorld()
        let id: DREventID = try #require(DREventID("hand-1"))
        let request = EventRequest(
            id: id, program: "cbp", start: world.time.now.advanced(by: .seconds(60)), duration: .seconds(1800),
            target: Power(kilowatts: 120), facilities: [world.facilities[1]])
        let preview = try await world.engine.link.preview(request)
        #expect(preview.plan.legs.map(\.facility) == [world.facilities[1]])
        #expect(world.buildings.calls == 0)
        guard case .done = await world.submit("k-1", .createEvent(request)) else {
            Issue.record("not created")
            return
        }
        await world.run(for: .seconds(120))
        #expect(world.buildings.held.keys.sorted() == [world.facilities[1]])
        let snapshot = world.engine.parts.snapshots.make()
        #expect(snapshot.openEvents.map(\.id) == [id])
        #expect(snapshot.facilities.first { $0.id == world.facilities[1] }?.response?.event == id)
        let detail = try #require(try await world.engine.link.event(id))
        #expect(detail.legs.count == 1 && detail.event.source == "operator:ana")
        #expect(detail.remarks.contains { $0.contains("heuristic") })
        guard case .done = await world.submit("k-2", .cancelEvent(id)) else {
            Issue.record("not cancelled")
            return
        }
        await world.run(for: .seconds(60))
        #expect(world.buildings.held.isEmpty)
        guard case .refused = await world.submit("k-3", .cancelEvent(id)) else {
            Issue.record("cancelled twice")
            return
        }
        #expect(world.callbacks.values.isEmpty, "no utility asked for it")
    }

    @Test("an event that must be approved sends nothing before, and ends unapproved")
    func approval() async throws {
        var world = try await ResponseWorld { $0.response.approval = .always }
        let start = world.time.now.advanced(by: .seconds(60))
        for name in ["E-1", "E-2"] {
            let target = name == "E-1" ? "F-1" : "F-2"
            _ = try await world.notify(notice(name, at: start, kilowatts: 60, to: [target]))
        }
        await world.run(for: .seconds(120))
        #expect(try await world.event("E-1")?.awaitsApproval == true)
        #expect(world.escalations.values.map(\.subject) == ["dr-event:E-1", "dr-event:E-2"])
        #expect(world.buildings.calls == 0)
        guard case .done = await world.submit("k", .approveEvent(try #require(DREventID("E-1")))) else {
            Issue.record("not approved")
            return
        }
        await world.run(for: .seconds(60))
        #expect(world.buildings.held.keys.sorted() == [world.facilities[0]])
        await world.run(for: .seconds(1500))
        let unapproved = try #require(try await world.event("E-2"))
        #expect(unapproved.status == .cancelled && unapproved.isSettled)
        #expect(world.buildings.held.isEmpty)
    }

    @Test("one building opts out and stays out; releasing a building empties our slots there")
    func optOutAndRelease() async throws {
        var world = try await ResponseWorld()
        _ = try await world.notify(notice("E-1", at: world.time.now, minutes: 60, kilowatts: 120))
        await world.run(for: .seconds(60))
        let id: DREventID = try #require(DREventID("E-1"))
        guard case .done = await world.submit("k-1", .optOut(id, world.facilities[0])) else {
            Issue.record("not opted out")
            return
        }
        await world.run(for: .seconds(30))
        #expect(world.buildings.held.keys.sorted() == [world.facilities[1]])
        guard case .done = await world.submit("k-2", .releaseBuilding(world.facilities[1])) else {
            Issue.record("not released")
            return
        }
        #expect(world.buildings.held.isEmpty)
        await world.run(for: .seconds(60))
        #expect(try await world.event("E-1")?.status == .optedOut)
    }

    @Test("a desk beside the engine answers what is stored, and refuses to act")
    func desk() async throws {
        var world = try await ResponseWorld()
        _ = try await world.notify(notice("E-1", at: world.time.now, kilowatts: 120))
        await world.run(for: .seconds(30))
        let desk = world.desk
        let id: DREventID = try #require(DREventID("E-1"))
        #expect(try await desk.events(EventQuery(scope: .open)).map(\.id) == [id])
        #expect(try await desk.event(id)?.commands.isEmpty == false)
        let outcome = await desk.submit(
            OperatorCommand(key: "k", author: "operator:ana", reason: "", action: .cancelEvent(id)))
        guard case .refused(let sentence) = outcome else {
            Issue.record("acted")
            return
        }
        #expect(sentence.contains("engine"), "no engine runs beside it")
    }
}
