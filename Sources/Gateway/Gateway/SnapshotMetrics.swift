import CoreMetrics
import EnergyModel
import Ports
import PrometheusExporter

/// What a snapshot says of the engine, as `/metrics` shows it: what rules and dashboards need and nobody counts (ledger
/// SLO-10, SLO-12).
package struct SnapshotMetrics: Sendable {
    package static let descriptions = [
        MetricDescription(
            "energy_dependency_up", "1 while a dependency answers its checks, 0 while it does not, by name."),
        MetricDescription("energy_dead_letters_pending", "Dead letters that wait for a replay or a person."),
        MetricDescription("energy_queue_used_ratio", "Share of a queue's cap that is in use, 0 to 1, by queue."),
        MetricDescription("energy_disk_used_ratio", "Share of the data directory's disk that is in use, 0 to 1."),
        MetricDescription("energy_disk_free_bytes", "Bytes free on the data directory's disk."),
        MetricDescription("energy_facilities", "Facilities that the engine knows."),
        MetricDescription("energy_load_kilowatts", "Load of all facilities together, in kW."),
        MetricDescription("energy_dr_events_active", "Demand-response events that run now."),
        MetricDescription("energy_dr_target_kilowatts", "What running events ask for, in kW."),
        MetricDescription("energy_dr_achieved_kilowatts", "What running events bring as far as it is measured, in kW."),
    ]

    private let factory: any MetricsFactory

    package init(factory: any MetricsFactory = MetricsSystem.factory) { self.factory = factory }

    package func record(_ snapshot: OperatorSnapshot) {
        let health = snapshot.health
        for dependency in health.dependencies {
            gauge("energy_dependency_up", [("dependency", dependency.name)], dependency.state == .down ? 0 : 1)
        }
        for queue in health.queues where queue.capBytes > 0 {
            gauge(
                "energy_queue_used_ratio", [("queue", queue.name)], Double(queue.bytes) / Double(queue.capBytes))
        }
        gauge("energy_dead_letters_pending", [], Double(snapshot.pendingDeadLetters))
        if health.diskTotalBytes > 0 {
            gauge("energy_disk_used_ratio", [], 1 - Double(health.diskFreeBytes) / Double(health.diskTotalBytes))
            gauge("energy_disk_free_bytes", [], Double(health.diskFreeBytes))
        }
        gauge("energy_facilities", [], Double(snapshot.facilities.count))
        gauge("energy_load_kilowatts", [], snapshot.facilities.reduce(0) { $0 + ($1.load?.kilowatts ?? 0) })
        let running = snapshot.openEvents.filter {
            $0.kind == .demandResponse && ($0.status == .active || $0.status == .degraded)
                && $0.window.contains(snapshot.at)
        }
        gauge("energy_dr_events_active", [], Double(running.count))
        gauge("energy_dr_target_kilowatts", [], running.reduce(0) { $0 + ($1.target?.kilowatts ?? 0) })
        gauge("energy_dr_achieved_kilowatts", [], running.reduce(0) { $0 + ($1.achieved?.kilowatts ?? 0) })
    }

    private func gauge(_ label: String, _ dimensions: [(String, String)], _ value: Double) {
        Gauge(label: label, dimensions: dimensions, factory: factory).record(value)
    }
}
