import EnergyModel
import Ports
import SwitchyardTesting
import Testing

@testable import Engine

@Suite("Health")
struct HealthTests {
    @Test("the start passes once the fleet is read; windows are rebuilt behind it, and told of when they take too long")
    func startup() async throws {
        let world = World()
        #expect(!world.engine.health.startup().passes)
        world.parts.health.phase("fleet", done: true)
        #expect(world.engine.health.startup().passes)
        #expect(world.engine.health.readiness().passes)
        #expect(world.engine.health.startup().checks.contains { $0.detail.contains("readings are taken meanwhile") })
        world.time.advance(by: .seconds(61))
        await world.parts.health.runChecks()
        #expect(world.parts.health.dependencies.first { $0.name == "start" }?.state == .degraded)
        _ = try await world.parts.aggregation.open()
        await world.parts.health.runChecks()
        #expect(world.parts.health.dependencies.first { $0.name == "start" }?.state == .up)
    }

    @Test(
        "a dependency is degraded at its first failure and down at its third; liveness does not care unless strict",
        arguments: [EngineSettings.Health.LivenessMode.curable, .strict])
    func dependency(mode: EngineSettings.Health.LivenessMode) async throws {
        let world = World { $0.health.livenessMode = mode }
        for state in [DependencyStatus.State.degraded, .degraded, .down] {
            world.log.faults.failNext(1)
            await world.parts.health.runChecks()
            #expect(world.parts.health.dependencies.first { $0.name == "event-log" }?.state == state)
        }
        #expect(world.engine.health.liveness().passes == (mode == .curable))
        #expect(!world.engine.health.readiness().passes)
        await world.parts.health.runChecks()
        #expect(world.parts.health.dependencies.allSatisfy { $0.state == .up })
        await world.parts.journal.flush()
        let notes = try await world.records.journal(JournalQuery()).filter { $0.subject == "dependency:event-log" }
        #expect(notes.count == 3)
    }

    @Test("a loop that stands still fails liveness, one that rested does not")
    func stuck() {
        let world = World()
        world.parts.health.beat("aggregation")
        world.parts.health.beat("drain")
        world.time.advance(by: .seconds(61))
        world.parts.health.beat("drain")
        let answer = world.engine.health.liveness()
        #expect(answer.checks.filter { !$0.passes }.map(\.name) == ["loop:aggregation"])
        world.parts.health.rest("aggregation")
        #expect(world.engine.health.liveness().passes)
    }

    @Test("lag and queues decide readiness, and lag's levels are noted")
    func lag() async throws {
        let world = World {
            $0.health.readyLag = 5; $0.aggregation.backlogEnter = 4; $0.aggregation.backlogLeave = 2
        }
        for slot in 0..<6 { _ = await world.send(json(at: world.time.now.advanced(by: .seconds(-slot * 15)))) }
        await world.parts.monitor.measure()
        #expect(world.parts.measures.lag == 6)
        #expect(world.parts.monitor.isBacklogged)
        let failing = world.engine.health.readiness().checks.filter { !$0.passes }.map(\.name)
        #expect(failing.contains("lag"))
        let consumer = try await world.log.consumer(of: .sensorReadings, group: world.settings.aggregation.group)
        for lag in [5, 4, 3, 2] {
            let batch = try #require(try await consumer.next(items: 1, wait: .zero))
            try await consumer.acknowledge(batch)
            await world.parts.monitor.measure()
            #expect(world.parts.measures.lag == lag)
            #expect(world.parts.monitor.isBacklogged, "until below backlogLeave, whatever the alert's limit is")
        }
        var session = try await world.parts.aggregation.open()
        try await world.settle(&session)
        await world.parts.monitor.measure()
        #expect(!world.parts.monitor.isBacklogged)
    }

    @Test("dead letters above a mark, failing writes, and retention about to overtake aggregation show in Health")
    func alarms() async throws {
        let world = World {
            $0.deadLetters.depth = 3
            $0.retention.log = .seconds(3600)
            $0.retention.lossAlert = .seconds(1800)
        }
        for phase in ["fleet", "windows"] { world.parts.health.phase(phase, done: true) }
        func down() async -> Set<String> {
            await world.parts.health.runChecks()
            return Set(world.parts.health.dependencies.filter { $0.state != .up }.map(\.name))
        }
        #expect(await down().isEmpty)
        for _ in 0..<4 { _ = await world.send("{") }
        try await world.intakeLetters()
        #expect(await down() == ["dead-letters"])
        let letters = try await world.records.deadLetters(DeadLetterQuery()).letters.compactMap(\.number)
        _ = try await world.records.changeDeadLetters(
            letters, from: [.pending], to: .discarded, note: "x", countsAsAttempt: false)
        world.time.advance(by: .seconds(120))
        try await world.intakeLetters()
        let consumer = try await world.log.consumer(of: .sensorReadingsDeadLetters, group: "dead-letters")
        try await world.parts.letters.turn(consumer, wait: .zero)
        #expect(await down().isEmpty)
        _ = await world.send(json(at: world.time.now))
        world.time.advance(by: .seconds(2000))
        await world.parts.monitor.measure()
        #expect(await down() == ["retention-loss"])
        await world.parts.journal.flush()
        let notes = try await world.records.journal(JournalQuery()).map(\.subject)
        #expect(notes.filter { $0 == "topic:sensor-readings" }.count == 1)
        var session = try await world.parts.aggregation.open()
        world.series.faults.failNext(2)
        try await world.settle(&session)
        world.time.advance(by: .seconds(1))
        await world.parts.monitor.measure()
        #expect(await down() == ["series-writes"])
        world.time.advance(by: .seconds(120))
        #expect(await down().isEmpty)
    }

    @Test("three canary readings that do not come through are noticed, and so is their return")
    func canary() async throws {
        let world = World()
        let isBroken = Flag()
        let canary = CanaryService(
            publish: { _, _, payload in
                guard !isBroken.isSet else { return }
                _ = await world.engine.intake.accept(
                    [IntakeDelivery(origin: .rest(client: "canary"), format: .json, payload: payload)],
                    arrivedAt: world.time.now)
            }, settings: world.settings.canary, directory: world.parts.directory, board: world.parts.board,
            time: world.time.timekeeper, journal: world.parts.journal, logger: world.parts.logger)
        var session = try await world.parts.aggregation.open()
        func minute() async throws {
            await canary.turn()
            world.time.advance(by: .seconds(60))
            try await world.settle(&session)
        }
        for _ in 0..<3 { try await minute() }
        try canary.check()
        isBroken.set(true)
        for _ in 0..<4 { try await minute() }
        #expect(throws: PortError.self) { try canary.check() }
        isBroken.set(false)
        for _ in 0..<2 { try await minute() }
        try canary.check()
        #expect(world.parts.snapshots.make().facilities.isEmpty, "the canary is nobody's facility")
    }
}
