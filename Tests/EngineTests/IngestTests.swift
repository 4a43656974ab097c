import EnergyModel
import Ports
import SwitchyardTesting
import Testing

@testable import Engine

@Suite("Ingest")
struct IngestTests {
    @Test("a reading of an unknown meter is registered and durable in its facility's partition")
    func registers() async throws {
        let world = World()
        let verdict = await world.send(json(at: world.time.now))
        #expect(verdict.results == [IntakeResult(accepted: 1)])
        let lag = try await world.log.lag(of: .sensorReadings, group: "aggregation")
        #expect(lag.map(\.items) == [1])
        #expect(try await world.records.meters().map(\.id.text) == ["M-1"])
        let consumer = try await world.log.consumer(of: .sensorReadings, group: "test")
        let batch = try #require(try await consumer.next(items: 10, wait: .zero))
        let record = try #require(batch.records.first?.record)
        #expect(record.key == "F-1")
        #expect(record.headers["traceparent"]?.hasPrefix("00-") == true)
        #expect(try ReadingBlock.decode(record.value).map(\.kilowatts) == [10])
    }

    @Test("one batch makes one record a facility, readings in their order")
    func groups() async throws {
        let world = World()
        let now = world.time.now
        let texts = (0..<12).map { json("M-\($0 % 4)", "F-\($0 % 2)", at: now.advanced(by: .seconds(-$0 * 15))) }
        let verdict = await world.send("[\(texts.joined(separator: ","))]", as: .rest(client: "test"))
        #expect(verdict.results.first?.accepted == 12)
        let consumer = try await world.log.consumer(of: .sensorReadings, group: "test")
        var records: [LogRecord] = []
        while let batch = try await consumer.next(items: 100, wait: .zero) { records += batch.records.map(\.record) }
        #expect(records.map(\.key).sorted() == ["F-0", "F-1"])
        #expect(records.allSatisfy { $0.items == 6 })
        for record in records {
            let times = try ReadingBlock.decode(record.value).map(\.time)
            #expect(times == times.sorted(by: >), "the order in which they came")
        }
    }

    @Test(
        "after an import an unknown facility is refused, an unknown meter of a known one is not",
        arguments: [("M-9", "F-1", true), ("M-9", "F-9", false)])
    func policy(meter: String, facility: String, isAccepted: Bool) async throws {
        let world = World()
        let known = try #require(FacilityID("F-1"))
        _ = try await world.records.importFacilities([
            FacilityDescription(
                id: known, name: "One", kind: .office, region: "", timeZone: "UTC", contractDemand: nil,
                buildingEndpoint: nil, meters: [])
        ])
        try await world.parts.directory.load()
        let verdict = await world.send(json(meter, facility, at: world.time.now), as: .rest(client: "test"))
        let result = try #require(verdict.results.first)
        #expect(result.accepted == (isAccepted ? 1 : 0))
        #expect(result.rejected.map(\.reason) == (isAccepted ? [] : ["unknown_facility"]))
    }

    @Test("a bad MQTT item becomes a dead letter with its bytes unchanged, the good ones go on")
    func deadLetters() async throws {
        let world = World()
        let bad = "{\"meter_id\":\"M-1\",\"kw\":\u{1b}[2J}"
        let results = await world.engine.intake.accept(
            [
                IntakeDelivery(
                    origin: .mqtt(topic: "energy/F-1/M-1/readings"), format: .json, payload: Array(bad.utf8)),
                IntakeDelivery(
                    origin: .mqtt(topic: "energy/F-1/M-1/readings"), format: .json,
                    payload: Array(json(at: world.time.now).utf8)),
            ], arrivedAt: world.time.now
        ).results
        #expect(results == [IntakeResult(accepted: 0, deadLettered: 1), IntakeResult(accepted: 1)])
        try await world.intakeLetters()
        let letter = try #require(try await world.records.deadLetters(DeadLetterQuery()).letters.first)
        #expect(letter.payload == Array(bad.utf8))
        #expect(letter.facility?.text == "F-1")
        for header in [
            DeadLetterHeader.topic, DeadLetterHeader.partition, DeadLetterHeader.offset, DeadLetterHeader.exception,
            DeadLetterHeader.message, DeadLetterHeader.stage, DeadLetterHeader.attempts, DeadLetterHeader.firstSeen,
            DeadLetterHeader.lastSeen, DeadLetterHeader.traceparent,
        ] {
            #expect(letter.headers[header] != nil, "\(header)")
        }
    }

