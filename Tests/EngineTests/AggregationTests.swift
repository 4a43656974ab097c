import EnergyModel
import Ports
import SwitchyardTesting
import Testing

@testable import Engine

@Suite("Aggregation")
struct AggregationTests {
    /// One minute of readings of two meters, sent and worked.
    private func minute(_ world: World, _ session: inout AggregationService.Session) async throws {
        let start = world.time.now
        for slot in 0..<4 {
            let at = start.advanced(by: .seconds(slot * 15))
            _ = await world.send(
                "[\(json("M-1", at: at, kilowatts: 10)),\(json("M-2", at: at, kilowatts: 30))]",
                as: .rest(client: "test"))
        }
        world.time.advance(by: .seconds(60))
        try await world.settle(&session)
    }

    @Test("readings come out as raw points and rollups of meters and facility, with the offsets they reach")
    func slice() async throws {
        let world = World()
        let start = world.time.now
        var session = try await world.parts.aggregation.open()
        for _ in 0..<3 { try await minute(world, &session) }
        try await world.parts.aggregation.finish(&session)
        #expect(try await world.storedReadings().count == 24)
        let facility = try #require(try await world.records.facilities().first).number
        let range = TimeRange(start: start, end: start.advanced(by: .seconds(60)))
        let rollups = try await world.series.rollups(of: .facility(facility), .minute, in: range, limit: 10)
        let first = try #require(rollups.first)
        #expect(first.meanKilowatts == 40)
        #expect(first.count == 8)
        let progress = try await world.series.progress()
        #expect(progress.processed.values.reduce(0, +) == 24)
        let lag = try await world.log.lag(of: .sensorReadings, group: "aggregation")
        #expect(lag.allSatisfy { $0.items == 0 })
    }

    @Test("what was stored but not acknowledged comes again and is passed over")
    func redelivery() async throws {
        var world = World()
        var session = try await world.parts.aggregation.open()
        try await minute(world, &session)
        _ = await world.send(json("M-1", at: world.time.now))
        try await world.parts.aggregation.turn(&session)
        let step = try #require(session.pending)
        try await world.series.write(step.write)
        try await world.crash()
        session = try await world.parts.aggregation.open()
        try await world.settle(&session)
        #expect(world.parts.measures.value(of: .redelivered) == 1)
        #expect(try await world.storedReadings().count == 9)
    }

    @Test("a write that is refused for its content is set aside, holds up nothing, and is sent again by itself")
    func refused() async throws {
        let world = World()
        var session = try await world.parts.aggregation.open()
        _ = await world.send(json("M-1", at: world.time.now, kilowatts: 7))
        try await world.parts.aggregation.turn(&session)
        world.series.faults.failNext(3, with: PortError(.invalid, "no such field"))
        do {
            try await world.parts.aggregation.turn(&session)
            Issue.record("the session went on")
        } catch {
            #expect(error.code == .superseded)
        }
        await session.consumer.close()
        session = try await world.parts.aggregation.open()
        try await world.intakeLetters(from: .seriesWritesDeadLetters)
        let letter = try #require(try await world.records.deadLetters(DeadLetterQuery()).letters.first)
        #expect(letter.topic == "influx-writes-dlq")
        #expect(letter.reason == "series_write_refused")
        #expect(letter.facility?.text == "F-1")
        await world.parts.retry.turn()
        #expect(try await world.records.deadLetters(DeadLetterQuery(state: .pending)).matching == 1, "not due yet")
        try await minute(world, &session)
        #expect(try await world.storedReadings().count == 8, "those behind it are not held up")
        await world.parts.retry.turn()
        #expect(try await world.records.deadLetters(DeadLetterQuery(state: .replayed)).matching == 1)
        try await world.settle(&session)
        #expect(try await world.storedReadings().contains { $0.kilowatts == 7 })
    }

