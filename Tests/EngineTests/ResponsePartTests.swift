import DemandResponse
import EnergyModel
import Ports
import SwitchyardTesting
import Testing

@testable import Engine

@Suite("Parts of demand response")
struct ResponsePartTests {
    private let now = UTCInstant(seconds: 1_790_000_000)

    private func command(_ phase: CommandProgress.Phase) throws -> BuildingCommand {
        let plan = CommandPlan(
            sequence: 1, point: try point("P"), kind: .coolingSetPoint, value: 25, slot: .demandResponse, startsAt: now,
            endsAt: now.advanced(by: .seconds(3600)), expiresAt: now.advanced(by: .seconds(4200)), expected: .zero)
        return BuildingCommand(
            event: try #require(DREventID("E")), facility: try #require(FacilityID("F")), plan: plan,
            progress: CommandProgress(phase: phase))
    }

    @Test("a failed command is sent again after 1, 5 and 15 minutes, then handed to a person")
    func tiers() throws {
        let tiers = CommandTiers(waits: [.seconds(60), .seconds(300), .seconds(900)])
        let failed = try command(.failed)
        let cases: [(attempts: Int, after: Int64, CommandTiers.Move)] = [
            (0, 59, .wait), (0, 60, .retry), (1, 359, .wait), (1, 360, .retry), (2, 1259, .wait), (2, 1260, .retry),
            (3, 1300, .escalate), (0, 3600, .close("the command's time is over")),
        ]
        for (attempts, after, move) in cases {
            let moment = now.advanced(by: .seconds(after))
            #expect(tiers.move(attempts: attempts, firstSeen: now, command: failed, now: moment) == move, "\(after)")
        }
        let (confirmed, writing) = (try command(.confirmed), try command(.writing))
        #expect(tiers.move(attempts: 0, firstSeen: now, command: confirmed, now: now) == .resolve)
        #expect(tiers.move(attempts: 0, firstSeen: now, command: writing, now: now) == .wait)
        for ended in [nil, try command(.released)] {
            guard case .close = tiers.move(attempts: 0, firstSeen: now, command: ended, now: now) else {
                Issue.record("kept open")
                return
            }
        }
    }

    @Test("batches are acknowledged in order of their partition, once all they hold is done")
    func tracker() {
        var tracker = IntakeTracker()
        func batch(_ partition: Int, _ offsets: ClosedRange<Int64>) -> LogBatch {
            LogBatch(
                partition: Partition(topic: .demandResponseInbound, index: partition),
                records: offsets.map {
                    StoredRecord(offset: $0, appendedAt: now, record: LogRecord(key: "", value: [], time: now))
                }, generation: 1)
        }
        let first = tracker.open(batch(0, 0...1))
        let second = tracker.open(batch(0, 2...2))
        let other = tracker.open(batch(1, 0...0))
        #expect(tracker.done(second[0]).isEmpty, "the first batch of its partition is not done")
        #expect(tracker.done(first[0]).isEmpty)
        #expect(tracker.done(other[0]).map(\.partition.index) == [1])
        #expect(tracker.done(first[1]).map(\.nextOffset) == [2, 3])
        #expect(tracker.isEmpty)
    }

    @Test("deliveries are remembered up to their age and their number")
    func deliveries() {
        var memory = DeliveryMemory(limit: 2, age: .seconds(600))
        func key(_ id: String) -> DeliveryMemory.Key { .init(utility: "acme", delivery: id) }
        let verdict = NotificationVerdict.accepted(event: "E", isRepeat: false)
        memory.remember(verdict, key("1"), now: .zero)
        #expect(memory.recall(key("1"), now: .seconds(600)) == .accepted(event: "E", isRepeat: true))
        #expect(memory.recall(key("1"), now: .seconds(601)) == nil)
        for id in ["2", "3", "4"] { memory.remember(verdict, key(id), now: .seconds(700)) }
        #expect(memory.recall(key("2"), now: .seconds(700)) == nil)
        #expect(memory.recall(key("3"), now: .seconds(700)) != nil)
    }

    private func standing(
        _ id: String, priority: Int?, from start: Int64, to end: Int64, isWaiting: Bool = false, hasLetGo: Bool = false
    ) throws -> Standing {
        let event: DREventID = try #require(DREventID(id))
        return Standing(
            event: event, precedence: Precedence(priority: priority, createdAt: now, event: event),
            window: TimeRange(start: now.advanced(by: .seconds(start)), end: now.advanced(by: .seconds(end))),
            stakes: [
                .init(
                    resource: .init(facility: try #require(FacilityID("F")), point: nil), isWaiting: isWaiting,
                    isEnding: false, hasLetGo: hasLetGo)
            ])
    }

    @Test("who waits is freed when nobody is in the way, and takes over from whom it precedes")
    func handOver() throws {
        let facility: FacilityID = try #require(FacilityID("F"))
        let (a, b): (DREventID, DREventID) = (try #require(DREventID("A")), try #require(DREventID("B")))
        let waiting = try standing("A", priority: 1, from: 0, to: 100, isWaiting: true)
        let cases: [([Standing], [HandOver.Move])] = [
            ([waiting], [.free(a, facility)]),
            ([waiting, try standing("B", priority: 5, from: 0, to: 100)], [.supersede(b, by: a, facility)]),
            ([waiting, try standing("B", priority: 0, from: 0, to: 100)], []),
            ([waiting, try standing("B", priority: 0, from: 0, to: 100, hasLetGo: true)], [.free(a, facility)]),
            // It begins when the waiting one is over.
            ([waiting, try standing("B", priority: 0, from: 100, to: 200)], [.free(a, facility)]),
            // Two wait: the one that precedes goes first, alone.
            ([try standing("B", priority: 5, from: 0, to: 100, isWaiting: true), waiting], [.free(a, facility)]),
        ]
        for (standings, moves) in cases { #expect(HandOver.moves(standings) == moves) }
    }

    @Test("a line lets so many in, keeps so many waiting, and forgets who gave up")
    func line() async {
        let line = CallLine(concurrent: 1, waiting: 1)
        #expect(await line.enter())
        let waiter = Task { await line.enter() }
        while line.waiting == 0 { await Task.yield() }
        #expect(await line.enter() == false, "full")
        waiter.cancel()
        #expect(await waiter.value == false)
        #expect(line.waiting == 0)
        line.leave()
        #expect(line.running == 0)
    }

    @Test("the draw of an event is the same each time and lies within its bounds")
    func draw() throws {
        let draws = try (0..<500).map { PlanDesk.shift(of: try #require(DREventID("E-\($0)"))) }
        #expect(draws.allSatisfy { (-1...1).contains($0) })
        #expect(Set(draws).count > 490)
        #expect(draws.contains { $0 < -0.5 } && draws.contains { $0 > 0.5 })
        let again = PlanDesk.shift(of: try #require(DREventID("E-1")))
        #expect(again == draws[1])
    }
}
