import EnergyModel
import Metering
import Ports
import SwitchyardTesting
import Testing

@testable import Engine

/// A thousand dead letters of every kind, worked as a person would.
private struct Workbench {
    enum Kind: CaseIterable { case cutOff, hopeless, unknownFacility, protobuf, early, block, notice }

    static let counts: [(Kind, Int)] = [
        (.cutOff, 400), (.hopeless, 150), (.unknownFacility, 150), (.protobuf, 100), (.early, 100), (.block, 80),
        (.notice, 20),
    ]
    var world: ResponseWorld
    private let meter: MeterID
    private let facility: FacilityID
    private(set) var expected: Set<UTCInstant> = []
    private var keys = 0

    init() async throws {
        world = try await ResponseWorld { $0.aggregation.pollWait = .zero }
        facility = world.facilities[0]
        meter = try #require(MeterID("M-\(facility)"))
        openIntake()
        let kinds = Workbench.counts.flatMap { kind, count in repeatElement(kind, count: count) }
        // Scattered as they would be: 7 shares no factor with 1,000.
        for index in kinds.indices { try await bury(kinds[index * 7 % kinds.count], index) }
        for topic in [Topic.sensorReadingsDeadLetters, .seriesWritesDeadLetters, .demandResponseDeadLetters] {
            _ = try await world.letters(topic)
        }
        // What came too early can be taken by now.
        world.time.advance(by: .seconds(3600))
    }

    private func openIntake() { _ = world.engine.parts.writer.queueFoundEmpty(since: 0) }

    mutating func crash() async throws {
        try await world.crash()
        openIntake()
    }

    private mutating func bury(_ kind: Kind, _ index: Int) async throws {
        let past = world.time.epoch.advanced(by: .seconds(-15 * (index + 1)))
        let future = world.time.epoch.advanced(by: .seconds(400 + index))
        switch kind {
        case .cutOff: await send(String(json(meter.text, facility.text, at: past).dropLast()), good: past)
        case .hopeless: await send("{\"meter_id\":\"\(index)", good: nil)
        case .unknownFacility: await send(json("M-99", "F-99", at: past), good: nil)
        case .early: await send(json(meter.text, facility.text, at: future), good: future)
        case .protobuf:
            let payload = try ReadingEncoder.protobuf([(reading(at: future), meter, facility)])
            await deliver(payload, .protobuf)
            expected.insert(future)
        case .block:
            let error = PortError(.invalid, "refused")
            let records = DeadLetterForm.records(
                ofRefused: [reading(at: past)], keys: world.engine.parts.directory.current.keys, error: error,
                attempts: 3, at: world.time.now)
            try await world.log.append(records, to: .seriesWritesDeadLetters)
            expected.insert(past)
        case .notice: _ = try await world.notify("{\"event_id\":\"E-\(index)\",\"start\":\"yesterday\"}")
        }
    }

    private mutating func send(_ text: String, good time: UTCInstant?) async {
        await deliver(Array(text.utf8), .json)
        if let time { expected.insert(time) }
    }

    private func deliver(_ payload: [UInt8], _ format: IntakeDelivery.Format) async {
        let delivery = IntakeDelivery(origin: .mqtt(topic: "test"), format: format, payload: payload)
        let verdict = await world.engine.intake.accept([delivery], arrivedAt: world.time.now)
        #expect(verdict.results.first?.deadLettered == 1)
    }

    private func reading(at time: UTCInstant) -> Reading {
        let directory = world.engine.parts.directory.current.directory
        return Reading(
            time: time, meter: directory.number(of: meter) ?? MeterNumber(rawValue: 0),
            facility: directory.number(of: facility) ?? FacilityNumber(rawValue: 0), kilowatts: 10)
    }

    mutating func submit(_ action: OperatorCommand.Action) async -> CommandOutcome {
        keys += 1
        return await world.submit("k\(keys)", action)
    }

    func letters() async throws -> [DeadLetter] {
        try await world.records.deadLetters(DeadLetterQuery(limit: 10_000)).letters
    }

    /// Mends what was cut off, and half of the notices.
    mutating func edit() async throws {
        for letter in try await letters() {
            guard let number = letter.number else { continue }
            let text = String(decoding: letter.payload, as: UTF8.self)
            if letter.topic == Topic.demandResponseDeadLetters.name, number % 2 == 0 {
                let start = world.time.now.advanced(by: .seconds(86_400))
                let payload = Array(notice("E-\(number)", at: start).utf8)
                try await put(payload, in: number, "create of event E-\(number)")
            } else if text.contains("\"kw\":10"), letter.reason == "malformed_json" {
                try await put(letter.payload + [UInt8(ascii: "}")], in: number, "10.0 kW")
            }
        }
    }

    private mutating func put(_ payload: [UInt8], in number: Int64, _ sentence: String) async throws {
        let outcome = await submit(.editDeadLetter(number, payload: payload, edition: 0))
        guard case .done(let said, 1) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(said.contains("would be taken") && said.contains(sentence), "\(said)")
    }

