import CoreMetrics
import Synchronization

/// How many connections are open, and whether one more may be.
final class ConnectionCensus: Sendable {
    private let limit: Int
    private let open = Atomic<Int>(0)
    private let openMeter: Meter
    private let refused: Counter

    init(limit: Int, metrics: any MetricsFactory) {
        self.limit = limit
        openMeter = Meter(label: "energy_api_connections", factory: metrics)
        refused = Counter(label: "energy_api_connections_refused", factory: metrics)
    }

    /// False when the house is full; then `leave` must not follow.
    func enter() -> Bool {
        let count = open.wrappingAdd(1, ordering: .relaxed).newValue
        guard count <= limit else {
            open.wrappingSubtract(1, ordering: .relaxed)
            refused.increment()
            return false
        }
        openMeter.set(count)
        return true
    }

    func leave() { openMeter.set(open.wrappingSubtract(1, ordering: .relaxed).newValue) }
}
