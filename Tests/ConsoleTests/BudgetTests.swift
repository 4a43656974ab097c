import EnergyModel
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
                ContinuousClock().measure { _ = view(state, size: state.size, glyphs: .unicode) }
            }.min() ?? .zero
        }
        #expect(cost(4000) < cost(100) * 6 + .milliseconds(20))
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
