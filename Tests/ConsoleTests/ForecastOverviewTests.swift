import EnergyModel
import Ports
import Screen
import Testing

@testable import Console

@Suite("Forecasts on Overview") struct ForecastOverviewTests {
    private func row(_ desk: Desk, _ name: String) -> String { desk.text.first { $0.contains(name) } ?? "" }

    @Test("the totals tell the fleet's peak and when, what it leaves out, and when it is old")
    func totals() {
        var desk = Desk(snapshot: Fleet.snapshot())
        let peak = desk.state.sight?.snapshot.forecast?.peak
        #expect(desk.shows("Peak ahead \(Numbers.power(peak)) at 22:00"))
        #expect(!desk.shows("○"))
        var partly = Fleet.snapshot()
        partly.forecast?.facilities = 20
        desk.send(.link(.snapshot(partly)))
        #expect(desk.shows("~ without 4"))
        partly.sequence = 2
        partly.forecast?.issuedAt = Fleet.now.advanced(by: .seconds(-2700))
        desk.send(.link(.snapshot(partly)))
        #expect(desk.shows("○ 45 min old"))
        #expect(Desk().shows("Peak "))
    }

    @Test("a peak near its contract is marked, and a forecast that is not as it should be says so behind its number")
    func column() {
        let desk = Desk(size: Size(columns: 200, rows: 60))
        #expect(desk.shows("FORECAST PEAK"))
        let rows = [
            ("Harbor Hospital  ", " 22:00"), ("Depot North  ", "~ "), ("Civic Centre  ", "m "),
            ("Data Hall West  ", "○ "),
        ]
        for (name, mark) in rows { #expect(row(desk, name).contains(mark), "\(row(desk, name))") }
        let grid = desk.grid
        let near = desk.text.firstIndex { $0.contains("Mill 4  ") } ?? 0
        let peak = desk.text[near].firstRange(
            of: Numeral.fixed(desk.state.facility(ForecastScriptTests.mill)?.forecast?.peak.kilowatts))
        let x = peak.map { desk.text[near].distance(from: desk.text[near].startIndex, to: $0.lowerBound) } ?? 0
        #expect(peak != nil && grid[x, near].role == .barOver)
    }

    @Test("before the first forecast no empty column stands there")
    func none() {
        var snapshot = Fleet.snapshot()
        for index in snapshot.facilities.indices { snapshot.facilities[index].forecast = nil }
        snapshot.forecast = nil
        let desk = Desk(size: Size(columns: 200, rows: 60), snapshot: snapshot)
        #expect(!desk.shows("FORECAST PEAK") && !desk.shows("Peak ahead"))
    }

    @Test("rows sort by forecast peak, the unknown last, and are filtered by number and by mode")
    func sorting() {
        var desk = Desk(size: Size(columns: 200, rows: 60))
        desk.run("sort forecast")
        let index = desk.state.pane.overview.index
        let facilities = desk.state.sight?.snapshot.facilities ?? []
        let peaks = index.rows.indices.compactMap { index.id(at: $0, in: facilities) }.map { id in
            facilities.first { $0.id == id }?.forecast?.peak.kilowatts ?? -1
        }
        #expect(peaks == peaks.sorted(by: >) && peaks.last == -1)
        for (filter, count) in [
            ("forecast:degraded", 1), ("forecast:manual", 1), ("forecast:stale", 1), ("forecast:>1e9", 0),
        ] {
            desk.run("filter \(filter)")
            #expect(desk.state.pane.overview.index.shown == count, "\(filter)")
        }
    }

    @Test("the facility's facts tell the peak ahead; one near its contract stands before anything else that could go")
    func facts() {
        var snapshot = Fleet.mixed()
        var desk = Desk(size: Size(columns: 200, rows: 60), snapshot: snapshot)
        desk.run("go F-001")
        #expect(desk.shows("peak ahead ") && desk.shows(", 93 %"))
        desk.send(.input(.resized(Size(columns: 80, rows: 24))))
        #expect(desk.text[4].contains("peak "))
        snapshot.facilities[0].forecast = nil
        snapshot.sequence = 2
        desk.send(.link(.snapshot(snapshot)))
        #expect(!desk.text[4].contains("peak "))
    }
}
