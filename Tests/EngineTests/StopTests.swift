import EnergyModel
import Logging
import Ports
import ServiceLifecycle
import SwitchyardTesting
import Testing

@testable import Engine

@Suite("A graceful stop")
struct StopTests {
    enum Stalled: CaseIterable { case nothing, series, everything }

    /// A whole engine on a clock that the test moves; a stalled port answers after an hour.
    @Test("takes less than five seconds, whatever stands still", arguments: Stalled.allCases)
    func stalled(_ stalled: Stalled) async throws {
        let clock = ManualClock()
        let now: @Sendable () -> UTCInstant = { clock.utc }
        let log = MemoryEventLog(clock: clock, now: now)
        let spool = MemoryEventLog(clock: clock, now: now)
        let series = MemorySeriesStore(clock: clock)
        let records = MemoryRecordStore(clock: clock)
        let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let engine = Engine(
            settings: EngineSettings(), log: log, spool: spool, series: series, records: records,
            time: Timekeeper(clock: clock, now: now), random: { 7 }, logger: quiet)
        let group = ServiceGroup(services: engine.services, logger: quiet)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            let isOver = Flag()
            let isAnswered = Flag()
            tasks.addTask {
                try await group.run()
                isOver.set(true)
            }
            while !engine.health.startup().passes { await StopTests.pass(clock) }
            let faults: [PortFaults] =
                switch stalled {
                case .nothing: []
                case .series: [series.faults]
                case .everything: [log.faults, spool.faults, series.faults, records.faults]
                }
            tasks.addTask {
                let deliveries = (0..<8).map { slot in
                    let text = json(at: clock.utc.advanced(by: .seconds(-15 * slot)))
                    return IntakeDelivery(origin: .rest(client: "test"), format: .json, payload: Array(text.utf8))
                }
                _ = await engine.intake.accept(deliveries, arrivedAt: clock.utc)
                isAnswered.set(true)
            }
            for _ in 0..<5 { await StopTests.pass(clock) }
            for faults in faults { faults.delayCalls(by: .seconds(3600)) }
            for _ in 0..<50 { await StopTests.pass(clock) }
            let start = clock.now
            await group.triggerGracefulShutdown()
            while !isOver.isSet, start.duration(to: clock.now) < .seconds(60) { await StopTests.pass(clock) }
            #expect(start.duration(to: clock.now) < .seconds(4), "a second is left for feeds and the gateway")
            // Whoever still waits for a stalled port, or comes to one only now, waits on this clock.
            while !isOver.isSet || !isAnswered.isSet {
                clock.advance(by: .seconds(600))
                await StopTests.pass(clock)
            }
            try await tasks.waitForAll()
        }
    }

    private static func pass(_ clock: ManualClock) async { await clock.pass(.milliseconds(20)) }
}
