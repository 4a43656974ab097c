import DemandResponse
import EnergyModel
import Testing

/// A saga that answers by hand.
private struct Desk {
    var saga = SagaStateMachine(event: sagaEvent)
    var history: [DRTransition] = []
    var requests: [BuildingRequest] = []
    var now = sagaStart

    init(_ plan: DispatchPlan, at now: UTCInstant = sagaStart) {
        self.now = now
        act { $0.received($1) }
        act { $0.planned(plan, $1) }
    }

    @discardableResult
    mutating func act(
        _ input: (inout SagaStateMachine, SagaMoment) -> SagaStateMachine.Output
    ) -> SagaStateMachine.Output {
        let output = input(&saga, SagaMoment(now: now, random: 0.5, actor: "test", traceID: "t-1"))
        history += output.transitions
        requests = output.requests
        return output
    }

    mutating func wait(_ seconds: Int64) {
        now = now.advanced(by: .seconds(seconds))
        act { $0.advance($1) }
    }

    @discardableResult
    mutating func answer(_ answer: BuildingAnswer, _ request: BuildingRequest) -> SagaStateMachine.Output {
        act { $0.answered(answer, to: request, $1) }
    }

    /// Confirms everything that is asked for.
    mutating func confirmAll(_ requests: [BuildingRequest]) {
        for request in requests { answer(.applied(executionID: "x"), request) }
    }

    func command(_ sequence: Int) -> CommandProgress? {
        saga.commands.first { $0.plan.sequence == sequence }?.progress
    }
}

@Suite("Saga, step by step")
struct SagaStateTests {
    @Test("the whole way: scheduled, pending execution, active, completed")
    func wholeWay() throws {
        var desk = Desk(samplePlan(buildings: 1, points: 2), at: sagaStart.advanced(by: .seconds(-600)))
        #expect(desk.saga.progress.status == .scheduled)
        #expect(desk.requests.isEmpty)
        #expect(desk.saga.nextDue(after: desk.now) == sagaStart)
        desk.wait(600)
        #expect(desk.saga.progress.status == .pendingExecution)
        #expect(desk.requests.map(\.key.text) == ["evt-1:1", "evt-1:2"])
        #expect(desk.requests.map(\.operation) == [.write(25), .write(25)])
        desk.confirmAll(desk.requests)
        #expect(desk.saga.progress.status == .active)
        #expect(desk.saga.recordedReduction(of: building(0)) == Power(kilowatts: 100))
        desk.wait(3600)
        #expect(desk.requests.map(\.operation) == [.release, .release])
        #expect(desk.requests.map(\.sequence) == [2, 1])
        desk.confirmAll(desk.requests)
        #expect(desk.saga.progress.status == .completed)
        #expect(desk.saga.progress.isSettled)
        #expect(desk.history.last?.notices.contains(.settled) == true)
        let statuses = desk.history.flatMap(\.notices).compactMap { notice -> DREventStatus? in
            if case .statusChanged(let status) = notice { status } else { nil }
        }
        #expect(statuses == [.scheduled, .pendingExecution, .active, .completed])
        #expect(desk.history.map(\.ordinal) == Array(1...desk.history.count))
        #expect(try SagaStateMachine(event: sagaEvent, history: desk.history) == desk.saga)
    }

    @Test("intent is on record before the request, in the same output")
    func intentFirst() {
        var saga = SagaStateMachine(event: sagaEvent)
        let output = saga.planned(samplePlan(buildings: 1, points: 1), SagaMoment(now: sagaStart))
        #expect(output.requests.count == 1)
        let intents = output.transitions.filter { if case .command = $0.change { $0.to == "sent" } else { false } }
        #expect(intents.count == 1)
    }

