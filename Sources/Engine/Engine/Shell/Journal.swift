import DequeModule
import EnergyModel
import Logging
import Ports
import ServiceLifecycle
import Synchronization

/// State changes on their way to the journal. Noting never waits; at most 1,000 entries are held while the record store is
/// down, the oldest are dropped then and their number is noted when it is back. Every entry is logged at once as well.
final class Journal: Service {
    private struct State {
        var waiting: Deque<JournalEntry> = []
        var dropped = 0
        var noted: UInt64 = 0
    }

    private static let capacity = 1000
    private let state = Mutex(State())
    private let records: any RecordStore
    private let time: Timekeeper
    private let logger: Logger
    private let tracer: Tracer

    init(records: any RecordStore, time: Timekeeper, logger: Logger, tracer: Tracer = .off) {
        self.records = records
        self.tracer = tracer
        self.time = time
        self.logger = logger
    }

    /// One change of state, in a sentence. `actor` like `service:ingest`. What changes in the course of a trace carries its id,
    /// and the trace is kept.
    func note(
        _ text: String, of subject: String, by actor: String, about facility: FacilityID? = nil, traceID: String? = nil
    ) {
        logger.notice("state changed", metadata: ["subject": "\(subject)", "text": "\(text)", "actor": "\(actor)"])
        let entry = JournalEntry(
            at: time.now(), kind: .transition, actor: actor, subject: subject, text: text, facility: facility,
            traceID: traceID ?? TraceContext.current?.trace.description)
        tracer.keepCurrent()
        state.withLock { state in
            state.noted += 1
            if state.waiting.count == Journal.capacity {
                state.waiting.removeFirst()
                state.dropped += 1
            }
            state.waiting.append(entry)
        }
    }

    /// Grows with every note: what a person watches has changed.
    var noted: UInt64 { state.withLock(\.noted) }

    func run() async throws {
        while await time.pause(.milliseconds(500)) { await flush() }
        await flush()
    }

    /// Stores what waits; keeps it when that fails.
    func flush() async {
        let (entries, dropped) = take()
        guard !entries.isEmpty else { return }
        do throws(PortError) {
            try await bounded(by: .seconds(2), "writing the journal", time: time) { [records] () throws(PortError) in
                try await records.append(entries)
            }
        } catch {
            logger.warning("journal not written, kept for later", metadata: ["error": "\(error)"])
            state.withLock { state in
                state.dropped += dropped
                state.waiting.prepend(contentsOf: entries)
                let excess = max(0, state.waiting.count - Journal.capacity)
                state.waiting.removeFirst(excess)
                state.dropped += excess
            }
            return
        }
        guard dropped > 0 else { return }
        note("\(dropped) older entries were lost while the record store was down", of: "journal", by: "engine")
    }

    private func take() -> (entries: [JournalEntry], dropped: Int) {
        state.withLock { state in
            let entries = Array(state.waiting.prefix(200))
            state.waiting.removeFirst(entries.count)
            defer { state.dropped = 0 }
            return (entries, state.dropped)
        }
    }
}
