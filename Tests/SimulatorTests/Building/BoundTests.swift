import EnergyModel
import Testing

@testable import Simulator

@Suite("What the simulator remembers is bounded")
struct BoundTests {
    @Test("a log forgets its oldest and keeps the others' numbers")
    func log() {
        var log = BoundedLog<Int>(limit: 3)
        #expect((0..<5).map { log.append($0 * 10) } == [nil, nil, nil, 0, 10])
        #expect(log.total == 5 && log.forgotten == 2)
        #expect((0..<6).map { log[$0] } == [nil, nil, 20, 30, 40, nil])
        log[3] = 31
        log[0] = 99
        #expect(Array(log.elements) == [20, 31, 40])
    }

    @Test("a history that forgets its oldest stairs still knows the energy under them")
    func history() {
        var history = ReductionHistory()
        let steps = ReductionHistory.limit + 1000
        for step in 0..<steps {
            history.set(step % 2 == 0 ? 10 : 20, from: Blueprint.start.advanced(by: .seconds(step)))
        }
        let end = Blueprint.start.advanced(by: .seconds(steps))
        #expect(abs(history.value(at: end).kilowattHours - 15 * Double(steps) / 3600) < 1e-6)
        #expect(history.value(at: end.advanced(by: .milliseconds(-1500))).kilowatts == 10)
        #expect(history.value(at: Blueprint.start.advanced(by: .seconds(-1))).kilowatts == 0)
    }
}
