import DemandResponse
import EnergyModel
import Logging
import Ports
import SwitchyardTesting
import Synchronization
import Testing

@testable import Engine

@Suite("Whose events they are, and what a failure leaves of them")
struct ResponseGuardTests {
    /// A notification that carries the utility's number of its request.
    private func notice(_ id: String, request: String, at start: UTCInstant) -> String {
        EngineTests.notice(id, at: start).replacing(
            "{\"event_id\"", with: "{\"utility_request_id\":\"\(request)\",\"event_id\"")
    }

    /// A cancellation that names nothing but the request.
    private func cancellation(request: String, at start: UTCInstant) -> String {
        EngineTests.notice(request, at: start, operation: "cancel").replacing("event_id", with: "utility_request_id")
    }

    // MARK: - Whose they are

    @Test("a cancellation that names only the request ends its event, and one that comes first keeps it from life")
    func cancelledByRequest() async throws {
        var world = try await ResponseWorld()
        let start = world.time.now.advanced(by: .seconds(60))
        _ = try await world.notify(notice("E-1", request: "R-1", at: start))
        await world.run(until: start.advanced(by: .seconds(60)))
        #expect(!world.buildings.held.isEmpty)
        _ = try await world.notify(cancellation(request: "R-1", at: start))
        _ = try await world.notify(cancellation(request: "R-2", at: start))
        await world.run(for: .seconds(60))
        #expect(try await world.event("E-1")?.status == .cancelled)
        #expect(world.buildings.held.isEmpty)
        let calls = world.buildings.calls
        _ = try await world.notify(notice("E-2", request: "R-2", at: start))
        _ = try await world.notify(EngineTests.notice("R-2", at: start))
        await world.run(for: .seconds(60))
        #expect(try await world.event("E-2") == nil)
        #expect(try await world.event("R-2")?.status == .cancelled)
        #expect(world.buildings.calls == calls)
    }

