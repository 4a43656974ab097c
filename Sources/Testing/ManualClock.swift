import EnergyModel
import Synchronization

/// A clock that stands still until a test moves it. Sleepers wake in order of their deadlines.
package final class ManualClock: Clock, Sendable {
    package struct Instant: InstantProtocol {
        /// Time since the clock was made.
        package var offset: Duration
        package init(offset: Duration = .zero) { self.offset = offset }
        package func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
        package func duration(to other: Instant) -> Duration { other.offset - offset }
        package static func < (left: Instant, right: Instant) -> Bool { left.offset < right.offset }
    }

    private struct Sleeper {
        var deadline: Instant
        var wake: CheckedContinuation<Bool, Never>
    }

    private struct Waiter {
        var sleepers: Int
        var wake: CheckedContinuation<Void, Never>
    }

    private struct State {
        var now = Instant()
        var nextID = 0
        var sleepers: [Int: Sleeper] = [:]
        var waiters: [Waiter] = []
        /// Sleeps cancelled before they were entered.
        var cancelled: Set<Int> = []
    }

    private let state = Mutex(State())
    /// What `utc` showed when the clock was made.
    private let epoch: UTCInstant

    package init(startingAt epoch: UTCInstant = UTCInstant(seconds: 1_790_000_000)) { self.epoch = epoch }

    package var now: Instant { state.withLock { $0.now } }
    package var minimumResolution: Duration { .zero }
    /// The wall clock's reading, moving with this clock.
    package var utc: UTCInstant { epoch.advanced(by: now.offset) }

    /// Returns when the clock was advanced to the deadline; throws `CancellationError` when the task is cancelled.
    package func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        let cancelled = await withTaskCancellationHandler {
            await withCheckedContinuation { wake in enter(id, Sleeper(deadline: deadline, wake: wake)) }
        } onCancel: {
            cancel(id)
        }
        if cancelled { throw CancellationError() }
    }

    /// Moves the clock and wakes whoever is due, earliest deadline first.
    package func advance(by duration: Duration) {
        let due = state.withLock { state in
            state.now = state.now.advanced(by: duration)
            let now = state.now
            let due = state.sleepers.filter { $0.value.deadline <= now }
            for id in due.keys { state.sleepers[id] = nil }
            return due.sorted { ($0.value.deadline, $0.key) < ($1.value.deadline, $1.key) }
        }
        for sleeper in due { sleeper.value.wake.resume(returning: false) }
    }

    /// Returns as soon as at least `count` tasks sleep on this clock: the moment at which a test may advance it.
    package func sleepers(atLeast count: Int) async {
        await withCheckedContinuation { wake in
            let isMet = state.withLock { state in
                if state.sleepers.count >= count { return true }
                state.waiters.append(Waiter(sleepers: count, wake: wake))
                return false
            }
            if isMet { wake.resume() }
        }
    }

    private func enter(_ id: Int, _ sleeper: Sleeper) {
        let (answer, met) = state.withLock { state -> (Bool?, [Waiter]) in
            if state.cancelled.remove(id) != nil { return (true, []) }
            if sleeper.deadline <= state.now { return (false, []) }
            state.sleepers[id] = sleeper
            let count = state.sleepers.count
            let met = state.waiters.filter { $0.sleepers <= count }
            state.waiters.removeAll { $0.sleepers <= count }
            return (nil, met)
        }
        if let answer { sleeper.wake.resume(returning: answer) }
        for waiter in met { waiter.wake.resume() }
    }

    private func cancel(_ id: Int) {
        let sleeper = state.withLock { state in
            let sleeper = state.sleepers.removeValue(forKey: id)
            if sleeper == nil { state.cancelled.insert(id) }
            return sleeper
        }
        sleeper?.wake.resume(returning: true)
    }
}
