import EnergyModel
import Ports
import SwitchyardTesting
import Testing

@testable import Engine

@Suite("Refused writes, tried again")
struct LetterRetryTests {
    private func letter(_ index: Int, firstSeen: UTCInstant) -> DeadLetter {
        DeadLetter(
            topic: Topic.seriesWritesDeadLetters.name, payload: [0xFF],
            headers: [
                DeadLetterHeader.topic: "t", DeadLetterHeader.partition: "0", DeadLetterHeader.offset: "\(index)",
                DeadLetterForm.formatHeader: "block",
            ], reason: "series_write_refused", message: "refused", facility: nil, firstSeen: firstSeen)
    }

    @Test(
        "an old letter that is due is tried however many newer ones are not due yet, and a new one behind old ones is, too"
    )
    func inTurn() async throws {
        let world = try await ResponseWorld(buildings: 1)
        let (old, fresh) = (world.time.now, world.time.now.advanced(by: .seconds(3600)))
        let due: Set<Int> = [0, 699]
        let letters = (0..<700).map { letter($0, firstSeen: due.contains($0) ? old : fresh) }
        _ = try await world.records.add(letters)
        world.time.advance(by: .seconds(3600))
        for _ in 0..<4 { await world.engine.parts.retry.turn() }
        let all = try await world.records.deadLetters(DeadLetterQuery(limit: 1_000)).letters
        let tried = Set(all.filter { $0.attempts > 0 }.compactMap { $0.headers[DeadLetterHeader.offset] })
        #expect(tried == ["0", "699"])
    }

    @Test("a letter named twice is replayed and counted once")
    func namedTwice() async throws {
        let world = try await ResponseWorld(buildings: 1)
        _ = try await world.records.add([letter(0, firstSeen: world.time.now)])
        let outcome = await world.submit("k-1", .replayDeadLetters([1, 1]))
        #expect("\(outcome)".contains("of 1 dead letters") && "\(outcome)".contains("1 failed"), "\(outcome)")
        #expect(try await world.records.deadLetter(1)?.attempts == 1)
    }
}

@Suite("Failed commands, tried again")
struct CommandTierTests {
    @Test("each failed command has its turn, however many there are")
    func many() async throws {
        var world = try await ResponseWorld(buildings: 1)
        await world.settle()
        let letters = (0..<1_200).map { index in
            DeadLetter(
                topic: Topic.buildingFailures.name, payload: [],
                headers: [
                    DeadLetterHeader.topic: "dr-event:E", DeadLetterHeader.partition: "F-1",
                    DeadLetterHeader.offset: "\(index)", InboundForm.eventHeader: "E",
                    InboundForm.facilityHeader: "F-1", InboundForm.sequenceHeader: "\(index)",
                ], reason: "command_failed", message: "refused", firstSeen: world.time.now)
        }
        _ = try await world.records.add(letters)
        await world.response.tiers.turn()
        let page = try await world.records.deadLetters(DeadLetterQuery(state: .discarded, limit: 1))
        #expect(page.matching == 1_200, "their event is not open, so each is closed")
    }
}