    @Test("a lost answer is asked for by key before anything is written again")
    func asksBeforeResend() throws {
        var desk = Desk(samplePlan(buildings: 1, points: 1))
        desk.answer(.timedOut, try #require(desk.requests.first))
        #expect(desk.requests.map(\.operation) == [.status])
        #expect(desk.requests.map(\.key.text) == ["evt-1:1"])
        #expect(desk.command(1)?.state == .unknown)
        desk.answer(.notKnown, try #require(desk.requests.first))
        #expect(desk.requests.isEmpty)
        desk.wait(1)
        #expect(desk.requests.map(\.operation) == [.write(25)])
        #expect(desk.requests.map(\.key.text) == ["evt-1:1"])
        desk.answer(.timedOut, try #require(desk.requests.first))
        desk.answer(.applied(executionID: "x-9"), try #require(desk.requests.first))
        #expect(desk.command(1)?.executionID == "x-9")
        #expect(desk.command(1)?.state == .confirmed)
    }

    @Test("three attempts, 1 s and 2 s apart, then a dead letter; never past the deadline")
    func attempts() throws {
        var desk = Desk(samplePlan(buildings: 1, points: 1))
        let started = desk.now
        for _ in 0..<2 {
            desk.answer(.unavailable("refused"), try #require(desk.requests.first))
            desk.now = try #require(desk.saga.nextDue(after: desk.now))
            desk.act { $0.advance($1) }
            #expect(desk.requests.count == 1)
        }
        let waits = desk.now.since(started).milliseconds
        #expect((2_400...3_600).contains(waits), "\(waits)")
        let output = desk.answer(.unavailable("refused"), try #require(desk.requests.first))
        #expect(desk.command(1)?.state == .failed)
        #expect(desk.saga.progress.status == .failed)
        let letters = output.transitions.flatMap(\.notices).filter {
            if case .commandFailed = $0 { true } else { false }
        }
        #expect(letters.count == 1)
        #expect(desk.saga.commands.allSatisfy { $0.progress.isSettled })
    }

    @Test("a command still pending after 30 s has failed, and is given back all the same")
    func deadline() throws {
        var desk = Desk(samplePlan(buildings: 1, points: 1))
        desk.answer(.pending(executionID: "x"), try #require(desk.requests.first))
        for _ in 0..<16 {
            desk.wait(2)
            if let poll = desk.requests.first { desk.answer(.pending(executionID: "x"), poll) }
        }
        #expect(desk.command(1)?.state == .failed)
        #expect(desk.command(1)?.mayHaveActed == true)
        desk.wait(3600)
        #expect(desk.requests.map(\.operation) == [.release])
    }

    @Test("a retry keeps the key, and asks first when the outcome is unknown")
    func retry() throws {
        var desk = Desk(samplePlan(buildings: 1, points: 1))
        desk.answer(.rejected("Client.Denied"), try #require(desk.requests.first))
        #expect(desk.saga.progress.status == .failed)
        desk.wait(60)
        desk.act { $0.retried(building(0), sequence: 1, $1) }
        #expect(desk.requests.map(\.key.text) == ["evt-1:1"])
        #expect(desk.saga.progress.status == .pendingExecution)
        desk.confirmAll(desk.requests)
        #expect(desk.saga.progress.status == .active)
        let refused = desk.act { $0.retried(building(0), sequence: 1, $1) }
        #expect(refused.refusal != nil)
    }

    @Test("after ten minutes away the engine asks what became of its commands, and fails none for its own absence")
    func longAbsence() throws {
        var desk = Desk(samplePlan(buildings: 1, points: 3))
        desk.answer(.pending(executionID: "x"), desk.requests[0])
        let history = desk.history
        desk.saga = try SagaStateMachine(event: sagaEvent, history: history)
        desk.now = desk.now.advanced(by: .seconds(600))
        let output = desk.act { $0.restarted($1) }
        #expect(output.requests.map(\.operation) == [.status, .status, .status])
        #expect(output.transitions.flatMap(\.notices).isEmpty)
        desk.confirmAll(output.requests)
        #expect(desk.saga.progress.status == .active)
    }

    @Test("a stale answer changes nothing")
    func stale() throws {
        var desk = Desk(samplePlan(buildings: 1, points: 1))
        let write = try #require(desk.requests.first)
        desk.answer(.timedOut, write)
        let before = desk.saga
        desk.answer(.applied(executionID: nil), write)
        #expect(desk.saga == before)
    }

    @Test("steps go out in order and are undone in reverse when too much fails")
    func compensation() throws {
        var desk = Desk(samplePlan(buildings: 1, points: 3, steps: 3))
        #expect(desk.requests.map(\.sequence) == [1])
        desk.confirmAll(desk.requests)
        #expect(desk.requests.map(\.sequence) == [2])
        desk.answer(.rejected("no"), try #require(desk.requests.first))
        // Half is kept, so the third step is still tried; its failure leaves a third, which is undone.
        #expect(desk.requests.map(\.sequence) == [3])
        desk.answer(.rejected("no"), try #require(desk.requests.first))
        #expect(desk.saga.leg(building(0))?.state == .compensating)
        #expect(desk.requests.map(\.operation) == [.release])
        desk.confirmAll(desk.requests)
        #expect(desk.saga.leg(building(0))?.state == .compensated)
        #expect(desk.saga.progress.status == .failed)
        #expect(desk.saga.progress.isSettled)
    }

    @Test("releases run in reverse of the steps")
    func reverse() throws {
        var desk = Desk(samplePlan(buildings: 1, points: 3, steps: 3))
        for _ in 0..<3 { desk.confirmAll(desk.requests) }
        desk.act { $0.cancelled("operator", $1) }
        var released: [Int] = []
        while let request = desk.requests.first {
            released.append(request.sequence)
            desk.answer(.applied(executionID: nil), request)
        }
        #expect(released == [3, 2, 1])
    }

    @Test("one building that fails degrades the event, the others work")
    func degraded() throws {
        var desk = Desk(samplePlan(buildings: 3, points: 1))
        for request in desk.requests {
            desk.answer(request.facility == building(1) ? .rejected("401") : .applied(executionID: nil), request)
        }
        #expect(desk.saga.progress.status == .degraded)
        #expect(desk.saga.leg(building(1))?.state == .failed)
        #expect(desk.saga.leg(building(2))?.state == .active)
    }

    @Test("a cancellation drops what was not sent, releases what was, and waits for what is on its way")
    func cancel() throws {
        var desk = Desk(samplePlan(buildings: 2, points: 1))
        let (first, second) = (desk.requests[0], desk.requests[1])
        desk.answer(.applied(executionID: nil), first)
        desk.act { $0.cancelled("DELETE", $1) }
        #expect(desk.saga.progress.status == .cancelled)
        #expect(desk.requests.map(\.key.text) == ["evt-1:1:r1"])
        desk.confirmAll(desk.requests)
        #expect(!desk.saga.progress.isSettled)
        desk.answer(.applied(executionID: nil), second)
        #expect(desk.requests.map(\.key.text) == ["evt-1:2:r1"])
        desk.confirmAll(desk.requests)
        #expect(desk.saga.progress.isSettled)
        #expect(desk.act { $0.cancelled("again", $1) }.refusal != nil)
    }

    @Test("a write lost on the way is looked for after the release")
    func lateArrival() throws {
        var desk = Desk(samplePlan(buildings: 1, points: 1))
        desk.answer(.timedOut, try #require(desk.requests.first))
        desk.act { $0.cancelled("DELETE", $1) }
        let release = try #require(desk.requests.first { $0.operation == .release })
        desk.answer(.applied(executionID: nil), release)
        #expect(!desk.saga.progress.isSettled)
        desk.wait(60)
        #expect(desk.requests.map(\.operation) == [.readSlot])
        desk.answer(.slot(25), try #require(desk.requests.first))
        #expect(desk.requests.map(\.key.text) == ["evt-1:1:r2"])
        desk.confirmAll(desk.requests)
        desk.wait(60)
        desk.answer(.slot(nil), try #require(desk.requests.first))
        #expect(desk.saga.progress.isSettled)
    }

    @Test("a release that fails is tried for ever, and the person on call is told")
    func releaseTiers() throws {
        var desk = Desk(samplePlan(buildings: 1, points: 1))
        desk.confirmAll(desk.requests)
        desk.wait(3600)
        var waits: [Int64] = []
        var alarms = 0
        for _ in 0..<7 {
            let output = desk.answer(.unavailable("down"), try #require(desk.requests.first))
            alarms += output.transitions.flatMap(\.notices).count {
                if case .releaseFailing = $0 { true } else { false }
            }
            let due = try #require(desk.saga.nextDue(after: desk.now))
            waits.append((due.since(desk.now).milliseconds + 400) / 1000)
            desk.now = due
            desk.act { $0.advance($1) }
        }
        #expect(waits == [1, 2, 60, 300, 900, 900, 900])
        #expect(alarms == 5)
        desk.act { $0.settledByHand(building(0), "breaker opened on site", $1) }
        #expect(desk.saga.progress.status == .completed)
    }

    @Test("a new target overwrites, extends, keeps and withdraws, and restarts nothing")
    func exchange() throws {
        var desk = Desk(samplePlan(buildings: 2, points: 2))
        desk.confirmAll(desk.requests)
        desk.wait(60)
        // The first point of building 0 goes deeper, its second stays, building 1 is wanted no more.
        var plan = samplePlan(buildings: 1, points: 2, from: desk.now)
        plan.legs[0].commands[0].value = 26
        desk.act { $0.planned(plan, $1) }
        let writes = desk.requests.filter { $0.operation == .write(26) }
        #expect(writes.map(\.key.text) == ["evt-1:5"])
        #expect(desk.requests.filter { $0.operation == .release }.map(\.facility) == [building(1), building(1)])
        #expect(desk.requests.count == 3)
        desk.confirmAll(desk.requests)
        #expect(desk.command(1)?.phase == .released)
        #expect(desk.command(2)?.phase == .confirmed)
        #expect(desk.saga.recordedReduction(of: building(0)) == Power(kilowatts: 100))
        // Longer by an hour: the building's dead-man would fire, so the value is written anew.
        let longer = samplePlan(
            buildings: 1, points: 1, value: 26, from: desk.now, until: sagaEnd.advanced(by: .seconds(3600)))
        desk.act { $0.planned(longer, $1) }
        #expect(Set(desk.requests.map(\.operation)) == [.write(26), .release])
        #expect(desk.saga.plan?.version == 3)
        desk.confirmAll(desk.requests)
        desk.now = sagaEnd.advanced(by: .seconds(3600))
        desk.act { $0.advance($1) }
        #expect(desk.requests.map(\.operation) == [.release])
    }

    @Test("a building held by another event waits until it is free")
    func waits() {
        var plan = samplePlan(buildings: 1, points: 1)
        plan.legs[0].heldBy = eventID("evt-0")
        var desk = Desk(plan)
        #expect(desk.requests.isEmpty)
        #expect(desk.saga.leg(building(0))?.state == .waiting)
        desk.act { $0.facilityFreed(building(0), $1) }
        #expect(desk.requests.count == 1)
    }

    @Test("a takeover lets go of the buildings named, a whole one ends the event")
    func supersede() {
        var desk = Desk(samplePlan(buildings: 2, points: 1))
        desk.confirmAll(desk.requests)
        desk.act { $0.superseded(by: eventID("evt-9"), [building(0)], $1) }
        #expect(!desk.saga.hasLetGo(of: building(0)))
        #expect(desk.saga.progress.status == .active)
        desk.confirmAll(desk.requests)
        #expect(desk.saga.hasLetGo(of: building(0)))
        desk.act { $0.superseded(by: eventID("evt-9"), [building(1)], $1) }
        #expect(desk.saga.progress.status == .superseded)
    }

    @Test("meters: too little after five minutes degrades, ten per cent off is told, enough heals")
    func verification() {
        var desk = Desk(samplePlan(buildings: 2, points: 1, kilowatts: 100, target: 200))
        desk.confirmAll(desk.requests)
        func notices(_ output: SagaStateMachine.Output) -> [DRNotice] { output.transitions.flatMap(\.notices) }
        let low = [building(0): Power(kilowatts: 100), building(1): Power(kilowatts: 50)]
        #expect(notices(desk.act { $0.measured(low, $1) }).isEmpty)
        desk.wait(300)
        let told = notices(desk.act { $0.measured(low, $1) })
        #expect(
            told.contains(.underDelivery(building(1), achieved: Power(kilowatts: 50), target: Power(kilowatts: 100))))
        #expect(told.contains(.underDelivery(nil, achieved: Power(kilowatts: 150), target: Power(kilowatts: 200))))
        #expect(
            told.contains(.discrepancy(building(1), recorded: Power(kilowatts: 100), measured: Power(kilowatts: 50))))
        #expect(desk.saga.progress.status == .degraded)
        #expect(notices(desk.act { $0.measured(low, $1) }).isEmpty)
        let good = [building(0): Power(kilowatts: 100), building(1): Power(kilowatts: 95)]
        desk.act { $0.measured(good, $1) }
        #expect(desk.saga.progress.status == .active)
        let missing = desk.act { $0.measured([building(0): Power(kilowatts: 100)], $1) }
        #expect(missing.transitions.isEmpty)
    }

    @Test("a plan on a heuristic is degraded from the start")
    func heuristic() {
        var plan = samplePlan(buildings: 1, points: 1)
        plan.forecastQuality = .heuristic
        var desk = Desk(plan)
        desk.confirmAll(desk.requests)
        #expect(desk.saga.progress.status == .degraded)
    }

    @Test("a relay keeps its state for the minimum hold")
    func minimumHold() {
        var plan = samplePlan(buildings: 1, points: 1)
        plan.legs[0].commands[0].minimumHold = .seconds(180)
        var desk = Desk(plan)
        desk.confirmAll(desk.requests)
        desk.wait(10)
        desk.act { $0.cancelled("DELETE", $1) }
        #expect(desk.requests.isEmpty)
        #expect(desk.saga.nextDue(after: desk.now) == sagaStart.advanced(by: .seconds(180)))
        desk.wait(170)
        #expect(desk.requests.map(\.operation) == [.release])
    }

    @Test("a history with a gap, a repetition or a stranger is refused")
    func badHistory() {
        var desk = Desk(samplePlan(buildings: 1, points: 1))
        desk.confirmAll(desk.requests)
        var gap = desk.history
        gap.remove(at: 2)
        #expect(throws: SagaHistoryError.self) { _ = try SagaStateMachine(event: sagaEvent, history: gap) }
        let twice = desk.history + [desk.history[0]]
        #expect(throws: SagaHistoryError.self) { _ = try SagaStateMachine(event: sagaEvent, history: twice) }
        #expect(throws: SagaHistoryError.self) {
            _ = try SagaStateMachine(event: eventID("other"), history: desk.history)
        }
    }

    @Test("the watchdog finds what should have been given back, and uses the saga's key")
    func watchdog() throws {
        var desk = Desk(samplePlan(buildings: 1, points: 2))
        desk.answer(.applied(executionID: nil), desk.requests[0])
        let expiry = sagaEnd.advanced(by: .seconds(900))
        #expect(OverdueRelease.find(in: desk.saga.commands, now: expiry).isEmpty)
        let found = OverdueRelease.find(in: desk.saga.commands, now: expiry.advanced(by: .seconds(120)))
        #expect(found.map(\.plan.sequence) == [2, 1])
        let request = OverdueRelease.request(for: try #require(found.last), now: expiry, budget: .seconds(5))
        #expect(request.key.text == "evt-1:1:r1")
        #expect(request.operation == .release)
    }
}
