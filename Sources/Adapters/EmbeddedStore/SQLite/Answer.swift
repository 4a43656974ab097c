import Dispatch
import Ports
import Synchronization

/// One awaited outcome of work on another thread, given at most once: by the work, by the deadline, or by cancellation.
/// Whoever works for it asks `isGiven` and stops when nobody waits any more.
final class Answer<Value: Sendable>: Sendable {
    private enum State {
        case open
        case waiting(CheckedContinuation<Result<Value, PortError>, Never>)
        case given(Result<Value, PortError>)
    }

    private let state = Mutex(State.open)

    var isGiven: Bool {
        state.withLock { state in
            if case .given = state { true } else { false }
        }
    }

    /// The first result counts; later ones are dropped.
    func give(_ result: Result<Value, PortError>) {
        let waiting: CheckedContinuation<Result<Value, PortError>, Never>? = state.withLock { state in
            switch state {
            case .given: return nil
            case .open:
                state = .given(result)
                return nil
            case .waiting(let continuation):
                state = .given(result)
                return continuation
            }
        }
        waiting?.resume(returning: result)
    }

    /// Returns when the answer is given; cancelling the task gives a time-out at once.
    func value() async throws(PortError) -> Value {
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let given: Result<Value, PortError>? = state.withLock { state in
                    if case .given(let result) = state { return result }
                    state = .waiting(continuation)
                    return nil
                }
                if let given { continuation.resume(returning: given) }
            }
        } onCancel: {
            give(.failure(PortError(.timedOut, "the call was cancelled; its effect may or may not be stored")))
        }
        return try result.get()
    }
}

/// Gives a result to answers that nobody gave one in time.
enum Deadline {
    private static let queue = DispatchQueue(label: "switchyard.store.deadlines", qos: .userInitiated)

    static func arm<Value>(_ answer: Answer<Value>, after limit: Duration, with result: Result<Value, PortError>) {
        queue.asyncAfter(deadline: .now() + .milliseconds(Int(limit.wholeMilliseconds))) { [weak answer] in
            answer?.give(result)
        }
    }
}

extension Duration {
    var wholeMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1000 + attoseconds / 1_000_000_000_000_000
    }
}
