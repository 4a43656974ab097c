import DemandResponse
import EnergyModel
import Foundation
import Ports
import Testing

@Suite("Baselines and changed clocks") struct ClockChangeTests {
    private static func zone(_ name: String) -> ZoneOffsets {
        guard let zone = ZoneDatabase.offsets(of: name, within: utcSpan("2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"))
        else { preconditionFailure("no zone \(name)") }
        return zone
    }

    @Test(
        "local days agree with the system's calendar on every day of the year",
        arguments: [
            "America/Los_Angeles", "America/New_York", "Europe/Amsterdam", "Australia/Lord_Howe", "Asia/Kathmandu",
            "America/Havana", "Africa/Cairo", "America/St_Johns", "UTC",
        ])
    func oracle(name: String) throws {
        let zone = Self.zone(name)
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = try #require(TimeZone(identifier: name))
        for number in 1..<360 {
            let date = localDay("2026-01-01").advanced(by: number)
            let range = zone.day(date)
            let inside = Date(timeIntervalSince1970: Double(range.start.milliseconds / 1000 + 7200))
            let expected = try #require(calendar.dateInterval(of: .day, for: inside))
            #expect(Int64(expected.start.timeIntervalSince1970) * 1000 == range.start.milliseconds, "\(date)")
            #expect(Int64(expected.end.timeIntervalSince1970) * 1000 == range.end.milliseconds, "\(date)")
            #expect(zone.date(at: range.start) == date)
        }
    }

    @Test(
        "days have as many quarter-hours as their clocks show",
        arguments: [
            ("America/Los_Angeles", "2026-03-08", 92), ("America/Los_Angeles", "2026-11-01", 100),
            ("Europe/Amsterdam", "2026-03-29", 92), ("Europe/Amsterdam", "2026-10-25", 100),
            ("Australia/Lord_Howe", "2026-10-04", 94), ("Australia/Lord_Howe", "2026-04-05", 98),
            ("Asia/Kathmandu", "2026-03-29", 96),
        ])
    func quarterHours(name: String, date: String, count: Int) {
        #expect(Self.zone(name).quarterHours(of: localDay(date)) == count)
    }

    @Test("a name that is no zone is none")
    func noZone() {
        #expect(
            ZoneDatabase.offsets(of: "Mars/Olympus", within: utcSpan("2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"))
                == nil)
    }

    @Test("a missing hour has no sample, and the mean is over the days that have it")
    func missingHour() throws {
        var customer = Customer(zone: Self.zone("America/Los_Angeles"))
        customer.days(["2026-03-15": 1, "2026-03-14": 100, "2026-03-08": 200, "2026-03-07": 300, "2026-03-01": 400])
        let result = try BaselineRule.caiso10In10.baseline(for: customer.request("2026-03-15", hours: 1...3))
        #expect(result.days.count == 4)
        #expect(
            isNear(result.eventRaw[0], 250) && isNear(result.eventRaw[1], 800.0 / 3) && isNear(result.eventRaw[2], 250))
        #expect(isNear(result.candidate("2026-03-08")?.eventMean, 200))
    }

    @Test("a repeated hour is averaged on the days before and measured twice on the event day")
    func repeatedHour() throws {
        var customer = Customer(zone: Self.zone("America/Los_Angeles"))
        customer.days(["2026-11-07": 10, "2026-11-01": 100, "2026-10-31": 100, "2026-10-25": 100, "2026-10-24": 100])
        // The second pass of 01:00.
        customer.set(utcSpan("2026-11-01T09:00:00Z", "2026-11-01T10:00:00Z"), 500)
        let after = try BaselineRule.caiso10In10.baseline(for: customer.request("2026-11-07", hours: 1...2))
        // 11-01 shows (100 + 500) / 2 = 300 at one o'clock.
        #expect(after.eventRaw == [150, 100])
        var autumn = Customer(zone: customer.zone)
        autumn.days(["2026-11-01": 60, "2026-10-31": 100, "2026-10-25": 100, "2026-10-24": 100, "2026-10-18": 100])
        let long = try BaselineRule.high3Of10.baseline(for: autumn.request("2026-11-01", hours: 0...2))
        #expect(long.event.duration == .seconds(4 * 3600))
        #expect(long.performance.hours.map(\.slot.index) == [0, 1, 1, 2])
        #expect(isNear(long.performance.gross.kilowattHours, 160) && long.points.count == 25)
    }

    @Test("a zone of three quarters of an hour keeps its own hours")
    func kathmandu() throws {
        var customer = Customer(zone: Self.zone("Asia/Kathmandu"))
        for date in weekdaysBefore20August.prefix(10) {
            customer.set(customer.zone.day(date), 100)
            customer.hours(14...14, of: date.description, 700)
        }
        customer.days(["2026-08-20": 100])
        let result = try BaselineRule.caiso10In10.baseline(for: customer.request("2026-08-20"))
        #expect(result.event.start == utcMoment("2026-08-20T08:15:00Z"))
        #expect(result.eventRaw == [700, 100])
    }

    @Test("a half-hour change leaves half an hour to average")
    func lordHowe() throws {
        // 2026-10-04: 02:00 becomes 02:30. The hour from two has one half only.
        var customer = Customer(zone: Self.zone("Australia/Lord_Howe"))
        customer.days(["2026-10-11": 100, "2026-10-10": 100, "2026-10-04": 100, "2026-10-03": 100, "2026-09-27": 100])
        customer.set(utcSpan("2026-10-03T15:30:00Z", "2026-10-03T16:00:00Z"), 900)
        let result = try BaselineRule.caiso10In10.baseline(for: customer.request("2026-10-11", hours: 2...2))
        #expect(isNear(result.eventRaw.first, 300))
        #expect(result.candidate("2026-10-04")?.sentence == "kept")
    }
}
