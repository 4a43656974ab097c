import Ports
import Synchronization

/// Wakes consumers that wait: a record was appended, a batch was acknowledged.
final class ArrivalSignal: Sendable {
    private struct State {
        var version = 0
        var waiters: [Answer<Bool>] = []
    }

    private let state = Mutex(State())

    /// Take it before looking; `wait` then misses nothing that happens in between.
    var version: Int { state.withLock { $0.version } }

    func fire() {
        let waiters = state.withLock { state in
            state.version += 1
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.give(.success(true)) }
    }

    /// Returns at the next signal after `version`, or when `limit` is over. Throws when the task is cancelled.
    func wait(after version: Int, atMost limit: Duration) async throws(PortError) {
        let answer = Answer<Bool>()
        let mustWait = state.withLock { state in
            guard state.version == version else { return false }
            state.waiters.removeAll { $0.isGiven }
            state.waiters.append(answer)
            return true
        }
        guard mustWait else { return }
        Deadline.arm(answer, after: limit, with: .success(false))
        _ = try await answer.value()
    }
}
