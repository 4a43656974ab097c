import EnergyModel
import Metering
import Testing

@Suite("Window machine") struct WindowStateMachineTests {
    private func minutes(_ shell: WindowShell, of number: UInt32 = 0) -> [Rollup] {
        shell.rollups.values.filter { $0.series == .meter(meter(number)) && $0.granularity == .minute }
            .sorted { $0.start < $1.start }
    }

    private func energies(_ readings: [Reading], limits: [MeterNumber: Double] = [:]) -> (Double, WindowOutput) {
        var machine = WindowStateMachine()
        for (meter, limit) in limits { machine.setRegisterLimit(Energy(kilowattHours: limit), of: meter) }
        var output = WindowOutput()
        machine.process(readings, now: noon, into: &output)
        machine.advance(to: at(86_400), into: &output)
        let hours = output.rollups.filter { $0.granularity == .hour && $0.series == .meter(meter(0)) }
        return (hours.reduce(0) { $0 + $1.kilowattHours }, output)
    }

    @Test("a minute closes when its meter's event time passes its end and the grace, not before")
    func closing() {
        var shell = WindowShell()
        shell.process((0..<8).map { reading(Double($0) * 15, 10 + Double($0)) }, now: noon)
        #expect(minutes(shell).isEmpty)
        shell.process([reading(120, 1)], now: noon)
        #expect(minutes(shell).map(\.meanKilowatts) == [11.5])
        #expect(minutes(shell).map(\.minKilowatts) == [10])
        #expect(minutes(shell).map(\.maxKilowatts) == [13])
        #expect(minutes(shell).map(\.count) == [4])
        #expect(abs((minutes(shell).first?.kilowattHours ?? 0) - 46.0 * 15 / 3600) < 1e-8)
    }

    @Test("an idle meter's windows close by the wall clock, those that hold nothing stay open for it")
    func idle() {
        var machine = WindowStateMachine()
        var output = WindowOutput()
        machine.process([reading(0, 1), reading(15, 2)], now: at(16), into: &output)
        machine.advance(to: at(119), into: &output)
        #expect(output.rollups.isEmpty)
        machine.advance(to: at(120), into: &output)
        #expect(output.rollups.map(\.granularity) == [.minute])
        output.removeAll()
        machine.process([reading(75, 3)], now: at(600), into: &output)
        #expect(output.late == 0)
        machine.advance(to: at(3660), into: &output)
        #expect(output.rollups.map(\.granularity) == [.minute, .quarterHour, .hour])
        #expect(output.rollups.last?.count == 3)
        #expect(machine.openMeterCount == 0)
    }

    @Test("a checkpoint shows open windows without closing them, and only what changed")
    func checkpoints() {
        var machine = WindowStateMachine()
        var output = WindowOutput()
        machine.process([reading(0, 8), reading(0, 4, meter: 1)], now: noon, into: &output)
        machine.checkpoint(into: &output)
        #expect(output.rollups.count == 9)
        #expect(output.rollups.filter { $0.series == .facility(facility(0)) }.allSatisfy { $0.meanKilowatts == 12 })
        #expect(output.closedUntil == at(-60))
        output.removeAll()
        machine.checkpoint(into: &output)
        #expect(output.isEmpty)
        machine.process([reading(15, 10)], now: noon, into: &output)
        machine.checkpoint(into: &output)
        #expect(output.rollups.count == 6)
        #expect(output.rollups.last?.meanKilowatts == 13)
        #expect(output.rollups.last?.maxKilowatts == 14)
    }

    @Test("the same timestamp again is a duplicate, and the newer values count")
    func duplicates() {
        var shell = WindowShell()
        shell.process([reading(0, 1), reading(0, 1), reading(0, 5), reading(1, 7), reading(0, 9)], now: noon)
        shell.checkpoint(now: noon)
        #expect(shell.duplicates == 3)
        #expect(minutes(shell).map(\.count) == [2])
        #expect(minutes(shell).map(\.meanKilowatts) == [8])
    }

    @Test("a late reading marks its hour once; recomputing takes it in, also for the facility and the next hour")
    func lateReading() {
        var shell = WindowShell()
        shell.process((0..<20).map { reading(3000 + Double($0) * 15, 4, register: 100 + Double($0)) }, now: noon)
        shell.process((0..<20).map { reading(3900 + Double($0) * 15, 4, register: 200 + Double($0)) }, now: noon)
        shell.checkpoint(now: noon)
        shell.process([reading(3400, 8, register: 130), reading(3405, 8, register: 140)], now: noon)
        #expect(shell.late == 2)
        #expect(shell.lateHours.count == 1)
        shell.recomputeLateHours()
        shell.checkpoint(now: noon)
        let oracle = WindowOracle(shell.readings).rollups
        #expect(oracle.values.allSatisfy { expected in shell.rollups[expected.key]?.isClose(to: expected) ?? false })
        #expect(oracle.count == shell.rollups.count)
    }

