import EnergyModel
import Ports

extension RecordCodec where Row == HealthSnapshot {
    static let health = RecordCodec(
        blank: HealthSnapshot(
            version: "", startedAt: .distantPast, mode: "", dependencies: [], breakers: [], queues: [], feeds: [],
            partitions: [], rates: [], latencies: [], counters: [], residentBytes: 0, diskFreeBytes: 0,
            diskTotalBytes: 0),
        [
            Column(1, \.version, .text), Column(2, \.startedAt, .instant), Column(3, \.mode, .text),
            Column(4, \.dependencies, RecordCodec<DependencyStatus>.dependency.rows),
            Column(5, \.breakers, RecordCodec<BreakerStatus>.breaker.rows),
            Column(6, \.queues, RecordCodec<QueueStatus>.queue.rows),
            Column(7, \.feeds, RecordCodec<FeedStatus>.feed.rows),
            Column(8, \.partitions, RecordCodec<PartitionStatus>.partition.rows),
            Column(9, \.rates, RecordCodec<RateStatus>.rate.rows),
            Column(10, \.latencies, RecordCodec<LatencyStatus>.latency.rows),
            Column(11, \.counters, RecordCodec<CounterStatus>.counter.rows), Column(12, \.residentBytes, .integer),
            Column(13, \.diskFreeBytes, .integer), Column(14, \.diskTotalBytes, .integer),
        ])
}

extension RecordCodec where Row == DependencyStatus {
    static let dependency = RecordCodec(
        blank: DependencyStatus(name: "", state: .up, detail: "", checkedAt: .distantPast),
        [
            Column(1, \.name, .text), Column(2, \.state, .word(.up)), Column(3, \.detail, .text),
            Column(4, \.checkedAt, .instant),
        ])
}

extension RecordCodec where Row == BreakerStatus {
    static let breaker = RecordCodec(
        blank: BreakerStatus(
            name: "", state: .closed, consecutiveFailures: 0, calls: 0, failures: 0, since: .distantPast,
            nextProbe: nil),
        [
            Column(1, \.name, .text), Column(2, \.state, .word(.closed)), Column(3, \.consecutiveFailures, .integer),
            Column(4, \.calls, .integer), Column(5, \.failures, .integer), Column(6, \.refused, .integer),
            Column(7, \.transitions, .integer), Column(8, \.since, .instant),
            Column(9, \.nextProbe, FieldCodec<UTCInstant>.instant.optional),
        ])
}

extension RecordCodec where Row == QueueStatus {
    static let queue = RecordCodec(
        blank: QueueStatus(name: "", items: 0, bytes: 0, capBytes: 0, isRefusing: false),
        [
            Column(1, \.name, .text), Column(2, \.items, .integer), Column(3, \.bytes, .integer),
            Column(4, \.capBytes, .integer), Column(5, \.isRefusing, .flag),
        ])
}

extension RecordCodec where Row == FeedStatus {
    static let feed = RecordCodec(
        blank: FeedStatus(
            name: "", state: .connecting, endpoint: "", detail: "", since: .distantPast, received: 0, acknowledged: 0),
        [
            Column(1, \.name, .text), Column(2, \.state, .word(.connecting)), Column(3, \.endpoint, .text),
            Column(4, \.detail, .text), Column(5, \.since, .instant), Column(6, \.received, .integer),
            Column(7, \.acknowledged, .integer),
        ])
}

extension RecordCodec where Row == PartitionStatus {
    static let partition = RecordCodec(
        blank: PartitionStatus(topic: "", group: "", index: 0, lag: 0, endOffset: 0, secondsToRetentionLoss: nil),
        [
            Column(1, \.topic, .text), Column(2, \.group, .text), Column(3, \.index, .integer),
            Column(4, \.lag, .integer), Column(5, \.endOffset, .integer),
            Column(6, \.secondsToRetentionLoss, FieldCodec<Int64>.integer.optional),
        ])
}

extension RecordCodec where Row == RateStatus {
    static let rate = RecordCodec(
        blank: RateStatus(name: "", perSecond: 0, history: []),
        [Column(1, \.name, .text), Column(2, \.perSecond, .double), Column(3, \.history, .slidingWhole)])
}

extension RecordCodec where Row == LatencyStatus {
    static let latency = RecordCodec(
        blank: LatencyStatus(name: "", p50Milliseconds: 0, p99Milliseconds: 0, maxMilliseconds: 0, count: 0),
        [
            Column(1, \.name, .text), Column(2, \.p50Milliseconds, .double), Column(3, \.p99Milliseconds, .double),
            Column(4, \.maxMilliseconds, .double), Column(5, \.count, .integer),
        ])
}

extension RecordCodec where Row == CounterStatus {
    static let counter = RecordCodec(
        blank: CounterStatus(name: "", value: 0), [Column(1, \.name, .text), Column(2, \.value, .integer)])
}
