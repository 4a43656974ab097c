import EnergyModel
import Logging
import Metering
import Ports
import ServiceLifecycle
import Synchronization

/// Measures queues and lag once a second: for the gate (ING-08), backlog mode (AGG-13), readiness (HEALTH-02), and the time
/// until retention would overtake consumption (LOG-11).
final class QueueMonitor: Service {
    private let log: any EventLog
    private let spool: any EventLog
    private let gate: GateKeeper
    private let settings: EngineSettings
    private let time: Timekeeper
    private let measures: EngineMeasures
    private let journal: Journal
    private let host: HostProbe
    private let logger: Logger
    private let machine: Mutex<LagStateMachine>
    /// Until retention takes a reading that nobody has consumed; nil while nothing waits.
    private let secondsToLoss = Mutex<Int64?>(nil)

    init(
        log: any EventLog, spool: any EventLog, gate: GateKeeper, settings: EngineSettings, time: Timekeeper,
        measures: EngineMeasures, journal: Journal, host: HostProbe, logger: Logger
    ) {
        self.log = log
        self.spool = spool
        self.gate = gate
        self.settings = settings
        self.time = time
        self.measures = measures
        self.journal = journal
        self.host = host
        self.logger = logger
        var limits = LagStateMachine.Limits()
        limits.alert = settings.health.lagAlert
        limits.backlog = settings.aggregation.backlogEnter
        limits.backlogEnd = settings.aggregation.backlogLeave
        limits.notReady = settings.health.readyLag
        machine = Mutex(LagStateMachine(limits: limits))
    }

    /// Aggregation takes bigger batches while true.
    var isBacklogged: Bool { machine.withLock { $0.level >= .backlog } }

    /// Throws when retention is about to overtake aggregation (LOG-11).
    func checkLoss() throws(PortError) {
        guard let seconds = secondsToLoss.withLock(\.self), seconds < settings.retention.lossAlert.milliseconds / 1000
        else { return }
        throw PortError(
            .unavailable,
            "the oldest reading that aggregation has not taken is lost in \(seconds / 3600) h: mend aggregation, or raise "
                + "retention.log")
    }

    func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            repeat { await measure() } while await time.pause(settings.ingest.markInterval)
        }
    }

    func measure() async {
        do throws(PortError) {
            let waiting = try await lag(spool, DurableWriter.spoolTopic, DurableWriter.drainGroup)
            gate.measured(
                .local, bytes: waiting.reduce(0) { $0 + $1.unconsumedBytes }, items: waiting.reduce(0) { $0 + $1.items }
            )
            let readings = try await lag(log, .sensorReadings, settings.aggregation.group)
            gate.measured(
                .log, bytes: readings.reduce(0) { $0 + $1.unconsumedBytes }, items: readings.reduce(0) { $0 + $1.items }
            )
            take(readings)
        } catch {
            logger.warning("queues not measured, the last figures stay", metadata: ["error": "\(error)"])
        }
        measures.set(queues: gate.statuses)
        measures.set(residentBytes: host.residentBytes())
    }

    private func take(_ partitions: [PartitionLag]) {
        let now = time.now()
        measures.set(
            partitions: partitions.map { lag in
                PartitionStatus(
                    topic: lag.partition.topic.name, group: settings.aggregation.group, index: lag.partition.index,
                    lag: lag.items, endOffset: lag.endOffset,
                    secondsToRetentionLoss: lag.oldestUnconsumed.map {
                        max(0, (settings.retention.log - now.since($0)).milliseconds / 1000)
                    })
            })
        let toLoss = measures.partitions.compactMap(\.secondsToRetentionLoss).min()
        let isNews = secondsToLoss.withLock { before in
            defer { before = toLoss }
            let limit = settings.retention.lossAlert.milliseconds / 1000
            return (toLoss ?? .max) < limit && (before ?? .max) >= limit
        }
        if isNews, let toLoss {
            journal.note(
                "retention takes unconsumed readings in \(toLoss / 3600) h", of: "topic:sensor-readings",
                by: "service:retention")
        }
        let total = partitions.reduce(0) { $0 + $1.items }
        guard let level = machine.withLock({ $0.lagMeasured(total) }) else { return }
        journal.note("lag \(total): \(level.sentence)", of: "lag", by: "service:aggregation")
    }

    private func lag(
        _ log: any EventLog, _ topic: Topic, _ group: String
    ) async throws(PortError) -> [PartitionLag] {
        try await bounded(by: .seconds(2), "measuring \(topic)", time: time) { () throws(PortError) in
            try await log.lag(of: topic, group: group)
        }
    }
}

extension LagStateMachine.Level {
    fileprivate var sentence: String {
        switch self {
        case .normal: "aggregation keeps up"
        case .alert: "aggregation falls behind"
        case .backlog: "aggregation takes bigger batches until it has caught up"
        case .notReady: "the engine is not ready until aggregation has caught up"
        }
    }
}
