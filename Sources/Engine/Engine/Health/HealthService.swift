import EnergyModel
import Logging
import Ports
import ServiceLifecycle
import Synchronization

/// Answers the probes from memory and runs the registered checks (ledger HEALTH-01..06, CF-12).
package final class HealthService: HealthReporting, Service {
    package typealias CheckBody = @Sendable () async throws(PortError) -> Void

    private struct Check: Sendable {
        var timeout: Duration
        var body: CheckBody
        var status: DependencyStatus
        var failures = 0
        /// False for what may be down without the instance being unready.
        var decidesReadiness: Bool
    }

    private struct State {
        var checks: [String: Check] = [:]
        var beats: [String: Duration] = [:]
        var phases: [String: Phase] = [:]
        var conditions: [String: @Sendable () -> ProbeAnswer.Check] = [:]
        var isStopping = false
    }

    struct Phase {
        var isDone: Bool
        /// Readings can be taken before it is done.
        var isBehind: Bool
    }

    private let state = Mutex(State())
    private let settings: EngineSettings.Health
    private let time: Timekeeper
    private let measures: EngineMeasures
    private let journal: Journal

    init(settings: EngineSettings.Health, time: Timekeeper, measures: EngineMeasures, journal: Journal) {
        self.settings = settings
        self.time = time
        self.measures = measures
        self.journal = journal
    }

    /// Registers a dependency (HEALTH-04). The check passes when `body` returns within `timeout`.
    package func addCheck(
        _ name: String, timeout: Duration? = nil, decidesReadiness: Bool = true, _ body: @escaping CheckBody
    ) {
        let status = DependencyStatus(name: name, state: .up, detail: "not checked yet", checkedAt: time.now())
        let check = Check(
            timeout: timeout ?? settings.checkTimeout, body: body, status: status, decidesReadiness: decidesReadiness)
        state.withLock { $0.checks[name] = check }
    }

    /// A loop that must turn; silence of `stuckAfter` fails liveness. The clock starts with the first beat.
    func beat(_ loop: String) {
        let now = time.uptime()
        state.withLock { $0.beats[loop] = now }
    }

    /// A loop that ended in good order.
    func rest(_ loop: String) { state.withLock { _ = $0.beats.removeValue(forKey: loop) } }

    /// A phase of the start. `startup()` passes once all are done but those that go on behind it (HEALTH-03: migrations done,
    /// topics there).
    func phase(_ name: String, done: Bool, isBehind: Bool = false) {
        state.withLock { $0.phases[name] = Phase(isDone: done, isBehind: isBehind) }
    }

    func isDone(_ phase: String) -> Bool { state.withLock { $0.phases[phase]?.isDone ?? false } }

    /// Throws when the start is not done within its budget (HEALTH-03).
    func checkStart() throws(PortError) {
        let late = state.withLock { $0.phases.filter { !$0.value.isDone }.keys.sorted() }
        guard !late.isEmpty, time.uptime() > settings.startBudget else { return }
        throw PortError(
            .unavailable,
            "the start is not done after \(settings.startBudget): \(late.joined(separator: ", ")); see the log")
    }

    /// Something known in memory that decides readiness, asked at each probe.
    func addReadinessCondition(_ name: String, _ ask: @escaping @Sendable () -> ProbeAnswer.Check) {
        state.withLock { $0.conditions[name] = ask }
    }

    func stop() { state.withLock { $0.isStopping = true } }

    package func liveness() -> ProbeAnswer {
        let now = time.uptime()
        let (beats, checks) = state.withLock { ($0.beats, $0.checks) }
        var answers = beats.sorted { $0.key < $1.key }.map { loop, beat in
            let age = now - beat
            return ProbeAnswer.Check(
                name: "loop:\(loop)", passes: age < settings.stuckAfter,
                detail:
                    "turned \(age.milliseconds / 1000) s ago, at most \(settings.stuckAfter.milliseconds / 1000) s allowed"
            )
        }
        if settings.livenessMode == .strict { answers += dependencyAnswers(checks) }
        return ProbeAnswer(checks: answers)
    }

    package func readiness() -> ProbeAnswer {
        let (checks, conditions, isStopping) = state.withLock { ($0.checks, $0.conditions, $0.isStopping) }
        let lag = measures.lag
        var answers = startup().checks
        answers.append(
            ProbeAnswer.Check(
                name: "running", passes: !isStopping, detail: isStopping ? "the engine is stopping" : "running"))
        answers.append(
            ProbeAnswer.Check(
                name: "lag", passes: lag < settings.readyLag,
                detail: "\(lag) readings behind, ready below \(settings.readyLag)"))
        answers += conditions.sorted { $0.key < $1.key }.map { $0.value() }
        answers += dependencyAnswers(checks.filter { $0.value.decidesReadiness })
        return ProbeAnswer(checks: answers)
    }

    package func startup() -> ProbeAnswer {
        let phases = state.withLock(\.phases)
        return ProbeAnswer(
            checks: phases.sorted { $0.key < $1.key }.map { name, phase in
                let way = phase.isBehind ? "under way, readings are taken meanwhile" : "under way"
                return ProbeAnswer.Check(
                    name: "start:\(name)", passes: phase.isDone || phase.isBehind, detail: phase.isDone ? "done" : way)
            })
    }

    /// What the last check said; true before the first.
    func isUp(_ dependency: String) -> Bool {
        state.withLock { $0.checks[dependency]?.status.state != .down }
    }

    var dependencies: [DependencyStatus] {
        state.withLock { $0.checks.values.map(\.status) }.sorted { $0.name < $1.name }
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            repeat { await runChecks() } while await time.pause(settings.checkInterval)
        }
    }

    /// All checks at once, each under its own deadline.
    func runChecks() async {
        let checks = state.withLock { $0.checks.mapValues { ($0.timeout, $0.body) } }
        await withTaskGroup(of: (String, PortError?).self) { group in
            for (name, (timeout, body)) in checks {
                group.addTask { [time] in
                    do throws(PortError) {
                        try await bounded(by: timeout, "the check of \(name)", time: time, body)
                        return (name, nil)
                    } catch {
                        return (name, error)
                    }
                }
            }
            for await (name, error) in group where !Task.isCancelled { settle(name, error) }
        }
    }

    private func settle(_ name: String, _ error: PortError?) {
        if error != nil { measures.checkFailed(name) }
        let now = time.now()
        let change = state.withLock { state -> (from: DependencyStatus.State, to: DependencyStatus.State)? in
            guard var check = state.checks[name] else { return nil }
            check.failures = error == nil ? 0 : check.failures + 1
            let before = check.status.state
            let after: DependencyStatus.State =
                check.failures == 0 ? .up : check.failures < settings.failuresUntilDown ? .degraded : .down
            check.status = DependencyStatus(
                name: name, state: after, detail: error.map(\.description) ?? "answers", checkedAt: now)
            state.checks[name] = check
            return before == after ? nil : (before, after)
        }
        guard let change else { return }
        let reason = error.map { ": \($0)" } ?? ""
        journal.note(
            "went from \(change.from.rawValue) to \(change.to.rawValue)\(reason)", of: "dependency:\(name)",
            by: "service:health")
    }

    private func dependencyAnswers(_ checks: [String: Check]) -> [ProbeAnswer.Check] {
        checks.sorted { $0.key < $1.key }.map { name, check in
            ProbeAnswer.Check(name: name, passes: check.status.state != .down, detail: check.status.detail)
        }
    }
}
