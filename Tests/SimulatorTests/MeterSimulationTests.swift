import EnergyModel
import Synchronization
import Testing

@testable import Simulator

@Suite("A running simulation", .timeLimit(.minutes(5)))
struct MeterSimulationTests {
    /// Takes two deliveries a connection; the third breaks it after having been taken. Refuses malformed payloads.
    final class FlakySink: ReadingSink {
        private struct State {
            var deliveries = 0
            var received: [SimulatedReading] = []
            var opened = 0
        }
        private let state = Mutex(State())

        var received: [SimulatedReading] { state.withLock(\.received) }
        var opened: Int { state.withLock(\.opened) }

        func open() async throws(DeliveryFailure) {
            state.withLock { state in
                state.opened += 1
                state.deliveries = 0
            }
        }
        func close() async {}

        func deliver(_ emissions: [Emission]) async throws(DeliveryFailure) -> [Emission] {
            let fails = state.withLock { state in
                state.deliveries += 1
                for case .reading(let reading) in emissions.map(\.content) { state.received.append(reading) }
                return state.deliveries >= 3
            }
            if fails { throw DeliveryFailure(sentence: "cut off", retryAfter: .zero) }
            return emissions.filter { if case .malformed = $0.content { true } else { false } }
        }
    }

    @Test("back-fills the past over a failing connection: every reading arrives, in the end none is missing")
    func backFill() async throws {
        let clock = UTCInstant(seconds: 1_780_000_000)
        var configuration = MeterSimulationConfiguration(
            target: .http("http://unused"), facilities: 3, meters: 30, history: .seconds(600))
        configuration.mischief = Mischief(malformed: .share(0.1))
        let start = clock.advanced(by: .seconds(-600))
        let fleet = try Fleet(facilities: 3, meters: 30, seed: 1, from: start)
        let sink = FlakySink()
        let simulation = try MeterSimulation(
            configuration, fleet: fleet, now: { clock }, jitter: { _ in 0 }, text: ReadingText(fleet: fleet), sink: sink
        )
        // 600 s of one reading per meter and 15 s; the reading of the present moment itself is due as well.
        let expected = 30 * 600 / 15
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await #expect(throws: Never.self) { try await simulation.run() } }
            while simulation.counters.acknowledged < expected { await Task.yield() }
            group.cancelAll()
        }
        var generator = ReadingGenerator(fleet: fleet, seed: 1)
        let distinct = Set(sink.received)
        #expect(distinct.count >= expected)
        #expect(distinct.allSatisfy { $0 == generator.reading(meter: Int($0.meter), at: $0.time) })
        #expect(sink.opened > 1)
        #expect(simulation.counters.dropped == 0)
        #expect(simulation.counters.state == .stopped)
    }

    @Test(
        "settings that cannot be are refused with a sentence",
        arguments: [
            MeterSimulationConfiguration(target: .mqtt("mqtt://h"), meters: 10, readingsPerSecond: 10_001),
            MeterSimulationConfiguration(target: .mqtt("mqtt://h"), history: .seconds(-1)),
            MeterSimulationConfiguration(target: .mqtt("nonsense")),
            MeterSimulationConfiguration(target: .mqtt("mqtt://h"), mischief: Mischief(late: .share(1.5))),
            MeterSimulationConfiguration(
                target: .http("http://h"), mischief: Mischief(silent: .meters(MeterID("M-99999").map { [$0] } ?? []))),
            MeterSimulationConfiguration(target: .http("http://h"), acknowledgedFile: "/nowhere/at/all"),
        ])
    func refused(configuration: MeterSimulationConfiguration) {
        let error = #expect(throws: SimulationError.self) {
            _ = try MeterSimulation(configuration, now: { UTCInstant(seconds: 1_780_000_000) })
        }
        #expect(error?.sentence.isEmpty == false)
    }
}
