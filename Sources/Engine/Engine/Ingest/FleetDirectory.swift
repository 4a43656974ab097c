import EnergyModel
import Metering
import Ports
import Synchronization

/// The fleet as the record store describes it, held in memory for decoding. Readers take the current value whole and keep
/// it for a batch; writers replace it.
final class FleetDirectory: Sendable {
    struct Snapshot: Sendable {
        var directory = MeterDirectory()
        var facilities: [Facility] = []
        var meters: [Meter] = []
        /// Partition keys (facility ids) by facility number.
        var keys: [String] = []
        var hasImported = false
        /// Grows with every change.
        var version = 0
    }

    private let state = Mutex(Snapshot())
    private let records: any RecordStore
    private let time: Timekeeper
    /// Most meters.
    let limit: Int

    init(records: any RecordStore, time: Timekeeper, limit: Int) {
        self.records = records
        self.time = time
        self.limit = limit
    }

    /// Why `count` further meters cannot be taken in; nil when they can.
    func refusal(ofFurther count: Int) -> PortError? {
        let known = current.meters.count
        guard count > 0, known + count > limit else { return nil }
        return PortError(
            .full, "\(known) of at most \(limit) meters are registered: raise ingest.meter_limit, or use another engine"
        )
    }

    var current: Snapshot { state.withLock { $0 } }

    /// Reads everything anew; a no-op for readers when nothing changed. Meters first: the facility of every meter read is
    /// then among the facilities read after. What was registered meanwhile stays.
    func load() async throws(PortError) {
        let before = current
        let (facilities, meters, hasImported) = try await bounded(by: .seconds(5), "reading the fleet", time: time) {
            [records] () throws(PortError) in
            let meters = try await records.meters()
            let facilities = try await records.facilities()
            return (facilities, meters, try await records.hasImportedFacilities())
        }
        guard
            before.version == 0 || before.facilities != facilities || before.meters != meters
                || before.hasImported != hasImported
        else { return }
        let directory = MeterDirectory(facilities: facilities, meters: meters)
        state.withLock { state in
            let registered = state.version == before.version ? nil : state
            state.directory = directory
            state.facilities = facilities
            state.meters = meters
            state.hasImported = hasImported
            if let registered { add(registered.facilities, registered.meters, to: &state) }
            state.keys = FleetDirectory.keys(of: state.facilities)
            state.version += 1
        }
    }

    /// Registers meters met in readings, in one commit. Returns the directory that knows them, and why some were refused.
    func register(
        _ requests: [MeterRegistration]
    ) async throws(PortError) -> (Snapshot, refused: [MeterRegistration: PortError]) {
        let taken = Array(requests.prefix(max(0, limit - current.meters.count)))
        var refused: [MeterRegistration: PortError] = [:]
        if let refusal = refusal(ofFurther: requests.count) {
            for request in requests.dropFirst(taken.count) { refused[request] = refusal }
        }
        guard !taken.isEmpty else { return (current, refused) }
        let answers = try await bounded(by: .seconds(5), "registering meters", time: time) {
            [records] () throws(PortError) in try await records.register(taken)
        }
        var added: [RegisteredMeter] = []
        for (request, answer) in zip(taken, answers) {
            switch answer {
            case .success(let registered): added.append(registered)
            case .failure(let error): refused[request] = error
            }
        }
        let snapshot = state.withLock { state in
            insert(added, into: &state)
            return state
        }
        return (snapshot, refused)
    }

    private func insert(_ added: [RegisteredMeter], into state: inout Snapshot) {
        guard !added.isEmpty else { return }
        add(added.map(\.facility), added.map(\.meter), to: &state)
        state.keys = FleetDirectory.keys(of: state.facilities)
        state.version += 1
    }

    /// Adds those it lacks.
    private func add(_ facilities: [Facility], _ meters: [Meter], to state: inout Snapshot) {
        var known = Set(state.facilities.map(\.number))
        for facility in facilities where known.insert(facility.number).inserted {
            state.facilities.append(facility)
            state.directory.insert(facility)
        }
        var knownMeters = Set(state.meters.map(\.number))
        for meter in meters where knownMeters.insert(meter.number).inserted {
            state.meters.append(meter)
            state.directory.insert(meter)
        }
    }

    private static func keys(of facilities: [Facility]) -> [String] {
        var keys = [String](repeating: "", count: facilities.reduce(0) { max($0, Int($1.number.rawValue) + 1) })
        for facility in facilities { keys[Int(facility.number.rawValue)] = facility.id.text }
        return keys
    }
}
