import DemandResponse
import EnergyModel
import Logging
import Ports
import SwitchyardTesting
import Synchronization
import Testing

@testable import Engine

/// Demand response over ports in memory under virtual time, turned by hand: the same run for the same seed.
struct ResponseWorld {
    let time = VirtualTime()
    let log: MemoryEventLog
    let records = MemoryRecordStore()
    let series = MemorySeriesStore()
    let responses: CrashingRecords
    let buildings: ResponseBuildings
    let facilities: [FacilityID]
    var settings = EngineSettings()
    let callbacks = Told<StatusReport>()
    let escalations = Told<Escalation>()
    let spans = MemorySpanRecords()
    private(set) var engine: Engine
    private var session: IntakeService.Session?
    private let generator: Generator
    private let reports: ReportPorts

    var response: ResponseParts { engine.parts.response ?? { preconditionFailure("no demand response") }() }
    var coordinator: Coordinator { response.coordinator }

    init(
        buildings count: Int = 2, seed: UInt64 = 1, reports: ReportPorts = ReportPorts(),
        _ change: (inout EngineSettings) -> Void = { _ in }
    ) async throws {
        self.reports = reports
        settings.response.intake.pollWait = .zero
        change(&settings)
        let time = time
        log = MemoryEventLog(partitions: 4, now: { time.now })
        buildings = ResponseBuildings(now: { time.now }, sleep: { _ in throw CancellationError() })
        responses = CrashingRecords(MemoryResponseRecords())
        facilities = try (1...count).map { try #require(FacilityID("F-\($0)")) }
        generator = Generator(seed: seed)
        let ports = ResponseWorld.ports(responses, buildings, callbacks, escalations, reports)
        engine = ResponseWorld.compose(settings, log, records, series, time, generator, ports, spans)
        _ = try await records.importFacilities(try facilities.map { try ResponseWorld.description(of: $0) })
        for facility in facilities { buildings.add(facility, try ResponseWorld.points()) }
        try await start()
    }

    private static func ports(
        _ responses: CrashingRecords, _ buildings: ResponseBuildings, _ callbacks: Told<StatusReport>,
        _ escalations: Told<Escalation>, _ reports: ReportPorts
    ) -> ResponsePorts {
        ResponsePorts(
            records: responses, buildings: buildings,
            callback: { report throws(PortError) in try callbacks.tell(report) },
            escalate: { escalation throws(PortError) in try escalations.tell(escalation) }, reports: reports)
    }

    private static func compose(
        _ settings: EngineSettings, _ log: MemoryEventLog, _ records: MemoryRecordStore, _ series: MemorySeriesStore,
        _ time: VirtualTime, _ generator: Generator, _ ports: ResponsePorts, _ spans: MemorySpanRecords
    ) -> Engine {
        Engine(
            settings: settings, log: log, spool: MemoryEventLog(now: { time.now }), series: series,
            records: records, time: time.timekeeper, random: { generator.next() },
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, response: ports,
            traces: TracePorts(spans: spans))
    }

    static func description(of facility: FacilityID) throws -> FacilityDescription {
        FacilityDescription(
            id: facility, name: facility.text, kind: .office, region: "west", timeZone: "UTC",
            contractDemand: Power(kilowatts: 500), buildingEndpoint: "http://127.0.0.1/\(facility)",
            meters: [.init(id: try #require(MeterID("M-\(facility)")))])
    }

    /// Two zones to cool (50 kW each at level 3 by the heuristic) and a light.
    static func points() throws -> [BuildingPoint] {
        [
            BuildingPoint(id: try point("AHU-1/CLG_SP"), kind: .coolingSetPoint, zone: "1", normal: 23),
            BuildingPoint(id: try point("AHU-2/CLG_SP"), kind: .coolingSetPoint, zone: "2", normal: 23),
            BuildingPoint(
                id: try point("LIGHT-1"), kind: .lightLevel, zone: "1", normal: 1, rated: Power(kilowatts: 40)),
        ]
    }

    /// Drops the engine with all it has in memory and composes another over the same ports.
    mutating func crash() async throws {
        responses.revive()
        engine = ResponseWorld.compose(
            settings, log, records, series, time, generator,
            ResponseWorld.ports(responses, buildings, callbacks, escalations, reports), spans)
        try await start()
    }

    /// Another engine over the same ports.
    func rival() async throws -> Engine {
        var settings = settings
        settings.response.owner = "rival"
        let rival = ResponseWorld.compose(
            settings, log, records, series, time, generator,
            ResponseWorld.ports(responses, buildings, callbacks, escalations, reports), spans)
        try await rival.parts.directory.load()
        await rival.parts.response?.driver.renew()
        return rival
    }

    private mutating func start() async throws {
        try await engine.parts.directory.load()
        await response.driver.renew()
        session = nil
    }

    // MARK: - Doing

    func notify(
        _ body: String, delivery: String? = nil, from utility: String = "acme", in trace: TraceContext? = nil,
        isTraceOurs: Bool = false
    ) async throws -> NotificationVerdict {
        let intake = try #require(engine.notifications)
        return await intake.accept(
            InboundNotification(
                utility: utility, deliveryID: delivery, body: Array(body.utf8), arrivedAt: time.now,
                traceID: trace?.trace.description, span: trace?.span, isTraceOurs: isTraceOurs))
    }

    func submit(_ key: String, _ action: OperatorCommand.Action) async -> CommandOutcome {
        await engine.link.submit(OperatorCommand(key: key, author: "operator:ana", reason: "test", action: action))
    }

    /// Everything that can be done at this moment, in a fixed order. Stops early when the records have crashed.
    mutating func settle() async {
        for _ in 0..<500 where !responses.isDead {
            var didAnything = false
            await takeIn()
            await response.driver.turn()
            for id in coordinator.takeDue() {
                await coordinator.work(id)
                didAnything = true
            }
            for request in coordinator.takeRequests() where !responses.isDead {
                await response.driver.perform(request)
                didAnything = true
            }
            await response.notices.turn()
            if !didAnything { return }
        }
    }

    private mutating func takeIn() async {
        do throws(PortError) {
            if session == nil { session = try await response.intakeService.open() }
            if var current = session {
                try await response.intakeService.turn(&current)
                session = current
            }
        } catch {
            session = nil
        }
    }

    /// Until `moment`, from one thing to do to the next, at most `step` at once.
    mutating func run(until moment: UTCInstant, step: Duration = .seconds(15)) async {
        await settle()
        while time.now < moment, !responses.isDead {
            let next = min(
                moment, time.now.advanced(by: step),
                max(coordinator.nextWake ?? moment, time.now.advanced(by: .seconds(1))))
            time.advance(by: next.since(time.now))
            await settle()
        }
    }

    mutating func run(for span: Duration) async { await run(until: time.now.advanced(by: span)) }

    /// Dead letters of a topic, taken into the record store and read from there.
    func letters(_ topic: Topic) async throws -> [DeadLetter] {
        let consumer = try await log.consumer(of: topic, group: settings.deadLetters.group)
        for _ in 0..<8 { try await engine.parts.letters.turn(consumer, wait: .zero) }
        await consumer.close()
        return try await records.deadLetters(DeadLetterQuery(topic: topic.name)).letters
    }

    var desk: any OperatorLink {
        Engine.desk(
            settings: settings, log: log, spool: MemoryEventLog(), series: MemorySeriesStore(), records: records,
            time: time.timekeeper, random: { 7 }, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            response: ResponseWorld.ports(responses, buildings, callbacks, escalations, reports))
    }

    // MARK: - Looking

    func event(_ id: String) async throws -> DemandResponseEvent? {
        try await responses.event(try #require(DREventID(id)))
    }

    func commands(_ id: String) async throws -> [BuildingCommand] {
        let event: DREventID = try #require(DREventID(id))
        return try await responses.commands(of: event)
    }
}

func point(_ text: String) throws -> PointID { try #require(PointID(text)) }

/// The plain form of a notification.
func notice(
    _ id: String, at start: UTCInstant, minutes: Int = 20, kilowatts: Double = 60, to facilities: [String] = [],
    modified: UTCInstant? = nil, operation: String = "create", priority: Int? = nil
) -> String {
    let names = facilities.map { "\"\($0)\"" }.joined(separator: ",")
    return
        "{\"event_id\":\"\(id)\",\"program_id\":\"cbp\",\"operation\":\"\(operation)\",\"start\":\"\(start.iso8601)\","
        + "\"duration\":\"PT\(minutes)M\",\"target_reduction_kw\":\(kilowatts)"
        + (facilities.isEmpty ? "" : ",\"facility_ids\":[\(names)]")
        + (modified.map { ",\"modified_at\":\"\($0.iso8601)\"" } ?? "") + (priority.map { ",\"priority\":\($0)" } ?? "")
        + "}"
}

/// What somebody was told; can be made to fail.
final class Told<Value: Sendable>: Sendable {
    private let state = Mutex<(values: [Value], failures: Int)>(([], 0))
    var values: [Value] { state.withLock { $0.values } }
    func failNext(_ count: Int) { state.withLock { $0.failures = count } }

    func tell(_ value: Value) throws(PortError) {
        let fails = state.withLock { state in
            if state.failures > 0 {
                state.failures -= 1
                return true
            }
            state.values.append(value)
            return false
        }
        if fails { throw PortError(.unavailable, "nobody listens") }
    }
}

final class Generator: Sendable {
    private let random: Mutex<SplitMix64>
    init(seed: UInt64) { random = Mutex(SplitMix64(seed: seed)) }
    func next() -> UInt64 { random.withLock { $0.next() } }
}
