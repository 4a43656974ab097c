import Resilience
import Synchronization

/// A bulkhead with people in it: a fixed number of calls at a time, a bounded line behind them (ledger BMS-05).
final class CallLine: Sendable {
    private struct State {
        var bulkhead: BulkheadStateMachine
        var waiting: [BulkheadStateMachine.Waiter: OneShot<Bool>] = [:]
    }

    private let state: Mutex<State>

    init(concurrent: Int, waiting: Int) {
        state = Mutex(State(bulkhead: BulkheadStateMachine(concurrent: concurrent, queueCapacity: waiting)))
    }

    /// False without entering when the line is full or the task is cancelled; true: `leave` when done.
    func enter() async -> Bool {
        let (turn, waiter) = state.withLock { state -> (OneShot<Bool>, BulkheadStateMachine.Waiter?) in
            let turn = OneShot<Bool>()
            switch state.bulkhead.enter() {
            case .entered: turn.fulfil(true)
            case .full: turn.fulfil(false)
            case .waiting(let waiter):
                state.waiting[waiter] = turn
                return (turn, waiter)
            }
            return (turn, nil)
        }
        guard let waiter else { return await turn.value }
        return await withTaskCancellationHandler {
            await turn.value
        } onCancel: {
            abandon(waiter)
        }
    }

    func leave() {
        let turn = state.withLock { state in state.bulkhead.leave().flatMap { state.waiting.removeValue(forKey: $0) } }
        turn?.fulfil(true)
    }

    var running: Int { state.withLock(\.bulkhead.running) }
    var waiting: Int { state.withLock(\.bulkhead.waiting) }

    /// Whoever holds a place already keeps it, and leaves in good order.
    private func abandon(_ waiter: BulkheadStateMachine.Waiter) {
        let turn = state.withLock { state -> OneShot<Bool>? in
            guard state.bulkhead.abandon(waiter) else { return nil }
            return state.waiting.removeValue(forKey: waiter)
        }
        turn?.fulfil(false)
    }
}
