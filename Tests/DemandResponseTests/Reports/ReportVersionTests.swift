import DemandResponse
import EnergyModel
import Testing

@Suite("Versions of a participation report") struct ReportVersionTests {
    private static let now = utcMoment("2026-08-20T16:05:00Z")

    private func figures(_ load: Double = 60) throws -> ParticipationReport {
        try Participation(request: tenWeekdays { $0.hours(14...15, of: "2026-08-20", load) }).figures()
    }

    private func arrive(
        _ chain: SettlementStateMachine, _ figures: ParticipationReport, isOver: Bool = false
    ) -> ParticipationReport? {
        chain.figuresArrived(figures, isSettleTimeOver: isOver, at: Self.now, by: "engine")
    }

    /// The machine as the records make it again.
    private func chain(_ reports: ParticipationReport...) -> SettlementStateMachine {
        SettlementStateMachine(
            reports.reversed().map { .init(report: $0, hash: "sha256:\($0.reportVersion)") })
    }

    @Test("provisional, then recomputed by late data, then frozen; then only a person changes it")
    func story() throws {
        let first = try #require(arrive(chain(), try figures()))
        #expect(first.reportVersion == 1 && first.issue?.state == .provisional && first.issue?.replaces == nil)
        #expect(first.issue?.reason == nil && first.issue?.at == "2026-08-20T16:05:00Z")
        #expect(arrive(chain(first), try figures()) == nil)
        let second = try #require(arrive(chain(first), try figures(50)))
        #expect(second.reportVersion == 2 && second.issue?.state == .recomputed)
        #expect(second.issue?.replaces == .init(version: 1, hash: "sha256:1"))
        #expect(second.issue?.reason == "late data changed 8 of 8 intervals")
        let third = try #require(arrive(chain(first, second), try figures(50), isOver: true))
        #expect(third.reportVersion == 3 && third.issue?.state == .frozen)
        #expect(third.issue?.replaces == .init(version: 2, hash: "sha256:2"))
        let frozen = chain(first, second, third)
        #expect(frozen.isFrozen)
        #expect(arrive(frozen, try figures(40)) == nil)
        #expect(arrive(frozen, try figures(40), isOver: true) == nil)
        let fourth = try frozen.recomputationAsked(
            try figures(40), because: "meter repaired", at: Self.now, by: "operator:ana")
        #expect(fourth.reportVersion == 4 && fourth.issue?.state == .recomputed && fourth.issue?.by == "operator:ana")
        #expect(fourth.issue?.reason == "meter repaired (late data changed 8 of 8 intervals)")
        #expect(chain(first, second, third, fourth).isFrozen)
    }

    @Test("a recomputation needs something to replace, a reason, and a difference")
    func refusals() throws {
        let figures = try figures()
        func ask(_ chain: SettlementStateMachine, _ reason: String) throws {
            _ = try chain.recomputationAsked(figures, because: reason, at: Self.now, by: "operator:ana")
        }
        let first = try #require(arrive(chain(), figures))
        #expect(throws: SettlementStateMachine.Refusal.nothingIssued) { try ask(chain(), "why") }
        #expect(throws: SettlementStateMachine.Refusal.reasonMissing) { try ask(chain(first), " ") }
        #expect(throws: SettlementStateMachine.Refusal.unchanged(version: 1)) { try ask(chain(first), "why") }
    }

    @Test("an engine that was away through the settle time freezes at once, and says what stays missing")
    func late() throws {
        let gaps = try Participation(
            request: tenWeekdays { $0.set(utcSpan("2026-08-20T15:00:00Z", "2026-08-20T15:30:00Z"), nil) }
        ).figures()
        #expect(gaps.missingIntervals == 2)
        #expect(arrive(chain(), gaps)?.issue?.reason == "2 of 8 intervals are not measured")
        let frozen = try #require(arrive(chain(), gaps, isOver: true))
        #expect(frozen.reportVersion == 1 && frozen.issue?.state == .frozen)
        #expect(
            frozen.issue?.reason == "the settle time is over; 2 of 8 intervals are not measured, and stay so")
    }

    @Test("what changed is told: the rule, the baseline, the readings")
    func differences() throws {
        let report = try figures()
        var other = report
        other.baseline.preset = "mean-10-of-10"
        #expect(report.difference(from: other) == "the baseline's rule is caiso-10-in-10, was mean-10-of-10")
        other = report
        other.intervals[0].baselineKWh = 1
        #expect(report.difference(from: other) == "the baseline of 1 intervals changed")
        other = report
        other.dataQuality.ok -= 1
        #expect(report.difference(from: other) == "readings came late, the energy is the same")
        other = report
        other.overrides.append(.init(id: "o", point: "p", by: "b", reason: "r", from: "", to: ""))
        #expect(report.difference(from: other) == "details of commands or overrides changed")
    }
}
