import EnergyModel
import Logging
import Ports
import SwitchyardTesting
import Synchronization

@testable import Engine

/// One engine over ports in memory under virtual time, its services turned by hand.
struct World: Sendable {
    let time = VirtualTime()
    let log: MemoryEventLog
    let spool: MemoryEventLog
    let series: MemorySeriesStore
    let records: MemoryRecordStore
    var settings = EngineSettings()
    private(set) var engine: Engine
    private let traces: TracePorts

    var parts: EngineParts { engine.parts }

    init(
        traces: TracePorts = TracePorts(spans: MemorySpanRecords()), _ change: (inout EngineSettings) -> Void = { _ in }
    ) {
        self.traces = traces
        settings.aggregation.pollWait = .zero
        change(&settings)
        let time = time
        log = MemoryEventLog(partitions: 4, now: { time.now })
        spool = MemoryEventLog(partitions: 4, now: { time.now })
        series = MemorySeriesStore()
        records = MemoryRecordStore()
        engine = World.compose(settings, log, spool, series, records, time, traces)
        // As if the drainer had looked into the queue, which is empty.
        _ = parts.writer.queueFoundEmpty(since: 0)
    }

    /// Drops the engine with all it has in memory and composes another over the same ports.
    mutating func crash() async throws {
        engine = World.compose(settings, log, spool, series, records, time, traces)
        try await parts.directory.load()
    }

    var desk: any OperatorLink {
        Engine.desk(
            settings: settings, log: log, spool: spool, series: series, records: records, time: time.timekeeper,
            random: { 7 }, logger: Logger(label: "test"))
    }

    private static func compose(
        _ settings: EngineSettings, _ log: MemoryEventLog, _ spool: MemoryEventLog, _ series: MemorySeriesStore,
        _ records: MemoryRecordStore, _ time: VirtualTime, _ traces: TracePorts
    ) -> Engine {
        let generator = WorldGenerator(seed: 1)
        return Engine(
            settings: settings, log: log, spool: spool, series: series, records: records, time: time.timekeeper,
            random: { generator.next() }, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            traces: traces)
    }

    func send(_ text: String, as origin: IntakeDelivery.Origin = .mqtt(topic: "energy/F-1/M-1/readings")) async
        -> IntakeVerdict
    {
        await engine.intake.accept(
            [IntakeDelivery(origin: origin, format: .json, payload: Array(text.utf8))], arrivedAt: time.now)
    }

    /// Everything that lies in the log is worked and written, late hours too.
    func settle(_ session: inout AggregationService.Session) async throws {
        for _ in 0..<200 {
            try await parts.aggregation.turn(&session)
            let lag = try await log.lag(of: .sensorReadings, group: settings.aggregation.group)
            if session.pending == nil, session.state.lateHours.isEmpty, lag.allSatisfy({ $0.items == 0 }) { return }
            time.advance(by: .seconds(1))
        }
    }

    func intakeLetters(from topic: Topic = .sensorReadingsDeadLetters) async throws {
        let consumer = try await log.consumer(of: topic, group: settings.deadLetters.group)
        for _ in 0..<50 {
            try await parts.letters.turn(consumer, wait: .zero)
            let lag = try await log.lag(of: topic, group: settings.deadLetters.group)
            if lag.allSatisfy({ $0.items == 0 }) { break }
        }
        await consumer.close()
    }

    func storedReadings() async throws -> [Reading] {
        let all = TimeRange(start: .distantPast, end: UTCInstant(milliseconds: .max))
        return try await series.readings(in: all, after: nil, limit: .max).readings
    }
}

private final class WorldGenerator: Sendable {
    private let random: Mutex<SplitMix64>
    init(seed: UInt64) { random = Mutex(SplitMix64(seed: seed)) }
    func next() -> UInt64 { random.withLock { $0.next() } }
}

/// A reading as a meter sends it.
func json(
    _ meter: String = "M-1", _ facility: String = "F-1", at time: UTCInstant, kilowatts: Double = 10,
    register: Double? = nil
) -> String {
    let register = register.map { ",\"kwh\":\($0)" } ?? ""
    return "{\"meter_id\":\"\(meter)\",\"facility_id\":\"\(facility)\",\"ts\":\"\(time.iso8601)\",\"kw\":\(kilowatts)"
        + "\(register)}"
}

extension IntakeVerdict {
    var results: [IntakeResult] { if case .settled(let results) = self { results } else { [] } }
    var refusal: IntakeRefusal.Reason? { if case .refused(let refusal) = self { refusal.reason } else { nil } }
}
