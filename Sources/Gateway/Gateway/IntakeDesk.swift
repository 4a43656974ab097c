import Synchronization

/// Hands bodies to an intake on tasks of its own. So a request that waits longer than its deadline is answered although
/// the intake still hangs on a stuck log, and the body stays counted in the budget until the intake lets go of it.
final class IntakeDesk<Verdict: Sendable>: Sendable {
    enum Outcome: Sendable {
        case verdict(Verdict)
        /// What was handed over may still become durable.
        case timedOut
        /// Nothing was taken.
        case full
        /// Nothing was taken.
        case stopped
    }

    private let clock: any Clock<Duration>
    private let jobs: AsyncStream<IntakeJob<Verdict>>
    private let line: AsyncStream<IntakeJob<Verdict>>.Continuation

    /// - Parameter capacity: jobs that wait for a task; as many as the budget has deliveries.
    init(capacity: Int, clock: any Clock<Duration>) {
        self.clock = clock
        (jobs, line) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(capacity))
    }

    /// Works until `stop`, and then until the last delivery is settled. Once.
    func run() async {
        await withDiscardingTaskGroup { group in
            for await job in jobs {
                group.addTask { job.settle(.verdict(await job.work())) }
            }
        }
    }

    /// What is offered from now on is answered `.stopped`.
    func stop() { line.finish() }

    /// Waits at most `limit` for `work`; cancelling gives `.timedOut` at once. `work` goes on all the same, and the
    /// reservation with it.
    func offer(
        holding reservation: IntakeBudget.Reservation, within limit: Duration,
        _ work: @escaping @Sendable () async -> Verdict
    ) async -> Outcome {
        let job = IntakeJob(reservation: reservation, work: work)
        switch line.yield(job) {
        case .enqueued: break
        case .dropped: return .full
        case .terminated: return .stopped
        @unknown default: return .full
        }
        return await withTaskGroup(of: Void.self) { group in
            group.addTask { [clock] in
                do {
                    try await clock.sleep(for: limit)
                    job.settle(.timedOut)
                } catch {
                    // Cancelled: the job is settled already.
                }
            }
            let outcome = await job.outcome()
            group.cancelAll()
            return outcome
        }
    }
}

/// One body on its way. Settled once; later outcomes are ignored.
private final class IntakeJob<Verdict: Sendable>: Sendable {
    typealias Outcome = IntakeDesk<Verdict>.Outcome

    private enum State {
        case open
        case awaited(CheckedContinuation<Outcome, Never>)
        case settled(Outcome)
    }

    let work: @Sendable () async -> Verdict
    private let reservation: IntakeBudget.Reservation
    private let state = Mutex(State.open)

    init(reservation: IntakeBudget.Reservation, work: @escaping @Sendable () async -> Verdict) {
        self.reservation = reservation
        self.work = work
    }

    func settle(_ outcome: Outcome) {
        let waiting: CheckedContinuation<Outcome, Never>? = state.withLock { state in
            switch state {
            case .open:
                state = .settled(outcome)
                return nil
            case .awaited(let continuation):
                state = .settled(outcome)
                return continuation
            case .settled: return nil
            }
        }
        waiting?.resume(returning: outcome)
    }

    /// Asked once.
    func outcome() async -> Outcome {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let known: Outcome? = state.withLock { state in
                    if case .settled(let outcome) = state { return outcome }
                    state = .awaited(continuation)
                    return nil
                }
                if let known { continuation.resume(returning: known) }
            }
        } onCancel: {
            settle(.timedOut)
        }
    }
}