    /// Everything that lies in the log is stored; a reading that was applied twice would be two in the log and one here.
    func storedTimes() async throws -> [UTCInstant] {
        let aggregation = world.engine.parts.aggregation
        var session = try await aggregation.open()
        for _ in 0..<200 {
            try await aggregation.turn(&session)
            let lag = try await world.log.lag(of: .sensorReadings, group: world.settings.aggregation.group)
            if session.pending == nil, session.state.lateHours.isEmpty, lag.allSatisfy({ $0.items == 0 }) { break }
            world.time.advance(by: .seconds(1))
        }
        try await aggregation.finish(&session)
        let all = TimeRange(start: .distantPast, end: UTCInstant(milliseconds: .max))
        return try await world.series.readings(in: all, after: nil, limit: .max).readings.map(\.time)
    }
}

@Suite("The dead letters' workbench", .timeLimit(.minutes(2)))
struct WorkbenchTests {
    @Test(
        "a thousand mixed letters: edited, tried, redriven, paused, resumed after a restart, replayed again, applied once"
    )
    func thousand() async throws {
        var bench = try await Workbench()
        let letters = try await bench.letters()
        #expect(letters.count == 1000)
        try await bench.edit()
        let all = LetterSelection.matching(DeadLetterQuery(), through: letters[0].number ?? 0)

        let (meters, journal) = (
            try await bench.world.records.meters(),
            try await bench.world.log.lag(
                of: .sensorReadings, group: "aggregation"
            ).reduce(0) { $0 + $1.items }
        )
        let dry = try await bench.world.engine.link.dryRun(all)
        #expect([dry.matching, dry.examined] == [1000, 1000])
        let rows = Dictionary(uniqueKeysWithValues: dry.rows.map { ($0.reason ?? "", $0.count) })
        let notices = letters.count { $0.topic == Topic.demandResponseDeadLetters.name && ($0.number ?? 0) % 2 == 0 }
        #expect(
            rows == ["": 680 + notices, "malformed_json": 150, "unknown_facility": 150, "bad_value": 20 - notices])
        #expect(dry.rows.map(\.count) == dry.rows.map(\.count).sorted(by: >), "most frequent first")
        #expect(try await bench.world.records.meters() == meters, "nothing is registered")
        let after = try await bench.world.log.lag(of: .sensorReadings, group: "aggregation").reduce(0) { $0 + $1.items }
        #expect(after == journal, "nothing is sent")

        guard case .done(_, 1000) = await bench.submit(.redrive(all, perSecond: 100)) else {
            Issue.record("not begun")
            return
        }
        let begun = bench.world.time.now
        let first = try #require(try await bench.world.engine.parts.redrives.next())
        var run = RedriveRun(first, now: bench.world.engine.parts.time.uptime())
        for _ in 0..<12 { #expect(try await bench.world.engine.parts.redrives.step(&run)) }
        _ = await bench.submit(.pauseRedrive(first.id))
        #expect(try await !bench.world.engine.parts.redrives.step(&run), "the batch under way is the last")
        let paused = try #require(try await bench.world.engine.link.redrives().first)
        #expect(paused.state == .paused && paused.note == nil)
        #expect(paused.handled > 250 && paused.handled < 400)

        try await bench.crash()
        #expect(await !bench.world.engine.parts.redrives.turn(), "a pause outlives a restart")
        _ = await bench.submit(.resumeRedrive(first.id))
        #expect(await bench.world.engine.parts.redrives.turn())
        let done = try #require(try await bench.world.engine.link.redrives().first)
        #expect(done.state == .done)
        #expect([done.total, done.handled, done.replayed] == [1000, 1000, 680 + notices])
        #expect(done.failures == ["malformed_json": 150, "unknown_facility": 150, "bad_value": 20 - notices])
        #expect(bench.world.time.now.since(begun) >= .milliseconds(9_400), "a thousand at a hundred a second")

        guard case .done(_, let again) = await bench.submit(.redrive(all, perSecond: 1000)) else {
            Issue.record("the failed ones are not begun again")
            return
        }
        #expect(again == 320 - notices)
        #expect(await bench.world.engine.parts.redrives.turn())
        let replayed = try await bench.letters().filter { $0.state == .replayed }.compactMap(\.number)
        guard case .done(_, 0) = await bench.submit(.replayDeadLetters(replayed)) else {
            Issue.record("replayed letters were sent again")
            return
        }
        let times = try await bench.storedTimes()
        #expect(times.count == bench.expected.count && Set(times) == bench.expected)
        let open = try await bench.letters().filter { $0.state == .pending }
        #expect(open.allSatisfy { $0.attempts == 2 } && open.count == 320 - notices)
        await bench.world.settle()
        #expect(try await bench.world.responses.events(EventQuery()).count == notices)
    }
}
