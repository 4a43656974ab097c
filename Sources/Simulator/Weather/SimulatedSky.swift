import EnergyModel
import Foundation

/// The outdoor temperature anywhere: near a fleet's cities that which their meters feel, elsewhere one that fits the latitude.
/// The same seed gives the same sky.
struct SimulatedSky: Sendable {
    private struct City: Sendable {
        let region: WeatherRegion
        let weather: SimulatedWeather
        let calendar: LocalCalendar
    }

    /// How far a city's weather reaches, degrees.
    private static let reach = 2.0

    private let cities: [City]
    private let seed: UInt64

    /// `seed` is the fleet's. Local time is known from a year before `moment` to four years after.
    init(seed: UInt64, around moment: UTCInstant) throws(SimulationError) {
        var cities: [City] = []
        for region in WeatherRegion.all {
            cities.append(
                City(
                    region: region, weather: region.weather(seed: seed),
                    calendar: try region.calendar(around: moment.milliseconds)))
        }
        self.cities = cities
        self.seed = seed
    }

    /// °C.
    func celsius(at place: Place, _ moment: UTCInstant) -> Double {
        let local = local(at: place, moment)
        if let city = city(at: place) { return city.weather.celsius(at: moment.milliseconds, local: local) }
        return climate(place).celsius(at: moment.milliseconds, local: local)
    }

    /// Zone name and hours since local midnight.
    func clock(at place: Place, _ moment: UTCInstant) -> (zone: String, hour: Double) {
        (city(at: place)?.region.zone ?? "Etc/UTC", local(at: place, moment).hour)
    }

    private func city(at place: Place) -> City? {
        cities.first { city in
            abs(city.region.latitude - place.latitude) <= Self.reach
                && abs(city.region.longitude - place.longitude) <= Self.reach
        }
    }

    /// Away from the cities by the sun.
    private func local(at place: Place, _ moment: UTCInstant) -> LocalCalendar.Moment {
        if let city = city(at: place) { return city.calendar.moment(at: moment.milliseconds) }
        let hours = Double(moment.milliseconds) / 3_600_000 + (place.longitude / 15).rounded()
        let day = (hours / 24).rounded(.down)
        return LocalCalendar.Moment(
            hour: hours - day * 24, isWeekend: false, dayOfYear: (hours / 24).truncatingRemainder(dividingBy: 365.2425))
    }

    /// Warm and even at the equator, cold and of great contrast at the poles; seasons turn round below it.
    private func climate(_ place: Place) -> SimulatedWeather {
        let north = place.latitude / 90
        return SimulatedWeather(
            mean: 27 - 40 * north * north, seasonal: 22 * north, diurnal: 5,
            seed: mixed(seed, UInt64(bitPattern: Int64(place.cell.latitude * 3600 + place.cell.longitude))))
    }
}

/// How one provider sees the sky: right about the present, off by up to a degree or so a day ahead, each in its own way.
struct ProviderView: Sendable {
    let sky: SimulatedSky
    let place: Place
    let issued: UTCInstant
    private let error: SmoothNoise

    init(sky: SimulatedSky, place: Place, issued: UTCInstant, provider: WeatherProviderKind, seed: UInt64) {
        self.sky = sky
        self.place = place
        self.issued = issued
        error = SmoothNoise(seed: mixed(seed, UInt64(900 + provider.position)), periodMilliseconds: 6 * 3_600_000)
    }

    /// °C to a tenth.
    func celsius(_ moment: UTCInstant) -> Double {
        let ahead = max(0, Double(moment.milliseconds - issued.milliseconds) / 86_400_000)
        let value = sky.celsius(at: place, moment) + 1.5 * min(2, ahead) * error.value(at: moment.milliseconds)
        return (value * 10).rounded() / 10
    }
}
