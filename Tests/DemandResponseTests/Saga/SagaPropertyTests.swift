import DemandResponse
import EnergyModel
import Testing

@Suite("Saga under faults")
struct SagaPropertyTests {
    @Test("every effect once, nothing left reduced, and the records are the state", arguments: 0..<200)
    func nothingStaysReduced(seed: Int) {
        var simulation = SagaSimulation(seed: UInt64(seed), faults: [0.2, 0.5, 0.9, 1][seed % 4])
        let buildings = 1 + seed % 3
        simulation.engine { $0.received($1) }
        simulation.engine { saga, moment in
            saga.planned(samplePlan(buildings: buildings, points: 3, steps: 1 + seed % 2), moment)
        }
        if simulation.saga.plan == nil {
            simulation.engine { $0.planned(samplePlan(buildings: buildings, points: 3), $1) }
        }
        disturb(&simulation, seed, buildings)
        simulation.run(until: sagaEnd.advanced(by: .seconds(6 * 3600)))

        let saga = simulation.saga
        #expect(simulation.violations.isEmpty, "seed \(seed): \(simulation.violations.prefix(3))")
        #expect(simulation.heldPoints == 0, "seed \(seed): points are still reduced")
        guard saga.plan != nil else { return }
        #expect(saga.progress.status.isFinal && saga.progress.isSettled, "seed \(seed): \(saga.progress)")
        #expect(saga.commands.allSatisfy { $0.progress.isSettled }, "seed \(seed): commands are open")
        #expect(saga.nextDue(after: simulation.now) == nil, "seed \(seed): something is due for ever")
    }

    /// In mid-event, depending on the seed: nothing, a new plan, a cancellation, an opt-out, a takeover, retries.
    private func disturb(_ simulation: inout SagaSimulation, _ seed: Int, _ buildings: Int) {
        let time = sagaStart.advanced(by: simulation.dice.seconds(1...3000))
        simulation.run(until: time)
        switch seed / 4 % 7 {
        case 1:
            let deeper = samplePlan(buildings: max(1, buildings - 1), points: 4, value: 26, from: simulation.now)
            simulation.engine { $0.planned(deeper, $1) }
        case 2: simulation.engine { $0.cancelled("DELETE", $1) }
        case 3: simulation.engine { $0.optedOut(building(0), "comfort", $1) }
        case 4: simulation.engine { $0.superseded(by: eventID("evt-2"), [building(0)], $1) }
        case 5:
            for command in simulation.saga.commands where command.progress.phase == .failed {
                simulation.engine { $0.retried(command.facility, sequence: command.plan.sequence, $1) }
            }
        case 6:
            let longer = samplePlan(
                buildings: buildings, points: 3, from: simulation.now, until: sagaEnd.advanced(by: .seconds(600)))
            simulation.engine { $0.planned(longer, $1) }
            simulation.run(until: simulation.now.advanced(by: .seconds(20)))
            simulation.engine { $0.planned(samplePlan(buildings: 1, points: 2, value: 24, from: $1.now), $1) }
        default: break
        }
    }

    @Test("without faults every command acts once and is released once")
    func withoutFaults() {
        var simulation = SagaSimulation(seed: 1, faults: 0)
        simulation.engine { $0.received($1) }
        simulation.engine { $0.planned(samplePlan(buildings: 4, points: 3), $1) }
        simulation.run(until: sagaStart.advanced(by: .seconds(60)))
        #expect(simulation.saga.progress.status == .active)
        #expect(simulation.heldPoints == 12)
        simulation.run(until: sagaEnd.advanced(by: .seconds(600)))
        #expect(simulation.heldPoints == 0)
        #expect(simulation.saga.progress.status == .completed)
        let keys = simulation.buildings.values.flatMap { $0.executed.keys.map(\.text) }
        #expect(keys.count == 24)
        #expect(Set(keys).count == 24)
    }

    @Test("a crash after each single step changes nothing of the outcome", arguments: 0..<40)
    func crashAfterEachStep(step: Int) {
        var simulation = SagaSimulation(seed: 3, faults: 0)
        simulation.engine { $0.received($1) }
        simulation.engine { $0.planned(samplePlan(buildings: 2, points: 2), $1) }
        var steps = 0
        while !simulation.saga.progress.isSettled, steps < 400 {
            steps += 1
            if steps == step + 1 { simulation.crash(losingRequests: step % 2 == 0) }
            simulation.run(until: simulation.now.advanced(by: steps < 30 ? .milliseconds(200) : .seconds(60)))
        }
        #expect(simulation.saga.progress.status == .completed)
        #expect(simulation.violations.isEmpty, "\(simulation.violations)")
        #expect(simulation.heldPoints == 0)
        let writes = simulation.buildings.values.flatMap { $0.executed.keys }.filter { !$0.text.contains(":r") }
        #expect(Set(writes).count == 4)
    }
}

extension SagaSimulation {
    /// The engine dies and comes back; requests on their way may die with it.
    mutating func crash(losingRequests: Bool) {
        queue.removeAll { happening in
            if case .answer = happening.2 { return true }
            return losingRequests
        }
        do { saga = try SagaStateMachine(event: sagaEvent, history: history) } catch { violations.append("\(error)") }
        engine { $0.restarted($1) }
    }
}
