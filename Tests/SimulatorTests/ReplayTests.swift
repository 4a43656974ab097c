import EnergyModel
import Synchronization
import Testing

@testable import Simulator

@Suite("Readings that an engine asks for once more", .timeLimit(.minutes(5)))
struct ReplayTests {
    private let now = UTCInstant(seconds: 1_780_000_000)

    private func seconds(_ first: Int, _ last: Int) -> TimeRange {
        TimeRange(start: now.advanced(by: .seconds(first)), end: now.advanced(by: .seconds(last)))
    }

    @Test(
        "a meter sends what it still has: nothing older than its buffer, nothing yet to come, its own readings only",
        arguments: [(-60, -30, 2), (-60, 60, 4), (-7200, -3600, 0), (-3615, -3585, 1), (15, 30, 0)])
    func range(first: Int, last: Int, count: Int) {
        let schedule = ReadingSchedule(meters: 30)
        var queue = ReplayQueue()
        queue.add(seconds(first, last), of: 7, schedule, span: .seconds(3600), now: now)
        #expect(queue.isEmpty == (count == 0))
        let numbers = queue.take(schedule)?.numbers ?? []
        #expect(numbers.count == count)
        #expect(numbers.allSatisfy { schedule.meter($0) == 7 })
        #expect(
            numbers.allSatisfy {
                seconds(first, last).contains(UTCInstant(milliseconds: schedule.milliseconds($0)))
            })
    }

    @Test("requests beyond the bound are passed over")
    func bound() {
        let schedule = ReadingSchedule(meters: 30)
        var queue = ReplayQueue()
        for _ in 0...ReplayQueue.maximumRequests {
            queue.add(seconds(-60, -30), of: 7, schedule, span: .seconds(3600), now: now)
        }
        var taken = 0
        while queue.take(schedule) != nil { taken += 1 }
        #expect(taken == ReplayQueue.maximumRequests)
    }

    /// Asks once for two meters, one of which is silent.
    private final class AskingSink: ReadingSink {
        private let state = Mutex((received: [SimulatedReading](), asked: false))
        private let asks: [AskedOfMeter]
        init(asks: [AskedOfMeter]) { self.asks = asks }
        var received: [SimulatedReading] { state.withLock(\.received) }

        func open() async throws(DeliveryFailure) {}
        func close() async {}
        func deliver(_ emissions: [Emission]) async throws(DeliveryFailure) -> [Emission] {
            state.withLock { state in
                for case .reading(let reading) in emissions.map(\.content) { state.received.append(reading) }
            }
            return []
        }
        func commands() async throws(DeliveryFailure) -> [AskedOfMeter] {
            let isFirst = state.withLock { state in
                defer { state.asked = true }
                return !state.asked
            }
            if isFirst { return asks }
            while !Task.isCancelled { await Task.yield() }
            throw DeliveryFailure(sentence: "stopped", retryAfter: nil)
        }
    }

    @Test("the same readings come again, of a silent meter none")
    func replay() async throws {
        let now = now
        let fleet = try Fleet(facilities: 3, meters: 30, seed: 1, from: now)
        let text = ReadingText(fleet: fleet)
        let range = seconds(-150, 0)
        let sink = AskingSink(asks: [7, 8].map { AskedOfMeter(meter: fleet.meterIDs[$0], range: range) })
        var configuration = MeterSimulationConfiguration(target: .http("http://unused"), facilities: 3, meters: 30)
        configuration.mischief = Mischief(silent: .meters([fleet.meterIDs[8]]))
        let simulation = try MeterSimulation(
            configuration, fleet: fleet, now: { now }, jitter: { _ in 0 }, text: text, sink: sink)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await #expect(throws: Never.self) { try await simulation.run() } }
            while simulation.counters.replayed < 10 || simulation.counters.buffered > 0 { await Task.yield() }
            group.cancelAll()
        }
        var generator = ReadingGenerator(fleet: fleet, seed: 1)
        let past = sink.received.filter { range.contains($0.time) }
        #expect(past.count == 10)
        #expect(past.allSatisfy { $0 == generator.reading(meter: 7, at: $0.time) })
        #expect(simulation.counters.replayed == 10)
    }
}
