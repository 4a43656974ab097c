import CoreMetrics
import EnergyModel
import Ports
import Resilience
import Synchronization

/// What the engine counts and times, for snapshots and for the metrics system. Recorded once a batch, never once a reading.
final class EngineMeasures: Sendable {
    enum Rate: String, CaseIterable, Sendable {
        case received = "readings.received"
        case accepted = "readings.accepted"
        case stored = "readings.stored"
        case rollups = "rollups.stored"
        case deadLetters = "dead_letters"
        case writes = "series.writes"
        case writeErrors = "series.write_errors"
    }

    enum Latency: String, CaseIterable, Sendable {
        case append = "log.append"
        case write = "series.write"
        /// From the append to the stored rollup.
        case path = "append_to_stored"
        case query = "series.query"
        /// From a notification's arrival to its stored plan (DR-23).
        case event = "dr.arrival_to_planned"
        /// One call to a building (BMS-17).
        case building = "dr.building_call"
        /// One run over the fleet, its pauses included, and one facility's fit.
        case forecast = "forecast.run"
        case fit = "forecast.fit"
    }

    enum Count: String, CaseIterable, Sendable {
        case duplicate = "readings.duplicate"
        case late = "readings.late"
        case skewed = "readings.clock_skewed"
        case tooOld = "readings.too_old"
        case rejected = "readings.rejected"
        case spooled = "readings.spooled"
        case drained = "readings.drained"
        case redelivered = "readings.redelivered"
        case poison = "records.poison"
        case refused = "deliveries.refused"
        case lateHours = "late.recomputes"
        case timeouts = "operations.timed_out"
        case registered = "meters.registered"
        case replayed = "dead_letters.replayed"
        case backfills = "backfills.requested"
        case droppedUnconsumed = "log.dropped_unconsumed"
        case verified = "series.verified"
        case mismatches = "series.mismatches"
        case notifications = "dr.notifications"
        case repeatedNotifications = "dr.notifications_repeated"
        case refusedNotifications = "dr.notifications_refused"
        case malformedNotifications = "dr.notifications_malformed"
        case ignoredNotifications = "dr.notifications_ignored"
        case events = "dr.events"
        case transitions = "dr.transitions"
        case buildingCalls = "dr.building_calls"
        case buildingTimeouts = "dr.building_timeouts"
        case slowBuildingCalls = "dr.building_calls_slow"
        case failedCommands = "dr.commands_failed"
        case watchdogReleases = "dr.watchdog_releases"
        case forecastsBuffered = "forecasts.buffered"
        case forecastsLost = "forecasts.lost"
        case underDeliveries = "dr.under_deliveries"
        case discrepancies = "dr.discrepancies"
        case spansStored = "traces.spans_stored"
        /// For want of room.
        case spansLost = "traces.spans_lost"
        case spansOverBudget = "traces.spans_over_budget"
        case spansExported = "traces.spans_exported"
        case spansNotExported = "traces.spans_not_exported"
    }

    private struct State {
        var rates: [RateRing]
        var latencies: [LatencyHistogram]
        var counts: [UInt64]
        /// Dead letters by second over the last minute come from `rates`; lag and queues are set by their owners.
        var lags: [PartitionStatus] = []
        var queues: [QueueStatus] = []
    }

    private let state: Mutex<State>
    private let time: Timekeeper
    private let counters: [Counter]
    private let rateCounters: [Counter]
    private let timers: [Timer]

    init(time: Timekeeper) {
        self.time = time
        let now = time.uptime()
        state = Mutex(
            State(
                rates: Rate.allCases.map { _ in RateRing(at: now) },
                latencies: Latency.allCases.map { _ in LatencyHistogram(at: now) },
                counts: Count.allCases.map { _ in 0 }))
        counters = Count.allCases.map { Counter(label: metricName($0.rawValue) + "_total") }
        rateCounters = Rate.allCases.map { Counter(label: metricName($0.rawValue) + "_total") }
        timers = Latency.allCases.map { Timer(label: metricName($0.rawValue) + "_seconds") }
    }

    func record(_ rate: Rate, _ count: Int) {
        guard count > 0 else { return }
        let now = time.uptime()
        state.withLock { $0.rates[rate.index].record(count, at: now) }
        rateCounters[rate.index].increment(by: Int64(count))
    }

    func record(_ latency: Latency, _ duration: Duration) {
        let now = time.uptime()
        state.withLock { $0.latencies[latency.index].record(duration, at: now) }
        timers[latency.index].recordNanoseconds(duration.milliseconds < 1 << 40 ? nanoseconds(duration) : .max)
    }

    func count(_ count: Count, _ amount: Int = 1) {
        guard amount > 0 else { return }
        state.withLock { $0.counts[count.index] += UInt64(amount) }
        counters[count.index].increment(by: Int64(amount))
    }

