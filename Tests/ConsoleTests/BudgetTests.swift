import EnergyModel
import Foundation
import Ports
import Screen
import Testing

@testable import Console

@Suite("Budgets") struct BudgetTests {
    /// Debug builds are some ten times slower than release: the limit here only catches work that grows with the fleet.
    @Test("drawing costs the same with 4,000 facilities as with 100, but for the totals")
    func visibleRowsOnly() {
        func cost(_ facilities: Int) -> Duration {
            let desk = Desk(snapshot: Fleet.snapshot(facilities: facilities))
            let state = desk.state
            _ = view(state, size: state.size, glyphs: .unicode)
            return (0..<5).map { _ in
                threadTime { _ = view(state, size: state.size, glyphs: .unicode) }
            }.min() ?? .zero
        }
        #expect(cost(4000) < cost(100) * 6 + .milliseconds(20))
    }

    @Test("with 1,000 facilities and 500 open events every screen draws as fast as with few, but for the totals")
    func manyEvents() {
        func desk(_ facilities: Int, _ events: Int, _ keys: String) -> Desk {
            var snapshot = Fleet.snapshot(facilities: facilities)
            snapshot.openEvents = (0..<events).map { index in
                var event = Fleet.openEvents()[index % 3]
                event.id = DREventID("event-\(index)")!
                return event
            }
            for index in snapshot.facilities.indices {
                snapshot.facilities[index].response = FacilityResponse(
                    event: DREventID("event-\(index % events)")!, state: .active, window: Fleet.openEvents()[0].window,
                    expected: Power(kilowatts: 40), achieved: Power(kilowatts: 38), baseline: Power(kilowatts: 400))
            }
            var desk = Desk(snapshot: snapshot)
            desk.press(keys)
            return desk
        }
        func cost(_ state: ConsoleState) -> Duration {
            var times = (0..<7).map { _ in
                threadTime {
                    _ = GridDiff.runs(
                        from: view(state, size: state.size, glyphs: .unicode),
                        to: view(state, size: state.size, glyphs: .unicode))
                }
            }
            times.sort()
            return times[0]
        }
        for keys in ["1", "3", "3 Enter", "4"] {
            let many = cost(desk(1000, 500, keys).state)
            let few = cost(desk(24, 4, keys).state)
            print("two views + diff, \(keys): \(many) with 1,000 facilities and 500 events, \(few) with few")
            #expect(many < few * 6 + .milliseconds(20), "\(keys)")
        }
    }

    @Test("the order is not made again while nothing changed")
    func orderIsKept() {
        var desk = Desk(snapshot: Fleet.snapshot(facilities: 50))
        let before = desk.state.pane.overview.index.key
        desk.press("j j j")
        desk.wait(.seconds(1))
        #expect(desk.state.pane.overview.index.key == before)
    }
}

/// What the thread worked: time in which another process had the processor does not count.
private func threadTime(_ work: () -> Void) -> Duration {
    func now() -> Duration {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
    let start = now()
    work()
    return now() - start
}
