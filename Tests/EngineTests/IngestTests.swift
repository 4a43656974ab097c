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
            DeadLetterHeader.traceparent,
        ] {
            #expect(letter.headers[header] != nil, "\(header)")
        }
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
