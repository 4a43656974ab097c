import DemandResponse
import EnergyModel
import Logging
import Ports
import ServiceLifecycle
import SwitchyardTesting
import Testing

@testable import Engine

/// The services of demand response on a clock that the test moves.
@Suite("Many buildings at once")
struct ResponseCrowdTests {
    private struct Stage {
        let clock = ManualClock()
        let responses: MemoryResponseRecords
        let buildings: ResponseBuildings
        let facilities: [FacilityID]
        let engine: Engine

        init(buildings count: Int) async throws {
            let clock = clock
            let now: @Sendable () -> UTCInstant = { clock.utc }
            responses = MemoryResponseRecords(clock: clock)
            buildings = ResponseBuildings(now: now, sleep: { try await clock.sleep(for: $0) })
            facilities = try (1...count).map { try #require(FacilityID("F-\($0)")) }
            let records = MemoryRecordStore(clock: clock)
            _ = try await records.importFacilities(try facilities.map { try ResponseWorld.description(of: $0) })
            for facility in facilities { buildings.add(facility, try ResponseWorld.points()) }
            var settings = EngineSettings()
            settings.response.approval = .never
            engine = Engine(
                settings: settings, log: MemoryEventLog(clock: clock, now: now),
                spool: MemoryEventLog(clock: clock, now: now), series: MemorySeriesStore(clock: clock),
                records: records, time: Timekeeper(clock: clock, now: now), random: { 0x9E37_79B9_7F4A_7C15 },
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
                response: ResponsePorts(records: responses, buildings: buildings))
            try await engine.parts.directory.load()
        }

        func pass() async { await clock.pass(.milliseconds(50)) }

        /// Moves the clock until `isOver`, at most for `span`; how long it took.
        func pass(atMost span: Duration, until isOver: () async -> Bool) async -> Duration {
            let start = clock.now
            while start.duration(to: clock.now) < span, await !isOver() { await pass() }
            return start.duration(to: clock.now)
        }

        var coordinator: Coordinator? { engine.parts.response?.coordinator }

        func states(of event: String) -> [LegState] {
            guard let id = DREventID(event), let saga = coordinator?.event(id)?.saga else { return [] }
            return facilities.compactMap { saga.leg($0)?.state }
        }

        func isActive(_ facility: FacilityID, in event: String) -> Bool {
            guard let id = DREventID(event) else { return false }
            return coordinator?.event(id)?.saga.leg(facility)?.state == .active
        }

        /// The body, beside the running services; these end whatever it does.
        func run(_ body: () async throws -> Void) async throws {
            let services = engine.parts.response?.services ?? []
            let group = ServiceGroup(
                services: services, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            let isOver = Flag()
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask {
                    try await group.run()
                    isOver.set(true)
                }
                _ = await pass(atMost: .seconds(10)) { coordinator?.isDriving ?? false }
                let result: Result<Void, any Error>
                do { result = .success(try await body()) } catch { result = .failure(error) }
                let start = clock.now
                await group.triggerGracefulShutdown()
                while !isOver.isSet, start.duration(to: clock.now) < .seconds(30) { await pass() }
                #expect(isOver.isSet, "a stop ends in time")
                #expect(start.duration(to: clock.now) < .seconds(5))
                tasks.cancelAll()
                while !isOver.isSet {
                    clock.advance(by: .seconds(600))
                    await pass()
                }
                try result.get()
            }
        }

        func notify(_ body: String) async -> NotificationVerdict? {
            await engine.notifications?.accept(
                InboundNotification(
                    utility: "acme", deliveryID: nil, body: Array(body.utf8), arrivedAt: clock.utc, traceID: nil))
        }
    }

    @Test("of 50 buildings one hangs, one flaps, one faults: the other 47 are confirmed within ten seconds")
    func oneBadApple() async throws {
        let stage = try await Stage(buildings: 50)
        for facility in stage.facilities {
            await stage.engine.parts.response?.points.refresh(facility)
        }
        try await stage.run {
            stage.buildings.set(.hangs, of: stage.facilities[7])
            stage.buildings.set(.flaps, of: stage.facilities[20])
            stage.buildings.set(.faults, of: stage.facilities[33])
            let good = stage.facilities.enumerated().filter { ![7, 20, 33].contains($0.offset) }.map(\.element)
            #expect(await stage.notify(notice("E-1", at: stage.clock.utc, kilowatts: 6_000)) != nil)
            let took = await stage.pass(atMost: .seconds(20)) { good.allSatisfy { stage.isActive($0, in: "E-1") } }
            #expect(took < .seconds(10))
            #expect(good.allSatisfy { stage.isActive($0, in: "E-1") })
            _ = await stage.pass(atMost: .seconds(60)) {
                !(stage.engine.parts.response?.gate.isReachable(stage.facilities[7]) ?? true)
            }
            #expect(stage.engine.parts.response?.gate.isReachable(stage.facilities[7]) == false, "its breaker opened")
            #expect(stage.engine.parts.measures.value(of: .slowBuildingCalls) > 0, "and it was told of (BMS-17)")
            #expect(stage.states(of: "E-1").count == 50)
            #expect(await stage.notify(notice("E-2", at: stage.clock.utc, kilowatts: 1, to: ["F-8", "F-1"])) != nil)
            _ = await stage.pass(atMost: .seconds(10)) { stage.coordinator?.event(DREventID("E-2")!)?.saga.plan != nil }
            let left = try #require(stage.coordinator?.event(DREventID("E-2")!)?.saga.plan?.remarks)
            #expect(left.contains { $0.contains("F-8 cannot be reached") }, "\(left)")
            let failed = try await stage.responses.commands(of: nil).filter { $0.progress.phase == .failed }
            #expect(
                Set(failed.map(\.facility)).isSubset(of: [
                    stage.facilities[7], stage.facilities[20], stage.facilities[33],
                ]))
        }
    }

    @Test("a stop while a building hangs and the records stand still takes less than five seconds")
    func stop() async throws {
        let stage = try await Stage(buildings: 2)
        for facility in stage.facilities {
            await stage.engine.parts.response?.points.refresh(facility)
        }
        try await stage.run {
            stage.buildings.set(.hangs, of: stage.facilities[0])
            #expect(await stage.notify(notice("E-1", at: stage.clock.utc, kilowatts: 120)) != nil)
            _ = await stage.pass(atMost: .seconds(5)) { stage.isActive(stage.facilities[1], in: "E-1") }
            stage.responses.faults.delayCalls(by: .seconds(3600))
            for _ in 0..<20 { await stage.pass() }
        }
    }
}
