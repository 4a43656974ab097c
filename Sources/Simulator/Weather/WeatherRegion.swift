import EnergyModel

/// A city and its climate: where simulated facilities stand, and what the simulated providers tell of the country around.
struct WeatherRegion: Sendable {
    let name: String
    let zone: String
    /// Degrees, of the city's middle.
    let latitude: Double
    let longitude: Double
    /// °C: see `SimulatedWeather`.
    let mean: Double
    let seasonal: Double
    let diurnal: Double

    static let all = [
        WeatherRegion(
            name: "north", zone: "Europe/Berlin", latitude: 52.52, longitude: 13.4, mean: 10, seasonal: 9, diurnal: 4),
        WeatherRegion(
            name: "west", zone: "America/Los_Angeles", latitude: 34.05, longitude: -118.24, mean: 17, seasonal: 6,
            diurnal: 5),
        WeatherRegion(
            name: "east", zone: "America/New_York", latitude: 40.71, longitude: -74.01, mean: 12.5, seasonal: 12,
            diurnal: 5),
        WeatherRegion(
            name: "central", zone: "America/Chicago", latitude: 41.88, longitude: -87.63, mean: 10.5, seasonal: 14,
            diurnal: 5),
        WeatherRegion(
            name: "south", zone: "Australia/Sydney", latitude: -33.87, longitude: 151.21, mean: 18, seasonal: -5.5,
            diurnal: 4),
    ]

    /// Some 8 km around the middle at most, to four decimals.
    func place(of seed: UInt64) -> Place? {
        func near(_ degrees: Double, _ key: UInt64) -> Double {
            ((degrees + uniform(seed, key, in: -0.07...0.07)) * 10_000).rounded() / 10_000
        }
        return Place(latitude: near(latitude, 201), longitude: near(longitude, 202))
    }

    /// The same of every facility of the region: `seed` is the fleet's.
    func weather(seed: UInt64) -> SimulatedWeather {
        SimulatedWeather(
            mean: mean, seasonal: seasonal, diurnal: diurnal,
            seed: mixed(seed, UInt64(name.utf8.reduce(0) { $0 &* 31 &+ Int($1) })))
    }

    func calendar(around moment: Int64) throws(SimulationError) -> LocalCalendar {
        guard let calendar = LocalCalendar(timeZone: zone, around: moment) else {
            throw SimulationError("the time zone \(zone) is unknown here; install the system's time zone data")
        }
        return calendar
    }
}
