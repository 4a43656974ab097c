import EnergyModel
import Ports
import Screen
import Testing

@testable import Console

/// Clock jumps, the two odd days of the year and a silent meter: shown as they are.
@Suite("Time as it is") struct TimeGoldenTests {
    private static let silence = Fleet.now.advanced(by: .seconds(-3600))

    private func moment(_ text: String) throws -> UTCInstant { try #require(UTCInstant(iso8601: text)) }

    private func desk(at moment: UTCInstant) -> Desk {
        var desk = Desk(snapshot: Fleet.snapshot(facilities: 8, at: moment))
        desk.run("go F-002")
        desk.press("Z")
        desk.wait(.seconds(13))
        return desk
    }

    @Test("the hour that spring leaves out is no gap in the chart, and times go on after it")
    func spring() throws {
        let desk = desk(at: try moment("2026-03-29T03:10:00Z"))
        #expect(desk.shows("05:10:13 UTC+2"))
        try Golden.check(desk.golden, "time-spring-120x40")
    }

    @Test("the hour that autumn repeats stands twice, each time with its offset")
    func autumn() throws {
        var desk = desk(at: try moment("2026-10-25T01:02:00Z"))
        try Golden.check(desk.golden, "time-autumn-120x40")
        desk.press("+ Enter")
        desk.wait(.seconds(13))
        #expect(desk.shows("2026-10-25 02:00:00 UTC+1"))
        #expect(desk.shows("2026-10-25 02:59:45 UTC+2"))
        try Golden.check(desk.golden, "time-autumn-meter-120x40")
    }

    @Test("an engine whose clock jumped shows the distance, not a fresh number", arguments: [-3600, 3600])
    func jump(_ seconds: Int64) throws {
        var desk = Desk()
        var next = Fleet.mixed()
        next.sequence = 2
        next.at = Fleet.now.advanced(by: .seconds(seconds))
        desk.send(.link(.snapshot(next)))
        desk.wait(.milliseconds(400))
        let shown = desk.screen
        #expect(shown.contains(seconds < 0 ? "-59 min" : "bad"))
        try Golden.check(desk.golden, "time-clock-\(seconds < 0 ? "back" : "forward")-120x40")
    }

    @Test("a console whose own clock jumped back tells no negative age")
    func ownClock() {
        var desk = Desk()
        desk.wait(.seconds(-3600))
        #expect(desk.shows("Updated 0 s ago"))
    }

    @Test("a meter silent for an hour: no value, its age, and what is missing")
    func silence() throws {
        var desk = Desk()
        desk.answers = { work in
            switch work {
            case .series(let request):
                var answer = Fleet.series(request)
                if case .meter = request.subject { answer.points.removeAll { $0.start > Self.silence } }
                return .series(answer)
            case .meters:
                var meters = Fleet.meters()
                meters[0].newest = Self.silence
                meters[0].missingSlotsLastHour = 240
                return .meters(meters)
            default: return Desk.fixtures(work)
            }
        }
        desk.run("go F-002")
        #expect(desk.text.contains { $0.contains("M-1001") && $0.contains("--") && $0.contains("240 of 240") })
        try Golden.check(desk.golden, "time-silent-facility-120x40")
        desk.press("Enter")
        desk.wait(.seconds(13))
        try Golden.check(desk.golden, "time-silent-meter-120x40")
    }
}
