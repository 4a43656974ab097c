import EnergyModel
import Logging
import Ports
import ServiceLifecycle
import SwitchyardTesting
import Testing

@testable import Engine

@Suite("The running engine")
struct ServiceTests {
    private struct Running {
        let log: MemoryEventLog
        let series = MemorySeriesStore()
        let engine: Engine
        let group: ServiceGroup

        init() {
            let now: @Sendable () -> UTCInstant = { UTCInstant(seconds: 1_790_000_000) }
            log = MemoryEventLog(now: now)
            let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            engine = Engine(
                settings: EngineSettings(), log: log, spool: MemoryEventLog(now: now), series: series,
                records: MemoryRecordStore(), time: Timekeeper(clock: ContinuousClock(), now: now),
                random: { UInt64.random(in: 0...(.max)) }, logger: quiet)
            group = ServiceGroup(services: engine.services, logger: quiet)
        }
    }

    @Test("a reading shows in the next snapshot, the probes pass, and a stop leaves nothing in flight")
    func endToEnd() async throws {
        let running = Running()
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await running.group.run() }
            var load: Power?
            var isSent = false
            for await update in running.engine.link.snapshots() {
                guard case .snapshot(let snapshot) = update else { break }
                if !isSent, running.engine.health.startup().passes {
                    isSent = true
                    let at = UTCInstant(seconds: 1_790_000_000)
                    let verdict = await running.engine.intake.accept(
                        [
                            IntakeDelivery(
                                origin: .rest(client: "test"), format: .json, payload: Array(json(at: at).utf8))
                        ], arrivedAt: at)
                    #expect(verdict.results.first?.accepted == 1)
                }
                load = snapshot.facilities.first?.load
                if load != nil { break }
            }
            #expect(load == Power(kilowatts: 10))
            #expect(running.engine.health.liveness().passes)
            await running.group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
        let at = UTCInstant(seconds: 1_790_000_000)
        let late = await running.engine.intake.accept(
            [IntakeDelivery(origin: .rest(client: "test"), format: .json, payload: Array(json(at: at).utf8))],
            arrivedAt: at)
        #expect(late.refusal == .stopping)
        #expect(!running.engine.health.readiness().passes)
        let lag = try await running.log.lag(of: .sensorReadings, group: "aggregation")
        #expect(lag.map(\.items) == [0])
        #expect(try await running.series.progress().closedUntil != nil, "the last checkpoint is stored")
    }
}
