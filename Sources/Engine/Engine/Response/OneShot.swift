import Synchronization

/// A value that comes once, for one who waits for it before or after it came. The first value counts.
final class OneShot<Value: Sendable>: Sendable {
    private enum State {
        case empty
        case awaited(CheckedContinuation<Value, Never>)
        case full(Value)
    }

    private let state = Mutex(State.empty)

    func fulfil(_ value: Value) {
        let waiter = state.withLock { state -> CheckedContinuation<Value, Never>? in
            switch state {
            case .full: return nil
            case .empty:
                state = .full(value)
                return nil
            case .awaited(let waiter):
                state = .full(value)
                return waiter
            }
        }
        waiter?.resume(returning: value)
    }

    /// Not bounded by itself: whoever makes one sees to it that it is fulfilled. Awaited once.
    var value: Value {
        get async {
            await withCheckedContinuation { waiter in
                let value = state.withLock { state -> Value? in
                    switch state {
                    case .full(let value): return value
                    case .empty:
                        state = .awaited(waiter)
                        return nil
                    case .awaited: preconditionFailure("two wait for one value")
                    }
                }
                if let value { waiter.resume(returning: value) }
            }
        }
    }
}
