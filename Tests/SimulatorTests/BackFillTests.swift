import EnergyModel
import Foundation
import Synchronization
import Testing

@testable import Simulator

@Suite("Back-filling", .timeLimit(.minutes(5)))
struct BackFillTests {
    static let begin = UTCInstant(seconds: 1_780_000_000)

    /// Takes one delivery at a time, and each reading takes it a while of the clock it moves.
    final class SlowSink: ReadingSink {
        struct Arrival {
            var reading: SimulatedReading
            var at: UTCInstant
        }
        private struct State {
            var now = BackFillTests.begin
            var arrivals: [Arrival] = []
            var past = 0
        }
        private let state = Mutex(State())
        private let millisecondsEach: Int64
        init(millisecondsEach: Int64) { self.millisecondsEach = millisecondsEach }

        var now: UTCInstant { state.withLock(\.now) }
        var past: Int { state.withLock(\.past) }
        var arrivals: [Arrival] { state.withLock(\.arrivals) }

        func open() async throws(DeliveryFailure) {}
        func close() async {}
        func deliver(_ emissions: [Emission]) async throws(DeliveryFailure) -> [Emission] {
            state.withLock { state in
                for case .reading(let reading) in emissions.map(\.content) {
                    state.now.milliseconds += millisecondsEach
                    state.arrivals.append(Arrival(reading: reading, at: state.now))
                    if reading.time < BackFillTests.begin { state.past += 1 }
                }
            }
            return emissions.filter { if case .malformed = $0.content { true } else { false } }
        }
    }

    private func run(
        _ sink: SlowSink, acknowledgedFile: String? = nil, mischief: Mischief = .none
    ) async throws -> MeterSimulation {
        let configuration = MeterSimulationConfiguration(
            target: .http("http://unused"), facilities: 3, meters: 30, history: .seconds(3600), mischief: mischief,
            window: 100, batch: 100, acknowledgedFile: acknowledgedFile)
        let fleet = try Fleet(facilities: 3, meters: 30, seed: 1, from: Self.begin.advanced(by: .seconds(-3600)))
        let simulation = try MeterSimulation(
            configuration, fleet: fleet, now: { sink.now }, jitter: { _ in 0 }, text: ReadingText(fleet: fleet),
            sink: sink)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await #expect(throws: Never.self) { try await simulation.run() } }
            while sink.past < 30 * 240 { await Task.yield() }
            group.cancelAll()
        }
        return simulation
    }

    @Test("at a slow receiver live readings begin within the budget, without a gap, and the rest follows")
    func slow() async throws {
        let sink = SlowSink(millisecondsEach: 5)
        let simulation = try await run(sink)
        let arrivals = sink.arrivals
        let firstLive = try #require(arrivals.firstIndex { $0.reading.time >= Self.begin })
        #expect(arrivals[firstLive].at <= Self.begin.advanced(by: .seconds(9)))
        let ahead = arrivals[..<firstLive].map(\.reading)
        let rest = arrivals[firstLive...].map(\.reading).filter { $0.time < Self.begin }
        let live = arrivals.map(\.reading).filter { $0.time >= Self.begin }
        for part in [ahead, rest, live] { #expect(part.map(\.time) == part.map(\.time).sorted()) }
        #expect(ahead.count > 500 && !rest.isEmpty)
        let schedule = ReadingSchedule(meters: 30)
        let end = schedule.first(notBefore: Self.begin.milliseconds)
        #expect(ahead.last?.time.milliseconds == schedule.milliseconds(end - 1))
        let times = Set(arrivals.map { [Int64($0.reading.meter), $0.reading.time.milliseconds] })
        #expect(times.count == arrivals.count)
        let expected = (end - 30 * 240)..<(end + Int64(live.count))
        #expect(times == Set(expected.map { [Int64(schedule.meter($0)), schedule.milliseconds($0)] }))
        #expect(simulation.counters.historyLeft == .zero && simulation.counters.dropped == 0)
    }

    @Test("the file of acknowledged readings holds every reading that was taken, and nothing that was refused")
    func acknowledged() async throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "acknowledged-\(UUID().uuidString)").path
        defer { unlink(path) }
        let sink = SlowSink(millisecondsEach: 0)
        let simulation = try await run(sink, acknowledgedFile: path, mischief: Mischief(malformed: .share(0.1)))
        let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map(String.init)
        #expect(lines.count == sink.arrivals.count && simulation.counters.refused > 0)
        let text = ReadingText(fleet: simulation.fleet)
        let expected = sink.arrivals.map { arrival in
            "{\"meter\":\"\(text.meterIDs[Int(arrival.reading.meter)])\",\"ts\":"
        }
        #expect(zip(lines, expected).allSatisfy { $0.hasPrefix($1) })
        let measured = lines.map { Double($0.split(separator: "\"kw\":").last?.prefix { $0 != "," } ?? "") }
        #expect(measured == sink.arrivals.map { $0.reading.kilowatts })
    }

    @Test("everything past is given out once, at any pace of answers", arguments: 1...20 as ClosedRange<UInt64>)
    func once(seed: UInt64) {
        var past = BackFill(1000..<9000, budget: .seconds(8), window: 100, batch: 25)
        var (given, answered, clock, outstanding) = ([Int64](), 0, Duration.zero, 0)
        #expect(past.step(.init(elapsed: nil, answered: 0, outstanding: 0), atMost: 50) == .wait)
        loop: for step in UInt64(0)... {
            switch past.step(.init(elapsed: clock, answered: answered, outstanding: outstanding), atMost: 50) {
            case .send(let numbers):
                given += numbers
                outstanding += numbers.count
            case .wait:
                let count = Int(mixed(seed, step) % UInt64(outstanding + 1))
                (answered, outstanding) = (answered + count, outstanding - count)
                clock += .milliseconds(Int64(mixed(seed, step + 1) % 100))
            case .over: break loop
            }
        }
        #expect(given == given.sorted() && clock <= .seconds(8) + .milliseconds(100))
        while let numbers = past.takeRest(atMost: 77) { given += numbers }
        #expect(given.sorted() == Array(1000..<9000) && past.left == 0)
    }

    @Test("the counters tell how much history is left")
    func description() {
        var counters = SimulationCounters()
        #expect(!counters.description.contains("history"))
        counters.historyLeft = .seconds(600)
        #expect(counters.description.hasSuffix(", 11 min of history left"))
        counters.historyLeft = .seconds(9000)
        #expect(counters.description.contains("2.6 h of history left"))
    }
}
