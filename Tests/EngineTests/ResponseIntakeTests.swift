import DemandResponse
import EnergyModel
import Ports
import SwitchyardTesting
import Testing

@testable import Engine

@Suite("Notifications of utilities")
struct ResponseIntakeTests {
    @Test("the same delivery is answered the same, and the same event is one event")
    func duplicates() async throws {
        var world = try await ResponseWorld()
        let body = notice("E-1", at: world.time.now.advanced(by: .seconds(600)))
        #expect(try await world.notify(body, delivery: "d-1") == .accepted(event: "E-1", isRepeat: false))
        #expect(try await world.notify(body, delivery: "d-1") == .accepted(event: "E-1", isRepeat: true))
        #expect(try await world.notify(body, delivery: "d-2") == .accepted(event: "E-1", isRepeat: false))
        await world.settle()
        _ = try await world.notify(body)
        await world.settle()
        #expect(try await world.responses.events(EventQuery()).count == 1)
        #expect(try await world.event("E-1")?.ordinal == world.coordinator.open.first?.ordinal)
        let plans = try await world.engine.link.event(try #require(DREventID("E-1")))?.transitions.filter {
            $0.subject == "plan"
        }
        #expect(plans?.count == 1)
    }

    @Test("an update in mid-event exchanges what differs, an older one changes nothing, a deletion gives back")
    func versions() async throws {
        var world = try await ResponseWorld()
        let start = world.time.now.advanced(by: .seconds(60))
        let (first, second) = (start.advanced(by: .seconds(-50)), start.advanced(by: .seconds(10)))
        _ = try await world.notify(notice("E-1", at: start, minutes: 60, kilowatts: 40, modified: first))
        await world.run(until: start.advanced(by: .seconds(120)))
        let before = try #require(try await world.event("E-1")?.expected)
        _ = try await world.notify(
            notice("E-1", at: start, minutes: 60, kilowatts: 200, modified: second, operation: "update"))
        await world.run(for: .seconds(60))
        let after = try #require(try await world.event("E-1"))
        #expect(try #require(after.expected) > before)
        #expect(after.modifiedAt == second)
        let ordinal = after.ordinal
        _ = try await world.notify(
            notice("E-1", at: start, minutes: 60, kilowatts: 10, modified: first, operation: "update"))
        await world.run(for: .seconds(30))
        #expect(try await world.event("E-1")?.ordinal == ordinal)
        _ = try await world.notify(notice("E-1", at: start, operation: "cancel"))
        await world.run(for: .seconds(120))
        #expect(world.buildings.held.isEmpty)
        let cancelled = try #require(try await world.event("E-1"))
        #expect(cancelled.status == .cancelled && cancelled.isSettled)
        for facility in world.facilities {
            let keys = world.buildings.site(facility).effects.map(\.key)
            #expect(Set(keys).count == keys.count)
        }
    }

    @Test("a deletion that overtakes its event keeps it from coming to life")
    func deletionFirst() async throws {
        var world = try await ResponseWorld()
        let start = world.time.now.advanced(by: .seconds(60))
        _ = try await world.notify(notice("E-1", at: start, operation: "cancel"))
        await world.settle()
        _ = try await world.notify(notice("E-1", at: start))
        await world.run(until: start.advanced(by: .seconds(300)))
        #expect(try await world.event("E-1")?.status == .cancelled)
        #expect(world.buildings.calls == 0)
    }

    @Test("what is no event is refused with its place, and kept as it came")
    func malformed() async throws {
        let world = try await ResponseWorld()
        let body = "{\"event_id\":\"E-1\",\"start\":\"yesterday\"}"
        guard case .malformed(let path, let sentence) = try await world.notify(body) else {
            Issue.record("taken")
            return
        }
        #expect(path.contains("start") && !sentence.isEmpty)
        let letters = try await world.letters(.demandResponseDeadLetters)
        #expect(letters.map(\.payload) == [Array(body.utf8)])
        #expect(letters.first?.facility == nil)
    }

