import Foundation
import Synchronization

/// Long computations on a thread of their own, at the lowest priority the system has: on the shared threads they would hold
/// up everything else the engine does.
enum BackgroundThread {
    /// Nil when the caller was cancelled first; the thread then finishes for nobody.
    static func run<Value: Sendable>(_ name: String, _ body: @escaping @Sendable () -> Value) async -> Value? {
        let answer = Answer<Value>()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                guard answer.wait(with: continuation) else { return }
                let thread = Thread {
                    // Of the calling thread only, on Linux.
                    _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 19)
                    answer.give(body())
                }
                thread.name = name
                thread.stackSize = 8 << 20
                thread.start()
            }
        } onCancel: {
            answer.give(nil)
        }
    }

    private final class Answer<Value: Sendable>: Sendable {
        private enum State {
            case idle
            case waiting(CheckedContinuation<Value?, Never>)
            case given
        }
        private let state = Mutex(State.idle)

        /// False when the answer has been given up already; the continuation is then resumed with nil.
        func wait(with continuation: CheckedContinuation<Value?, Never>) -> Bool {
            let waits = state.withLock { state in
                guard case .idle = state else { return false }
                state = .waiting(continuation)
                return true
            }
            if !waits { continuation.resume(returning: nil) }
            return waits
        }

        /// The first one counts.
        func give(_ value: Value?) {
            let continuation = state.withLock { state -> CheckedContinuation<Value?, Never>? in
                defer { state = .given }
                guard case .waiting(let continuation) = state else { return nil }
                return continuation
            }
            continuation?.resume(returning: value)
        }
    }
}
