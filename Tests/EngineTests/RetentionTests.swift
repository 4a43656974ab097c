import EnergyModel
import Ports
import SwitchyardTesting
import Synchronization
import Testing

@testable import Engine

@Suite("Retention under disk pressure")
struct RetentionTests {
    private final class Disk: Sendable {
        private let used = Mutex(0.5)
        func fill(to share: Double) { used.withLock { $0 = share } }
        var share: Double { used.withLock { $0 } }
        var host: HostProbe {
            HostProbe(
                residentBytes: { 0 },
                disk: { .init(freeBytes: Int64((1 - self.share) * 1_000_000), totalBytes: 1_000_000) })
        }
    }

    private let world = World()
    private let disk = Disk()
    private let day = Duration.seconds(86_400)

    private func service(_ change: (inout EngineSettings.Retention) -> Void = { _ in }) -> RetentionService {
        var settings = EngineSettings.Retention()
        settings.offPeakHour = 99
        change(&settings)
        return RetentionService(
            log: world.log, series: world.series, records: world.records, settings: settings, gate: world.parts.gate,
            host: disk.host,
            time: world.time.timekeeper, measures: world.parts.measures, journal: world.parts.journal,
            logger: world.parts.logger)
    }

    private func notes(of subject: String) async throws -> [String] {
        await world.parts.journal.flush()
        return try await world.records.journal(JournalQuery()).filter { $0.subject == subject }.map(\.text).reversed()
    }

    /// A reading a day, back from now.
    private func store(days: Int) async throws {
        var write = SeriesWrite()
        write.readings = (0..<days).map { age in
            Reading(
                time: world.time.now.advanced(by: .seconds(-age * 86_400)), meter: MeterNumber(rawValue: 0),
                facility: FacilityNumber(rawValue: 0), kilowatts: 1, registerKilowattHours: .nan, volts: .nan)
        }
        try await world.series.write(write)
    }

    @Test("above 80 % it is told once, and once more when there is room again; nothing is shortened")
    func warning() async throws {
        let service = service()
        for share in [0.79, 0.81, 0.84, 0.795, 0.805, 0.7] {
            disk.fill(to: share)
            await service.turn()
            #expect(service.rawAge == day * 90)
        }
        #expect(try await notes(of: "disk").map { $0.contains("make room") } == [true, false])
    }

    @Test("from 85 % on raw readings are shortened, one step a finished pass, and get their full age back below 80 %")
    func steps() async throws {
        try await store(days: 90)
        let service = service()
        disk.fill(to: 0.86)
        await service.turn()
        #expect(service.rawAge == day * 81)
        #expect(try await world.storedReadings().count == 82)
        world.series.faults.failNext(1)
        await service.turn()
        #expect(service.rawAge == day * 81 * 9 / 10)
        let second = service.rawAge
        world.series.faults.failNext(1)
        await service.turn()
        #expect(service.rawAge == second, "the pass before did not finish")
        await service.turn()
        #expect(service.rawAge == second, "now it did")
        #expect(try await world.storedReadings().count == 73)
        await service.turn()
        #expect(service.rawAge < second)
        disk.fill(to: 0.82)
        await service.turn()
        #expect(service.rawAge < second, "between the marks the age stays as it is")
        disk.fill(to: 0.7)
        await service.turn()
        #expect(service.rawAge == day * 90)
    }

    @Test("raw readings are never shortened below the floor")
    func floor() async {
        let service = service { $0.rawFloor = .seconds(80 * 86_400) }
        disk.fill(to: 0.9)
        for _ in 0..<5 { await service.turn() }
        #expect(service.rawAge == day * 80)
    }

    @Test("readings are refused before 95 %, and taken again when there is room")
    func refusal() async throws {
        let service = service()
        for (share, refuses) in [(0.93, false), (0.945, true), (0.935, true), (0.92, false)] {
            disk.fill(to: share)
            await service.turn()
            #expect(world.parts.gate.isRefusing == refuses, "\(share)")
            let refusal = await world.send(json(at: world.time.now)).refusal
            #expect(refusal == (refuses ? .aboveMark : nil))
        }
    }
}
