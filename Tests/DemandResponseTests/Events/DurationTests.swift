import DemandResponse
import EnergyModel
import Testing

@Suite("Calendar durations")
struct DurationTests {
    @Test(
        "what OpenADR's pattern takes",
        arguments: [
            ("PT15M", 900_000), ("PT1.5S", 1_500), ("P1D", 86_400_000), ("P2W", 1_209_600_000),
            ("PT1H30M", 5_400_000), ("PT0S", 0), ("-PT5M", 300_000), ("P1DT1S", 86_401_000),
        ] as [(String, Int64)])
    func takes(text: String, milliseconds: Int64) {
        #expect(CalendarDuration(text)?.milliseconds == milliseconds)
    }

    @Test(
        "what it refuses",
        arguments: [
            "15m", "", "P", "PT", "-P", "PT15", "P1S", "PT1D", "P1D2W", "PT1M1H", "PT1.S", "PT.5S", "P1.5D", "PT1.5M",
            "P-1D", " PT1S", "PT1S ", "pt1s", "PT99999999999999999999S",
        ])
    func refuses(text: String) { #expect(CalendarDuration(text) == nil) }

    @Test("calendar steps keep to the calendar and saturate")
    func calendar() throws {
        let leap = try #require(UTCInstant(iso8601: "2028-02-29T12:00:00Z"))
        let year = try #require(CalendarDuration("P1Y"))
        #expect(year.added(to: leap).iso8601 == "2029-02-28T12:00:00Z")
        let month = try #require(CalendarDuration("-P2M"))
        #expect(month.added(to: leap).iso8601 == "2027-12-29T12:00:00Z")
        let forever = try #require(CalendarDuration("P9999Y"))
        #expect(forever.isForever)
        #expect(forever.added(to: leap).iso8601 == "9999-12-31T00:00:00Z")
    }
}
