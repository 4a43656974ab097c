import ArgumentParser
import EmbeddedStore
import EnergyModel
import Engine
import Foundation
import Logging
import Ports
import ServiceLifecycle
import Synchronization

extension BenchCommand {
    struct Response: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Plan and dispatch one event over many buildings that answer at once; records on disk, as always.",
            discussion: "Example: switchyard bench response --work /tmp/bench")
        @Option(help: "Buildings.") var facilities = 1000
        @Option(help: "Zones of each: a cooling set-point and a light level.") var zones = 4
        @Option(help: "Directory for the files of the run; it is emptied before and after.") var work: String

        func validate() throws {
            guard (1...5000).contains(facilities), (1...100).contains(zones) else {
                throw ValidationError("--facilities is 1 to 5,000, --zones 1 to 100.")
            }
        }

        func run() async throws {
            try Output.json(try await ResponseBench(facilities: facilities, zones: zones, directory: work).run())
        }
    }
}

/// What the coordinator, the planner and the record store can do when no building keeps them waiting.
private struct ResponseBench {
    let facilities: Int
    let zones: Int
    let directory: String

    struct Result: Encodable {
        var bench = "plan, and dispatch to confirmation"
        var facilities: Int
        var points: Int
        /// Best of five, with the gathering of what is known of each building.
        var planMilliseconds: Double
        var commands: Int
        /// From the event's creation to the last confirmation.
        var seconds: Double
        var commandsPerSecond: Double
        var cpuMicrosecondsPerCommand: Double
        var residentMegabytes: Int
    }

    func run() async throws -> Result {
        let place = URL(filePath: directory, directoryHint: .isDirectory).appending(path: "switchyard-bench")
        try removeIfThere(place)
        let store = try await EmbeddedStore.open(directory: place.path, now: { .wallClock })
        let spool = try await EmbeddedStore.openLog(directory: place.appending(path: "spool").path, now: { .wallClock })
        let buildings = InstantBuildings(zones: zones)
        let descriptions = (0..<facilities).compactMap { index in
            FacilityID(String(format: "F-%04d", index)).map { id in
                FacilityDescription(
                    id: id, name: id.text, kind: .office, region: "west", timeZone: "UTC",
                    contractDemand: Power(kilowatts: 400), buildingEndpoint: "http://127.0.0.1/\(id)", meters: [])
            }
        }
        _ = try await store.records.importFacilities(descriptions)
        var settings = EngineSettings()
        settings.response.approval = .never
        let logger = Logger(label: "bench", factory: { _ in SwiftLogNoOpLogHandler() })
        let engine = Engine(
            settings: settings, log: store.log, spool: spool, series: store.series, records: store.records,
            time: Timekeeper(clock: ContinuousClock(), now: { .wallClock }), random: randomWord, logger: logger,
            response: ResponsePorts(records: store.records, buildings: buildings))
        let group = ServiceGroup(configuration: .init(services: engine.services, logger: logger))
        let result = try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            try await untilStarted(engine)
            let result = try await measure(engine.link)
            await group.triggerGracefulShutdown()
            try await tasks.next()
            return result
        }
        try removeIfThere(place)
        return result
    }

    private func measure(_ link: any OperatorLink) async throws -> Result {
        guard let id = DREventID("bench-\(UTCInstant.wallClock.milliseconds)") else {
            throw CommandFailure(.failed, "the bench's event has no name")
        }
        let request = EventRequest(
            id: id, program: "bench", start: .wallClock, duration: .seconds(3600),
            target: Power(kilowatts: Double(facilities) * 400), facilities: [])
        // The first one reads every building.
        var preview = try await link.preview(request)
        var planTimes: [Duration] = []
        for _ in 0..<5 {
            let began = ContinuousClock.now
            preview = try await link.preview(request)
            planTimes.append(ContinuousClock.now - began)
        }
        let commands = preview.plan.legs.reduce(0) { $0 + $1.commands.count }
        let (began, used) = (ContinuousClock.now, processSeconds())
        let outcome = await link.submit(
            OperatorCommand(key: id.text, author: "bench", reason: "bench", action: .createEvent(request)))
        if case .refused(let sentence) = outcome { throw CommandFailure(.failed, sentence) }
        let seconds = try await untilConfirmed(link, id, commands, since: began)
        return Result(
            facilities: facilities, points: facilities * zones * 2,
            planMilliseconds: (planTimes.min() ?? .zero).secondsAsDouble * 1000, commands: commands, seconds: seconds,
            commandsPerSecond: Double(commands) / seconds,
            cpuMicrosecondsPerCommand: (processSeconds() - used) / Double(max(1, commands)) * 1e6,
            residentMegabytes: Int(HostProbe.system(directory: directory).residentBytes() >> 20))
    }

    /// Seconds until the records say that every command of the first stage is confirmed. Asked at most ten times a second:
    /// the question reads the whole event.
    private func untilConfirmed(
        _ link: any OperatorLink, _ id: DREventID, _ commands: Int, since began: ContinuousClock.Instant
    ) async throws -> Double {
        let limit = began + .seconds(300)
        while ContinuousClock.now < limit {
            try await Task.sleep(for: .milliseconds(100))
            guard let detail = try await link.event(id) else { continue }
            let confirmed = detail.legs.reduce(0) { $0 + $1.confirmedCommands }
            if confirmed >= commands, commands > 0 {
                let last = detail.transitions.map(\.at).max() ?? .wallClock
                let first = detail.event.window.start
                return max(Double(last.since(first).milliseconds) / 1000, 0.001)
            }
        }
        throw CommandFailure(.failed, "not every command was confirmed within 300 s; see what is left in \(directory)")
    }

    private func untilStarted(_ engine: Engine) async throws {
        let limit = ContinuousClock.now + .seconds(30)
        while !engine.health.startup().passes {
            guard ContinuousClock.now < limit else { throw CommandFailure(.failed, "the engine did not start in 30 s") }
            try await Task.sleep(for: .milliseconds(20))
        }
    }
}

