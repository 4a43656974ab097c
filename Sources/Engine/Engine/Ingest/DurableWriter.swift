import EnergyModel
import Ports
import Resilience
import Synchronization

/// Makes records durable: in the log, or in the local queue while the log is down. Throws only when neither takes them.
final class DurableWriter: Sendable {
    static let spoolTopic = Topic("ingest-spool")
    static let drainGroup = "drain"
    /// Carries the topic a queued record is meant for.
    static let destinationHeader = "__switchyard.spool.topic"

    let log: any EventLog
    let spool: any EventLog
    let breaker: DependencyBreaker
    private let route: Mutex<IngestRoute>
    private let settings: EngineSettings.Ingest
    private let time: Timekeeper
    private let measures: EngineMeasures
    private let journal: Journal
    private let gate: GateKeeper
    private let tracer: Tracer

    init(
        log: any EventLog, spool: any EventLog, breaker: DependencyBreaker, gate: GateKeeper,
        beginning way: IngestRoute.Way, settings: EngineSettings.Ingest, time: Timekeeper, measures: EngineMeasures,
        journal: Journal, tracer: Tracer
    ) {
        self.log = log
        self.spool = spool
        self.breaker = breaker
        route = Mutex(IngestRoute(beginning: way))
        self.settings = settings
        self.time = time
        self.measures = measures
        self.journal = journal
        self.gate = gate
        self.tracer = tracer
    }

    var isDirect: Bool { route.withLock { $0.way == .direct } }

    func append(_ records: [LogRecord], to topic: Topic) async throws(PortError) {
        guard !records.isEmpty else { return }
        await waitForHandOver()
        if isDirect {
            do throws(PortError) {
                return try await appendToLog(records, to: topic)
            } catch {
                divert(after: error)
            }
        }
        do throws(PortError) {
            try await appendToSpool(records, to: topic)
        } catch {
            // The queue itself is down. Order yields to durability: the log is asked once more.
            guard !isDirect else { throw error }
            try await appendToLog(records, to: topic)
        }
    }

    /// The drainer needs a few milliseconds to move the last records; who has waited long enough queues after all, and the
    /// hand-over goes on behind it.
    private func waitForHandOver() async {
        let giveUpAt = time.uptime() + .milliseconds(500)
        while route.withLock({ $0.way == .handingOver }), time.uptime() < giveUpAt {
            guard await time.pause(.milliseconds(2)) else { return }
        }
    }

    /// Through the breaker and under the deadline (ING-05, ING-06).
    func appendToLog(_ records: [LogRecord], to topic: Topic) async throws(PortError) {
        let start = time.uptime()
        do throws(PortError) {
            try await tracer.part("log.append", .store, .producer) { () throws(PortError) in
                try await breaker.call(within: settings.appendTimeout, "append to the log") {
                    [log] () throws(PortError) in try await log.append(records, to: topic)
                }
            }
        } catch {
            if error.code == .timedOut {
                measures.timedOut(service: "ingest", operation: "log_append", after: settings.appendTimeout)
            }
            throw error
        }
        measures.record(.append, time.uptime() - start)
        if topic == .sensorReadings { report(.log, records) }
    }

    /// From now on records are queued until the drainer has emptied the queue. Called with a reason at a failure and by
    /// the drainer when it finds old records at its start.
    func divert(after error: PortError?) {
        guard route.withLock({ $0.divert() }) else { return }
        let reason = error.map { "the log failed (\($0))" } ?? "an earlier run left records in the local queue"
        journal.note("\(reason): readings go through the local queue", of: "ingest", by: "service:ingest")
    }

    var queueMark: UInt64 { route.withLock(\.mark) }

    func beginHandOver() { route.withLock { $0.beginHandOver() } }
    func endHandOver() { route.withLock { $0.endHandOver() } }
    var isHandingOver: Bool { route.withLock { $0.way == .handingOver } }

    /// The drainer found the queue empty; tells whether readings go straight to the log again.
    func queueFoundEmpty(since mark: UInt64) -> Bool {
        let (isDirect, wasTold) = route.withLock { route in
            let isDirect = route.foundEmpty(since: mark)
            return (isDirect, isDirect && route.takeTold())
        }
        guard wasTold else { return isDirect }
        journal.note("the local queue is drained: readings go straight to the log", of: "ingest", by: "service:ingest")
        return true
    }

    private func appendToSpool(_ records: [LogRecord], to topic: Topic) async throws(PortError) {
        route.withLock { $0.beginQueueing() }
        defer { route.withLock { $0.endQueueing() } }
        let queued = records.map { record in
            var queued = record
            queued.headers[DurableWriter.destinationHeader] = topic.name
            return queued
        }
        try await bounded(by: settings.appendTimeout, "append to the local queue", time: time) {
            [spool] () throws(PortError) in
            try await spool.append(queued, to: DurableWriter.spoolTopic)
        }
        measures.count(.spooled, records.reduce(0) { $0 + $1.items })
        report(.local, queued)
    }

    private func report(_ queue: IngestGate.Queue, _ records: [LogRecord]) {
        let bytes = records.reduce(0) { $0 + $1.value.count }
        gate.appended(to: queue, bytes: Int64(bytes), items: Int64(records.reduce(0) { $0 + $1.items }))
    }
}
