import EnergyModel
import Ports
import Resilience
import Synchronization

/// The breaker of one dependency: the machine behind a lock, and calls through it. What changes is told to `onChange`
/// after unlocking.
final class DependencyBreaker: Sendable {
    let name: String
    private let machine: Mutex<CircuitBreakerStateMachine>
    private let time: Timekeeper
    private let onChange: @Sendable (CircuitBreakerTransition) -> Void

    init(
        name: String, configuration: CircuitBreakerConfiguration, time: Timekeeper,
        onChange: @escaping @Sendable (CircuitBreakerTransition) -> Void
    ) {
        self.name = name
        self.time = time
        self.onChange = onChange
        machine = Mutex(CircuitBreakerStateMachine(configuration, now: time.uptime()))
    }

    /// Refused calls throw `.unavailable` without touching the dependency. `.invalid`, `.notFound` and `.superseded` say
    /// nothing against the dependency and count as success.
    func call<Value: Sendable>(
        within limit: Duration, _ operation: String, _ body: @escaping @Sendable () async throws(PortError) -> Value
    ) async throws(PortError) -> Value {
        let ticket = try admit()
        // A request in a hurry says nothing against the dependency.
        let isHurried = RequestDeadline.shortened(limit) < limit
        do throws(PortError) {
            let value = try await bounded(by: limit, operation, time: time, body)
            record(.success, ticket)
            return value
        } catch {
            record(isHurried && error.code == .timedOut ? .abandoned : DependencyBreaker.outcome(of: error), ticket)
            throw error
        }
    }

    /// How long until a call may pass; zero when one may now, nil when only a person can change it.
    func untilAdmission() -> Duration? {
        let now = time.uptime()
        let snapshot = machine.withLock { $0.snapshot(now: now) }
        switch snapshot.state {
        case .closed: return .zero
        case .isolated: return nil
        case .open, .halfOpen: return max(.zero, (snapshot.nextProbe ?? now) - now)
        }
    }

    var isClosed: Bool { machine.withLock { $0.snapshot(now: time.uptime()) }.state == .closed }

    func isolate() { act { $0.isolate(now: $1) } }
    func reset() { act { $0.reset(now: $1) } }

    var status: BreakerStatus {
        let now = time.uptime()
        let snapshot = machine.withLock { $0.snapshot(now: now) }
        let wall = time.now()
        let state: BreakerStatus.State =
            switch snapshot.state {
            case .closed: .closed
            case .open: .open
            case .halfOpen: .halfOpen
            case .isolated: .isolated
            }
        return BreakerStatus(
            name: name, state: state, consecutiveFailures: snapshot.consecutiveFailures,
            calls: Int(snapshot.totals.admitted), failures: Int(snapshot.totals.failures),
            refused: Int(snapshot.totals.refused), transitions: Int(snapshot.totals.transitions),
            since: wall.advanced(by: snapshot.since - now),
            nextProbe: state == .open ? snapshot.nextProbe.map { wall.advanced(by: $0 - now) } : nil)
    }

    /// Nil: the breaker is open and the call is forced past it; a success then closes it (ledger BMS-15). One that a person
    /// isolated lets nothing pass.
    func admit(orForce isForced: Bool) throws(PortError) -> CircuitBreakerTicket? {
        if isForced, untilAdmission().map({ $0 > .zero }) ?? false { return nil }
        return try admit()
    }

    func settle(_ outcome: CallOutcome, _ ticket: CircuitBreakerTicket?) {
        if let ticket {
            record(outcome, ticket)
        } else if outcome == .success {
            reset()
        }
    }

    private func admit() throws(PortError) -> CircuitBreakerTicket {
        let now = time.uptime()
        switch machine.withLock({ $0.admit(now: now) }) {
        case .admitted(let ticket): return ticket
        case .refused(let retryAfter):
            let when = retryAfter.map { "it is tried again in \($0)" } ?? "reset it to let calls pass"
            throw PortError(.unavailable, "the breaker of \(name) is open: \(when)")
        }
    }

    private func record(_ outcome: CallOutcome, _ ticket: CircuitBreakerTicket) {
        let now = time.uptime()
        let transition = machine.withLock { $0.record(outcome, of: ticket, now: now) }
        if let transition { onChange(transition) }
    }

    private func act(_ change: (inout CircuitBreakerStateMachine, Duration) -> CircuitBreakerTransition) {
        let now = time.uptime()
        onChange(machine.withLock { change(&$0, now) })
    }

    static func outcome(of error: PortError) -> CallOutcome {
        switch error.code {
        case .timedOut: .timedOut
        case .invalid, .notFound, .superseded, .forbidden: .success
        case .unavailable: Task.isCancelled ? .abandoned : .failure
        case .full, .corrupt: .failure
        }
    }
}
