import EnergyModel
import Metering
import Testing

/// Hours of seeded readings of a few meters, delivered out of order, late, twice, changed; the machine crashes and restarts.
private struct Story {
    var random: Seeded
    var deliveries: [Reading] = []
    let limits: [MeterNumber: Double] = [meter(1): 1000]

    init(seed: UInt64) {
        random = Seeded(seed)
        var timed: [(arrival: Double, reading: Reading)] = []
        for number in 0..<UInt32(5) {
            for reading in readings(of: number) {
                let seconds = Double(reading.time.milliseconds - noon.milliseconds) / 1000
                timed.append((seconds + delay(), reading))
                if random.chance(0.03) { timed.append((seconds + delay() + 1, reading)) }
                if random.chance(0.02) {
                    var changed = reading
                    changed.kilowatts += 1
                    timed.append((seconds + delay() + 1, changed))
                }
            }
        }
        deliveries = timed.sorted { $0.arrival < $1.arrival }.map(\.reading)
    }

    private mutating func delay() -> Double {
        if random.chance(0.01) { return .random(in: 60...12_000, using: &random) }
        return random.chance(0.1) ? .random(in: 0...70, using: &random) : 0
    }

    private mutating func readings(of number: UInt32) -> [Reading] {
        let step = [15, 15, 20, 60, 7][Int(number)]
        var register = number == 1 ? 990.0 : 5e6
        var result: [Reading] = []
        var seconds = Double.random(in: 0...30, using: &random).rounded()
        while seconds < 3.2 * 3600 {
            if random.chance(0.002) { seconds += .random(in: 60...5000, using: &random).rounded() }
            let kilowatts = Double.random(in: -20...400, using: &random)
            register += max(0, kilowatts) * Double(step) / 3600 / (number == 1 ? 50 : 1)
            if number == 1, register > 1000 { register -= 1000 }
            if random.chance(0.001) { register = 0 }
            let hasRegister = number < 2 || (number == 4 && random.chance(0.7))
            result.append(
                reading(
                    seconds, random.chance(0.02) ? .nan : kilowatts, register: hasRegister ? register : .nan,
                    meter: number,
                    facility: number < 3 ? 0 : 1, quality: random.chance(0.05) ? .questionable : .raw))
            seconds += Double(step)
        }
        return result
    }

    /// The distinct readings, the last delivered of each (meter, timestamp).
    var truth: [Reading] {
        var newest: [[Int64]: Reading] = [:]
        for reading in deliveries { newest[[Int64(reading.meter.rawValue), reading.time.milliseconds]] = reading }
        return Array(newest.values)
    }
}

@Suite("Windows over any delivery") struct WindowPropertyTests {
    private func run(_ story: Story, crashes: Bool, seed: UInt64, memory: Duration = .seconds(7200)) -> WindowShell {
        var random = Seeded(seed &* 31 &+ 7)
        var rules = WindowRules()
        rules.facilityMemory = memory
        var shell = WindowShell(rules: rules, limits: story.limits)
        var now = noon
        var index = 0
        while index < story.deliveries.count {
            let end = min(story.deliveries.count, index + Int.random(in: 1...60, using: &random))
            let batch = Array(story.deliveries[index..<end])
            now = max(now, batch.map(\.time).max() ?? now).advanced(by: .milliseconds(700))
            if crashes, random.chance(0.02) {
                shell.processAndCrash(batch, now: now)
                continue
            }
            shell.process(batch, now: now)
            if crashes, random.chance(0.03) {
                shell.crash(now: now)
                // Not acknowledged: the batch comes again, sometimes.
                if random.chance(0.5) { continue }
            }
            index = end
            if random.chance(0.1) { shell.checkpoint(now: now) }
            if random.chance(0.02) { shell.recomputeLateHours() }
            if random.chance(0.02) { now = now.advanced(by: .seconds(70)) }
        }
        shell.checkpoint(now: now)
        shell.recomputeLateHours()
        shell.checkpoint(now: now)
        return shell
    }

    private func expectSame(_ shell: WindowShell, _ story: Story, _ seed: UInt64) {
        let oracle = WindowOracle(story.truth, limits: story.limits).rollups
        #expect(Set(shell.rollups.keys) == Set(oracle.keys), "seed \(seed)")
        let wrong = oracle.values.filter { expected in
            shell.rollups[expected.key].map { !$0.isClose(to: expected) } ?? true
        }
        let first = wrong.min { $0.start < $1.start }
        #expect(
            wrong.isEmpty,
            "seed \(seed): \(wrong.count) wrong, first \(String(describing: first)) is \(String(describing: first.flatMap { shell.rollups[$0.key] }))"
        )
    }

    @Test("order, lateness and repetition do not show in the rollups", arguments: 0..<UInt64(8))
    func anyOrder(seed: UInt64) {
        let story = Story(seed: seed)
        let shell = run(story, crashes: false, seed: seed)
        #expect(shell.duplicates > 0 && shell.late > 0)
        expectSame(shell, story, seed)
    }

    @Test("crashes at any point do not show in the rollups", arguments: 100..<UInt64(112))
    func crashes(seed: UInt64) {
        let story = Story(seed: seed)
        expectSame(run(story, crashes: true, seed: seed), story, seed)
    }

    @Test("facility hours that left memory are worked anew from the store", arguments: 200..<UInt64(204))
    func shortMemory(seed: UInt64) {
        let story = Story(seed: seed)
        expectSame(run(story, crashes: true, seed: seed, memory: .zero), story, seed)
    }

    @Test("two different deliveries of the same readings agree to the last bit, and minutes add up to their hour")
    func bitwise() {
        let story = Story(seed: 5)
        let one = run(story, crashes: true, seed: 1).rollups
        var sorted = story
        sorted.deliveries = story.truth.sorted { ($0.time, $0.meter) < ($1.time, $1.meter) }
        let other = run(sorted, crashes: false, seed: 2).rollups
        for (key, rollup) in one { #expect(other[key]?.bits == rollup.bits) }
        for (key, hour) in one where key.granularity == .hour {
            for fine in [Granularity.minute, .quarterHour] {
                let parts = one.values.filter {
                    $0.series == key.series && $0.granularity == fine && hour.start <= $0.start && $0.end <= hour.end
                }
                #expect(parts.reduce(0) { $0 + $1.kilowattHours } == hour.kilowattHours)
                #expect(parts.reduce(0) { $0 + $1.count } == hour.count)
            }
        }
    }
}
