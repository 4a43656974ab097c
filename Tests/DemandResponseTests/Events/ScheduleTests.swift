import DemandResponse
import EnergyModel
import Testing

private func minutes(_ count: Int64) -> CalendarDuration { CalendarDuration(milliseconds: count * 60_000) }
private func clock(_ minute: Int64) -> UTCInstant { sagaStart.advanced(by: .seconds(minute * 60)) }
private func limit(_ values: Double...) -> UtilityEvent.Payload { .limit(values.map(Power.init(kilowatts:))) }

private func event(
    start: UtilityEvent.Period.Start? = .at(sagaStart), each: CalendarDuration? = minutes(15), spread: Int64 = 0,
    duration: CalendarDuration? = nil, _ intervals: [UtilityEvent.Interval]
) -> UtilityEvent {
    UtilityEvent(
        id: sagaEvent, program: "p",
        period: .init(start: start, duration: each, randomizeStart: spread == 0 ? nil : minutes(spread)),
        duration: duration, intervals: intervals)
}

/// Starts and ends in minutes after the event's start.
private func spans(_ schedule: EventSchedule) -> [[Int64]] {
    schedule.slots.map { [$0.range.start, $0.range.end].map { $0.since(sagaStart).milliseconds / 60_000 } }
}

@Suite("Interval resolution")
struct ScheduleTests {
    let two = [
        UtilityEvent.Interval(id: 0, payloads: [limit(400)]), UtilityEvent.Interval(id: 1, payloads: [limit(300)]),
    ]

    @Test("intervals without a start follow one another")
    func contiguous() throws {
        let schedule = try EventSchedule.resolve(event(two), now: clock(-60), shift: 0)
        #expect(spans(schedule) == [[0, 15], [15, 30]])
        #expect(schedule.signal(at: clock(20)) == .limitTo(Power(kilowatts: 300)))
        #expect(schedule.window == TimeRange(start: clock(0), end: clock(30)))
    }

