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
        /// Above or below the mark that is reported beside the refusals (ING-10).
        case becameNearlyFull(Queue)
        case noLongerNearlyFull(Queue)
    }

    private struct Level: Sendable {
        var gate: HysteresisGate
        var alarm: HysteresisGate
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
        let alarm = HysteresisGate(refuseAt: settings.alarmAt, resumeAt: settings.refuseAt)
        local = Level(gate: gate, alarm: alarm)
        log = Level(gate: gate, alarm: alarm)
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
    mutating func measured(_ queue: Queue, bytes: Int64, items: Int64) -> [Change] {
        update(queue) { level in
            level.bytes = bytes
            level.items = items
        }
    }

    mutating func appended(to queue: Queue, bytes: Int64, items: Int64) -> [Change] {
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

    private mutating func update(_ queue: Queue, _ change: (inout Level) -> Void) -> [Change] {
        switch queue {
        case .local: IngestGate.changes(of: queue, &local, cap: settings.queueCapBytes, change)
        case .log: IngestGate.changes(of: queue, &log, cap: settings.queueCapBytes, change)
        }
    }

    private static func changes(
        of queue: Queue, _ level: inout Level, cap: Int64, _ change: (inout Level) -> Void
    ) -> [Change] {
        change(&level)
        let share = Double(level.bytes) / Double(cap)
        var changes: [Change] = []
        switch level.gate.update(level: share) {
        case .startedRefusing: changes.append(.startedRefusing(queue))
        case .resumed: changes.append(.resumed(queue))
        case nil: break
        }
        switch level.alarm.update(level: share) {
        case .startedRefusing: changes.append(.becameNearlyFull(queue))
        case .resumed: changes.append(.noLongerNearlyFull(queue))
        case nil: break
        }
        return changes
    }
}
