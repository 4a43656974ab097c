import EnergyModel
import Ports
import Screen
import Testing

@testable import Console

/// What is not known is not shown as well, and what is wrong says what to do.
@Suite("Honest screens") struct HonestyTests {
    @Test("the stored past has no health and no counts, and says so")
    func past() {
        var desk = Desk()
        desk.run("at -15m")
        #expect(!desk.shows("dead letters 0") && !desk.shows("lag 0"))
        desk.press("8")
        #expect(desk.shows("Health of past moments is not stored"))
        #expect(!desk.shows("Nothing is wrong"))
        desk.press("T")
        #expect(desk.state.layer == nil)
        desk.press("5")
        #expect(desk.shows("Counts of past moments are not stored"))
        #expect(desk.shows("as it is now"))
    }

    @Test("a feed without its broker is something wrong, with what to do under it")
    func feed() {
        var snapshot = Fleet.snapshot()
        snapshot.health.feeds[0].state = .backingOff
        snapshot.health.feeds[0].detail = "mqtt://127.0.0.1:1883 refused the connection"
        var desk = Desk(snapshot: snapshot)
        desk.press("8")
        #expect(desk.shows("1 thing needs attention"))
        #expect(desk.shows("→ Is the broker running"))
        #expect(desk.text.contains { $0.contains("mqtt") && $0.firstRange(of: "127.0.0.1") != nil })
    }

    @Test(
        "what needs attention stands first at 80x24, as many things as are counted, and with its advice while it fits")
    func attention() throws {
        var snapshot = Fleet.snapshot()
        snapshot.health.feeds[0].state = .backingOff
        snapshot.health.feeds[0].detail = "connection refused"
        var desk = Desk(size: Size(columns: 80, rows: 24), snapshot: snapshot)
        desk.press("8")
        let title = try #require(desk.text.firstIndex { $0.contains("Needs attention") })
        #expect(title == 4)
        #expect(
            desk.text[title + 1].contains("× feed mqtt") && desk.text[title + 2].contains("→ Is the broker running"))
        #expect(desk.text.filter { $0.contains("→") }.count == 1)
        for health in [snapshot.health, Fleet.broken().health, Fleet.snapshot().health] {
            let rows = HealthSection.attention(HealthSection.all(health, now: Fleet.now))?.rows ?? []
            #expect(rows.count == HealthTrouble.count(health))
            #expect(Set(rows.map(\.id)).count == rows.count)
        }
        try Golden.check(desk.golden, "script-attention-80x24")
    }

    @Test("a breaker is reset where it stands first")
    func attentionActs() {
        var snapshot = Fleet.snapshot()
        snapshot.health.breakers[1].state = .open
        var desk = Desk(snapshot: snapshot)
        desk.press("8 R")
        desk.type("disk is back")
        desk.press("Enter x")
        #expect(desk.submitted.first?.action == .resetBreaker("series-store"))
    }

    @Test("sorted by trouble the overview begins with what is wrong, and ends with what is well")
    func troubleFirst() {
        var desk = Desk(size: Size(columns: 80, rows: 24))
        desk.press("s")
        #expect(desk.state.pane.overview.sort == .trouble)
        let marks = desk.text.dropFirst(6).prefix(6).map { String($0.prefix(1)) }
        #expect(marks == ["×", "▶", "!", "○", "!", " "])
        #expect(Array(desk.text.dropFirst(13).prefix(8)).allSatisfy { $0.hasPrefix(" ") })
    }

    @Test("a disk nearly full and readings that retention will reach are things wrong")
    func resources() {
        var snapshot = Fleet.snapshot()
        #expect(HealthTrouble.count(snapshot.health) == 0)
        snapshot.health.diskFreeBytes = 9
        snapshot.health.diskTotalBytes = 100
        snapshot.health.partitions[0].secondsToRetentionLoss = 3599
        #expect(HealthTrouble.count(snapshot.health) == 2)
    }

    @Test("everything that is wrong has a remedy, and what is well has none")
    func remedies() {
        let broken = HealthSection.all(Fleet.broken().health, now: Fleet.now).flatMap(\.rows)
        for row in broken where row.role == .stateBad { #expect(!row.remedy.isEmpty, "\(row.id)") }
        let well = HealthSection.all(Fleet.snapshot().health, now: Fleet.now).flatMap(\.rows)
        #expect(well.allSatisfy { $0.remedy.isEmpty })
    }

    @Test("the help begins with what is wrong in keys.yaml")
    func keyProblems() {
        var desk = Desk()
        desk.send(.keysLoaded(.standard, problems: ["line 3: no action fly: `switchyard keys` lists them"]))
        desk.press("?")
        #expect(desk.shows("line 3: no action fly"))
    }

    @Test("before the first snapshot the console says what is under way, and shows no number")
    func opening() {
        var desk = Desk(snapshot: nil)
        #expect(desk.shows("Waiting for the engine's first snapshot"))
        for key in ["1", "2", "5", "8"] {
            desk.press(key)
            #expect(!desk.shows("Nothing is wrong") && !desk.shows("No facilities") && !desk.shows("0 pending"))
        }
    }
}
