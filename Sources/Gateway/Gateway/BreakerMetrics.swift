import CoreMetrics
import Ports
import PrometheusExporter
import Synchronization

/// Breakers as `/metrics` shows them (ledger RES-05): state, changes, calls, failures and refusals, by dependency.
package final class BreakerMetrics: Sendable {
    package static let descriptions = [
        MetricDescription("energy_breaker_state", "1 for the state that a dependency's breaker is in, else 0."),
        MetricDescription("energy_breaker_transitions_total", "Changes of state of a dependency's breaker."),
        MetricDescription("energy_breaker_calls_total", "Calls that a dependency's breaker let pass."),
        MetricDescription("energy_breaker_failures_total", "Calls to a dependency that failed or timed out."),
        MetricDescription("energy_breaker_refused_total", "Calls that a dependency's breaker turned away."),
    ]
    private static let states: [BreakerStatus.State] = [.closed, .open, .halfOpen, .isolated]

    private let factory: any MetricsFactory
    private let last = Mutex<[String: BreakerStatus]>([:])

    package init(factory: any MetricsFactory = MetricsSystem.factory) { self.factory = factory }

    /// What breakers say of themselves now; their counts only grow.
    package func record(_ breakers: [BreakerStatus]) {
        for breaker in breakers {
            let before = last.withLock { $0.updateValue(breaker, forKey: breaker.name) }
            show(breaker)
            count("transitions", breaker, breaker.transitions - (before?.transitions ?? 0))
            count("calls", breaker, breaker.calls - (before?.calls ?? 0))
            count("failures", breaker, breaker.failures - (before?.failures ?? 0))
            count("refused", breaker, breaker.refused - (before?.refused ?? 0))
        }
    }

    private func show(_ breaker: BreakerStatus) {
        for state in Self.states {
            let labels = [("dependency", breaker.name), ("state", state.rawValue)]
            Gauge(label: "energy_breaker_state", dimensions: labels, factory: factory)
                .record(breaker.state == state ? 1 : 0)
        }
    }

    /// A counter at 0 is shown too: a rate over it begins with the first failure.
    private func count(_ what: String, _ breaker: BreakerStatus, _ amount: Int) {
        Counter(label: "energy_breaker_\(what)", dimensions: [("dependency", breaker.name)], factory: factory)
            .increment(by: max(0, amount))
    }
}