    @Test("an interval's own period overrides the event's")
    func overrides() throws {
        var intervals = two
        intervals[1].period = .init(start: .at(clock(60)), duration: minutes(5))
        intervals.append(UtilityEvent.Interval(id: 2, payloads: [limit(200)]))
        #expect(
            spans(try EventSchedule.resolve(event(intervals), now: clock(0), shift: 0)) == [
                [0, 15], [60, 65], [65, 80],
            ])
    }

    @Test("0001-01-01 and no start mean now", arguments: [UtilityEvent.Period.Start.now, nil])
    func openStart(start: UtilityEvent.Period.Start?) throws {
        #expect(
            spans(try EventSchedule.resolve(event(start: start, two), now: clock(7), shift: 0)) == [
                [7, 22], [22, 37],
            ])
    }

    @Test("a longer event loops its intervals, a shorter one cuts them off")
    func loops() throws {
        let looped = try EventSchedule.resolve(event(duration: minutes(50), two), now: clock(0), shift: 0)
        #expect(spans(looped) == [[0, 15], [15, 30], [30, 45], [45, 50]])
        #expect(looped.slots.map(\.interval) == [0, 1, 0, 1])
        let cut = try EventSchedule.resolve(event(duration: minutes(20), two), now: clock(0), shift: 0)
        #expect(spans(cut) == [[0, 15], [15, 20]])
    }

    @Test("for ever ends at the longest allowed, and says so")
    func forever() throws {
        let schedule = try EventSchedule.resolve(
            event(each: CalendarDuration("P9999Y"), [two[0]]), now: clock(0), shift: 0)
        #expect(spans(schedule) == [[0, 1440]])
        #expect(schedule.isCut)
        let looped = try EventSchedule.resolve(
            event(duration: CalendarDuration("P9999Y"), two), now: clock(0), shift: 0)
        #expect(looped.slots.count == 96)
        #expect(looped.window?.end == clock(1440))
        #expect(looped.isCut)
    }

    @Test("n values divide the interval by n, each payload for itself")
    func divides() throws {
        let interval = UtilityEvent.Interval(id: 0, payloads: [limit(1, 2, 3), .level([1, 2])])
        let schedule = try EventSchedule.resolve(event(each: minutes(60), [interval]), now: clock(0), shift: 0)
        #expect(spans(schedule) == [[0, 20], [20, 30], [30, 40], [40, 60]])
        #expect(schedule.slots.map(\.signal) == [1, 2, 2, 3].map { .limitTo(Power(kilowatts: $0)) })
    }

    @Test("values keep their place for any count", arguments: [1, 2, 3, 7, 11, 13, 97])
    func placesValues(count: Int) throws {
        let interval = UtilityEvent.Interval(
            id: 0, payloads: [.limit((0..<count).map { Power(kilowatts: Double($0)) })])
        let schedule = try EventSchedule.resolve(event(each: minutes(60), [interval]), now: clock(0), shift: 0)
        #expect(schedule.slots.map(\.signal) == (0..<count).map { .limitTo(Power(kilowatts: Double($0))) })
    }

    @Test(
        "one shift moves what follows without a gap",
        arguments: [(1.0, 10), (-1.0, -10), (0.5, 5)] as [(Double, Int64)])
    func randomised(shift: Double, by: Int64) throws {
        var intervals = two
        intervals.append(
            UtilityEvent.Interval(
                id: 2, period: .init(start: .at(clock(90)), duration: minutes(5)), payloads: [limit(1)]))
        let schedule = try EventSchedule.resolve(event(spread: 10, intervals), now: clock(-60), shift: shift)
        #expect(spans(schedule) == [[by, 15 + by], [15 + by, 30 + by], [90, 95]])
    }

    @Test("who learns late begins with the current interval")
    func late() throws {
        let rest = try EventSchedule.resolve(event(two), now: clock(20), shift: 0).remaining(at: clock(20))
        #expect(spans(rest) == [[20, 30]])
    }

    @Test("a length must stand somewhere")
    func lengthless() {
        #expect(throws: EventRejection.self) {
            _ = try EventSchedule.resolve(event(each: nil, two), now: clock(0), shift: 0)
        }
    }

    @Test("SIMPLE 0, prices and alerts dispatch nothing")
    func nothing() throws {
        let quiet = UtilityEvent.Interval(id: 0, payloads: [.level([0]), .other("PRICE"), .alert("ALERT_FIRE", "run")])
        #expect(try EventSchedule.resolve(event([quiet]), now: clock(0), shift: 0).window == nil)
    }
}

@Suite("Moves of the state table")
struct IntakeMoveTests {
    static let old = KnownEvent(status: .scheduled, modifiedAt: sagaStart)
    static let running = KnownEvent(status: .active, modifiedAt: sagaStart)
    static let over = KnownEvent(status: .completed, modifiedAt: sagaStart)
    static let newer = sagaStart.advanced(by: .seconds(1))
    static let older = sagaStart.advanced(by: .seconds(-1))

    static func subject(_ modified: UTCInstant?, from minute: Int64 = 60, length: Int64 = 30) -> UtilityEvent {
        var event = event(
            start: .at(clock(minute)), each: minutes(length), [UtilityEvent.Interval(id: 0, payloads: [limit(1)])])
        event.modifiedAt = modified
        return event
    }

    static func move(
        _ operation: UtilityNotification.Operation, _ event: UtilityEvent, _ known: KnownEvent?
    ) throws -> IntakeMove {
        let schedule = try EventSchedule.resolve(event, now: sagaStart, shift: 0)
        return IntakeMove.decide(
            UtilityNotification(form: .openADR31, operation: operation, subject: .event(event)), schedule: schedule,
            known: known, arrivedAt: sagaStart, now: sagaStart)
    }

