import Ports
import Resilience
import Synchronization

/// The turns of one connection's batches: several are at the intake at once, and become durable in the order they came
/// (BASE-06). Behind a refused batch none becomes durable, so that nothing overtakes what is sent again.
final class MQTTBatchLane: Sendable {
    private struct State {
        var line = TurnLineStateMachine()
        var waiting: [UInt64: CheckedContinuation<Bool, Never>] = [:]
    }
    private let state = Mutex(State())

    /// In the order of the batches.
    func enter(_ batch: UInt64) -> IntakeTurn {
        state.withLock { $0.line.enter(batch) }
        return IntakeTurn { await self.comes(batch) }
    }

    func ended(_ batch: UInt64, _ verdict: IntakeVerdict) {
        let isDurable = if case .settled = verdict { true } else { false }
        let calls = state.withLock { state in
            state.line.ended(batch, well: isDurable).compactMap { call in
                state.waiting.removeValue(forKey: call.ticket).map { ($0, call.mayGo) }
            }
        }
        for (continuation, mayGo) in calls { continuation.resume(returning: mayGo) }
    }

    /// Waits for batches that are at the intake, whose every wait has a deadline. False at once when cancelled.
    private func comes(_ batch: UInt64) async -> Bool {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer: Bool? = state.withLock { state in
                    if Task.isCancelled { return false }
                    switch state.line.ask(batch) {
                    case .now: return true
                    case .never: return false
                    case .wait:
                        state.waiting[batch] = continuation
                        return nil
                    }
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            let waiting = state.withLock { state in
                _ = state.line.left(batch)
                return state.waiting.removeValue(forKey: batch)
            }
            waiting?.resume(returning: false)
        }
    }
}