    @Test("open minutes of a meter hours behind its facility count for the facility at a checkpoint")
    func hoursBehind() {
        var rules = WindowRules()
        rules.facilityMemory = .zero
        var shell = WindowShell(rules: rules)
        shell.process([reading(0, 4), reading(0, 5, meter: 1)], now: noon)
        shell.process([reading(7200, 5, meter: 1), reading(7400, 5, meter: 1)], now: noon)
        // Once with its hour still to come for the meter, once with the hour begun and open into the next.
        for late in [[reading(15, 8)], [reading(3500, 8)], [reading(3590, 9), reading(3605, 7)]] {
            shell.process(late, now: noon)
            shell.checkpoint(now: noon)
            shell.recomputeLateHours()
            let oracle = WindowOracle(shell.readings).rollups
            #expect(
                oracle.values.allSatisfy { expected in shell.rollups[expected.key]?.isClose(to: expected) ?? false })
            #expect(oracle.count == shell.rollups.count)
        }
    }

    @Test("five readings a second and one every ten minutes both work")
    func rates() {
        for step in [0.2, 600] {
            var shell = WindowShell()
            shell.process((0..<1000).map { reading(Double($0) * step, 36) }, now: noon)
            shell.checkpoint(now: noon)
            let oracle = WindowOracle(shell.readings).rollups
            #expect(
                oracle.values.allSatisfy { expected in shell.rollups[expected.key]?.isClose(to: expected) ?? false })
        }
    }

    @Test("a register that falls is a rollover at a known limit, else a reset")
    func registers() {
        func series(_ values: [Double]) -> [Reading] {
            values.enumerated().map { reading(Double($0) * 15, 1, register: $1) }
        }
        let rollover = energies(series([99_998, 99_999, 1, 2]), limits: [meter(0): 100_000])
        #expect(rollover.0 == 4)
        #expect((rollover.1.rollovers, rollover.1.resets) == (1, 0))
        let unknown = energies(series([99_998, 99_999, 1, 2]))
        #expect(unknown.0 == 2)
        #expect((unknown.1.rollovers, unknown.1.resets) == (0, 1))
        #expect(unknown.1.rollups.first { $0.granularity == .hour }?.goodCount == 3)
        let early = energies(series([50_000, 50_001, 1, 2]), limits: [meter(0): 100_000])
        #expect(early.0 == 2 && early.1.resets == 1)
        let exchanged = energies(series([1, 2, 900_000, 900_001]))
        #expect(exchanged.0 == 2 && exchanged.1.resets == 1)
        #expect(energies(series([1e12 - 4, 1e12 - 2, 1e12])).0 == 4)
    }

    @Test("readings without power, without register, without either")
    func sparse() {
        let silent = energies([reading(0), reading(15), reading(30)])
        #expect(silent.0 == 0)
        #expect(silent.1.rollups.allSatisfy { $0.meanKilowatts.isNaN && $0.count > 0 })
        let mixed = energies([
            reading(0, 240), reading(15, 240, register: 10), reading(30, 240, register: 12), reading(45, 240),
        ])
        #expect(mixed.0 == 5)
        let gap = energies([reading(0, 240), reading(600, 240)])
        #expect(gap.0 == 2)
    }

    @Test("numbers and times beyond reason are counted and cost no memory")
    func damagedRecords() {
        var machine = WindowStateMachine()
        var output = WindowOutput()
        var far = reading(0, 1)
        far.time = UTCInstant(milliseconds: .max)
        var infinite = reading(15, .infinity)
        infinite.registerKilowattHours = -.infinity
        machine.process(
            [reading(0, 1, meter: .max), reading(0, 1, facility: .max), far, infinite], now: noon, into: &output)
        machine.checkpoint(into: &output)
        #expect(output.refused == 3)
        #expect(output.rollups.count == 6)
    }

    @Test("after a restart nothing before the restore start is held, so older readings go to the store's hours")
    func restartFloor() {
        var machine = WindowStateMachine()
        var output = WindowOutput()
        machine.beginRestore(from: noon, predecessors: [reading(-15, 1, register: 10)])
        machine.restore([reading(5, 1, register: 11)], now: noon, into: &output)
        #expect(output.rollups.isEmpty)
        machine.process([reading(-30, 1, register: 9)], now: noon, into: &output)
        #expect(output.lateHours == [LateHour(meter: meter(0), facility: facility(0), hour: at(-3600))])
        machine.checkpoint(into: &output)
        #expect(output.rollups.first { $0.granularity == .hour }?.kilowattHours == 1)
        #expect(machine.oldestOpen == noon)
    }
}
