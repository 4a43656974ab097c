import EnergyModel
import Ports
import SwitchyardTesting
import Testing

@testable import Engine

@Suite("The operator's link")
struct OperatorTests {
    private func command(_ key: String, _ action: OperatorCommand.Action) -> OperatorCommand {
        OperatorCommand(key: key, author: "operator:ana", reason: "because", action: action)
    }

    @Test("a command is audited before it acts and its outcome after, and its key acts once")
    func idempotent() async throws {
        let world = World()
        let note = command("k", .addNote(facility: nil))
        let first = await world.engine.link.submit(note)
        let second = await world.engine.link.submit(note)
        #expect(first == .done(sentence: "note added", affected: 1))
        #expect(second == first)
        let journal = try await world.records.journal(JournalQuery())
        #expect(journal.filter { $0.kind == .note }.count == 1)
        let audit = journal.filter { $0.kind == .audit }
        #expect(audit.count == 2)
        #expect(audit.last?.text.hasPrefix("asked: ") == true)
        #expect(audit.first?.text.hasPrefix("done: ") == true)
        #expect(audit.allSatisfy { $0.commandKey == "k" })
    }

    @Test("without an audit trail nothing is done")
    func noAudit() async throws {
        let world = World()
        world.records.faults.setFull(true)
        let outcome = await world.engine.link.submit(command("k", .tripBreaker("event-log")))
        guard case .refused(let sentence) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(sentence.contains("audit"))
        #expect(world.parts.logBreaker.status.state == .closed)
    }

    @Test("a breaker is tripped and reset by name; an unknown name is told the names")
    func breakers() async {
        let world = World()
        _ = await world.engine.link.submit(command("a", .tripBreaker("event-log")))
        #expect(world.parts.logBreaker.status.state == .isolated)
        _ = await world.engine.link.submit(command("b", .resetBreaker("event-log")))
        #expect(world.parts.logBreaker.status.state == .closed)
        guard case .refused(let sentence) = await world.engine.link.submit(command("c", .tripBreaker("x"))) else {
            Issue.record("an unknown breaker was tripped")
            return
        }
        #expect(sentence.contains("series-store"))
    }

    @Test("a chart keeps its gaps and tells its step")
    func chart() async throws {
        let world = World()
        var session = try await world.parts.aggregation.open()
        let start = world.time.now
        for minute in 0..<10 {
            world.time.advance(by: .seconds(60))
            guard minute != 4 else { continue }
            for slot in 0..<4 {
                let at = start.advanced(by: .seconds(minute * 60 + slot * 15))
                _ = await world.send(json(at: at, kilowatts: Double(minute)))
            }
        }
        try await world.settle(&session)
        try await world.parts.aggregation.finish(&session)
        let facility = try #require(FacilityID("F-1"))
        let answer = try await world.engine.link.series(
            SeriesRequest(
                subject: .facility(facility), resolution: .raw,
                range: TimeRange(start: start, end: start.advanced(by: .seconds(600)))))
        #expect(answer.stepMilliseconds == 60_000)
        #expect(answer.points.map(\.mean) == [0, 1, 2, 3, 5, 6, 7, 8, 9])
        let meter = try #require(MeterID("M-1"))
        let raw = try await world.engine.link.series(
            SeriesRequest(
                subject: .meter(meter), resolution: .raw,
                range: TimeRange(start: start, end: start.advanced(by: .seconds(600)))))
        #expect(raw.points.count == 36)
        let long = try await world.engine.link.series(
            SeriesRequest(
                subject: .meter(meter), resolution: .raw,
                range: TimeRange(start: start.advanced(by: .seconds(-60 * 86_400)), end: start)))
        #expect(long.stepMilliseconds == Granularity.quarterHour.milliseconds)
        await #expect(throws: PortError.self) {
            _ = try await world.engine.link.series(
                SeriesRequest(
                    subject: .facility(try #require(FacilityID("nobody"))), resolution: .raw, range: raw.request.range))
        }
    }

    @Test("a snapshot of the past shows what was known of that moment")
    func timeTravel() async throws {
        let world = World()
        var session = try await world.parts.aggregation.open()
        _ = await world.send(json(at: world.time.now, kilowatts: 10))
        try await world.settle(&session)
        let then = world.time.now
        world.time.advance(by: .seconds(600))
        _ = await world.send(json(at: world.time.now, kilowatts: 99))
        try await world.settle(&session)
        let past = try await world.engine.link.snapshot(at: then)
        #expect(past.isHistorical)
        #expect(past.facilities.map(\.load) == [Power(kilowatts: 10)])
        #expect(world.parts.snapshots.make().facilities.map(\.load) == [Power(kilowatts: 99)])
    }

    @Test("beside another engine a desk answers queries and works dead letters, and refuses what needs the engine")
    func desk() async throws {
        let world = World()
        var session = try await world.parts.aggregation.open()
        _ = await world.send("{")
        _ = await world.send(json(at: world.time.now))
        try await world.settle(&session)
        try await world.intakeLetters()
        let desk = world.desk
        var updates = desk.snapshots().makeAsyncIterator()
        guard case .snapshot(let snapshot) = await updates.next() else {
            Issue.record("no snapshot")
            return
        }
        #expect(snapshot.facilities.map(\.load) == [Power(kilowatts: 10)])
        #expect(snapshot.pendingDeadLetters == 1)
        #expect(try await desk.meters(of: try #require(FacilityID("F-1"))).map(\.kilowatts) == [10])
        let number = try #require(try await desk.deadLetters(DeadLetterQuery()).letters.first?.number)
        #expect(
            await desk.submit(command("d", .discardDeadLetters(.numbers([number]))))
                == .done(
                    sentence: "1 of 1 dead letters discarded", affected: 1))
        guard case .refused(let sentence) = await desk.submit(command("e", .enforceRetentionNow)) else {
            Issue.record("retention ran without an engine")
            return
        }
        #expect(sentence.contains("running engine"))
    }
}
