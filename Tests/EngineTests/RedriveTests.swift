import EnergyModel
import Ports
import SwitchyardTesting
import Testing

@testable import Engine

/// A world with dead letters that failed for their time and can be taken by now; `bad` never can.
struct LetterWorld {
    var world: World
    private(set) var numbers: [Int64] = []
    private(set) var times: [Int64: UTCInstant] = [:]
    private var keys = 0

    init(good: Int, bad: Int = 0, _ change: (inout EngineSettings) -> Void = { _ in }) async throws {
        world = World(change)
        // Known beforehand, so that a replay asks the record store for nothing but letters.
        _ = try await world.records.register(
            meter: try #require(MeterID("M-1")), facility: try #require(FacilityID("F-1")))
        try await world.parts.directory.load()
        try await bury(good: good, bad: bad)
    }

    mutating func bury(good: Int, bad: Int = 0) async throws {
        let known = numbers.count
        var sent: [UTCInstant?] = []
        for index in 0..<(good + bad) {
            let isBad = index % max(1, (good + bad) / max(1, bad)) == 0 && sent.count(where: { $0 == nil }) < bad
            let at = world.time.now.advanced(by: .seconds(400 + index))
            _ = await world.send(isBad ? "{" : json(at: at))
            sent.append(isBad ? nil : at)
        }
        // All of one partition, so that their numbers are in this order.
        try await world.intakeLetters()
        numbers = try await world.records.deadLetters(DeadLetterQuery(limit: 10_000)).letters.compactMap(\.number)
            .sorted()
        for (number, at) in zip(numbers.dropFirst(known), sent) { times[number] = at }
        world.time.advance(by: .seconds(7200))
    }

    var service: RedriveService { world.parts.redrives }

    mutating func submit(_ action: OperatorCommand.Action, at link: (any OperatorLink)? = nil) async -> CommandOutcome {
        keys += 1
        return await (link ?? world.engine.link).submit(
            OperatorCommand(key: "k\(keys)", author: "operator:ana", reason: "test", action: action))
    }

    /// The redrive that began, by its id.
    mutating func begin(_ selection: LetterSelection? = nil, perSecond: Int = 40) async throws -> String {
        let outcome = await submit(.redrive(selection ?? .numbers(numbers), perSecond: perSecond))
        if case .refused(let sentence) = outcome { Issue.record("\(sentence)") }
        return "k\(keys)"
    }

    func redrive(_ id: String) async throws -> Redrive { try #require(try await world.records.redrive(id)) }

    func states() async throws -> [DeadLetter.State] {
        try await world.records.deadLetters(DeadLetterQuery(limit: 10_000)).letters.reversed().map(\.state)
    }

    /// Readings in the log, however often each was sent.
    func sentTimes() async throws -> [UTCInstant] {
        let consumer = try await world.log.consumer(of: .sensorReadings, group: "test-\(keys)")
        var times: [UTCInstant] = []
        while let batch = try await consumer.next(items: 1000, wait: .zero) {
            for stored in batch.records { times += try ReadingBlock.decode(stored.record.value).map(\.time) }
            try await consumer.acknowledge(batch)
        }
        await consumer.close()
        return times
    }

    func notes(of id: String) async throws -> [JournalEntry] {
        await world.parts.journal.flush()
        return try await world.records.journal(JournalQuery(kinds: [.transition])).filter {
            $0.subject == "redrive:\(id)"
        }
        .reversed()
    }
}

@Suite("Redrives", .timeLimit(.minutes(2)))
struct RedriveTests {
    @Test("letters go by ascending number, no faster than asked, and every step is on record")
    func pace() async throws {
        var bench = try await LetterWorld(good: 60)
        let id = try await bench.begin(perSecond: 8)
        var run = RedriveRun(try await bench.redrive(id), now: bench.world.parts.time.uptime())
        let begun = bench.world.time.now
        var reached: [Int64] = []
        while try await bench.service.step(&run) {
            let stored = try await bench.redrive(id)
            reached.append(stored.reached)
            let elapsed = bench.world.time.now.since(begun) / .seconds(1)
            #expect(Double(stored.replayed) <= 8 * elapsed + 2, "the rate and a quarter of a second's burst")
        }
        #expect(reached == stride(from: 1, to: 60, by: 2).map { bench.numbers[$0] })
        let done = try await bench.redrive(id)
        #expect(done.state == .done && done.replayed == 60)
        #expect(bench.world.time.now.since(begun) < .seconds(9), "and not much slower")
    }

    @Test("begin, pause, resume and end are in the journal with who did it")
    func journal() async throws {
        var bench = try await LetterWorld(good: 30, bad: 3)
        let id = try await bench.begin()
        var run = RedriveRun(try await bench.redrive(id), now: bench.world.parts.time.uptime())
        _ = try await bench.service.step(&run)
        _ = await bench.submit(.pauseRedrive(id), at: bench.world.desk)
        #expect(try await !bench.service.step(&run))
        _ = await bench.submit(.resumeRedrive(id), at: bench.world.desk)
        #expect(await bench.service.turn())
        let notes = try await bench.notes(of: id)
        #expect(notes.map { String($0.text.prefix { $0 != ":" }) } == ["begun", "paused", "resumed", "done"])
        #expect(notes.map(\.actor) == ["operator:ana", "operator:ana", "operator:ana", "service:redrives"])
        #expect(notes.last?.text.contains("30 of 33 replayed, 3 failed (3 malformed_json)") == true)
    }

    @Test("what is asked in the wrong state, of nobody, or for nothing is refused with a sentence")
    func refusals() async throws {
        var bench = try await LetterWorld(good: 3)
        func refusal(_ action: OperatorCommand.Action) async -> String {
            if case .refused(let sentence) = await bench.submit(action) { sentence } else { "done" }
        }
        #expect(await refusal(.redrive(.numbers(bench.numbers), perSecond: 0)).contains("1 to 100000"))
        #expect(await refusal(.redrive(.numbers(bench.numbers), perSecond: 100_001)).contains("1 to 100000"))
        #expect(await refusal(.redrive(.numbers([]), perSecond: 1)).contains("nothing to replay"))
        #expect(await refusal(.redrive(.numbers([777]), perSecond: 1)).contains("nothing to replay"))
        #expect(await refusal(.redrive(.numbers(Array(0...10_000)), perSecond: 1)).contains("at most 10000"))
        let nobody = LetterSelection.matching(DeadLetterQuery(reason: "x"), through: .max)
        #expect(await refusal(.redrive(nobody, perSecond: 1)).contains("no pending letter"))
        #expect(await refusal(.pauseRedrive("nobody")).contains("there is no redrive"))
        let id = try await bench.begin()
        #expect(await refusal(.resumeRedrive(id)).contains("is running"))
        _ = await bench.submit(.pauseRedrive(id))
        #expect(await refusal(.pauseRedrive(id)).contains("paused already"))
        _ = await bench.submit(.cancelRedrive(id))
        for action in [OperatorCommand.Action.pauseRedrive(id), .resumeRedrive(id), .cancelRedrive(id)] {
            #expect(await refusal(action).contains("cancelled"))
        }
        #expect(await !bench.service.turn(), "a cancelled redrive is not worked")
        #expect(try await bench.states() == [.pending, .pending, .pending])
        #expect(await refusal(.replayDeadLetters(Array(0...1000))).contains("begin a redrive"))
        for _ in 0..<RedriveDesk.mostOpen { _ = try await bench.begin() }
        #expect(await refusal(.redrive(.numbers(bench.numbers), perSecond: 1)).contains("not finished"))
    }

    @Test("the same command again is the same redrive")
    func idempotent() async throws {
        let bench = try await LetterWorld(good: 3)
        let command = OperatorCommand(
            key: "k", author: "operator:ana", reason: "r", action: .redrive(.numbers(bench.numbers), perSecond: 9))
        let desk = RedriveDesk(records: bench.world.records, time: bench.world.parts.time, isLive: false)
        let first = try await desk.begin(.numbers(bench.numbers), perSecond: 9, by: command)
        #expect(await bench.service.turn())
        #expect(try await desk.begin(.numbers(bench.numbers), perSecond: 9, by: command) == first)
        #expect(try await bench.world.records.redrives(in: [.running, .done], limit: 9).count == 1)
    }

    @Test("redrives take their turn, the oldest first")
    func oneAtATime() async throws {
        var bench = try await LetterWorld(good: 20)
        let first = try await bench.begin(.numbers(Array(bench.numbers.prefix(10))))
        let second = try await bench.begin()
        #expect(try await bench.service.next()?.id == first)
        #expect(await bench.service.turn())
        #expect(try await bench.service.next()?.id == second)
        #expect(await bench.service.turn())
        let last = try await bench.redrive(second)
        #expect([last.total, last.replayed, last.passedOver] == [20, 10, 10], "ten had been dealt with")
        #expect(await !bench.service.turn())
    }

    @Test("letters that come later, and quarantined ones nobody asked for, are left alone")
    func selection() async throws {
        var bench = try await LetterWorld(good: 6, bad: 2)
        let last = try #require(bench.numbers.last)
        _ = try await bench.world.records.changeDeadLetters(
            [bench.numbers[1]], from: [.pending], to: .quarantined, note: nil, countsAsAttempt: true)
        let id = try await bench.begin(.matching(DeadLetterQuery(), through: last))
        try await bench.bury(good: 2)
        #expect(await bench.service.turn())
        let done = try await bench.redrive(id)
        #expect([done.total, done.replayed, done.failed] == [7, 5, 2])
        #expect(try await bench.states()[1] == .quarantined)
        #expect(try await bench.states().suffix(2) == [.pending, .pending])
        let quarantined = DeadLetterQuery(state: .quarantined)
        let second = try await bench.begin(.matching(quarantined, through: .max))
        #expect(await bench.service.turn())
        #expect(try await bench.redrive(second).replayed == 1)
    }

    @Test("what fails is counted by reason, and quarantined at the limit of attempts")
    func quarantine() async throws {
        var bench = try await LetterWorld(good: 2, bad: 3) { $0.deadLetters.replayAttempts = 2 }
        let all = LetterSelection.matching(DeadLetterQuery(), through: .max)
        for round in 1...2 {
            let id = try await bench.begin(all)
            #expect(await bench.service.turn())
            let done = try await bench.redrive(id)
            #expect([done.failed, done.quarantined] == [3, round == 2 ? 3 : 0])
            #expect(done.failures == ["malformed_json": 3])
        }
        #expect(try await bench.states().count { $0 == .quarantined } == 3)
    }

    @Test("the engine pauses a redrive when ingest refuses, says so, and goes on by itself")
    func held() async throws {
        var bench = try await LetterWorld(good: 30)
        let id = try await bench.begin()
        bench.world.parts.gate.disk(isFull: true)
        #expect(await bench.service.turn())
        let held = try await bench.redrive(id)
        #expect(held.state == .paused && held.note?.contains("paused by the engine") == true)
        #expect(try await bench.service.next() == nil, "not before its back-off")
        bench.world.time.advance(by: .seconds(3))
        #expect(await bench.service.turn())
        bench.world.time.advance(by: .seconds(3))
        #expect(try await bench.service.next() == nil, "the second wait is longer")
        #expect(try await bench.redrive(id) == held, "one pause is one entry")
        bench.world.parts.gate.disk(isFull: false)
        bench.world.time.advance(by: .seconds(60))
        #expect(await bench.service.turn())
        let done = try await bench.redrive(id)
        #expect(done.state == .done && done.replayed == 30 && done.failed == 0)
        let words = try await bench.notes(of: id).map { String($0.text.prefix { $0 != ":" && $0 != "," }) }
        #expect(words == ["begun", "paused by the engine", "goes on by itself", "done"])
    }

    @Test("a person's pause is not ended by the engine, and a cancelled redrive stays cancelled")
    func personFirst() async throws {
        for isCancelled in [false, true] {
            var bench = try await LetterWorld(good: 9)
            let id = try await bench.begin()
            bench.world.parts.gate.disk(isFull: true)
            #expect(await bench.service.turn())
            _ = await bench.submit(isCancelled ? .cancelRedrive(id) : .pauseRedrive(id))
            bench.world.parts.gate.disk(isFull: false)
            bench.world.time.advance(by: .seconds(60))
            #expect(await !bench.service.turn())
            let stored = try await bench.redrive(id)
            #expect(stored.standing == Redrive.Standing(isCancelled ? .cancelled : .paused))
            #expect(stored.handled == 0)
        }
    }

    @Test("a crash between effect and record sends once more, applies once and counts once", arguments: 0..<12)
    func crashes(point: Int) async throws {
        var bench = try await LetterWorld(good: 20, bad: 4)
        let id = try await bench.begin(perSecond: 20)
        // A step of five letters is one look for numbers, five letters and the record; the fault hits each in turn.
        bench.world.records.faults.failNext(1, after: point)
        #expect(await !bench.service.turn())
        try await bench.world.crash()
        _ = bench.world.parts.writer.queueFoundEmpty(since: 0)
        #expect(await bench.service.turn())
        let done = try await bench.redrive(id)
        #expect([done.total, done.handled, done.replayed, done.failed] == [24, 24, 20, 4])
        #expect(done.state == .done)
        let times = try await bench.sentTimes()
        #expect(Set(times) == Set(bench.times.values))
        #expect(times.count <= 25, "at most a step is sent twice")
        let letters = try await bench.world.records.deadLetters(DeadLetterQuery()).letters
        #expect(letters.allSatisfy { $0.attempts == 1 })
    }
}

/// Everybody at once, in a random order: the worker, people who pause, resume, edit and discard, stores that fail, crashes.
@Suite("Redrives among everybody", .timeLimit(.minutes(2)))
struct RedriveInterleavingTests {
    @Test(
        "each letter is counted once and each reading applied, whoever does what in between", arguments: UInt64(1)...16)
    func interleaved(seed: UInt64) async throws {
        var random = SplitMix64(seed: seed)
        var bench = try await LetterWorld(good: 40, bad: 8)
        let all = LetterSelection.matching(DeadLetterQuery(), through: bench.numbers.last ?? 0)
        let id = try await bench.begin(all, perSecond: 16)
        var isPausedByPerson = false
        for _ in 0..<60 {
            switch Int.random(in: 0..<12, using: &random) {
            case 0:
                if case .done = await bench.submit(.pauseRedrive(id)) { isPausedByPerson = true }
            case 1:
                isPausedByPerson = false
                _ = await bench.submit(.resumeRedrive(id))
            case 2:
                let number = bench.numbers.randomElement(using: &random) ?? 1
                _ = await bench.submit(.discardDeadLetters(.numbers([number])))
            case 3:
                await edit(&bench, bench.numbers.randomElement(using: &random) ?? 1)
            case 4: bench.world.records.faults.failNext(1, after: Int.random(in: 0...9, using: &random))
            case 5: bench.world.parts.gate.disk(isFull: Bool.random(using: &random))
            case 6:
                bench.world.records.faults.failNext(0)
                try await bench.world.crash()
                _ = bench.world.parts.writer.queueFoundEmpty(since: 0)
            default:
                let before = await look(bench, id)
                await step(bench, id)
                if isPausedByPerson, let before, let after = await look(bench, id) {
                    #expect(after == before, "a person's pause holds")
                }
            }
            bench.world.time.advance(by: .seconds(Int.random(in: 0...2, using: &random)))
        }
        try await finish(&bench, id)
        try await check(bench, id)
    }

    /// Nil while the store fails.
    private func look(_ bench: LetterWorld, _ id: String) async -> Redrive? {
        do throws(PortError) { return try await bench.world.records.redrive(id) } catch { return nil }
    }

    /// A space at the end changes nothing but the edition.
    private func edit(_ bench: inout LetterWorld, _ number: Int64) async {
        do throws(PortError) {
            guard let letter = try await bench.world.records.deadLetter(number) else { return }
            let edition = letter.edit?.edition ?? 0
            _ = await bench.submit(
                .editDeadLetter(number, payload: letter.currentPayload + [0x20], edition: edition))
        } catch {}
    }

    /// One batch of whatever may run, by a worker that knows nothing but the records.
    private func step(_ bench: LetterWorld, _ id: String) async {
        do throws(PortError) {
            guard let next = try await bench.service.next() else { return }
            var run = RedriveRun(next, now: bench.world.parts.time.uptime())
            _ = try await bench.service.step(&run)
        } catch {}
    }

    private func finish(_ bench: inout LetterWorld, _ id: String) async throws {
        bench.world.records.faults.failNext(0)
        bench.world.parts.gate.disk(isFull: false)
        _ = await bench.submit(.resumeRedrive(id))
        for _ in 0..<20 {
            bench.world.time.advance(by: .seconds(120))
            _ = await bench.service.turn()
        }
    }

    private func check(_ bench: LetterWorld, _ id: String) async throws {
        let done = try await bench.redrive(id)
        #expect(done.state == .done)
        #expect(done.total == bench.numbers.count && done.handled == done.total)
        let letters = try await bench.world.records.deadLetters(DeadLetterQuery(limit: 100)).letters
        #expect(done.replayed == letters.count { $0.state == .replayed })
        #expect(done.replayed + done.failed == letters.reduce(0) { $0 + $1.attempts }, "an attempt is counted once")
        #expect(letters.allSatisfy { $0.attempts <= 1 })
        #expect(done.failures.values.reduce(0, +) == done.failed)
        let taken = letters.filter { $0.state == .replayed }.compactMap { bench.times[$0.number ?? 0] }
        let times = Set(try await bench.sentTimes())
        #expect(times.isSuperset(of: taken), "what counts as replayed is in the log")
        // What was sent and then discarded or edited before its record may be there too: it was a reading all the same.
        #expect(times.isSubset(of: Set(bench.times.values)))
    }
}
