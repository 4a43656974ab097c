import EnergyModel
import Logging
import Ports
import SwitchyardTesting
import Testing

@testable import Engine

@Suite("Outboxes, and who gave lately")
struct OutboxTroublesTests {
    @Test(
        "waits double from the first to the longest, one entry's trouble is not another's, and what is forgotten is new"
    )
    func waits() {
        var troubles = OutboxTroubles<Int>(first: .seconds(2), longest: .seconds(10))
        #expect(troubles.mayTry(1, now: .zero) && !troubles.isAnyDue(now: .seconds(99)))
        var (now, waits) = (Duration.seconds(100), [Duration]())
        for attempt in 1...5 {
            #expect(troubles.failed(1, now: now, random: 0.5) == attempt)
            #expect(!troubles.mayTry(1, now: now) && troubles.mayTry(2, now: now) && !troubles.isAnyDue(now: now))
            var wait = Duration.zero
            while !troubles.mayTry(1, now: now + wait) { wait += .milliseconds(500) }
            #expect(troubles.isAnyDue(now: now + wait))
            waits.append(wait)
            now += wait
        }
        #expect(waits == [2, 4, 8, 10, 10].map { Duration.seconds($0) })
        #expect(troubles.attempts(of: 1) == 5 && troubles.attempts(of: 2) == 0 && troubles.count == 1)
        troubles.forget([1, 2])
        #expect(troubles.mayTry(1, now: .zero) && troubles.count == 0)
        #expect(troubles.failed(1, now: .zero, random: 0) == 1)
    }

    @Test("who gave in the last event is asked last in the next, and a change of an event goes on with those it has")
    func fairness() async throws {
        var world = try await ResponseWorld(buildings: 3)
        func givers(_ event: String) async throws -> Set<FacilityID> {
            Set(try await world.commands(event).filter { $0.progress.confirmedAt != nil }.map(\.facility))
        }
        var seen: Set<FacilityID> = []
        for number in 1...3 {
            let start = world.time.now.advanced(by: .seconds(120))
            _ = try await world.notify(notice("E-\(number)", at: start, kilowatts: 20, modified: start))
            await world.run(until: start.advanced(by: .seconds(120)))
            let chosen = try await givers("E-\(number)")
            #expect(chosen.count == 1 && seen.isDisjoint(with: chosen), "\(chosen) after \(seen)")
            seen.formUnion(chosen)
            let later = start.advanced(by: .seconds(1))
            _ = try await world.notify(
                notice("E-\(number)", at: start, kilowatts: 21, modified: later, operation: "update"))
            await world.run(for: .seconds(120))
            #expect(try await givers("E-\(number)") == chosen)
            await world.run(until: start.advanced(by: .seconds(1200 + 900)))
            #expect(try await world.event("E-\(number)")?.isSettled == true)
        }
        #expect(seen == Set(world.facilities))
    }

    @Test("a record store that does not tell who gave lately delays no plan, and is not asked for every one")
    func withoutRecords() async throws {
        var world = try await ResponseWorld(buildings: 1)
        let start = world.time.now.advanced(by: .seconds(60))
        _ = try await world.notify(notice("E-1", at: start, kilowatts: 20))
        await world.run(until: start.advanced(by: .seconds(120)))
        let sheds = RecentSheds(
            records: world.responses, settings: world.settings.response, time: world.time.timekeeper,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        world.responses.faults.failNext(1)
        let (own, other) = (try #require(DREventID("E-1")), try #require(DREventID("E-2")))
        for _ in 0..<3 { #expect(await sheds.counts(besides: other).isEmpty) }
        world.time.advance(by: RecentSheds.freshness)
        #expect(await sheds.counts(besides: other) == [world.facilities[0]: 1])
        #expect(await sheds.counts(besides: own) == [world.facilities[0]: 0])
    }
}
