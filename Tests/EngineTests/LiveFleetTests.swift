import EnergyModel
import Ports
import SwitchyardTesting
import Testing

@testable import Engine

@Suite("Live fleet")
struct LiveFleetTests {
    private let start = UTCInstant(seconds: 1_790_000_000 - 1_790_000_000 % 3600)

    private func fleet(meters: Int = 2, facilities: Int = 1) -> LiveFleet {
        var fleet = LiveFleet()
        fleet.describe(
            facilities: (0..<facilities).compactMap { index in
                FacilityID("F-\(index)").map {
                    Facility(number: FacilityNumber(rawValue: UInt32(index)), id: $0, name: "F \(index)")
                }
            },
            meters: (0..<meters).compactMap { index in
                MeterID("M-\(index)").map {
                    Meter(
                        number: MeterNumber(rawValue: UInt32(index)), id: $0,
                        facility: FacilityNumber(rawValue: UInt32(index % facilities)))
                }
            })
        return fleet
    }

    private func reading(_ meter: UInt32, at time: UTCInstant, _ kilowatts: Double) -> Reading {
        Reading(
            time: time, meter: MeterNumber(rawValue: meter), facility: FacilityNumber(rawValue: 0), kilowatts: kilowatts
        )
    }

    private func only(_ fleet: LiveFleet, at now: UTCInstant) throws -> FacilitySnapshot {
        try #require(fleet.facilitySnapshots(at: now) { _ in start }.first)
    }

    @Test("the load is the sum over usable meters, and ages from fresh to nothing")
    func ages() throws {
        var fleet = fleet()
        fleet.apply([reading(0, at: start, 10), reading(1, at: start, 5)], now: start)
        for (age, fresh, usable) in [(0, 2, 2), (44, 2, 2), (45, 0, 2), (299, 0, 2), (300, 0, 0)] {
            let snapshot = try only(fleet, at: start.advanced(by: .seconds(age)))
            #expect(snapshot.freshMeters == fresh, "\(age) s")
            #expect(snapshot.usableMeters == usable, "\(age) s")
            #expect(snapshot.load == (usable > 0 ? Power(kilowatts: 15) : nil), "\(age) s")
        }
    }

    @Test("a clock five minutes ahead neither keeps a silent meter fresh nor hides what follows")
    func skew() throws {
        var fleet = fleet(meters: 1)
        fleet.apply([reading(0, at: start.advanced(by: .seconds(300)), 99)], now: start)
        #expect(try only(fleet, at: start.advanced(by: .seconds(50))).freshMeters == 0)
        let later = start.advanced(by: .seconds(15))
        fleet.apply([reading(0, at: later, 7)], now: later)
        #expect(try only(fleet, at: later).load == Power(kilowatts: 7))
    }

    @Test("an older reading that comes late does not replace the newest")
    func late() throws {
        var fleet = fleet(meters: 1)
        fleet.apply([reading(0, at: start, 10)], now: start)
        fleet.apply([reading(0, at: start.advanced(by: .seconds(-900)), 1)], now: start)
        #expect(try only(fleet, at: start).load == Power(kilowatts: 10))
    }

    @Test("duplicates do not raise the quality share")
    func quality() throws {
        var fleet = fleet(meters: 1)
        for slot in 0..<60 where slot % 2 == 0 {
            let time = start.advanced(by: .seconds(slot * 15))
            fleet.apply([reading(0, at: time, 1), reading(0, at: time, 1)], now: time)
        }
        let share = try only(fleet, at: start.advanced(by: .seconds(930))).qualityShare
        #expect(abs(share - 0.5) < 0.01)
    }

    @Test("missing slots of the last hour are counted, and their runs found")
    func gaps() throws {
        var fleet = fleet(meters: 1)
        for slot in 0..<300 where !(100..<110).contains(slot) && slot != 200 {
            let time = start.advanced(by: .seconds(slot * 15))
            fleet.apply([reading(0, at: time, 1)], now: time)
        }
        let now = start.advanced(by: .seconds(299 * 15))
        let id = try #require(FacilityID("F-0"))
        #expect(fleet.meterSnapshots(of: id, at: now)?.first?.missingSlotsLastHour == 11)
        let base = SlotHistory.slot(of: start)
        #expect(
            fleet.slots.gaps(in: LiveFleet.lastHour(at: now), of: 0) == [
                (base + 100)..<(base + 110), (base + 200)..<(base + 201),
            ])
    }

    @Test("slot history agrees with a plain set, whatever the order")
    func slotModel() {
        var random = SplitMix64(seed: 11)
        var history = SlotHistory()
        history.grow(toMeters: 1)
        var model: Set<Int64> = []
        var newest: Int64 = 1_000_000
        for _ in 0..<20_000 {
            newest += Int64.random(in: 0..<3, using: &random)
            let slot = newest - Int64.random(in: 0..<100, using: &random)
            let isNew = history.mark(slot, of: 0)
            #expect(isNew == model.insert(slot).inserted)
            model = model.filter { $0 > newest - 400 }
        }
        let range = (newest - 300)..<newest
        #expect(history.missing(in: range, of: 0) == range.count { !model.contains($0) })
    }

    @Test("the day's peak is the highest closed quarter hour since local midnight")
    func peak() throws {
        var fleet = fleet()
        for (quarter, kilowatts) in [(-1, 900.0), (0, 50), (1, 70), (2, 60), (3, 999)] {
            fleet.apply([
                Rollup(
                    series: .facility(FacilityNumber(rawValue: 0)), granularity: .quarterHour,
                    start: start.advanced(by: .seconds(quarter * 900)), meanKilowatts: kilowatts, minKilowatts: 0,
                    maxKilowatts: 0, kilowattHours: 0, count: 1, goodCount: 1)
            ])
        }
        let now = start.advanced(by: .seconds(3 * 900 + 60))
        #expect(try only(fleet, at: now).peakToday == Power(kilowatts: 70))
    }

    @Test("a day of 23 or 25 hours begins at local midnight")
    func daylight() {
        var days = LocalDays()
        let zone = "America/Los_Angeles"
        let spring = UTCInstant(iso8601: "2026-03-08T20:00:00Z") ?? .distantPast
        #expect(days.start(of: zone, at: spring) == UTCInstant(iso8601: "2026-03-08T08:00:00Z"))
        let next = UTCInstant(iso8601: "2026-03-09T07:00:00Z") ?? .distantPast
        #expect(days.start(of: zone, at: next) == next)
        let autumn = UTCInstant(iso8601: "2026-11-02T07:59:00Z") ?? .distantPast
        #expect(days.start(of: zone, at: autumn) == UTCInstant(iso8601: "2026-11-01T07:00:00Z"))
    }
}
