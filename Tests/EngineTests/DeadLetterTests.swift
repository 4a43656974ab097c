import EnergyModel
import Ports
import SwitchyardTesting
import Testing

@testable import Engine

@Suite("Dead letters")
struct DeadLetterTests {
    /// A letter whose payload names another facility than its topic: it fails at every replay.
    private func bury(_ world: World) async throws -> Int64 {
        _ = await world.send(json("M-1", "F-2", at: world.time.now))
        try await world.intakeLetters()
        let page = try await world.records.deadLetters(DeadLetterQuery())
        return try #require(page.letters.first?.number)
    }

    private func submit(_ world: World, _ key: String, _ action: OperatorCommand.Action) async -> CommandOutcome {
        await world.engine.link.submit(
            OperatorCommand(key: key, author: "operator:ana", reason: "test", action: action))
    }

    @Test("a letter is stored once however often its record comes")
    func idempotent() async throws {
        let world = World()
        _ = try await bury(world)
        let consumer = try await world.log.consumer(
            of: .sensorReadingsDeadLetters, group: "dead-letters",
            startingAt: Dictionary(
                uniqueKeysWithValues: (0..<4).map { (Partition(topic: .sensorReadingsDeadLetters, index: $0), 0) }))
        try await world.parts.letters.turn(consumer, wait: .zero)
        #expect(try await world.records.deadLetters(DeadLetterQuery()).matching == 1)
    }

    @Test("a replay that fails is counted, and quarantined at the third attempt")
    func quarantine() async throws {
        let world = World()
        let number = try await bury(world)
        for attempt in 1...3 {
            _ = await submit(world, "k\(attempt)", .replayDeadLetters([number]))
            let letter = try #require(try await world.records.deadLetter(number))
            #expect(letter.attempts == attempt)
            #expect(letter.state == (attempt < 3 ? .pending : .quarantined))
            #expect(letter.note != nil)
        }
    }

    @Test("a replay that succeeds applies once, and a second one passes it over")
    func replay() async throws {
        let world = World()
        let at = world.time.now
        let future = json(at: at.advanced(by: .seconds(400)))
        _ = await world.send(future)
        try await world.intakeLetters()
        let number = try #require(try await world.records.deadLetters(DeadLetterQuery()).letters.first?.number)
        world.time.advance(by: .seconds(300))
        guard case .done(_, 1) = await submit(world, "a", .replayDeadLetters([number])) else {
            Issue.record("not replayed")
            return
        }
        guard case .done(_, 0) = await submit(world, "b", .replayDeadLetters([number])) else {
            Issue.record("replayed twice")
            return
        }
        #expect(try await world.records.deadLetter(number)?.state == .replayed)
        #expect(try await world.log.lag(of: .sensorReadings, group: "aggregation").map(\.items) == [1])
    }

    @Test("a discarded letter keeps its reason and cannot be replayed")
    func discard() async throws {
        let world = World()
        let number = try await bury(world)
        _ = await submit(world, "a", .discardDeadLetters(.numbers([number])))
        let letter = try #require(try await world.records.deadLetter(number))
        #expect(letter.state == .discarded)
        #expect(letter.note == "test")
        guard case .done(_, 0) = await submit(world, "b", .replayDeadLetters([number])) else {
            Issue.record("replayed after all")
            return
        }
    }

    @Test("growth and depth beyond their marks are noted once, and again when they end")
    func marks() async throws {
        let world = World { $0.deadLetters.depth = 3 }
        for _ in 0..<5 { _ = await world.send("{") }
        try await world.intakeLetters()
        await world.parts.journal.flush()
        let notes = try await world.records.journal(JournalQuery()).filter { $0.subject == "dead-letters" }
        #expect(notes.filter { $0.text.contains("are pending") }.count == 1)
        #expect(world.parts.measures.perMinute(.deadLetters) == 0, "the running second does not count yet")
        world.time.advance(by: .seconds(1))
        #expect(world.parts.measures.perMinute(.deadLetters) == 5)
    }
}
