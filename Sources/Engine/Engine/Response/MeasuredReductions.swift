import EnergyModel
import Synchronization

/// What the meters show of each open event, as last reconciled.
final class MeasuredReductions: Sendable {
    struct Measurement: Sendable, Hashable {
        /// What the building would draw without the event: a heuristic until the settlement baseline exists.
        var baseline: Power
        var achieved: Power
        var at: UTCInstant
    }

    private let state = Mutex<[DREventID: [FacilityID: Measurement]]>([:])

    subscript(event: DREventID) -> [FacilityID: Measurement] { state.withLock { $0[event] ?? [:] } }

    func set(_ measurements: [FacilityID: Measurement], of event: DREventID) {
        state.withLock { $0[event] = measurements }
    }

    /// Forgets events that are not open any more.
    func keep(_ open: Set<DREventID>) { state.withLock { $0 = $0.filter { open.contains($0.key) } } }
}