    @Test("what cannot be made durable is not accepted, and neither is anything above the high-water mark")
    func busy() async throws {
        let world = try await ResponseWorld { $0.response.intake.highWater = 3 }
        let start = world.time.now.advanced(by: .seconds(60))
        world.log.faults.failNext(1)
        guard case .busy = try await world.notify(notice("E-0", at: start), delivery: "d") else {
            Issue.record("accepted without being durable")
            return
        }
        #expect(
            try await world.notify(notice("E-0", at: start), delivery: "d") == .accepted(event: "E-0", isRepeat: false))
        for number in 1...2 { _ = try await world.notify(notice("E-\(number)", at: start)) }
        guard case .busy(let retryAfter, _) = try await world.notify(notice("E-3", at: start)) else {
            Issue.record("taken above the mark")
            return
        }
        #expect(retryAfter >= .seconds(5))
    }

    @Test("a burst of 1,000 is worked at the rate, every one of it, and a hospital's event before the others")
    func burst() async throws {
        var world = try await ResponseWorld(buildings: 1)
        var hospital = try ResponseWorld.description(of: try #require(FacilityID("H-1")))
        hospital.kind = .hospital
        _ = try await world.records.importFacilities([hospital])
        try await world.engine.parts.directory.load()
        let start = world.time.now.advanced(by: .seconds(3600))
        let began = world.time.now
        for number in 1...1000 {
            let target = ["elsewhere-\(number)"]
            let verdict = try await world.notify(notice("E-\(number)", at: start, minutes: 5, to: target))
            #expect(verdict == .accepted(event: "E-\(number)", isRepeat: false))
        }
        _ = try await world.notify(notice("LAST", at: start, to: ["H-1"]))
        await world.settle()
        #expect(try await world.event("LAST") != nil, "it came last and is worked first")
        #expect(try await world.responses.events(EventQuery(limit: 2000)).count == 10)
        await world.run(until: began.advanced(by: .seconds(60)), step: .seconds(1))
        let early = try await world.responses.events(EventQuery(limit: 2000)).count
        #expect((550...620).contains(early), "10 a second")
        await world.run(until: began.advanced(by: .seconds(120)), step: .seconds(1))
        #expect(try await world.responses.events(EventQuery(limit: 2000)).count == 1001)
        #expect(try await world.letters(.demandResponseDeadLetters).isEmpty)
    }

    @Test(
        "a record store that is down uses up no attempt; what is wrong in itself goes to the dead letters after three")
    func outage() async throws {
        var world = try await ResponseWorld()
        let start = world.time.now.advanced(by: .seconds(3600))
        _ = try await world.notify(notice("E-1", at: start))
        world.responses.faults.failNext(.max)
        await world.run(for: .seconds(600))
        world.responses.faults.failNext(0)
        await world.run(for: .seconds(60))
        #expect(try await world.event("E-1")?.status == .scheduled)
        world.responses.faults.failNext(100, with: PortError(.corrupt, "damaged"))
        _ = try await world.notify(notice("E-2", at: start))
        await world.run(for: .seconds(90))
        world.responses.faults.failNext(0)
        let letters = try await world.letters(.demandResponseDeadLetters)
        #expect(letters.count == 1)
        #expect(letters.first?.headers[DeadLetterHeader.attempts] == "3")
        guard case .done(_, 1) = await world.submit("r", .replayDeadLetters(letters.compactMap(\.number))) else {
            Issue.record("not replayed")
            return
        }
        await world.run(for: .seconds(10))
        #expect(try await world.event("E-2")?.status == .scheduled)
    }

    /// A notification that has become a dead letter, as it lay in its topic.
    private func bury(_ body: String, _ world: ResponseWorld) async throws -> DeadLetter {
        let record = LogRecord(
            key: "E-1", value: Array(body.utf8), headers: [InboundForm.utilityHeader: "acme"], time: world.time.now)
        let letter = InboundForm.letter(
            of: record, at: nil, reason: "evicted", message: "the queue was full", stage: "queue", attempts: 1,
            now: world.time.now)
        try await world.log.append([letter], to: .demandResponseDeadLetters)
        return try #require(try await world.letters(.demandResponseDeadLetters).first)
    }

    @Test("a deletion without a version that is replayed late does not take away what the utility asked for since")
    func lateDeletion() async throws {
        var world = try await ResponseWorld()
        let letter = try await bury(#"{"operation":"delete","event_id":"E-1"}"#, world)
        world.time.advance(by: .seconds(600))
        let start = world.time.now.advanced(by: .seconds(3600))
        _ = try await world.notify(notice("E-1", at: start))
        await world.run(for: .seconds(60))
        #expect(try await world.event("E-1")?.status == .scheduled)
        _ = await world.submit("r", .replayDeadLetters([try #require(letter.number)]))
        await world.run(for: .seconds(60))
        #expect(try await world.event("E-1")?.status == .scheduled)
    }

    @Test("an event that was to begin at once is replayed as of when it came: late it joins, and over it says so")
    func lateImmediate() async throws {
        for (late, isOver) in [(600, false), (1_300, true)] {
            var world = try await ResponseWorld()
            let body = notice("E-1", at: world.time.now).replacing(world.time.now.iso8601, with: "0001-01-01T00:00:00")
            let (letter, came) = (try await bury(body, world), world.time.now)
            world.time.advance(by: .seconds(late))
            let number = try #require(letter.number)
            let check = try await world.engine.link.check(deadLetter: number, payload: nil)
            let outcome = await world.submit("r", .replayDeadLetters([number]))
            await world.run(for: .seconds(60))
            guard isOver else {
                #expect(try await world.event("E-1")?.window.end == came.advanced(by: .seconds(1_200)))
                #expect(!world.buildings.held.isEmpty)
                continue
            }
            #expect(try await world.event("E-1") == nil && world.buildings.held.isEmpty)
            #expect("\(check)".contains("expired") && "\(outcome)".contains("time was over"), "\(outcome)")
        }
    }

    @Test("a full queue lets the oldest of the lowest class go, never a critical one")
    func eviction() {
        var queue = IntakeQueue<String>(capacity: 3)
        for (name, rank) in [("low-1", IntakeClass.low), ("low-2", .low), ("high", .high)] {
            guard case .accepted = queue.offer(name, rank) else {
                Issue.record("refused \(name)")
                return
            }
        }
        guard case .evicted("low-1") = queue.offer("critical-1", .critical),
            case .evicted("low-2") = queue.offer("critical-2", .critical),
            case .evicted("normal") = queue.offer("normal", .normal),
            case .evicted("high") = queue.offer("critical-3", .critical),
            case .refused("critical-4") = queue.offer("critical-4", .critical)
        else {
            Issue.record("the wrong one went")
            return
        }
        #expect(
            [queue.take(), queue.take(), queue.take(), queue.take()] == ["critical-1", "critical-2", "critical-3", nil])
    }
}
