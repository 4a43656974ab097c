import Ports
import Synchronization

/// Faults a test injects into an in-memory port. Every call of the port passes here first.
package final class PortFaults: Sendable {
    private struct State {
        /// Calls that still pass before `failures` of them throw.
        var passes = 0
        var failures = 0
        var error = PortError(.unavailable, "the test made this call fail")
        var delay: Duration = .zero
        var isFull = false
        var calls = 0
    }

    private let state = Mutex(State())
    private let clock: any Clock<Duration>

    package init(clock: any Clock<Duration> = ContinuousClock()) { self.clock = clock }

    /// Of the calls from now on `passing` succeed, then `count` throw `error`; those after succeed again.
    package func failNext(
        _ count: Int, after passing: Int = 0,
        with error: PortError = PortError(.unavailable, "the test made this call fail")
    ) {
        state.withLock {
            $0.passes = passing
            $0.failures = count
            $0.error = error
        }
    }

    /// Every call waits this long on the clock before it does anything.
    package func delayCalls(by delay: Duration) { state.withLock { $0.delay = delay } }

    /// While true every call that would store something throws `.full`.
    package func setFull(_ isFull: Bool) { state.withLock { $0.isFull = isFull } }

    /// Calls so far, failed ones too.
    package var calls: Int { state.withLock { $0.calls } }

    func pass(storing: Bool = false) async throws(PortError) {
        let (delay, error) = state.withLock { state -> (Duration, PortError?) in
            state.calls += 1
            if state.passes > 0, state.failures > 0 {
                state.passes -= 1
            } else if state.failures > 0 {
                state.failures -= 1
                return (state.delay, state.error)
            }
            return (state.delay, storing && state.isFull ? PortError(.full, "the test says the disk is full") : nil)
        }
        if delay > .zero {
            do {
                try await clock.sleep(for: delay, tolerance: nil)
            } catch {
                throw PortError(.timedOut, "the call was cancelled while it was delayed", cause: error)
            }
        }
        if let error { throw error }
    }
}