    @Test(
        "when a later chunk is not durable, no dead letter of an earlier one is: sent again, each is one letter",
        arguments: 1...3)
    func lettersLast(passing: Int) async throws {
        let world = World { $0.ingest.chunkReadings = 1 }
        _ = await world.send(json(at: world.time.now))
        let bad = IntakeDelivery(origin: .mqtt(topic: "energy/F-1/M-1/readings"), format: .json, payload: [0x7B])
        let good = (1...2).map { slot in
            let text = json(at: world.time.now.advanced(by: .seconds(-15 * slot)))
            return IntakeDelivery(
                origin: .mqtt(topic: "energy/F-1/M-1/readings"), format: .json, payload: Array(text.utf8))
        }
        world.spool.faults.setFull(true)
        world.log.faults.failNext(2, after: passing)
        let deliveries = [bad, good[0], good[1]]
        let first = await world.engine.intake.accept(deliveries, arrivedAt: world.time.now)
        #expect((first.refusal == nil) == (passing == 3))
        world.log.faults.failNext(0)
        world.spool.faults.setFull(false)
        if first.refusal != nil {
            #expect(await world.engine.intake.accept(deliveries, arrivedAt: world.time.now).results.count == 3)
        }
        try await world.parts.drain.drain()
        try await world.intakeLetters()
        #expect(try await world.records.deadLetters(DeadLetterQuery()).matching == 1)
    }

    @Test("after a restart readings wait behind those that the crash left in the local queue")
    func orderAfterRestart() async throws {
        var world = World()
        let start = world.time.now
        world.log.faults.failNext(1)
        _ = await world.send(json(at: start.advanced(by: .seconds(-30))))
        try await world.crash()
        _ = await world.send(json(at: start.advanced(by: .seconds(-15))))
        #expect(!world.parts.writer.isDirect)
        try await world.parts.drain.drain()
        #expect(world.parts.writer.isDirect)
        _ = await world.send(json(at: start))
        let consumer = try await world.log.consumer(of: .sensorReadings, group: "test")
        let batch = try #require(try await consumer.next(items: 10, wait: .zero))
        let times = try batch.records.flatMap { try ReadingBlock.decode($0.record.value) }.map(\.time)
        #expect(times == [-30, -15, 0].map { start.advanced(by: .seconds($0)) })
    }

    @Test("an engine with an empty queue goes straight to the log as soon as the drainer has looked, without a word")
    func quietStart() async throws {
        var world = World()
        try await world.crash()
        #expect(!world.parts.writer.isDirect)
        try await world.parts.drain.drain()
        #expect(world.parts.writer.isDirect)
        await world.parts.journal.flush()
        #expect(try await world.records.journal(JournalQuery()).isEmpty)
    }

    @Test("the route goes back to the log only when nothing was queued since the drainer looked")
    func route() {
        var route = IngestRoute(beginning: .queueing)
        func lookedAndFoundEmpty(since mark: UInt64) -> Bool { route.foundEmpty(since: mark) }
        func isNews() -> Bool { route.divert() }
        func wasTold() -> Bool { route.takeTold() }
        route.beginQueueing()
        #expect(!lookedAndFoundEmpty(since: route.mark), "an append is under way")
        route.endQueueing()
        let mark = route.mark
        route.beginHandOver()
        #expect(route.way == .handingOver)
        route.beginQueueing()
        route.endQueueing()
        #expect(!lookedAndFoundEmpty(since: mark), "it was queued after the look")
        #expect(route.way == .handingOver)
        route.endHandOver()
        #expect(route.way == .queueing)
        #expect(lookedAndFoundEmpty(since: route.mark))
        #expect(route.way == .direct)
        #expect(!wasTold())
        #expect(isNews())
        #expect(!isNews(), "told once")
        route.beginHandOver()
        #expect(lookedAndFoundEmpty(since: route.mark))
        #expect(wasTold())
        #expect(!wasTold())
    }

