import EnergyModel
import Testing

private func date(_ text: String) -> CivilDate {
    guard let date = CivilDate(text) else { preconditionFailure("\(text) is no date") }
    return date
}

private func instant(_ text: String) -> UTCInstant {
    guard let instant = UTCInstant(iso8601: text) else { preconditionFailure("\(text) is no moment") }
    return instant
}

private let hour: Int64 = 3_600_000

@Suite("Local time") struct LocalTimeTests {
    @Test("dates are read, written, counted and named as the calendar has them")
    func dates() {
        #expect(date("2026-08-20").weekday == .thursday)
        #expect(date("1970-01-01").weekday == .thursday && date("1969-12-31").weekday == .wednesday)
        #expect(date("2026-02-28").advanced(by: 1).description == "2026-03-01")
        #expect(date("2024-02-28").advanced(by: 1).description == "2024-02-29")
        #expect(date("2026-03-01").days(since: date("2026-01-01")) == 59)
        #expect(date("2026-08-20").year == 2026 && date("2026-08-20").month == 8 && date("2026-08-20").day == 20)
    }

    @Test(
        "what is no date is refused",
        arguments: ["2026-02-29", "2026-13-01", "2026-1-01", "26-01-01", "x", "", "2026-00-10"])
    func noDates(text: String) {
        #expect(CivilDate(text) == nil)
    }

    /// Offsets typed from the rule, not from a database.
    private static let losAngeles = ZoneOffsets(
        name: "America/Los_Angeles", offset: -8 * hour,
        changes: [
            .init(start: instant("2026-03-08T10:00:00Z"), milliseconds: -7 * hour),
            .init(start: instant("2026-11-01T09:00:00Z"), milliseconds: -8 * hour),
        ])

    @Test("a spring day has 92 quarter-hours, an autumn day 100, others 96")
    func quarterHours() {
        let zone = Self.losAngeles
        #expect(zone.quarterHours(of: date("2026-03-08")) == 92)
        #expect(zone.quarterHours(of: date("2026-11-01")) == 100)
        #expect(zone.quarterHours(of: date("2026-06-01")) == 96)
        #expect(zone.day(date("2026-03-08")).start == instant("2026-03-08T08:00:00Z"))
        #expect(zone.day(date("2026-03-08")).end == instant("2026-03-09T07:00:00Z"))
    }

    @Test("a skipped midnight starts the day when the gap ends, and a repeated hour shows the same face twice")
    func gaps() {
        // Cairo, 2026-04-24: 00:00 becomes 01:00.
        let cairo = ZoneOffsets(
            name: "Africa/Cairo", offset: 2 * hour,
            changes: [.init(start: instant("2026-04-23T22:00:00Z"), milliseconds: 3 * hour)])
        #expect(cairo.day(date("2026-04-24")).start == instant("2026-04-23T22:00:00Z"))
        #expect(cairo.quarterHours(of: date("2026-04-24")) == 92)
        #expect(cairo.clock(at: instant("2026-04-23T22:00:00Z")).millisecondOfDay == hour)
        let first = Self.losAngeles.clock(at: instant("2026-11-01T08:30:00Z"))
        let second = Self.losAngeles.clock(at: instant("2026-11-01T09:30:00Z"))
        #expect(first == second && first.millisecondOfDay == hour * 3 / 2)
    }
}

@Suite("Holidays") struct HolidayTests {
    @Test("the third of July 2026 is a business day to NERC and a holiday to the government")
    func thirdOfJuly() {
        #expect(HolidayTable.nerc.name(of: date("2026-07-03")) == nil)
        #expect(HolidayTable.usFederal.name(of: date("2026-07-03")) == "Independence Day")
        #expect(HolidayTable.nerc.name(of: date("2026-07-04")) == "Independence Day")
    }

    @Test(
        "rules fall on their days",
        arguments: [
            ("2026-05-25", "Memorial Day"), ("2026-09-07", "Labor Day"), ("2026-11-26", "Thanksgiving Day"),
            ("2027-07-05", "Independence Day"), ("2022-12-26", "Christmas Day"), ("2023-01-02", "New Year's Day"),
        ])
    func nerc(day: String, name: String) {
        #expect(HolidayTable.nerc.name(of: date(day)) == name)
    }

    @Test("a holiday may be observed in the year before")
    func yearBefore() {
        #expect(HolidayTable.usFederal.name(of: date("2021-12-31")) == "New Year's Day")
        #expect(HolidayTable.nerc.name(of: date("2021-12-31")) == nil)
    }

    @Test("a table is read from configuration, Easter and single days included")
    func parsing() throws {
        let table = try HolidayTable(
            parsing: """
                # Works calendar
                nerc

                Good Friday = easter -2
                Works shutdown = 2026-12-24
                Second Monday = 2nd monday 10
                """)
        #expect(table.name(of: date("2026-04-03")) == "Good Friday")
        #expect(table.name(of: date("2024-03-29")) == "Good Friday")
        #expect(table.name(of: date("2026-12-24")) == "Works shutdown")
        #expect(table.name(of: date("2027-12-24")) == nil)
        #expect(table.name(of: date("2026-10-12")) == "Second Monday")
        #expect(table.name(of: date("2026-12-25")) == "Christmas Day")
    }

    @Test(
        "a line that is no rule is named",
        arguments: [
            "A = 13-01", "A = 6th monday 05", "A = easter x", "A = 07-04 sometimes", "= 07-04", "A 07-04", "A =",
        ])
    func badLines(line: String) {
        #expect(throws: HolidayTableError.self) { try HolidayTable(parsing: "nerc\n" + line) }
        do {
            _ = try HolidayTable(parsing: "nerc\n" + line)
        } catch {
            #expect(error.line == 2 && error.description.contains(error.text))
        }
    }
}
