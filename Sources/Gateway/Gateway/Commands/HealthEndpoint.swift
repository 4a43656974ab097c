import EnergyModel
import GatewayWire
import Hummingbird
import Ports

/// `GET /api/health`: the engine's health with everything it is made of; what still works and what does not (ledger CON-09).
struct HealthEndpoint: Sendable {
    let surface: Surface

    var endpoints: [Endpoint] {
        [
            Endpoint(.get, "/api/health", access: .role(.viewer), rank: .exempt) { incoming in
                let snapshot = try await surface.snapshot(incoming)
                return try incoming.answer(
                    Told(snapshot.health, asOf: snapshot.at, now: incoming.arrivedAt), HealthShapes.health,
                    isStale: incoming.arrivedAt.since(snapshot.at) > FacilityEndpoints.staleAfter)
            }
            .described(
                "getHealth", .live, "Dependencies, breakers, queues, feeds, lag, rates and latencies.",
                answers: [.json("As it stands.", HealthShapes.health)])
        ]
    }
}

/// How health is told.
enum HealthShapes {
    static let dependency = Shape<DependencyStatus>(
        "Dependency", "What the engine depends on.",
        [
            .text("name", "Its name.") { $0.name },
            .text("state", "How it is.", as: .choice(["up", "degraded", "down"])) { $0.state.rawValue },
            .text("detail", "For people.") { $0.detail },
            .text("checked_at", "When it was looked at.", as: .instant) { $0.checkedAt.iso8601 },
        ])
    static let breaker = Shape<BreakerStatus>(
        "Breaker", "Turns calls away from a dependency that fails.",
        [
            .text("name", "Of the dependency.") { $0.name },
            .text("state", "How it is.", as: .choice(["closed", "open", "halfOpen", "isolated"])) {
                $0.state.rawValue
            },
            .integer("calls", "Let pass.") { Int64($0.calls) },
            .integer("failures", "Failed.") { Int64($0.failures) },
            .integer("refused", "Turned away.") { Int64($0.refused) },
            .text("since", "In this state since.", as: .instant) { $0.since.iso8601 },
            .optionalText("next_probe_at", "When it tries again.", as: .instant) { $0.nextProbe?.iso8601 },
        ])
    static let queue = Shape<QueueStatus>(
        "Queue", "A bounded queue.",
        [
            .text("name", "Its name.") { $0.name },
            .integer("items", "In it.") { $0.items },
            .integer("bytes", "In it.") { $0.bytes },
            .integer("cap_bytes", "Its bound.") { $0.capBytes },
            .flag("is_refusing", "Takes nothing more for now.") { $0.isRefusing },
        ])
    static let feed = Shape<FeedStatus>(
        "Feed", "Where readings come from.",
        [
            .text("name", "Its name.") { $0.name },
            .text("state", "How it is.", as: .choice(["connecting", "live", "backingOff", "paused", "stopped"])) {
                $0.state.rawValue
            },
            .text("endpoint", "Without secrets.") { $0.endpoint },
            .text("detail", "For people.") { $0.detail },
            .text("since", "In this state since.", as: .instant) { $0.since.iso8601 },
            .integer("received", "Messages.") { Int64(clamping: $0.received) },
            .integer("acknowledged", "Messages.") { Int64(clamping: $0.acknowledged) },
        ])
    static let partition = Shape<PartitionStatus>(
        "Partition", "How far a consumer is behind.",
        [
            .text("topic", "The log's topic.") { $0.topic },
            .text("group", "The consumer.") { $0.group },
            .integer("index", "The partition.") { Int64($0.index) },
            .integer("lag", "Records behind.") { $0.lag },
            .optionalInteger(
                "seconds_to_retention_loss", "Until retention overtakes what waits.", unknown: "nothing waits"
            ) { $0.secondsToRetentionLoss },
        ])
    static let rate = Shape<RateStatus>(
        "Rate", "Over the last 10 s.",
        [.text("name", "Of what.") { $0.name }, .number("per_second", "Mean.") { $0.perSecond }])
    static let latency = Shape<LatencyStatus>(
        "Latency", "How long something takes.",
        [
            .text("name", "Of what.") { $0.name },
            .number("p50_ms", "Median, milliseconds.") { $0.p50Milliseconds },
            .number("p99_ms", "99th percentile, milliseconds.") { $0.p99Milliseconds },
            .number("max_ms", "Longest, milliseconds.") { $0.maxMilliseconds },
            .integer("count", "Measured.") { Int64(clamping: $0.count) },
        ])
    static let counter = Shape<CounterStatus>(
        "Count", "Since the start.",
        [.text("name", "Of what.") { $0.name }, .integer("value", "How many.") { Int64(clamping: $0.value) }])

    static let health = Shape<Told<HealthSnapshot>>.told(
        "Health", "The engine's health.",
        [
            .text("version", "Of the engine.") { $0.version },
            .text("started_at", "When it began.", as: .instant) { $0.startedAt.iso8601 },
            .text("mode", "How it runs.") { $0.mode },
            .list("dependencies", "What it depends on.", dependency) { $0.dependencies },
            .list("breakers", "By dependency.", breaker) { $0.breakers },
            .list("queues", "Bounded queues.", queue) { $0.queues },
            .list("feeds", "Where readings come from.", feed) { $0.feeds },
            .list("partitions", "Consumers of the log.", partition) { $0.partitions },
            .list("rates", "What flows.", rate) { $0.rates },
            .list("latencies", "What takes time.", latency) { $0.latencies },
            .list("counts", "Since the start.", counter) { $0.counters },
            .integer("lag", "Readings in the log that aggregation has not stored.") { $0.lag },
            .integer("resident_bytes", "Memory of the process.") { $0.residentBytes },
            .integer("disk_free_bytes", "On the data directory's disk.") { $0.diskFreeBytes },
            .integer("disk_total_bytes", "Of that disk.") { $0.diskTotalBytes },
        ])
}