    @Test("a store that is down acknowledges nothing; when it is back the lag returns to zero")
    func storeDown() async throws {
        let world = World()
        var session = try await world.parts.aggregation.open()
        world.series.faults.failNext(12)
        try await minute(world, &session)
        #expect(try await world.storedReadings().count == 8)
        let journal = try await flushed(world)
        #expect(journal.contains { $0.subject == "breaker:series-store" && $0.text.contains("to open") })
        #expect(journal.contains { $0.subject == "breaker:series-store" && $0.text.contains("to closed") })
    }

    private func flushed(_ world: World) async throws -> [JournalEntry] {
        await world.parts.journal.flush()
        return try await world.records.journal(JournalQuery())
    }

    @Test("a record that cannot be decoded goes to the dead letters once and stops nothing")
    func poison() async throws {
        let world = World()
        let now = world.time.now
        _ = await world.send(json(at: now))
        let bad = LogRecord(key: "F-1", value: [1, 2, 3], headers: ["traceparent": "00-a-b-01"], time: now, items: 7)
        try await world.log.append([bad], to: .sensorReadings)
        _ = await world.send(json(at: now.advanced(by: .seconds(-15))))
        var session = try await world.parts.aggregation.open()
        try await world.settle(&session)
        try await world.intakeLetters()
        #expect(try await world.storedReadings().count == 2)
        let letter = try #require(try await world.records.deadLetters(DeadLetterQuery()).letters.first)
        #expect(letter.payload == [1, 2, 3])
        #expect(letter.reason == "undecodable_record")
        #expect(letter.headers[DeadLetterHeader.topic] == "sensor-readings")
        #expect(letter.headers[DeadLetterHeader.offset] == "1")
        #expect(letter.headers[DeadLetterHeader.attempts] == "3")
        #expect(letter.headers["traceparent"] == "00-a-b-01")
        #expect(try await world.log.lag(of: .sensorReadings, group: "aggregation").allSatisfy { $0.items == 0 })
    }

    @Test("a late reading's hour is worked anew, under the same keys")
    func late() async throws {
        let world = World()
        let start = world.time.now
        var session = try await world.parts.aggregation.open()
        for _ in 0..<90 { try await minute(world, &session) }
        _ = await world.send(json("M-1", at: start.advanced(by: .seconds(7)), kilowatts: 100))
        try await world.settle(&session)
        try await world.parts.aggregation.finish(&session)
        #expect(world.parts.measures.value(of: .late) == 1)
        #expect(try await world.series.progress().lateHours.isEmpty)
        let meter = try #require(try await world.records.meters().first { $0.id.text == "M-1" }).number
        let range = TimeRange(start: start, end: start.advanced(by: .seconds(60)))
        let rollups = try await world.series.rollups(of: .meter(meter), .minute, in: range, limit: 10)
        #expect(rollups.map(\.count) == [5])
        #expect(rollups.map(\.maxKilowatts) == [100])
    }

    @Test("recomputing a range restores rollups from stored readings")
    func recompute() async throws {
        let world = World()
        let start = world.time.now
        var session = try await world.parts.aggregation.open()
        for _ in 0..<70 { try await minute(world, &session) }
        let meter = try #require(try await world.records.meters().first).number
        let range = TimeRange(start: start, end: start.advanced(by: .seconds(60)))
        var rollup = try #require(
            try await world.series.rollups(of: .meter(meter), .minute, in: range, limit: 1).first)
        rollup.kilowattHours = 1e9
        var damage = SeriesWrite()
        damage.rollups = [rollup]
        try await world.series.write(damage)
        let outcome = await world.engine.link.submit(
            OperatorCommand(key: "k", author: "operator:ana", reason: "damaged", action: .recompute(range)))
        guard case .done(_, 2) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        try await world.settle(&session)
        world.time.advance(by: .seconds(5))
        try await world.settle(&session)
        let healed = try await world.series.rollups(of: .meter(meter), .minute, in: range, limit: 1)
        #expect(healed.first.map { $0.kilowattHours < 1 } == true)
    }
}
