import DemandResponse
import EnergyModel
import Logging
import Ports
import Synchronization

/// Owns the sagas of all open events. What moves one is put into its inbox; one worker at a time takes what lies there, lets
/// the saga decide, commits its transitions, and only then hands out its requests: what left was always intended on record.
/// Events do not wait for one another. Whoever puts something into an idle event's inbox is its worker.
final class Coordinator: Sendable {
    struct State {
        var cells: [DREventID: EventCell] = [:]
        /// To be sent by the service, oldest first.
        var requests: [BuildingRequest] = []
        /// The lease is held.
        var isDriving = false
        /// Every open event is in memory: before that nobody can tell which building is free.
        var isLoaded = false
        /// Legs have moved since the last look for buildings to hand over.
        var hasMoved = false
        /// To be loaded again: somebody else had stored a transition.
        var toReload: Set<DREventID> = []
        /// Stored histories that do not fold; the watchdog gives their buildings back.
        var damaged: [DREventID: String] = [:]
        /// Commits since the start: what watches notices looks when it grows.
        var commits: UInt64 = 0
        var lastCommitError: PortError?
    }

    let state = Mutex(State())
    let records: any ResponseRecords
    let settings: EngineSettings.Response
    let time: Timekeeper
    let share: @Sendable () -> Double
    let measures: EngineMeasures
    let journal: Journal
    let logger: Logger
    let tracer: Tracer

    init(
        records: any ResponseRecords, settings: EngineSettings.Response, time: Timekeeper,
        share: @escaping @Sendable () -> Double, measures: EngineMeasures, journal: Journal, logger: Logger,
        tracer: Tracer
    ) {
        self.records = records
        self.settings = settings
        self.time = time
        self.share = share
        self.measures = measures
        self.journal = journal
        self.logger = logger
        self.tracer = tracer
    }

    // MARK: - In

    /// A change by a person or a utility; returns when it is stored. Throws when it is not, and then nothing was done.
    func change(
        _ id: DREventID, by actor: String, traceID: String? = nil, _ apply: @escaping SagaInput.Apply
    ) async throws(PortError) -> SagaReply {
        let reply = OneShot<Result<SagaReply, PortError>>()
        let input = SagaInput(kind: .change, actor: actor, traceID: traceID, apply: apply, reply: reply)
        switch post(input, to: id) {
        case .mine: await work(id)
        case .queued: break
        case .refused(let error): throw error
        }
        return try await reply.value.get()
    }

    /// Something that nobody waits for.
    func tell(_ input: SagaInput, to id: DREventID) async {
        if case .mine = post(input, to: id) { await work(id) }
    }

    enum Posted {
        /// The caller must `work` the event now.
        case mine
        case queued
        case refused(PortError)
    }

    func post(_ input: SagaInput, to id: DREventID) -> Posted {
        state.withLock { state in
            guard state.isDriving else { return .refused(Coordinator.notDriving) }
            guard state.cells[id] != nil else {
                return .refused(PortError(.notFound, "no open event \(id) is known; `switchyard events` lists them"))
            }
            guard state.cells[id]?.inbox.count ?? 0 < EventCell.inboxLimit else {
                return .refused(PortError(.unavailable, "too much waits for event \(id); try again in a few seconds"))
            }
            state.cells[id]?.inbox.append(input)
            guard state.cells[id]?.isBusy == false else { return .queued }
            state.cells[id]?.isBusy = true
            return .mine
        }
    }

    static let notDriving = PortError(
        .unavailable, "this engine does not drive demand response now: it is starting, or another one holds the lease")

    // MARK: - Out

    func takeRequests() -> [BuildingRequest] {
        state.withLock { state in
            defer { state.requests = [] }
            return state.requests
        }
    }

    /// Marks the events that the clock must move as worked on; the caller must `work` each.
    func takeDue() -> [DREventID] {
        let (now, uptime) = (time.now(), time.uptime())
        return state.withLock { state in
            guard state.isDriving else { return [] }
            var due: [DREventID] = []
            for (id, cell) in state.cells where !cell.isBusy {
                let isDue = cell.wakeAt.map { $0 <= now } ?? false
                let mustRetry = cell.failures > 0 && cell.retryAt <= uptime
                guard isDue || mustRetry else { continue }
                state.cells[id]?.isBusy = true
                state.cells[id]?.inbox.append(.advance)
                due.append(id)
            }
            return due.sorted()
        }
    }

    // MARK: - Views

    func event(_ id: DREventID) -> (event: DemandResponseEvent, saga: SagaStateMachine)? {
        state.withLock { $0.cells[id].map { ($0.event, $0.ahead ?? $0.saga) } }
    }

    /// Open events, soonest first.
    var open: [DemandResponseEvent] {
        state.withLock { $0.cells.values.map(\.event) }.sorted { ($0.window.start, $0.id) < ($1.window.start, $1.id) }
    }

    var standings: [Standing] { state.withLock { $0.cells.values.compactMap(\.standing) } }
    var isDriving: Bool { state.withLock(\.isDriving) }
    var isComplete: Bool { state.withLock { $0.isLoaded && $0.toReload.isEmpty } }

    /// Throws until it is known which building is free.
    func requireComplete() throws(PortError) {
        guard !isComplete else { return }
        throw isDriving
            ? PortError(.unavailable, "open events are still being loaded; try again in a few seconds")
            : Coordinator.notDriving
    }
    var commits: UInt64 { state.withLock(\.commits) }
    var hasOpenEvents: Bool { state.withLock { !$0.cells.isEmpty } }

    /// Throws while transitions cannot be stored or a history is damaged.
    func check() throws(PortError) {
        let (error, damaged, failing) = state.withLock { state in
            (state.lastCommitError, state.damaged, state.cells.values.contains { $0.failures > 0 })
        }
        if let first = damaged.min(by: { $0.key < $1.key }) {
            throw PortError(.corrupt, "event \(first.key) cannot be driven: \(first.value)")
        }
        if failing, let error {
            throw PortError(error.code, "transitions of events are not stored, only releases go out: \(error.sentence)")
        }
    }
}

extension Coordinator {
    /// Demand-response events that should have a plan and have none. Those just taken in are left to the intake.
    func unplanned(at now: UTCInstant) -> [DREventID] {
        state.withLock { state in
            state.cells.values.filter { cell in
                cell.event.kind == .demandResponse && cell.saga.plan == nil && !cell.event.awaitsApproval
                    && !cell.saga.progress.status.isFinal && cell.event.window.end > now
                    && now.since(cell.advancedAt) >= .seconds(2)
            }.map(\.event.id)
        }.sorted()
    }
}

extension Coordinator {
    /// The next moment at which the clock moves an event; nil when none waits for it.
    var nextWake: UTCInstant? { state.withLock { $0.cells.values.compactMap(\.wakeAt).min() } }
}