    @Test("a utility neither changes nor cancels what another one, or an operator, asked for")
    func ownership() async throws {
        var world = try await ResponseWorld()
        let start = world.time.now.advanced(by: .seconds(3600))
        _ = try await world.notify(notice("E-1", request: "R-1", at: start))
        let byHand: DREventID = try #require(DREventID("hand-1"))
        let request = EventRequest(
            id: byHand, program: "cbp", start: start.advanced(by: .seconds(7200)), duration: .seconds(600),
            target: Power(kilowatts: 50),
            facilities: [world.facilities[1]])
        _ = await world.submit("k", .createEvent(request))
        await world.settle()
        #expect(try await world.event("E-1")?.source == "utility:acme json")
        for body in [
            EngineTests.notice("E-1", at: start, operation: "cancel"),
            EngineTests.notice("E-1", at: start, kilowatts: 200, modified: start, operation: "update"),
            EngineTests.notice("hand-1", at: start, operation: "cancel"), cancellation(request: "R-1", at: start),
        ] { _ = try await world.notify(body, from: "acme json") }
        await world.run(for: .seconds(300))
        #expect(try await world.event("E-1")?.status == .scheduled)
        #expect(try await world.event("hand-1")?.status == .scheduled)
        let letters = try await world.letters(.demandResponseDeadLetters)
        #expect(letters.count == 3)
        #expect(
            letters.contains { $0.headers[DeadLetterHeader.message]?.contains("belongs to utility:acme json") ?? false }
        )
        _ = try await world.notify(cancellation(request: "R-1", at: start))
        await world.run(for: .seconds(30))
        #expect(
            try await world.event("E-1")?.status == .cancelled, "the other's tombstone of that name is in nobody's way")
    }

    @Test("an event without targets ranks by all buildings, a building's name and the client's name count")
    func rank() async throws {
        let world = try await ResponseWorld { $0.response.clientName = "our-ven" }
        var hospital = try ResponseWorld.description(of: try #require(FacilityID("H-1")))
        (hospital.kind, hospital.name) = (.hospital, "Saint Mary")
        _ = try await world.records.importFacilities([hospital])
        try await world.engine.parts.directory.load()
        let response = world.response
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let intake = EventIntake(
            coordinator: response.coordinator, planner: response.planner, facilities: response.facilities,
            time: world.time.timekeeper, measures: response.coordinator.measures, journal: world.engine.parts.journal,
            logger: logger)
        let cases: [([String], IntakeClass)] = [
            ([], .critical), (["Saint Mary"], .critical), (["our-ven"], .critical), (["H-1", "F-1"], .critical),
            (["F-1"], .low), (["elsewhere"], .low),
        ]
        for (targets, expected) in cases {
            let body = EngineTests.notice("E", at: world.time.now, to: targets)
            let notification = InboundNotification(
                utility: "acme", deliveryID: nil, body: Array(body.utf8), arrivedAt: world.time.now, traceID: nil)
            let inbound = try InboundForm.inbound(
                from: InboundForm.record(of: notification, subject: ""), decoder: response.planner.decoder)
            #expect(intake.rank(of: inbound) == expected, "\(targets)")
        }
    }

    // MARK: - What failures leave

    @Test("an event by hand that cannot be planned at once says so, and is planned once")
    func createdAndNotPlanned() async throws {
        var world = try await ResponseWorld()
        let request = EventRequest(
            id: try #require(DREventID("hand-1")), program: "cbp", start: world.time.now.advanced(by: .seconds(600)),
            duration: .seconds(600), target: Power(kilowatts: 50), facilities: [world.facilities[0]])
        // Known? put, event, history; the plan is not stored.
        world.responses.faults.failNext(.max, after: 4)
        guard case .refused(let sentence) = await world.submit("k", .createEvent(request)) else {
            Issue.record("created")
            return
        }
        #expect(sentence.contains("planned by itself") && sentence.contains("switchyard events cancel hand-1"))
        world.responses.faults.failNext(0)
        await world.run(for: .seconds(60))
        #expect(try await world.event("hand-1")?.status == .scheduled)
        world.coordinator.state.withLock { $0.isLoaded = false }
        let other = EventRequest(
            id: try #require(DREventID("hand-2")), program: "cbp", start: request.start, duration: .seconds(600),
            target: Power(kilowatts: 50), facilities: [world.facilities[0]])
        _ = await world.submit("k-2", .createEvent(other))
        #expect(try await world.event("hand-2") == nil, "nothing is stored before every event is loaded")
    }

    @Test("while events are loaded failed commands stay as they are, and no notice is used up")
    func loading() async throws {
        var world = try await ResponseWorld()
        world.buildings.set(.refuses, of: world.facilities[0])
        _ = try await world.notify(EngineTests.notice("E-1", at: world.time.now, minutes: 60, kilowatts: 120))
        await world.run(for: .seconds(20))
        let letters = try await world.letters(.buildingFailures)
        let letter = try #require(letters.first)
        world.coordinator.state.withLock { ($0.isLoaded, $0.cells) = (false, [:]) }
        await world.response.tiers.turn()
        #expect(try await world.letters(.buildingFailures).map(\.state) == letters.map(\.state))
        let replay = world.response.replay(log: world.log, isLive: true, time: world.time.timekeeper)
        let now = world.time.now
        await #expect(throws: PortError.self) { _ = try await replay.send(letter, at: now) }
        let id = StoredNotice.ID(event: try #require(DREventID("E-1")), ordinal: 1, index: 0)
        let busy = StoredNotice(id: id, at: now, traceID: nil, notice: .buildingBusy(world.facilities[0]))
        #expect(try await world.response.notices.handle(busy) == false)
        world.coordinator.state.withLock { ($0.isLoaded, $0.damaged) = (true, [id.event: "torn"]) }
        await world.response.tiers.turn()
        #expect(try await world.letters(.buildingFailures).map(\.state) == letters.map(\.state))
    }

    @Test("only an override is released as one, and a building is given back though its event cannot be ended")
    func release() async throws {
        var world = try await ResponseWorld()
        let id: DREventID = try #require(DREventID("E-1"))
        _ = try await world.notify(EngineTests.notice("E-1", at: world.time.now, minutes: 60, kilowatts: 120))
        await world.run(for: .seconds(30))
        #expect(
            await world.submit("k-1", .releaseOverride(id)) == .refused(sentence: "there is no open override E-1"))
        #expect(world.buildings.held.count == 2)
        world.responses.faults.failNext(.max)
        guard case .done(let sentence, _) = await world.submit("k-2", .releaseBuilding(world.facilities[0])) else {
            Issue.record("not released")
            return
        }
        #expect(sentence.contains("event E-1 could not be ended: "))
        #expect(world.buildings.held.keys.sorted() == [world.facilities[1]])
    }

    @Test("the person on call who was not reached is called again, once a building")
    func escalatedAgain() async throws {
        var world = try await ResponseWorld()
        world.buildings.set(.refuses, of: world.facilities[0])
        world.escalations.failNext(1)
        _ = try await world.notify(EngineTests.notice("E-1", at: world.time.now, minutes: 60, kilowatts: 120))
        await world.run(for: .seconds(60))
        let told = world.escalations.values.filter { $0.sentence.contains("failed") }
        #expect(told.map(\.facility) == [world.facilities[0]])
        await world.engine.parts.journal.flush()
        let notes = try await world.records.journal(JournalQuery()).filter { $0.text.contains("Set AHU") }
        #expect(Set(notes.map(\.text)).count == notes.count)
        let offsets = try await world.letters(.buildingFailures).map { $0.headers[DeadLetterHeader.offset] }
        #expect(Set(offsets).count == offsets.count)
    }

    @Test("an event that the engine plans later by itself calls for its approval too")
    func approvalOfPending() async throws {
        var world = try await ResponseWorld { $0.response.approval = .always }
        let (id, now): (DREventID, UTCInstant) = (try #require(DREventID("E-1")), world.time.now)
        let body = EngineTests.notice("E-1", at: now.advanced(by: .seconds(600)))
        let event = DemandResponseEvent(
            id: id, program: "cbp", source: "utility:acme json",
            window: TimeRange(start: now, end: now.advanced(by: .seconds(1800))), receivedAt: now, modifiedAt: now)
        _ = try await world.responses.put(event, document: EventDocument(body: Array(body.utf8), receivedAt: now))
        try await world.coordinator.adopt(id)
        await world.run(for: .seconds(60))
        #expect(try await world.event("E-1")?.awaitsApproval == true)
        #expect(world.escalations.values.map(\.subject) == ["dr-event:E-1"])
    }

    @Test("a desk says that its preview knows nothing of what runs")
    func deskPreview() async throws {
        let world = try await ResponseWorld()
        let request = EventRequest(
            id: try #require(DREventID("hand-1")), program: "cbp", start: world.time.now.advanced(by: .seconds(60)),
            duration: .seconds(600), target: Power(kilowatts: 50), facilities: [world.facilities[0]])
        #expect(try await world.desk.preview(request).remarks.first?.hasPrefix("Worked out without") == true)
        #expect(try await world.engine.link.preview(request).remarks.first?.hasPrefix("Worked out") != true)
    }
}
