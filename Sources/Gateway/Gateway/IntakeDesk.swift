import EnergyModel
import Ports
import Synchronization

/// Hands bodies to the intake on tasks of its own. So a request that waits longer than its deadline is answered although
/// the intake still hangs on a stuck log, and the body stays counted in the budget until the intake lets go of it.
final class IntakeDesk: Sendable {
    enum Outcome: Sendable {
        case verdict(IntakeVerdict)
        /// The readings may still become durable.
        case timedOut
        /// Nothing was taken.
        case full
        /// Nothing was taken.
        case stopped
    }

    private let intake: any ReadingIntake
    private let clock: any Clock<Duration>
    private let jobs: AsyncStream<IntakeJob>
    private let line: AsyncStream<IntakeJob>.Continuation

    /// - Parameter capacity: jobs that wait for a task; as many as the budget has deliveries.
    init(intake: any ReadingIntake, capacity: Int, clock: any Clock<Duration>) {
        self.intake = intake
        self.clock = clock
        (jobs, line) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(capacity))
    }

    /// Works until `stop`, and then until the last delivery is settled. Once.
    func run() async {
        await withDiscardingTaskGroup { group in
            for await job in jobs {
                group.addTask { [intake] in
                    job.settle(.verdict(await intake.accept([job.delivery], arrivedAt: job.arrivedAt)))
                }
            }
        }
    }

    /// What is offered from now on is answered `.stopped`.
    func stop() { line.finish() }

    /// Waits at most `limit`; cancelling gives `.timedOut` at once.
    func offer(
        _ delivery: IntakeDelivery, arrivedAt: UTCInstant, reservation: IntakeBudget.Reservation, within limit: Duration
    ) async -> Outcome {
        let job = IntakeJob(delivery: delivery, arrivedAt: arrivedAt, reservation: reservation)
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
private final class IntakeJob: Sendable {
    private enum State {
        case open
        case awaited(CheckedContinuation<IntakeDesk.Outcome, Never>)
        case settled(IntakeDesk.Outcome)
    }

    let delivery: IntakeDelivery
    let arrivedAt: UTCInstant
    private let reservation: IntakeBudget.Reservation
    private let state = Mutex(State.open)

    init(delivery: IntakeDelivery, arrivedAt: UTCInstant, reservation: IntakeBudget.Reservation) {
        self.delivery = delivery
        self.arrivedAt = arrivedAt
        self.reservation = reservation
    }

    func settle(_ outcome: IntakeDesk.Outcome) {
        let waiting: CheckedContinuation<IntakeDesk.Outcome, Never>? = state.withLock { state in
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
    func outcome() async -> IntakeDesk.Outcome {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let known: IntakeDesk.Outcome? = state.withLock { state in
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
