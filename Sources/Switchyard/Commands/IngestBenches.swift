import EmbeddedStore
import EnergyModel
import Engine
import Foundation
import Logging
import Metering
import Ports
import ServiceLifecycle

/// Scanner and windows alone: no file, no thread, no engine.
struct PureIngestBench {
    let payloads: Payloads

    struct Result: Encodable {
        var bench = "decode + aggregate"
        var readings: Int
        var rollups: Int
        var cpuSeconds: Double
        var readingsPerCPUSecond: Double
    }

    func run() throws -> Result {
        let now = UTCInstant.wallClock
        var directory = MeterDirectory()
        let began = processSeconds()
        var decoder = ReadingDecoder(rules: rules)
        var decoded = DecodedReadings()
        var windows = WindowStateMachine()
        var output = WindowOutput()
        var readings = 0
        var rollups = 0
        for payload in payloads.payloads {
            decoder.decode(payload, format: .ndjson, directory: directory, now: now, into: &decoded)
            let late = try resolved(decoded.rejections, &directory)
            windows.process(decoded.readings, now: now, into: &output)
            windows.process(late, now: now, into: &output)
            readings += decoded.readings.count + late.count
            rollups += output.rollups.count
            decoded.removeAll()
            output.removeAll()
        }
        windows.checkpoint(into: &output)
        rollups += output.rollups.count
        let seconds = processSeconds() - began
        return Result(
            readings: readings, rollups: rollups, cpuSeconds: seconds, readingsPerCPUSecond: Double(readings) / seconds)
    }

    private var rules: ReadingRules {
        var rules = ReadingRules()
        rules.pastLimit = .seconds(3650 * 86_400)
        return rules
    }

    /// Meters met for the first time get their numbers, and their readings go on.
    private func resolved(_ rejections: [ReadingRejection], _ directory: inout MeterDirectory) throws -> [Reading] {
        try rejections.map { rejection in
            guard let pending = rejection.pending else {
                throw CommandFailure(.failed, "the file has a bad reading: \(rejection.message)")
            }
            let facility =
                directory.number(of: pending.facility) ?? FacilityNumber(rawValue: UInt32(directory.facilityCount))
            directory.insert(Facility(number: facility, id: pending.facility, name: pending.facility.text))
            if directory.number(of: pending.meter) == nil {
                let number = MeterNumber(rawValue: UInt32(directory.meterCount))
                directory.insert(Meter(number: number, id: pending.meter, facility: facility))
            }
            return try directory.resolve(pending).get()
        }
    }
}

/// The whole way of one process: JSON bytes → durable log (FULL) → raw readings and three rollups stored.
struct WholeIngestBench {
    let payloads: Payloads
    let directory: String

    struct Result: Encodable {
        var bench = "bytes to durable log, raw and three rollups"
        var readings: Int
        var seconds: Double
        var readingsPerSecond: Double
        var acknowledgedPerSecond: Double
        var cpuMicrosecondsPerReading: Double
        var residentMegabytes: Int
    }

    func run() async throws -> Result {
        let place = URL(filePath: directory, directoryHint: .isDirectory).appending(path: "switchyard-bench")
        try removeIfThere(place)
        let store = try await EmbeddedStore.open(directory: place.path, now: { .wallClock })
        let spool = try await EmbeddedStore.openLog(directory: place.appending(path: "spool").path, now: { .wallClock })
        var settings = EngineSettings()
        settings.ingest.registration = .open
        settings.ingest.pastLimit = .seconds(3650 * 86_400)
        settings.retention.raw = .seconds(3650 * 86_400)
        let logger = Logger(label: "bench", factory: { _ in SwiftLogNoOpLogHandler() })
        let engine = Engine(
            settings: settings, log: store.log, spool: spool, series: store.series, records: store.records,
            time: Timekeeper(clock: ContinuousClock(), now: { .wallClock }), random: randomWord, logger: logger)
        let group = ServiceGroup(configuration: .init(services: engine.services, logger: logger))
        let result = try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            try await untilStarted(engine)
            let result = try await measure(engine, store, group)
            try await tasks.next()
            return result
        }
        try removeIfThere(place)
        return result
    }

    private func measure(_ engine: Engine, _ store: EmbeddedStore, _ group: ServiceGroup) async throws -> Result {
        let (clock, cpu) = (ContinuousClock(), processSeconds())
        let began = clock.now
        try await feed(engine.intake)
        let acknowledged = began.duration(to: clock.now).secondsAsDouble
        while try await store.log.lag(of: .sensorReadings, group: "aggregation").contains(where: { $0.items > 0 }) {
            try await clock.sleep(for: .milliseconds(5))
        }
        let seconds = began.duration(to: clock.now).secondsAsDouble
        await group.triggerGracefulShutdown()
        let count = Double(payloads.readings)
        return Result(
            readings: payloads.readings, seconds: seconds, readingsPerSecond: count / seconds,
            acknowledgedPerSecond: count / acknowledged,
            cpuMicrosecondsPerReading: (processSeconds() - cpu) * 1e6 / count,
            residentMegabytes: Int(HostProbe.system(directory: directory).residentBytes() >> 20))
    }

    /// One sender in the order of time, as the fleet would send it; 16 payloads share a commit.
    private func feed(_ intake: any ReadingIntake) async throws {
        let deliveries = payloads.payloads.map {
            IntakeDelivery(origin: .rest(client: "bench"), format: .ndjson, payload: $0)
        }
        var at = 0
        while at < deliveries.count {
            let end = min(at + 16, deliveries.count)
            if case .settled = await intake.accept(Array(deliveries[at..<end]), arrivedAt: .wallClock) {
                at = end
            } else {
                try await ContinuousClock().sleep(for: .milliseconds(20))
            }
        }
    }

    private func untilStarted(_ engine: Engine) async throws {
        while !engine.health.startup().passes { try await ContinuousClock().sleep(for: .milliseconds(5)) }
    }
}

func removeIfThere(_ place: URL) throws {
    if FileManager.default.fileExists(atPath: place.path) { try FileManager.default.removeItem(at: place) }
}
