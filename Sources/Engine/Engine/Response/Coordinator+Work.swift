import DemandResponse
import EnergyModel
import Logging
import Ports
import Synchronization

extension Coordinator {
    /// Works an event until its inbox is empty. The event must be marked as busy by the caller's `post` or `takeDue`.
    func work(_ id: DREventID) async {
        while let (cell, inputs) = takeInbox(id) {
            let isTooSoon = cell.failures > 0 && cell.retryAt > time.uptime()
            let outcome = isTooSoon ? nil : await commit(cell, inputs)
            switch outcome {
            case .stored(let stored): finish(id, stored, inputs)
            case .failed(let error) where error.code == .superseded: lose(id, error, inputs)
            case .failed(let error): runAhead(id, cell, inputs, because: error, isNew: true)
            case nil: runAhead(id, cell, inputs, because: Coordinator.notStored, isNew: false)
            }
        }
    }

    private static let notStored = PortError(
        .unavailable, "nothing was done: the record store does not take transitions now; try again in a few seconds")

    private enum Outcome {
        case stored(Stored)
        case failed(PortError)
    }

    private struct Stored {
        var event: DemandResponseEvent
        var saga: SagaStateMachine
        var requests: [BuildingRequest]
        var replies: [SagaReply]
        var transitions: Int
        var movedAll: Bool
    }

    /// The cell with what to do; nil when there is nothing, and then the event is idle.
    private func takeInbox(_ id: DREventID) -> (EventCell, [SagaInput])? {
        state.withLock { state in
            guard let cell = state.cells[id] else { return nil }
            guard !cell.inbox.isEmpty else {
                state.cells[id]?.isBusy = false
                return nil
            }
            state.cells[id]?.inbox = []
            return (cell, cell.inbox)
        }
    }

    /// Lets a copy of the saga decide about held and new inputs, and stores what it decided in one transaction.
    private func commit(_ cell: EventCell, _ inputs: [SagaInput]) async -> Outcome {
        var (saga, event) = (cell.saga, cell.event)
        var transitions: [DRTransition] = []
        var requests: [BuildingRequest] = []
        var replies: [SagaReply] = []
        let now = time.now()
        let recovery: [SagaInput] = cell.failures > 0 ? [.advance] : []
        for (index, input) in (cell.held + recovery + inputs).enumerated() {
            let output = input.apply(&saga, &event, moment(now, input, event))
            transitions += output.transitions
            requests += traced(output.requests, event)
            event.summarise(saga)
            guard index >= cell.held.count + recovery.count else { continue }
            replies.append(
                SagaReply(event: event, transitions: output.transitions.count, refusal: output.refusal))
        }
        let (summary, appended, hasChanged) = (event, transitions, event != cell.event)
        do throws(PortError) {
            if !appended.isEmpty {
                try await stored(appended, of: summary)
            } else if hasChanged {
                try await bounded(by: settings.commitTimeout, "storing an event", time: time) {
                    [records] () throws(PortError) in _ = try await records.put(summary, document: nil)
                }
            }
        } catch {
            return .failed(error)
        }
        let movedAll = !recovery.isEmpty || inputs.contains { $0.kind != .answer }
        return .stored(
            Stored(
                event: event, saga: saga, requests: requests, replies: replies, transitions: appended.count,
                movedAll: movedAll))
    }

    private func stored(_ appended: [DRTransition], of summary: DemandResponseEvent) async throws(PortError) {
        let store = { [self] () async throws(PortError) in
            try await bounded(by: settings.commitTimeout, "storing transitions", time: time) {
                [records] () throws(PortError) in try await records.append(appended, of: summary)
            }
        }
        guard let context = TraceContext(ofEvent: summary.traceID) else { return try await store() }
        try await tracer.span(
            "dr.commit", .store, .client, in: context, isKept: true,
            with: [.init("event", "\(summary.id)"), .init("transitions", "\(appended.count)")], store)
    }

    private func moment(_ now: UTCInstant, _ input: SagaInput, _ event: DemandResponseEvent) -> SagaMoment {
        SagaMoment(now: now, random: share(), actor: input.actor, traceID: input.traceID ?? event.traceID)
    }

    private func traced(_ requests: [BuildingRequest], _ event: DemandResponseEvent) -> [BuildingRequest] {
        requests.map { request in
            var request = request
            request.traceID = event.traceID
            return request
        }
    }

    private func finish(_ id: DREventID, _ stored: Stored, _ inputs: [SagaInput]) {
        let now = time.now()
        state.withLock { state in
            state.requests += stored.requests
            if stored.transitions > 0 {
                state.commits += 1
                state.hasMoved = true
            }
            guard var cell = state.cells[id] else { return }
            (cell.event, cell.saga, cell.ahead, cell.held, cell.failures) = (stored.event, stored.saga, nil, [], 0)
            if stored.movedAll { cell.advancedAt = now }
            cell.refresh()
            state.cells[id] = cell
            // Settled events take nothing any more; what waits for them is refused by the saga first.
            if cell.event.isSettled, cell.inbox.isEmpty { state.cells[id] = nil }
        }
        measures.count(.transitions, stored.transitions)
        for (input, reply) in zip(inputs, stored.replies) { input.reply?.fulfil(.success(reply)) }
    }

    /// Another engine stored a transition first: what is in memory is worth nothing.
    private func lose(_ id: DREventID, _ error: PortError, _ inputs: [SagaInput]) {
        let waiting = state.withLock { state in
            let waiting = state.cells[id]?.inbox ?? []
            state.cells[id] = nil
            state.toReload.insert(id)
            return waiting
        }
        logger.warning("an event is loaded again", metadata: ["event": "\(id)", "error": "\(error)"])
        for input in inputs + waiting { input.reply?.fulfil(.failure(error)) }
    }

    // MARK: - Without records

    /// Nothing could be stored: changes are refused, answers are kept, and a copy runs on for the sake of its releases.
    private func runAhead(
        _ id: DREventID, _ cell: EventCell, _ inputs: [SagaInput], because error: PortError, isNew: Bool
    ) {
        var ahead = cell.ahead ?? cell.saga
        var event = cell.event
        var releases: [BuildingRequest] = []
        let now = time.now()
        for input in inputs where input.kind != .change {
            let output = input.apply(&ahead, &event, moment(now, input, event))
            releases += traced(output.requests.filter(\.isRelease), event)
        }
        let retryAt = time.uptime() + retryDelay(cell.failures + 1)
        state.withLock { state in
            state.requests += releases
            if isNew { state.lastCommitError = error }
            guard var current = state.cells[id] else { return }
            current.ahead = ahead
            current.held = Array((cell.held + inputs.filter { $0.kind == .answer }).suffix(EventCell.heldLimit))
            if isNew { (current.failures, current.retryAt) = (cell.failures + 1, retryAt) }
            if inputs.contains(where: { $0.kind == .clock }) { current.advancedAt = now }
            current.refresh()
            state.cells[id] = current
        }
        if isNew, cell.failures == 0 {
            logger.error("transitions not stored", metadata: ["event": "\(id)", "error": "\(error)"])
        }
        for input in inputs { input.reply?.fulfil(.failure(error)) }
    }

    private func retryDelay(_ failures: Int) -> Duration {
        min(.milliseconds(500) * (1 << min(failures - 1, 4)), .seconds(5))
    }
}
