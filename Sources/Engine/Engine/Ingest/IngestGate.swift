import EnergyModel
import Ports
import Resilience

/// Decides whether a delivery may come in: running, room in memory (ING-09), queues below their marks (ING-08), disk not
/// nearly full (TSDB-06). Pure. What is appended between two measurements counts at once, so a burst cannot overrun a mark.
struct IngestGate: Sendable {
    enum Queue: String, Sendable, CaseIterable { case local = "local-queue", log = "event-log" }

    enum Change: Sendable, Equatable {
        case startedRefusing(Queue)
        case resumed(Queue)
    }

    private struct Level: Sendable {
        var gate: HysteresisGate
        var bytes: Int64 = 0
        var items: Int64 = 0
    }

    private let settings: EngineSettings.Ingest
    private var local: Level
    private var log: Level
    private(set) var inFlightBytes = 0
    private(set) var isStopping = false
    var diskIsFull = false

    init(settings: EngineSettings.Ingest) {
        self.settings = settings
        let gate = HysteresisGate(refuseAt: settings.refuseAt, resumeAt: settings.resumeAt)
        local = Level(gate: gate)
        log = Level(gate: gate)
    }

    /// Reserves `bytes`; every admission is followed by one `leave`. A delivery larger than the whole cap is let in alone.
    mutating func admit(bytes: Int) -> IntakeRefusal? {
        if isStopping { return IntakeRefusal(.stopping, retryAfter: settings.retryAfter) }
        if diskIsFull || local.gate.isRefusing || log.gate.isRefusing {
            return IntakeRefusal(.aboveMark, retryAfter: settings.retryAfter)
        }
        if inFlightBytes > 0, inFlightBytes + bytes > settings.inFlightCapBytes {
            return IntakeRefusal(.aboveMark, retryAfter: settings.briefRetryAfter)
        }
        inFlightBytes += bytes
        return nil
    }

    mutating func leave(bytes: Int) { inFlightBytes -= bytes }
    mutating func stop() { isStopping = true }

    /// What the queue holds that its consumer has not taken, as just measured.
    mutating func measured(_ queue: Queue, bytes: Int64, items: Int64) -> Change? {
        update(queue) { level in
            level.bytes = bytes
            level.items = items
        }
    }

    mutating func appended(to queue: Queue, bytes: Int64, items: Int64) -> Change? {
        update(queue) { level in
            level.bytes += bytes
            level.items += items
        }
    }

    var statuses: [QueueStatus] {
        [
            status(.local, local), status(.log, log),
            QueueStatus(
                name: "in-flight", items: 0, bytes: Int64(inFlightBytes), capBytes: Int64(settings.inFlightCapBytes),
                isRefusing: isStopping),
        ]
    }

    var isRefusing: Bool { isStopping || diskIsFull || local.gate.isRefusing || log.gate.isRefusing }

    private func status(_ queue: Queue, _ level: Level) -> QueueStatus {
        QueueStatus(
            name: queue.rawValue, items: level.items, bytes: level.bytes, capBytes: settings.queueCapBytes,
            isRefusing: level.gate.isRefusing)
    }

    private mutating func update(_ queue: Queue, _ change: (inout Level) -> Void) -> Change? {
        switch queue {
        case .local:
            change(&local)
            return named(local.gate.update(level: Double(local.bytes) / Double(settings.queueCapBytes)), queue)
        case .log:
            change(&log)
            return named(log.gate.update(level: Double(log.bytes) / Double(settings.queueCapBytes)), queue)
        }
    }

    private func named(_ change: HysteresisGate.Change?, _ queue: Queue) -> Change? {
        switch change {
        case .startedRefusing: .startedRefusing(queue)
        case .resumed: .resumed(queue)
        case nil: nil
        }
    }
}