    /// `operation_timeout_seconds{service,operation}` (RES-03): the deadline that passed.
    func timedOut(service: String, operation: String, after limit: Duration) {
        count(.timeouts)
        Timer(label: "operation_timeout_seconds", dimensions: [("service", service), ("operation", operation)])
            .recordNanoseconds(nanoseconds(limit))
    }

    /// `kafka_poison_messages_total{topic}` (DLQ-05).
    func poison(in topic: Topic) {
        count(.poison)
        Counter(label: "kafka_poison_messages_total", dimensions: [("topic", topic.name)]).increment()
    }

    /// `dependency_health_check_failures_total{dependency}` (HEALTH-06).
    func checkFailed(_ dependency: String) {
        Counter(label: "dependency_health_check_failures_total", dimensions: [("dependency", dependency)]).increment()
    }

    func set(partitions: [PartitionStatus]) {
        state.withLock { $0.lags = partitions }
        Gauge(label: "energy_log_lag_readings").record(partitions.reduce(0) { $0 + $1.lag })
        for partition in partitions {
            let dimensions = [("topic", partition.topic), ("partition", String(partition.index))]
            Gauge(label: "energy_log_partition_lag_readings", dimensions: dimensions).record(partition.lag)
        }
    }

    func set(queues: [QueueStatus]) {
        state.withLock { $0.queues = queues }
        for queue in queues {
            Gauge(label: "energy_queue_bytes", dimensions: [("queue", queue.name)]).record(queue.bytes)
            Gauge(label: "energy_queue_items", dimensions: [("queue", queue.name)]).record(queue.items)
        }
    }

    /// Share of stored readings that were there before (AGG-09), over the whole run; 0...1.
    func recordDuplicateShare() {
        let (duplicates, stored) = (value(of: .duplicate), total(of: .stored))
        Gauge(label: "energy_duplicate_write_ratio").record(stored == 0 ? 0 : Double(duplicates) / Double(stored))
    }

    /// The 99th percentile of recent durations in milliseconds; 0 when there are none.
    func p99(_ latency: Latency) -> Double {
        let now = time.uptime()
        return state.withLock { $0.latencies[latency.index].percentile(0.99, at: now) }
    }

    func set(residentBytes: Int64) { Gauge(label: "energy_process_resident_bytes").record(residentBytes) }

    var partitions: [PartitionStatus] { state.withLock(\.lags) }
    var queues: [QueueStatus] { state.withLock(\.queues) }
    var lag: Int64 { partitions.reduce(0) { $0 + $1.lag } }

    func value(of count: Count) -> UInt64 { state.withLock { $0.counts[count.index] } }
    func total(of rate: Rate) -> UInt64 { state.withLock { $0.rates[rate.index].total } }

    func perMinute(_ rate: Rate) -> Double {
        let now = time.uptime()
        return state.withLock { $0.rates[rate.index].perSecond(over: RateRing.seconds, at: now) } * 60
    }

    func rateStatuses() -> [RateStatus] {
        let now = time.uptime()
        return state.withLock { state in
            Rate.allCases.map { rate in
                RateStatus(
                    name: rate.rawValue, perSecond: state.rates[rate.index].perSecond(at: now),
                    history: state.rates[rate.index].history(at: now))
            }
        }
    }

    func latencyStatuses() -> [LatencyStatus] {
        let now = time.uptime()
        return state.withLock { state in
            Latency.allCases.map { latency in
                LatencyStatus(
                    name: latency.rawValue, p50Milliseconds: state.latencies[latency.index].percentile(0.5, at: now),
                    p99Milliseconds: state.latencies[latency.index].percentile(0.99, at: now),
                    maxMilliseconds: state.latencies[latency.index].maximumMilliseconds(at: now),
                    count: state.latencies[latency.index].total)
            }
        }
    }

    func counterStatuses() -> [CounterStatus] {
        state.withLock { state in
            Count.allCases.map { CounterStatus(name: $0.rawValue, value: state.counts[$0.index]) }
        }
    }
}

/// What the engine shows at `/metrics`, for the table that describes it.
package enum EngineMetricNames {
    package static let all: [String] =
        EngineMeasures.Count.allCases.map { metricName($0.rawValue) + "_total" }
        + EngineMeasures.Rate.allCases.map { metricName($0.rawValue) + "_total" }
        + EngineMeasures.Latency.allCases.map { metricName($0.rawValue) + "_seconds" }
}

/// `readings.clock_skewed` is `energy_readings_clock_skewed`.
private func metricName(_ name: String) -> String { "energy_" + name.map { $0 == "." ? "_" : String($0) }.joined() }

private func nanoseconds(_ duration: Duration) -> Int64 {
    let (seconds, attoseconds) = duration.components
    return seconds &* 1_000_000_000 &+ attoseconds / 1_000_000_000
}

extension CaseIterable where Self: Equatable, AllCases.Index == Int {
    /// Position among all cases; the compiler's order of declaration.
    fileprivate var index: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}
