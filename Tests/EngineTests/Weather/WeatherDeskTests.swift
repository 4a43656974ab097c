import EnergyModel
import Ports
import Testing

@testable import Engine

@Suite("The outlook on the weather")
struct WeatherDeskTests {
    private static let now = UTCInstant(seconds: 1_790_035_200 + 600)
    private static let place = Place(latitude: 52.52, longitude: 13.4)
    private let settings = EngineSettings.Weather()

    private func facility() throws -> FacilityID { try #require(FacilityID("F-1")) }
    private func hour(_ number: Int) -> UTCInstant {
        Self.now.floor(toMilliseconds: 3_600_000).advanced(by: .seconds(3600 * number))
    }

    private func told(_ hours: Range<Int>, _ celsius: Double, minutesAgo: Int, by source: String = "weatherapi")
        throws -> [WeatherObservation]
    {
        let cell = try #require(Self.place).cell
        return hours.map {
            WeatherObservation(
                cell: cell, hour: hour($0), source: source, celsius: celsius,
                fetchedAt: Self.now.advanced(by: .seconds(-60 * minutesAgo)))
        }
    }

    private func desk(_ observations: [[WeatherObservation]]) -> WeatherDesk {
        let desk = WeatherDesk(place: { $0.text == "F-1" ? Self.place : nil }, settings: settings)
        for batch in observations { desk.take(batch) }
        return desk
    }

    private func outlook(_ desk: WeatherDesk, hours: Int = 24) throws -> WeatherOutlook {
        desk.outlook(for: try facility(), from: Self.now, hours: hours, now: Self.now)
    }

    @Test("each rung of the ladder has its standing, source and age (CF-23)")
    func rungs() throws {
        let live = try outlook(desk([told(0..<48, 10, minutesAgo: 5)]))
        #expect(live.standing == .live && live.source == "weatherapi")
        #expect(live.temperatures == Array(repeating: 10, count: 24))
        #expect(live.asOf == Self.now.advanced(by: .seconds(-300)))

        let cached = try outlook(desk([told(0..<48, 10, minutesAgo: 31)]))
        #expect(cached.standing == .cached && cached.temperatures == Array(repeating: 10, count: 24))

        let yesterday = try outlook(desk([told(-24..<12, 10, minutesAgo: 700, by: "noaa")]))
        #expect(yesterday.standing == .persistence && yesterday.source == "noaa")
        #expect(yesterday.temperatures == Array(repeating: 10, count: 24))

        let longAgo = try outlook(desk([told(-96..<(-72), 7, minutesAgo: 4320)]))
        #expect(longAgo.standing == .persistence && longAgo.temperatures == Array(repeating: 7, count: 24))

        let partly = try outlook(desk([told(-24..<(-20), 7, minutesAgo: 1300)]))
        #expect(partly.standing == .persistence)
        #expect(partly.temperatures == Array(repeating: 7, count: 4) + Array(repeating: nil, count: 20))

        #expect(try outlook(desk([])) == .nothing(hours: 24))
        let elsewhere = try #require(FacilityID("F-2"))
        let desk = try desk([told(0..<48, 10, minutesAgo: 5)])
        #expect(desk.outlook(for: elsewhere, from: Self.now, hours: 3, now: Self.now) == .nothing(hours: 3))
    }

    @Test("of one hour the newest word counts, whoever said it and whenever it is heard")
    func newest() throws {
        let desk = try desk([
            told(0..<48, 10, minutesAgo: 20), told(0..<2, 12, minutesAgo: 5, by: "noaa"),
            told(0..<2, 99, minutesAgo: 60),
        ])
        let outlook = try outlook(desk, hours: 4)
        #expect(outlook.temperatures == [12, 12, 10, 10])
        #expect(outlook.source == "noaa" && outlook.standing == .live)
        #expect(outlook.asOf == Self.now.advanced(by: .seconds(-1200)), "as old as its oldest part")
    }

    @Test("the past is told as it was told, with gaps and without age")
    func past() throws {
        let desk = try desk([told(-30..<(-26), 8, minutesAgo: 2000), told(-2..<48, 10, minutesAgo: 5)])
        let past = desk.past(for: try facility(), from: hour(-30), hours: 32)
        #expect(
            past == Array(repeating: 8, count: 4) + Array(repeating: nil, count: 24) + Array(repeating: 10, count: 4))
        let mixed = desk.outlook(for: try facility(), from: hour(-2), hours: 10, now: Self.now)
        #expect(mixed.standing == .live)
    }

    @Test("what is too old, and cells without a facility, are forgotten")
    func forgets() throws {
        let desk = try desk([told(-200..<2, 10, minutesAgo: 5)])
        let cell = try #require(Self.place).cell
        desk.keep(only: [cell], from: hour(-168))
        #expect(desk.past(for: try facility(), from: hour(-200), hours: 202).compactMap { $0 }.count == 170)
        desk.keep(only: [], from: hour(-168))
        #expect(try outlook(desk) == .nothing(hours: 24))
    }
}
