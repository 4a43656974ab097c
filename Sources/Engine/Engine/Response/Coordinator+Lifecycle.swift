import DemandResponse
import EnergyModel
import Logging
import Ports
import Synchronization

extension Coordinator {
    /// Takes an event that is in the records under the coordinator's wing; one that it drives already stays as it is.
    func adopt(_ id: DREventID) async throws(PortError) {
        guard isDriving else { throw Coordinator.notDriving }
        guard event(id) == nil else { return }
        if let why = state.withLock({ $0.damaged[id] }) { throw PortError(.corrupt, why) }
        guard let stored = try await read({ [records] () throws(PortError) in try await records.event(id) }) else {
            throw PortError(.notFound, "event \(id) is not in the records")
        }
        let history = try await history(of: id)
        let saga: SagaStateMachine
        do throws(SagaHistoryError) {
            saga = try SagaStateMachine(event: id, history: history, rules: settings.saga)
        } catch {
            state.withLock { $0.damaged[id] = error.description }
            journal.note(error.description, of: "dr-event:\(id)", by: "engine")
            throw PortError(.corrupt, error.description)
        }
        guard !saga.progress.isSettled else { return }
        let now = time.now()
        let isNew = state.withLock { state in
            guard state.cells[id] == nil else { return false }
            var event = stored
            event.summarise(saga)
            var cell = EventCell(event: event, saga: saga, advancedAt: now)
            cell.refresh()
            state.cells[id] = cell
            return true
        }
        if isNew, saga.ordinal > 0 { await tell(.restarted, to: id) }
    }

    private func history(of id: DREventID) async throws(PortError) -> [DRTransition] {
        var history: [DRTransition] = []
        while true {
            let last = history.last?.ordinal ?? 0
            let page = try await read { [records] () throws(PortError) in
                try await records.transitions(of: id, after: last, limit: 1_000)
            }
            history += page
            if page.count < 1_000 { return history }
        }
    }

    /// Loads every open event. An event that cannot be loaded does not keep the others from going on.
    func start() async throws(PortError) {
        let limit = settings.openEvents
        let open = try await read { [records] () throws(PortError) in
            try await records.events(EventQuery(scope: .open, limit: limit))
        }
        state.withLock { $0.isDriving = true }
        for event in open.sorted(by: { $0.window.start < $1.window.start }) {
            do throws(PortError) {
                try await adopt(event.id)
            } catch {
                logger.error("an event cannot be driven", metadata: ["event": "\(event.id)", "error": "\(error)"])
                if error.isTransient { state.withLock { _ = $0.toReload.insert(event.id) } }
            }
        }
        state.withLock { ($0.hasMoved, $0.isLoaded) = (true, true) }
    }

    /// Another engine drives from now on; what is in memory is dropped.
    func standDown() {
        let waiting = state.withLock { state in
            let waiting = state.cells.values.flatMap(\.inbox)
            (state.isDriving, state.isLoaded) = (false, false)
            (state.cells, state.requests, state.toReload) = ([:], [], [])
            return waiting
        }
        for input in waiting { input.reply?.fulfil(.failure(Coordinator.notDriving)) }
    }

    /// For an event that is stored and could not be adopted: the service tries again.
    func adoptLater(_ id: DREventID) {
        state.withLock { state in
            if state.isDriving, state.cells[id] == nil { state.toReload.insert(id) }
        }
    }

    /// True for an event whose history does not fold: it is open, and nobody here can tell its commands.
    func isDamaged(_ id: DREventID) -> Bool { state.withLock { $0.damaged[id] != nil } }

    /// Loads again what somebody else had changed.
    func reload() async {
        let ids = state.withLock { state in
            defer { state.toReload = [] }
            return state.toReload.sorted()
        }
        for id in ids {
            do throws(PortError) {
                try await adopt(id)
            } catch {
                if error.isTransient { state.withLock { _ = $0.toReload.insert(id) } }
            }
        }
    }

    /// Buildings go from event to event where they must.
    func handOver() async {
        let hasMoved = state.withLock { state in
            guard state.isLoaded, state.toReload.isEmpty else { return false }
            defer { state.hasMoved = false }
            return state.hasMoved
        }
        guard hasMoved else { return }
        for move in HandOver.moves(standings) {
            switch move {
            case .supersede(let holder, let winner, let facility):
                await tell(.superseded(by: winner, [facility]), to: holder)
            case .free(let event, let facility): await tell(.freed(facility), to: event)
            }
        }
    }

    /// Events without a plan whose time is over, and nobody approved them: they end here.
    func endUnplanned() async {
        let now = time.now()
        let over = state.withLock { state in
            state.cells.values.filter { $0.saga.plan == nil && $0.event.window.end <= now && $0.failures == 0 }
                .map(\.event.id)
        }
        for id in over.sorted() {
            let input = SagaInput(kind: .clock) { saga, event, moment in
                guard saga.plan == nil else { return SagaStateMachine.Output() }
                var output = saga.ordinal == 0 ? saga.received(moment) : SagaStateMachine.Output()
                let why =
                    event.awaitsApproval
                    ? "Nobody approved it before its end." : "It could not be planned before its end."
                let end = saga.cancelled(why, moment)
                output.transitions += end.transitions
                event.awaitsApproval = false
                return output
            }
            await tell(input, to: id)
        }
    }

    func read<Value: Sendable>(
        _ body: @escaping @Sendable () async throws(PortError) -> Value
    ) async throws(PortError) -> Value {
        try await bounded(by: settings.commitTimeout, "the records of demand response", time: time, body)
    }
}
