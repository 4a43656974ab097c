import EmbeddedStore
import EnergyModel
import Ports
import Testing

/// Figures, printed; run with STORE_BENCHMARK=1.
@Suite("Demand-response records benchmark", .enabled(if: environment("STORE_BENCHMARK") != nil), .serialized)
struct ResponseBenchmark {
    private static let events = 500
    private static let commands = 40

    private func plan(_ event: DREventID) throws -> DispatchPlan {
        let end = testNow.advanced(by: .seconds(3600))
        let legs = try (0..<4).map { leg in
            let commands = try (1...Self.commands / 4).map { number in
                CommandPlan(
                    sequence: leg * Self.commands / 4 + number,
                    point: try #require(PointID("01/AHU-\(number)/CLG_SP")), kind: .coolingSetPoint, value: 24.5,
                    slot: .demandResponse, startsAt: testNow, endsAt: end, expiresAt: end,
                    expected: Power(kilowatts: 12.25))
            }
            return LegPlan(
                facility: try #require(FacilityID("F-\(leg)")), commands: commands, expected: Power(kilowatts: 50))
        }
        return DispatchPlan(
            event: event, version: 1, window: TimeRange(start: testNow, end: end), target: nil,
            forecastQuality: .normal, legs: legs)
    }

    private func transition(_ event: DREventID, _ ordinal: Int, _ change: DRTransition.Change) -> DRTransition {
        DRTransition(
            event: event, ordinal: ordinal, from: "planned", to: "sent", at: testNow, actor: "engine",
            traceID: "4bf92f3577b34da6a3ce929d0e0e4736", reason: "Attempt 1 of 3 to write the set-point.",
            change: change)
    }

    @Test("500 events of 40 commands: plans, 20 transitions a commit, the outbox of all, one history")
    func volume() async throws {
        let place = try StorePlace()
        let store = try await place.open().records
        let clock = ContinuousClock()
        let ids = try (0..<Self.events).map { try #require(DREventID("evt-\($0)")) }
        func event(_ id: DREventID) -> DemandResponseEvent {
            DemandResponseEvent(
                id: id, program: "p", source: "openadr-3.1", window: TimeRange(start: testNow, end: testNow),
                receivedAt: testNow, modifiedAt: testNow)
        }
        let plans = try ids.map { transition($0, 1, .plan(try plan($0))) }
        let planned = try await clock.measure {
            for (id, plan) in zip(ids, plans) { try await store.append([plan], of: event(id)) }
        }
        print("plan of 40 commands stored: \(planned / ids.count) each")
        let sent = try await clock.measure {
            for (id, plan) in zip(ids, plans) {
                guard case .plan(let plan) = plan.change else { continue }
                let all = plan.legs.flatMap { leg in leg.commands.map { (leg.facility, $0.sequence) } }
                let transitions = all.prefix(20).enumerated().map { index, command in
                    transition(
                        id, index + 2,
                        .command(command.0, sequence: command.1, CommandProgress(phase: .writing, due: testNow)))
                }
                try await store.append(transitions, of: event(id))
            }
        }
        print("20 transitions stored: \(sent / ids.count) each commit")
        let single = try await clock.measure {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (id, plan) in zip(ids, plans) {
                    guard case .plan(let plan) = plan.change else { continue }
                    let (facility, summary) = (plan.legs[0].facility, event(id))
                    group.addTask {
                        for round in 0..<8 {
                            let progress = CommandProgress(phase: .confirmed, generation: round)
                            let confirmed = transition(id, 22 + round, .command(facility, sequence: 1, progress))
                            try await store.append([confirmed], of: summary)
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
        print("single transitions of \(ids.count) events at once stored: \(single / (8 * ids.count)) each")
        var count = 0
        let read = try await clock.measure { count = try await store.commands(of: nil).count }
        #expect(count == Self.events * Self.commands)
        print("outbox of \(count) commands read: \(read)")
        let history = try await clock.measure {
            count = try await store.transitions(of: ids[7], after: 0, limit: 999).count
        }
        print("history of \(count) transitions read: \(history)")
    }
}