    @Test("each row of DOMAIN §1.2")
    func table() throws {
        let newer = Self.newer
        #expect(try Self.move(.create, Self.subject(newer), nil) == .schedule(version: newer))
        #expect(try Self.move(.update, Self.subject(newer), nil) == .schedule(version: newer))
        #expect(try Self.move(.create, Self.subject(newer, from: -5), nil) == .executeNow(version: newer))
        #expect(try Self.move(.create, Self.subject(newer, from: -50), nil) == .ignore(.expired))
        #expect(try Self.move(.update, Self.subject(newer), Self.old) == .replan(version: newer))
        #expect(try Self.move(.update, Self.subject(newer), Self.running) == .exchange(version: newer))
        #expect(try Self.move(.update, Self.subject(sagaStart), Self.running) == .ignore(.duplicate))
        #expect(try Self.move(.update, Self.subject(Self.older), Self.running) == .ignore(.outOfOrder))
        #expect(try Self.move(.create, Self.subject(newer), Self.running) == .exchange(version: newer))
        #expect(try Self.move(.create, Self.subject(nil), Self.running) == .ignore(.duplicate))
        #expect(try Self.move(.update, Self.subject(newer, length: 0), Self.running) == .cancel(version: newer))
        #expect(try Self.move(.create, Self.subject(newer, length: 0), nil) == .rememberDeletion(version: newer))
        #expect(try Self.move(.update, Self.subject(newer), Self.over) == .ignore(.ended))
        #expect(try Self.move(.read, Self.subject(newer), nil) == .ignore(.unrelated))
    }

    @Test("a deletion cancels once, and one that overtook its event is remembered")
    func deletion() throws {
        func move(_ modified: UTCInstant?, _ known: KnownEvent?) -> IntakeMove {
            IntakeMove.decide(
                UtilityNotification(
                    form: .openADR31, operation: .delete, subject: .deletion(sagaEvent, modifiedAt: modified)),
                schedule: nil, known: known, arrivedAt: Self.newer, now: Self.newer.advanced(by: .seconds(60)))
        }
        #expect(move(sagaStart, Self.running) == .cancel(version: sagaStart))
        #expect(move(nil, Self.running) == .cancel(version: Self.newer))
        #expect(move(Self.older, Self.running) == .ignore(.outOfOrder))
        #expect(move(sagaStart, nil) == .rememberDeletion(version: sagaStart))
        let cancelled = KnownEvent(status: .cancelled, modifiedAt: sagaStart)
        #expect(move(sagaStart, cancelled) == .ignore(.duplicate))
        #expect(try Self.move(.create, Self.subject(sagaStart), cancelled) == .ignore(.duplicate))
        #expect(try Self.move(.create, Self.subject(Self.newer), cancelled) == .ignore(.ended))
    }

    @Test("targets choose buildings; critical is what the buildings are, not what the payload says")
    func targetsAndClasses() {
        let candidates = [
            TargetSelection.Candidate(facility: building(2), region: "north", labels: ["group-a"]),
            TargetSelection.Candidate(facility: building(1), region: "south", labels: ["group-a", "cold-store"]),
        ]
        func select(_ targets: [UtilityEvent.Target]) -> TargetSelection.Outcome {
            TargetSelection.select(targets, from: candidates, clientName: "ven-1")
        }
        #expect(select([]).facilities == [building(1), building(2)])
        #expect(select([.init(value: "north"), .init(value: "nowhere")]).facilities == [building(2)])
        #expect(select([.init(value: "north"), .init(value: "nowhere")]).unmatched == ["nowhere"])
        #expect(select([.init(type: "VEN_NAME", value: "ven-1")]).facilities.count == 2)
        #expect(select([.init(type: "VEN_NAME", value: "ven-2")]).facilities.isEmpty)
        #expect(select([.init(type: "GROUP", value: "cold-store")]).facilities == [building(1)])
        #expect(IntakeClass(priority: 0, kinds: [.office]) == .high)
        #expect(IntakeClass(priority: nil, kinds: [.office, .hospital]) == .critical)
        #expect(IntakeClass(priority: nil, kinds: [.store]) == .low)
        #expect(IntakeClass.critical < IntakeClass.low)
    }

    @Test("the lower number governs, none is last, the earlier event goes on")
    func precedence() {
        func rank(_ priority: Int?, _ second: Int64, _ id: String) -> Precedence {
            Precedence(priority: priority, createdAt: UTCInstant(seconds: second), event: eventID(id))
        }
        let order = [rank(0, 9, "z"), rank(1, 1, "b"), rank(1, 2, "a"), rank(nil, 0, "a"), rank(nil, 0, "b")]
        #expect(Array(order.reversed()).sorted() == order)
    }
}
