import EnergyModel
import Ports
import Synchronization

/// The live fleet behind its lock: aggregation writes once a batch, snapshots and queries read.
final class LiveBoard: Sendable {
    private struct State {
        var fleet: LiveFleet
        var days = LocalDays()
        /// Directory version the fleet was described with.
        var version = 0
    }

    private let state: Mutex<State>
    private let directory: FleetDirectory

    init(settings: EngineSettings.Live, directory: FleetDirectory) {
        state = Mutex(State(fleet: LiveFleet(settings: settings)))
        self.directory = directory
    }

    func apply(readings: [Reading], rollups: [Rollup], now: UTCInstant) {
        let current = directory.current
        state.withLock { state in
            LiveBoard.describe(&state, current)
            state.fleet.apply(readings, now: now)
            state.fleet.apply(rollups)
        }
    }

    func facilitySnapshots(at now: UTCInstant) -> [FacilitySnapshot] {
        let current = directory.current
        return state.withLock { state in
            LiveBoard.describe(&state, current)
            var days = state.days
            let snapshots = state.fleet.facilitySnapshots(at: now) { days.start(of: $0.timeZone, at: now) }
            state.days = days
            return snapshots
        }
    }

    /// Nil for an unknown facility.
    func meterSnapshots(of facility: FacilityID, at now: UTCInstant) -> [MeterSnapshot]? {
        let current = directory.current
        return state.withLock { state in
            LiveBoard.describe(&state, current)
            return state.fleet.meterSnapshots(of: facility, at: now)
        }
    }

    func read<Value: Sendable>(_ body: (LiveFleet) -> Value) -> Value { state.withLock { body($0.fleet) } }

    private static func describe(_ state: inout State, _ current: FleetDirectory.Snapshot) {
        guard state.version != current.version else { return }
        state.fleet.describe(facilities: current.facilities, meters: current.meters)
        state.version = current.version
    }
}