    @Test("beyond the limit no meter is registered or imported, and who asks is told what to do")
    func meterLimit() async throws {
        let world = World { $0.ingest.meterLimit = 2 }
        let texts = (1...3).map { json("M-\($0)", at: world.time.now) }
        let verdict = await world.send("[\(texts.joined(separator: ","))]", as: .rest(client: "test"))
        let result = try #require(verdict.results.first)
        #expect(result.accepted == 2)
        #expect(result.rejected.count == 1)
        #expect(result.rejected.first?.message.contains("ingest.meter_limit") == true)
        let description = FacilityDescription(
            id: try #require(FacilityID("F-1")), name: "One", kind: .office, region: "", timeZone: "UTC",
            contractDemand: nil, buildingEndpoint: nil,
            meters: try (1...3).map { .init(id: try #require(MeterID("M-\($0)")), registerLimit: nil) })
        let outcome = await world.engine.link.submit(
            OperatorCommand(key: "k", author: "operator:ana", reason: "x", action: .importFacilities([description])))
        guard case .refused(let sentence) = outcome else {
            Issue.record("a third meter was imported")
            return
        }
        #expect(sentence.contains("2 of at most 2 meters"))
        #expect(try await world.records.meters().count == 2)
    }

    @Test("a sender is told which of its readings were taken before, and they are taken all the same")
    func duplicates() async throws {
        let world = World()
        let texts = (0..<4).map { json(at: world.time.now.advanced(by: .seconds(-15 * $0))) }
        _ = await world.send(json("M-1", at: world.time.now.advanced(by: .seconds(-600))))
        func send(_ texts: [String]) async -> IntakeResult? {
            await world.send("[\(texts.joined(separator: ","))]", as: .rest(client: "test")).results.first
        }
        #expect(await send(texts) == IntakeResult(accepted: 4))
        #expect(await send(texts) == IntakeResult(accepted: 4, duplicates: 4))
        #expect(await send([json("M-2", at: world.time.now), texts[0]]) == IntakeResult(accepted: 2, duplicates: 1))
        let later = json(at: world.time.now.advanced(by: .seconds(15)))
        #expect(await send([later, later]) == IntakeResult(accepted: 2, duplicates: 1), "twice in one delivery")
    }

    @Test("a bad REST item is told to its sender and not buried")
    func rejections() async throws {
        let world = World()
        let future = world.time.now.advanced(by: .seconds(600))
        let verdict = await world.send("[\(json(at: future)),\(json(at: world.time.now))]", as: .rest(client: "test"))
        let result = try #require(verdict.results.first)
        #expect(result.accepted == 1)
        #expect(result.rejected.map(\.index) == [0])
        #expect(result.rejected.map(\.reason) == ["timestamp_in_future"])
        #expect(try await world.log.storedBytes(of: .sensorReadingsDeadLetters) == 0)
        #expect(world.parts.measures.value(of: .skewed) == 1)
    }

    @Test("a sender that may bring readings of some facilities brings none of others, and registers nothing there")
    func scopedSender() async throws {
        let world = World()
        func reading(_ facility: String, _ meter: String) -> String {
            json(meter, facility, at: world.time.now)
        }
        func send(_ texts: String..., of facilities: Set<FacilityID>?) async -> IntakeResult? {
            let payload = Array("[\(texts.joined(separator: ","))]".utf8)
            let delivery = IntakeDelivery(
                origin: .rest(client: "test"), format: .json, payload: payload, facilities: facilities)
            return await world.engine.intake.accept([delivery], arrivedAt: world.time.now).results.first
        }
        let one = try #require(FacilityID("F-1"))
        let foreign = await send(reading("F-1", "M-1"), reading("F-2", "M-2"), of: [one])
        #expect(foreign?.accepted == 0 && foreign?.rejected.map(\.reason) == ["unknown_facility"])
        #expect(try await world.records.meters().isEmpty)
        #expect(await send(reading("F-1", "M-1"), of: [one])?.accepted == 1)
        #expect(await send(reading("F-2", "M-2"), of: nil)?.accepted == 1)
        let known = await send(reading("F-1", "M-1"), reading("F-2", "M-2"), of: [one])
        #expect(known?.accepted == 0 && known?.rejected.count == 1)
        #expect(await send(reading("F-1", "M-1"), of: [])?.accepted == 0)
    }

    @Test("while the log is down readings are queued, and reach it in order when it is back")
    func spools() async throws {
        let world = World()
        let start = world.time.now
        world.log.faults.failNext(1)
        for slot in 0..<5 {
            let verdict = await world.send(json(at: start.advanced(by: .seconds(slot - 5))))
            #expect(verdict.results.first?.accepted == 1)
        }
        #expect(try await world.log.lag(of: .sensorReadings, group: "aggregation").isEmpty)
        #expect(!world.parts.writer.isDirect)
        try await world.parts.drain.drain()
        #expect(world.parts.writer.isDirect)
        let consumer = try await world.log.consumer(of: .sensorReadings, group: "test")
        let batch = try #require(try await consumer.next(items: 10, wait: .zero))
        let times = try batch.records.flatMap { try ReadingBlock.decode($0.record.value) }.map(\.time)
        #expect(times == (0..<5).map { start.advanced(by: .seconds($0 - 5)) })
        #expect(batch.records.allSatisfy { $0.record.headers[DurableWriter.destinationHeader] == nil })
        #expect(try await world.spool.storedBytes(of: DurableWriter.spoolTopic) == 0)
    }

    @Test("ten failures in a row open the log's breaker, and the drainer finds out when the log is back")
    func breaker() async throws {
        let world = World()
        world.log.faults.failNext(12)
        #expect(await world.send(json(at: world.time.now)).results.first?.accepted == 1)
        try await world.parts.drain.drain()
        #expect(world.parts.logBreaker.status.state == .closed)
        #expect(world.parts.logBreaker.status.failures >= 10)
        #expect(try await world.log.lag(of: .sensorReadings, group: "aggregation").map(\.items) == [1])
    }

    @Test("when neither log nor queue takes anything, nothing is acknowledged")
    func bothDown() async {
        let world = World()
        _ = await world.send(json(at: world.time.now))
        world.log.faults.setFull(true)
        world.spool.faults.setFull(true)
        #expect(await world.send(json(at: world.time.now)).refusal == .unavailable)
    }

    @Test("senders are refused at 80 % of the queue's cap and taken again at 60 %")
    func backPressure() async throws {
        let world = World { $0.ingest.queueCapBytes = 1000 }
        world.log.faults.failNext(1)
        var taken = 0
        for _ in 0..<100 {
            let verdict = await world.send(json(at: world.time.now))
            guard verdict.refusal == nil else {
                #expect(verdict.refusal == .aboveMark)
                break
            }
            taken += 1
        }
        #expect((2...100).contains(taken))
        #expect(world.parts.gate.isRefusing)
        await world.parts.monitor.measure()
        #expect(world.parts.gate.isRefusing, "measuring does not resume above the lower mark")
        try await world.parts.drain.drain()
        var session = try await world.parts.aggregation.open()
        try await world.settle(&session)
        await world.parts.monitor.measure()
        #expect(!world.parts.gate.isRefusing)
        #expect(await world.send(json(at: world.time.now)).refusal == nil)
    }

    @Test("bytes in flight are capped, and a delivery beyond the cap is let in alone")
    func inFlight() {
        var settings = EngineSettings.Ingest()
        settings.inFlightCapBytes = 100
        var gate = IngestGate(settings: settings)
        #expect(gate.admit(bytes: 500) == nil)
        #expect(gate.admit(bytes: 1)?.reason == .aboveMark)
        gate.leave(bytes: 500)
        #expect(gate.admit(bytes: 60) == nil)
        #expect(gate.admit(bytes: 40) == nil)
        #expect(gate.admit(bytes: 1)?.retryAfter == settings.briefRetryAfter)
        gate.stop()
        #expect(gate.admit(bytes: 0)?.reason == .stopping)
    }
}
