import EnergyModel
import Synchronization

/// Facilities by id, made anew when the directory changed.
final class FacilityIndex: Sendable {
    private struct State {
        var version = -1
        var byID: [FacilityID: Facility] = [:]
    }

    private let state = Mutex(State())
    private let directory: FleetDirectory

    init(directory: FleetDirectory) { self.directory = directory }

    subscript(id: FacilityID) -> Facility? { current[id] }
    var all: [Facility] { current.values.sorted { $0.id < $1.id } }

    private var current: [FacilityID: Facility] {
        let fleet = directory.current
        return state.withLock { state in
            if state.version != fleet.version {
                state.byID = Dictionary(fleet.facilities.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
                state.version = fleet.version
            }
            return state.byID
        }
    }
}
