import EnergyModel
import Ports
import Screen
import Testing

@testable import Console

@Suite("Load profiles by hand") struct ProfileScriptTests {
    private typealias Situation = ForecastScriptTests.Situation

    @Test(
        "a profile: its figures beside the forecast's before anything is armed, then a reason, armed, and a second key")
    func enter() throws {
        var desk = Situation.degraded.desk()
        desk.press("M")
        #expect(desk.shows("Now a degraded forecast by recipe, yesterday's weather"))
        desk.type("x 1.1")
        #expect(desk.shows("; profile +10 %"))
        desk.press("Tab C-u")
        desk.type("15")
        desk.press("Tab C-u")
        desk.type("6h")
        desk.press("Enter")
        #expect(desk.shows("Give a reason") && !desk.shows("Armed"))
        desk.press("Tab")
        desk.type("press line down")
        try Golden.check(desk.golden, "forecast-profile-120x40")
        desk.press("Enter")
        #expect(desk.shows("Armed for 30 s") && desk.submitted.isEmpty)
        desk.press("x")
        guard case .enterProfile(let request) = desk.submitted.first?.action else {
            Issue.record("not entered")
            return
        }
        #expect(request.kilowatts.count == 24 && request.bandShare == 0.15)
        #expect(request.facility == ForecastScriptTests.mill && desk.submitted.first?.reason == "press line down")
        #expect(request.until == desk.now.advanced(by: .seconds(21_600)))
        let scaled = ForecastHour.byLocalHour(
            Fleet.facilityForecast(ForecastScriptTests.mill, mode: .degraded), clock: ZoneClock(named: "Europe/Berlin"))
        for (kilowatts, hour) in zip(request.kilowatts, scaled) { #expect(abs(kilowatts - (hour ?? 0) * 1.1) < 0.06) }
        let profile = LoadProfile(
            facility: request.facility, kilowatts: request.kilowatts, bandShare: request.bandShare,
            until: request.until,
            enteredAt: desk.now, author: "operator:ana", reason: "press line down")
        #expect(profile.refusal(at: desk.now) == nil)
    }

    @Test("at 80x24 fields, figures and buttons of a protected building's profile stand on the screen")
    func small() throws {
        var desk = Situation.normal.desk(Size(columns: 80, rows: 24))
        desk.run("profile F-001 1250 for 4h")
        desk.press("Tab Tab Tab")
        desk.type("meters replaced")
        #expect(desk.shows("1,250 kW all day") && desk.shows("Type Harbor Hospital") && desk.shows("Cancel"))
        try Golden.check(desk.golden, "forecast-profile-80x24")
        desk.press("Enter")
        #expect(desk.shows("Type Harbor Hospital to confirm") && !desk.shows("Armed"))
        desk.press("Tab")
        desk.type("Harbor Hospital")
        desk.press("Enter")
        #expect(desk.shows("Armed for 30 s"))
    }

    @Test(
        "what cannot be read is marked at its field",
        arguments: [
            ("load", "600 700", "24 numbers, one for each local hour from 0 to 23: here are 2, 22 are missing"),
            ("load", "12,5", "12,5 is no load: write kW like 1250 or 12.5"), ("load", "-4", "between 0 and 10,000,000"),
            ("load", "x 0", "Write x and a factor from 0.05 to 5"), ("load", "lots", "lots is no load"),
            ("band", "140", "Enter 0 to 100 %."), ("until", "soon", "Write 8h, 2d, 18:00"),
            ("until", "15d", "At most 14 d from now"), ("until", "2026-11-21T20:00Z", "At least a minute from now"),
        ])
    func problems(_ field: String, _ text: String, _ sentence: String) {
        var desk = Situation.normal.desk()
        desk.press("M")
        if field != "load" { desk.type("1250") }
        for _ in 0..<(["load": 0, "band": 1, "until": 2][field] ?? 0) { desk.press("Tab") }
        desk.press("C-u")
        desk.type(text)
        desk.press("Enter")
        #expect(desk.shows(sentence) && desk.shows("Mend what is marked"), "\(field): \(text)")
        #expect(desk.submitted.isEmpty)
    }

    @Test("a profile in force stands in the fields, and can be ended before its time")
    func end() {
        var desk = Situation.manual.desk()
        desk.press("M")
        #expect(desk.shows("In force: a profile by operator ana until") && desk.shows("600 600 600"))
        desk.press("Esc X")
        #expect(desk.shows("meters of the west wing are being replaced"))
        desk.type("meters are back")
        desk.press("Enter x")
        #expect(desk.submitted.first?.action == .removeProfile(ForecastScriptTests.mill))
        var other = Situation.normal.desk()
        other.press("X")
        #expect(other.state.layer == nil && other.shows("No profile of F-002 is in force"))
    }

    @Test("read-only: neither keys nor palette enter or end a profile")
    func readOnly() {
        var desk = Desk(isReadOnly: true, snapshot: Situation.normal.snapshot)
        desk.run("go F-002")
        desk.press("M X")
        #expect(desk.state.layer == nil && !desk.shows("profile"))
        desk.run("profile F-002 1250")
        #expect(desk.shows("read-only") && desk.performed.isEmpty)
    }

    @Test(
        "profiles as people type them",
        arguments: [
            ("1250", [1250, 1250]), (" 12.5 ", [12.5, 12.5]), ("1,250", [1250, 1250]), ("0", [0, 0]),
            ("x 2", [20, 70]),
            ("x0.5", [5, 17.5]), ("× 1", [10, 35]),
            ("1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24", [1, 24]),
            ("1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24", [1, 24]),
            (
                "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 1,024.5",
                [1, 1024.5]
            ),
            ("1;2;3;4;5;6;7;8;9;10;11;12;13;14;15;16;17;18;19;20;21;22;23;24", [1, 24]),
        ] as [(String, [Double])])
    func reading(_ text: String, _ ends: [Double]) {
        var forecast = [Double?](repeating: 20, count: 24)
        forecast[0] = 10
        forecast[23] = 35
        guard case .kilowatts(let read) = ProfileText.read(text, forecast: forecast) else {
            Issue.record("\(text) is not read")
            return
        }
        #expect(read.count == 24 && read.first == ends[0] && read.last == ends[1])
    }

    @Test(
        "what is no profile is refused with a sentence",
        arguments: [
            "", " ", "x", "x 0", "x -1", "x 9", "x nan", "1e400", "inf", "0x10", "1 2", "1,2,3", "1..2", "12,50",
            "1,2500", "--1",
            "٣", String(repeating: "1 ", count: 25),
        ])
    func refused(_ text: String) {
        guard case .wrong(let sentence) = ProfileText.read(text, forecast: [Double?](repeating: 5, count: 24)) else {
            Issue.record("\(text) is read")
            return
        }
        #expect(sentence.count > 12 && sentence.count < 110, "\(sentence)")
    }

    @Test("scaling needs a forecast; an hour it leaves out is as the one before")
    func scaling() {
        guard case .wrong(let sentence) = ProfileText.read("x 0.9", forecast: []) else {
            Issue.record("scaled nothing")
            return
        }
        #expect(sentence.contains("no forecast"))
        var forecast = (0..<24).map { Optional(Double($0)) }
        forecast[2] = nil
        forecast[0] = nil
        #expect(ProfileText.read("x 1", forecast: forecast) == .kilowatts([23, 1, 1] + (3..<24).map(Double.init)))
    }
}
