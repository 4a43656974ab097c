import EnergyModel
import Gateway
import Ports
import PrometheusExporter
import Testing

@Suite("Breakers at /metrics")
struct BreakerMetricsTests {
    private func breaker(_ state: BreakerStatus.State, calls: Int, failures: Int, refused: Int, transitions: Int)
        -> BreakerStatus
    {
        BreakerStatus(
            name: "event-log", state: state, consecutiveFailures: 0, calls: calls, failures: failures, refused: refused,
            transitions: transitions, since: UTCInstant(milliseconds: 0), nextProbe: nil)
    }

    @Test("state, transitions and counts follow what the breaker says")
    func follows() {
        let registry = PrometheusRegistry(describing: BreakerMetrics.descriptions)
        let metrics = BreakerMetrics(factory: registry)
        metrics.record([breaker(.closed, calls: 5, failures: 0, refused: 0, transitions: 0)])
        #expect(lines(registry).contains(#"energy_breaker_state{dependency="event-log",state="closed"} 1"#))
        #expect(lines(registry).contains(#"energy_breaker_failures_total{dependency="event-log"} 0"#))
        metrics.record([breaker(.open, calls: 15, failures: 10, refused: 4, transitions: 1)])
        metrics.record([breaker(.closed, calls: 16, failures: 10, refused: 9, transitions: 3)])
        let shown = lines(registry)
        for line in [
            #"energy_breaker_state{dependency="event-log",state="closed"} 1"#,
            #"energy_breaker_state{dependency="event-log",state="open"} 0"#,
            #"energy_breaker_state{dependency="event-log",state="halfOpen"} 0"#,
            #"energy_breaker_state{dependency="event-log",state="isolated"} 0"#,
            #"energy_breaker_transitions_total{dependency="event-log"} 3"#,
            #"energy_breaker_calls_total{dependency="event-log"} 16"#,
            #"energy_breaker_failures_total{dependency="event-log"} 10"#,
            #"energy_breaker_refused_total{dependency="event-log"} 9"#,
        ] {
            #expect(shown.contains(line), "\(line)")
        }
    }

    private func lines(_ registry: PrometheusRegistry) -> Set<String> {
        Set(registry.render().split(separator: "\n").map(String.init))
    }
}
