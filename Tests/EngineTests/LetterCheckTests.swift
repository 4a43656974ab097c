import EnergyModel
import Metering
import Ports
import SwitchyardTesting
import Testing

@testable import Engine

@Suite("Checks and edits of dead letters")
struct LetterCheckTests {
    private func letter(
        _ payload: [UInt8], in world: World, topic: Topic = .sensorReadingsDeadLetters, format: String = "json",
        headers: [String: String] = [:]
    ) async throws -> Int64 {
        var headers = headers
        headers[DeadLetterForm.formatHeader] = format
        _ = try await world.records.add([
            DeadLetter(
                topic: topic.name, payload: payload, headers: headers, reason: "r", message: "m",
                firstSeen: world.time.now)
        ])
        return try #require(try await world.records.deadLetters(DeadLetterQuery(limit: 1)).letters.first?.number)
    }

    private func known(_ change: (inout EngineSettings) -> Void = { _ in }) async throws -> World {
        let world = World(change)
        _ = try await world.records.importFacilities([
            FacilityDescription(
                id: try #require(FacilityID("F-1")), name: "n", kind: .office, region: "", timeZone: "UTC",
                contractDemand: nil, buildingEndpoint: nil, meters: [.init(id: try #require(MeterID("M-1")))])
        ])
        try await world.parts.directory.load()
        return world
    }

    @Test("a check says what would be taken and where it fails, registers nothing and stores nothing")
    func readings() async throws {
        let world = try await known()
        let at = world.time.now
        let link = world.engine.link
        let number = try await letter(Array("{".utf8), in: world)
        func check(_ text: String) async throws -> LetterCheck {
            try await link.check(deadLetter: number, payload: Array(text.utf8))
        }
        #expect(
            try await check(json(at: at))
                == .passes(["M-1 of F-1 at \(at.iso8601): 10.0 kW, raw"]))
        guard case .passes(let sentences) = try await check(json("M-2", at: at)) else {
            Issue.record("a new meter of a known facility would be registered")
            return
        }
        #expect(sentences.first?.contains("would be registered") == true)
        let cases: [(String, reason: String, offset: Int?)] = [
            ("{\"kw\":", "malformed_json", 6), ("[]", "empty", nil),
            (json("M-9", "F-9", at: at), "unknown_facility", nil),
            ("[\(json(at: at)), 7]", "wrong_type", json(at: at).utf8.count + 3),
            (json(at: at.advanced(by: .seconds(4000))), "timestamp_in_future", nil),
        ]
        for (text, reason, offset) in cases {
            guard case .fails(let faults) = try await check(text) else {
                Issue.record("\(text) passes")
                continue
            }
            #expect(faults.map(\.reason) == [reason])
            #expect(faults.first?.offset == offset, "\(text)")
        }
        let many = "[" + (0..<30).map { json(at: at.advanced(by: .seconds(-$0))) }.joined(separator: ",") + "]"
        guard case .passes(let lines) = try await check(many) else {
            Issue.record("thirty readings fail")
            return
        }
        #expect(lines.count == 20 && lines.last == "and 11 more readings")
        #expect(try await world.records.meters().count == 1)
        #expect(try await world.log.lag(of: .sensorReadings, group: "g").allSatisfy { $0.items == 0 })
        await #expect(throws: PortError.self) { _ = try await link.check(deadLetter: 999, payload: nil) }
    }

    @Test("what the policy refuses, and what is beyond the limit of meters, fails in a check as it would in a replay")
    func policy() async throws {
        for (world, isTaken) in [
            (try await known { $0.ingest.registration = .closed }, false),
            (try await known { $0.ingest.meterLimit = 1 }, false),
            (try await known { $0.ingest.registration = .open }, true),
        ] {
            let number = try await letter(Array(json("M-2", at: world.time.now).utf8), in: world)
            let check = try await world.engine.link.check(deadLetter: number, payload: nil)
            let outcome = await world.engine.link.submit(
                OperatorCommand(key: "k", author: "operator:ana", reason: "", action: .replayDeadLetters([number])))
            guard case .done(_, let replayed) = outcome else {
                Issue.record("\(outcome)")
                continue
            }
            if case .passes = check { #expect(isTaken) } else { #expect(!isTaken) }
            #expect(replayed == (isTaken ? 1 : 0))
        }
    }

    @Test("records of the log are checked by their own decoder")
    func blocks() async throws {
        let world = try await known()
        let reading = Reading(
            time: world.time.now, meter: MeterNumber(rawValue: 1), facility: FacilityNumber(rawValue: 1), kilowatts: 3)
        var stranger = reading
        stranger.meter = MeterNumber(rawValue: 77)
        let number = try await letter(ReadingBlock.encode([reading]), in: world, format: "block")
        let link = world.engine.link
        #expect(
            try await link.check(deadLetter: number, payload: nil)
                == .passes(["M-1 of F-1 at \(world.time.now.iso8601): 3.0 kW, raw"]))
        guard
            case .fails(let faults) = try await link.check(
                deadLetter: number, payload: ReadingBlock.encode([reading, stranger]))
        else {
            Issue.record("an unknown meter passes")
            return
        }
        #expect(faults.map(\.reason) == ["unknown_meter"] && faults.first?.offset == 39)
        guard case .fails(let broken) = try await link.check(deadLetter: number, payload: [1, 2]) else {
            Issue.record("half a record passes")
            return
        }
        #expect(broken.map(\.reason) == ["undecodable_record"])
    }

    @Test("a failed command's letter passes while its event lets it be retried, at a desk as at the engine")
    func failedCommands() async throws {
        var world = try await ResponseWorld()
        world.buildings.set(.refuses, of: world.facilities[0])
        let start = world.time.now.advanced(by: .seconds(10))
        _ = try await world.notify(notice("E-1", at: start, minutes: 60, kilowatts: 120))
        await world.run(until: start.advanced(by: .seconds(20)))
        let number = try #require(try await world.letters(.buildingFailures).first?.number)
        for link in [world.engine.link, world.desk] {
            guard case .passes(let sentences) = try await link.check(deadLetter: number, payload: nil) else {
                Issue.record("it could not be retried")
                continue
            }
            #expect(sentences.first?.contains("of event E-1 would be sent to F-1 again") == true)
        }
        world.buildings.set(.none, of: world.facilities[0])
        _ = try await world.notify(notice("E-1", at: start, operation: "cancel"))
        await world.run(for: .seconds(300))
        for link in [world.engine.link, world.desk] {
            guard case .fails(let faults) = try await link.check(deadLetter: number, payload: nil) else {
                Issue.record("it could still be retried")
                continue
            }
            #expect(faults.map(\.reason) == ["event_over"])
        }
    }

    @Test("an edit is stored beside the original by compare and set, and is what a replay sends")
    func edits() async throws {
        let world = try await known()
        let number = try await letter(Array("{".utf8), in: world)
        func edit(_ key: String, _ text: String, edition: Int, number: Int64? = nil) async -> CommandOutcome {
            await world.engine.link.submit(
                OperatorCommand(
                    key: key, author: "operator:\(key)", reason: "r",
                    action: .editDeadLetter(number ?? 1, payload: Array(text.utf8), edition: edition)))
        }
        guard case .done(let half, 1) = await edit("ana", "{\"kw\":", edition: 0, number: number),
            case .refused(let late) = await edit("bo", "{}", edition: 0, number: number),
            case .done(let whole, 1) = await edit("cy", json(at: world.time.now), edition: 1, number: number)
        else {
            Issue.record("editions")
            return
        }
        #expect(half.contains("would fail still: malformed_json"))
        #expect(late.contains("at edition 1"))
        #expect(whole.contains("would be taken: M-1 of F-1"))
        let stored = try #require(try await world.engine.link.deadLetter(number))
        #expect(stored.payload == Array("{".utf8) && stored.edit?.edition == 2 && stored.edit?.author == "operator:cy")
        let audit = try await world.records.journal(JournalQuery(kinds: [.audit], text: "dead-letter:\(number)"))
        #expect(audit.count == 6, "asked and answered, the refused one too")
        _ = await world.engine.link.submit(
            OperatorCommand(key: "r", author: "operator:ana", reason: "", action: .replayDeadLetters([number])))
        #expect(try await world.records.deadLetter(number)?.state == .replayed)
        guard case .refused(let closed) = await edit("di", "{}", edition: 2, number: number),
            case .refused(let missing) = await edit("ed", "{}", edition: 0, number: 999)
        else {
            Issue.record("a replayed or missing letter is edited")
            return
        }
        #expect(closed.contains("is replayed") && missing.contains("there is no dead letter"))
        let failures = try await letter([], in: world, topic: .buildingFailures)
        guard case .refused(let command) = await edit("fe", "{}", edition: 0, number: failures),
            case .refused(let large) = await edit(
                "gi", String(repeating: " ", count: 1 << 20 + 1), edition: 0,
                number: try await letter([], in: world))
        else {
            Issue.record("edits that make no sense are stored")
            return
        }
        #expect(command.contains("headers") && large.contains("at most 1048576"))
    }

    @Test("a selection is discarded in small steps, with its reason, and only what is open")
    func discards() async throws {
        let world = try await known()
        for index in 0..<250 { _ = try await letter([UInt8(index % 250)], in: world) }
        let numbers = try await world.records.deadLetters(DeadLetterQuery(limit: 300)).letters.compactMap(\.number)
            .sorted()
        _ = try await world.records.changeDeadLetters(
            [numbers[0]], from: [.pending], to: .replayed, note: nil, countsAsAttempt: true)
        let selection = LetterSelection.matching(DeadLetterQuery(reason: "r"), through: numbers[239])
        func submit(_ key: String, _ reason: String) async -> CommandOutcome {
            await world.engine.link.submit(
                OperatorCommand(
                    key: key, author: "operator:ana", reason: reason, action: .discardDeadLetters(selection)))
        }
        guard case .refused = await submit("a", "") else {
            Issue.record("discarded without a reason")
            return
        }
        #expect(await submit("b", "seen") == .done(sentence: "239 dead letters discarded", affected: 239))
        let counts = try await world.records.deadLetterCounts()
        #expect(Set(counts.map(\.count)) == [1, 10, 239])
        #expect(try await world.records.deadLetter(numbers[1])?.note == "seen")
    }

    @Test("replays are shown with the letter, and go along when it fails further on: at the limit it is quarantined")
    func replays() async throws {
        let world = try await known()
        let number = try await letter(Array("{".utf8), in: world)
        for round in 0..<2 {
            let shown = try #require(try await world.engine.link.deadLetter(number))
            #expect(shown.headers[DeadLetterHeader.replays] == "\(round)")
            _ = await world.engine.link.submit(
                OperatorCommand(
                    key: "k\(round)", author: "operator:ana", reason: "", action: .replayDeadLetters([number])))
        }
        let page = try await world.engine.link.deadLetters(DeadLetterQuery())
        #expect(page.letters.first?.headers[DeadLetterHeader.replays] == "2")
        let partition = Partition(topic: .demandResponseDeadLetters, index: 0)
        for (header, expected) in [
            ("2", DeadLetter.State.pending), ("3", .quarantined), ("-1", .pending), ("x", .pending),
        ] {
            let record = LogRecord(
                key: "k", value: [], headers: [DeadLetterHeader.replays: header], time: world.time.now)
            let stored = StoredRecord(offset: 1, appendedAt: world.time.now, record: record)
            let letter = DeadLetterForm.letter(from: stored, in: partition, quarantineAfter: 3)
            #expect(letter.state == expected && letter.attempts == max(0, Int(header) ?? 0))
        }
    }

    @Test("a dry run ends in time, tells how far it came, and looks only at what a replay would take")
    func dryRun() async throws {
        let world = try await known { $0.deadLetters.dryRunTimeout = .zero }
        let first = try await letter(Array("{".utf8), in: world)
        let none = try await world.engine.link.dryRun(.matching(DeadLetterQuery(), through: .max))
        #expect([none.matching, none.examined] == [1, 0] && none.rows.isEmpty)
        let patient = try await known()
        let number = try await letter(Array(json(at: patient.time.now).utf8), in: patient)
        let other = try await letter(Array("{".utf8), in: patient)
        _ = try await patient.records.changeDeadLetters(
            [other], from: [.pending], to: .quarantined, note: nil, countsAsAttempt: true)
        let run = try await patient.engine.link.dryRun(.matching(DeadLetterQuery(), through: .max))
        #expect([run.matching, run.examined] == [1, 1])
        #expect(run.rows.map(\.reason) == [nil] && run.rows.map(\.example) == [number])
        let both = try await patient.engine.link.dryRun(.numbers([number, other, first + 1000]))
        #expect(both.rows.map(\.reason) == [nil, "malformed_json"])
        await #expect(throws: PortError.self) {
            _ = try await patient.engine.link.dryRun(.numbers(Array(0...10_000)))
        }
    }
}
