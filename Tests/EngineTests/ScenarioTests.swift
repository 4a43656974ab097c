import EnergyModel
import Ports
import SwitchyardTesting
import Testing

@testable import Engine

/// A fleet that misbehaves, an engine whose dependencies fail and that crashes, three virtual hours, one seed: afterwards
/// the stores are compared with what was acknowledged (RELIABILITY.md §2).
private struct Scenario {
    private struct Sent: Hashable {
        var meter: Int
        var time: UTCInstant
    }

    private static let meters = 9
    private var random: SplitMix64
    private var world = World { $0.aggregation.checkpointInterval = .seconds(30) }
    private var session: AggregationService.Session?
    /// Sent and not acknowledged yet; late ones wait for their minute.
    private var outbox: [(due: UTCInstant, text: String, sent: Sent?)] = []
    private var acknowledged: Set<Sent> = []
    private var buried = 0

    init(seed: UInt64) { random = SplitMix64(seed: seed) }

    mutating func run(minutes: Int) async throws {
        for _ in 0..<minutes {
            produce()
            world.time.advance(by: .seconds(60))
            breakSomething()
            await deliver()
            try await turn()
            if chance(0.04) { try await crash() }
        }
        try await heal()
        try await check()
    }

    private mutating func chance(_ share: Double) -> Bool { Double.random(in: 0..<1, using: &random) < share }

    /// The next minute's readings of every meter: some missing, late, repeated, from wrong clocks, or garbage.
    private mutating func produce() {
        let start = world.time.now
        for meter in 0..<Scenario.meters {
            for slot in 0..<4 where !chance(0.02) {
                let at = start.advanced(by: .seconds(slot * 15))
                let isSkewed = chance(0.01)
                let stamp = isSkewed ? at.advanced(by: .seconds(10_000_000)) : at
                let register = Double(at.milliseconds / 1000 % 1_000_000) / 360
                let text = json(
                    "M-\(meter)", "F-\(meter % 3)", at: stamp, kilowatts: Double(10 + meter),
                    register: meter % 2 == 0 ? register : nil)
                let delay = chance(0.03) ? Int.random(in: 60...4000, using: &random) : 0
                let sent = isSkewed ? nil : Sent(meter: meter, time: at)
                outbox.append((at.advanced(by: .seconds(60 + delay)), text, sent))
                if chance(0.03), !isSkewed { outbox.append((at.advanced(by: .seconds(90)), text, sent)) }
            }
            if chance(0.02) { outbox.append((start, "{\"meter_id\":\"M-\(meter)\",", nil)) }
        }
    }

    private mutating func breakSomething() {
        if chance(0.08) { world.log.faults.failNext(Int.random(in: 1...15, using: &random)) }
        if chance(0.08) { world.series.faults.failNext(Int.random(in: 1...15, using: &random)) }
        if chance(0.05) { world.records.faults.failNext(Int.random(in: 1...5, using: &random)) }
        if chance(0.03) { world.spool.faults.failNext(Int.random(in: 1...3, using: &random)) }
    }

    /// Meters keep what is not acknowledged and send it again.
    private mutating func deliver() async {
        let now = world.time.now
        var due = outbox.filter { $0.due <= now }
        outbox.removeAll { $0.due <= now }
        due.shuffle(using: &random)
        while !due.isEmpty {
            let part = Array(due.prefix(20))
            due.removeFirst(part.count)
            let deliveries = part.map {
                IntakeDelivery(origin: .mqtt(topic: "test"), format: .json, payload: Array($0.text.utf8))
            }
            switch await world.engine.intake.accept(deliveries, arrivedAt: now) {
            case .refused: outbox += part
            case .settled(let results):
                for (item, result) in zip(part, results) {
                    #expect(result.accepted + result.deadLettered == 1)
                    buried += result.deadLettered
                    if let sent = item.sent { acknowledged.insert(sent) }
                }
            }
        }
    }

    /// A failing port ends a turn; the next minute brings another.
    private mutating func turn() async throws {
        do { try await world.parts.drain.drain() } catch {}
        do {
            if session == nil { session = try await world.parts.aggregation.open() }
            guard var current = session else { return }
            session = nil
            for _ in 0..<Int.random(in: 1...4, using: &random) { try await world.parts.aggregation.turn(&current) }
            session = current
        } catch {}
        do { try await world.intakeLetters() } catch {}
    }

    private mutating func crash() async throws {
        session = nil
        world.records.faults.failNext(0)
        try await world.crash()
    }

    private mutating func heal() async throws {
        for faults in [world.log.faults, world.spool.faults, world.series.faults, world.records.faults] {
            faults.failNext(0)
        }
        for _ in 0..<80 {
            world.time.advance(by: .seconds(60))
            await deliver()
            try await world.parts.drain.drain()
        }
        #expect(outbox.isEmpty)
        var current = try await world.parts.aggregation.open()
        for _ in 0..<10 {
            try await world.settle(&current)
            world.time.advance(by: .seconds(600))
            current.state.checkpoint(now: world.time.now)
        }
        try await world.settle(&current)
        try await world.parts.aggregation.finish(&current)
        try await world.intakeLetters()
    }

    private func check() async throws {
        let stored = try await world.storedReadings()
        let meters = Dictionary(uniqueKeysWithValues: try await world.records.meters().map { ($0.number, $0.id.text) })
        let kept = Set(
            stored.map { reading in
                Sent(meter: Int(meters[reading.meter]?.dropFirst(2) ?? "") ?? -1, time: reading.time)
            })
        #expect(kept == acknowledged, "I1: stored = acknowledged")
        #expect(kept.count == stored.count)
        let letters = try await world.records.deadLetterCounts().reduce(0) { $0 + $1.count }
        #expect(letters == buried, "I7: every dead letter once")
        let audit = InvariantAudit(
            log: world.log, series: world.series, records: world.records, settings: world.settings)
        let report = try await audit.run(
            in: TimeRange(start: world.time.epoch, end: world.time.now))
        #expect(report.audited.duration >= .seconds(3 * 3600))
        for line in report.lines { #expect(line.holds, "\(line.invariant): \(line.sentence): \(line.examples)") }
    }
}

@Suite("Scenario days")
struct ScenarioTests {
    @Test(
        "late, repeated, skewed and broken readings, failing stores and crashes: nothing acknowledged is lost or doubled",
        arguments: Array(UInt64(1)...6))
    func day(seed: UInt64) async throws {
        var scenario = Scenario(seed: seed)
        try await scenario.run(minutes: 180)
    }
}
