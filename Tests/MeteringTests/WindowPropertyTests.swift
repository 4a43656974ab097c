import EnergyModel
import Metering
import Testing

@Suite("Windows over any delivery") struct WindowPropertyTests {
    private func run(_ story: Story, crashes: Bool, seed: UInt64, memory: Duration = .seconds(7200)) -> WindowShell {
        var random = Seeded(seed &* 31 &+ 7)
        var rules = WindowRules()
        rules.facilityMemory = memory
        var shell = WindowShell(rules: rules, limits: story.limits)
        var now = story.start
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

    @Test("fleets of any kind: steps, jitter, registers, gaps of days, the epoch", arguments: 300..<UInt64(316))
    func anyFleet(seed: UInt64) {
        let story = Story(odd: seed)
        let memory = [Duration.zero, .seconds(3600), .seconds(7200)][Int(seed % 3)]
        expectSame(run(story, crashes: seed % 2 == 0, seed: seed, memory: memory), story, seed)
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