/// Buildings in memory that do at once what they are told, with a ledger by key as a real one has.
private final class InstantBuildings: BuildingLink {
    private struct Place: Hashable {
        var facility: FacilityID
        var point: PointID
        var slot: PrioritySlot
    }
    private struct State {
        var values: [Place: Double] = [:]
        var done: [IdempotencyKey: String] = [:]
    }
    private let state = Mutex(State())
    private let described: [BuildingPoint]

    init(zones: Int) {
        described = (0..<zones).flatMap { zone in
            [
                PointID("AHU-\(zone)/CLG_SP").map {
                    BuildingPoint(id: $0, kind: .coolingSetPoint, zone: "\(zone)", normal: 23)
                },
                PointID("LIGHT-\(zone)/LEVEL").map {
                    BuildingPoint(
                        id: $0, kind: .lightLevel, zone: "\(zone)", normal: 1, rated: Power(kilowatts: 10))
                },
            ].compactMap(\.self)
        }
    }

    func perform(_ request: BuildingRequest, at building: BuildingAddress) async -> BuildingAnswer {
        let place = Place(facility: request.facility, point: request.point, slot: request.slot)
        return state.withLock { state in
            switch request.operation {
            case .status: return state.done[request.key].map { .applied(executionID: $0) } ?? .notKnown
            case .readSlot: return .slot(state.values[place])
            case .write, .release:
                if let known = state.done[request.key] { return .applied(executionID: known) }
                let execution = "X-\(state.done.count + 1)"
                state.done[request.key] = execution
                if case .write(let value) = request.operation {
                    state.values[place] = value
                } else {
                    state.values[place] = nil
                }
                return .applied(executionID: execution)
            }
        }
    }

    func points(of building: BuildingAddress) async throws(PortError) -> [BuildingPoint] { described }

    func read(_ points: [PointID], of building: BuildingAddress) async throws(PortError) -> [PointReading] { [] }

    func releaseAll(
        _ slots: [PrioritySlot], key: String, of building: BuildingAddress
    ) async throws(PortError) -> [PointID] { [] }

    func ping(_ building: BuildingAddress) async throws(PortError) {}
}
