import EnergyModel
import Ports
import Synchronization

/// Puts together what Health shows, from memory only.
final class HealthSnapshots: Sendable {
    private let health: HealthService
    private let measures: EngineMeasures
    private let breakers: [DependencyBreaker]
    /// Of buildings, as they are met.
    private let buildings: BuildingGate?
    private let weather: WeatherGate?
    private let host: HostProbe
    private let settings: EngineSettings
    private let startedAt: UTCInstant
    private let feeds = Mutex<[any StatusReportingFeed]>([])

    init(
        health: HealthService, measures: EngineMeasures, breakers: [DependencyBreaker], buildings: BuildingGate?,
        weather: WeatherGate?, host: HostProbe, settings: EngineSettings, startedAt: UTCInstant
    ) {
        self.health = health
        self.measures = measures
        self.breakers = breakers
        self.buildings = buildings
        self.weather = weather
        self.host = host
        self.settings = settings
        self.startedAt = startedAt
    }

    func add(feed: any StatusReportingFeed) { feeds.withLock { $0.append(feed) } }

    func breaker(named name: String) -> DependencyBreaker? { all.first { $0.name == name } }
    var breakerNames: [String] { all.map(\.name) }
    private var all: [DependencyBreaker] { breakers + (buildings?.breakers ?? []) + (weather?.breakers ?? []) }

    func snapshot() -> HealthSnapshot {
        let disk = host.disk()
        return HealthSnapshot(
            version: settings.version, startedAt: startedAt, mode: settings.mode,
            dependencies: health.dependencies + (weather?.statuses ?? []),
            breakers: all.map(\.status), queues: measures.queues, feeds: feeds.withLock { $0.map(\.status) },
            partitions: measures.partitions, rates: measures.rateStatuses(), latencies: measures.latencyStatuses(),
            counters: measures.counterStatuses(), residentBytes: host.residentBytes(), diskFreeBytes: disk.freeBytes,
            diskTotalBytes: disk.totalBytes)
    }
}
