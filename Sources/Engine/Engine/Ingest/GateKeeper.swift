import EnergyModel
import Ports
import Synchronization

/// The ingest gate behind its lock, shared by the intake, the writer, and whoever measures queues and disk.
final class GateKeeper: Sendable {
    private let gate: Mutex<IngestGate>
    private let journal: Journal

    init(settings: EngineSettings.Ingest, journal: Journal) {
        gate = Mutex(IngestGate(settings: settings))
        self.journal = journal
    }

    func admit(bytes: Int) -> IntakeRefusal? { gate.withLock { $0.admit(bytes: bytes) } }
    func leave(bytes: Int) { gate.withLock { $0.leave(bytes: bytes) } }
    func stop() { gate.withLock { $0.stop() } }

    func measured(_ queue: IngestGate.Queue, bytes: Int64, items: Int64) {
        tell(gate.withLock { $0.measured(queue, bytes: bytes, items: items) })
    }

    func appended(to queue: IngestGate.Queue, bytes: Int64, items: Int64) {
        tell(gate.withLock { $0.appended(to: queue, bytes: bytes, items: items) })
    }

    func disk(isFull: Bool) {
        let changed = gate.withLock { gate in
            defer { gate.diskIsFull = isFull }
            return gate.diskIsFull != isFull
        }
        guard changed else { return }
        let text =
            isFull ? "the disk is nearly full: readings are refused" : "the disk has room again: readings are taken"
        journal.note(text, of: "ingest", by: "service:ingest")
    }

    var inFlightBytes: Int { gate.withLock(\.inFlightBytes) }
    var isRefusing: Bool { gate.withLock(\.isRefusing) }
    var statuses: [QueueStatus] { gate.withLock(\.statuses) }

    private func tell(_ changes: [IngestGate.Change]) {
        for change in changes {
            let (queue, text) = change.words
            journal.note(text, of: "queue:\(queue.rawValue)", by: "service:ingest")
        }
    }
}

extension IngestGate.Change {
    fileprivate var words: (IngestGate.Queue, String) {
        switch self {
        case .startedRefusing(let queue): (queue, "above its mark: senders are refused")
        case .resumed(let queue): (queue, "below its mark: senders are taken again")
        case .becameNearlyFull(let queue): (queue, "nearly full: its consumer must catch up, or its cap be raised")
        case .noLongerNearlyFull(let queue): (queue, "no longer nearly full")
        }
    }
}
