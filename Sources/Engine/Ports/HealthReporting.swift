/// What the probes of an orchestrator ask (ledger HEALTH-01..06, CF-12). Answered from memory: never waits on a dependency.
package protocol HealthReporting: Sendable {
    /// Fails only for what a restart can cure: own loops stuck, local store broken.
    func liveness() -> ProbeAnswer
    /// Fails while the instance should get no traffic: lag too high, queue above its mark, log breaker open, stopping.
    func readiness() -> ProbeAnswer
    /// Passes once migrations are done, topics exist and open windows are rebuilt.
    func startup() -> ProbeAnswer
}

package struct ProbeAnswer: Sendable, Hashable, Codable {
    package struct Check: Sendable, Hashable, Codable {
        package var name: String
        package var passes: Bool
        package var detail: String
        package init(name: String, passes: Bool, detail: String) {
            self.name = name
            self.passes = passes
            self.detail = detail
        }
    }
    package var checks: [Check]
    package var passes: Bool { checks.allSatisfy(\.passes) }
    package init(checks: [Check]) { self.checks = checks }
}
