import EnergyModel

/// The answers of the three providers, member by member as they send them.
struct WeatherShapes {
    let view: ProviderView
    /// Degrees Fahrenheit go where Celsius is said.
    let mistakesUnits: Bool

    private var place: Place { view.place }
    private var now: UTCInstant { view.issued }
    private static let hour: Int64 = 3_600_000

    private func fahrenheit(_ celsius: Double) -> Double { ((celsius * 1.8 + 32) * 10).rounded() / 10 }
    private func told(_ celsius: Double) -> Double { mistakesUnits ? fahrenheit(celsius) : celsius }
    private func seconds(_ moment: UTCInstant) -> JSONValue { .number(Double(moment.milliseconds / 1000)) }
    private var presentHour: UTCInstant { now.floor(toMilliseconds: Self.hour) }

    // MARK: - WeatherAPI.com

    var weatherAPI: JSONValue {
        let (zone, hour) = view.sky.clock(at: place, now)
        let midnight = UTCInstant(milliseconds: now.milliseconds - Int64(hour * Double(Self.hour)))
            .advanced(by: .milliseconds(1000)).floor(toMilliseconds: 60_000)
        let issued = now.floor(toMilliseconds: 900_000)
        return .object([
            (
                "location",
                .object([
                    ("name", "Simulated"), ("region", ""), ("country", "Simulation"),
                    ("lat", .number(place.latitude)), ("lon", .number(place.longitude)), ("tz_id", .text(zone)),
                    ("localtime_epoch", seconds(now)),
                ])
            ),
            ("current", .object([("last_updated_epoch", seconds(issued))] + both(view.celsius(issued)))),
            ("forecast", .object([("forecastday", .list((0..<3).map { day(midnight, $0) }))])),
        ])
    }

    private func day(_ midnight: UTCInstant, _ number: Int) -> JSONValue {
        let start = midnight.advanced(by: .seconds(86_400 * number))
        let moments = (0..<24).map { start.advanced(by: .seconds(3600 * $0)) }
        let hours = moments.map { moment in
            JSONValue.object([("time_epoch", seconds(moment))] + both(view.celsius(moment)))
        }
        return .object([
            ("date_epoch", seconds(start)),
            (
                "day",
                .object([
                    ("maxtemp_c", .number(told(moments.map(view.celsius).max() ?? 0))),
                    ("mintemp_c", .number(told(moments.map(view.celsius).min() ?? 0))),
                ])
            ),
            ("hour", .list(hours)),
        ])
    }

    /// Both units, which agree even where they are wrong.
    private func both(_ celsius: Double) -> [(String, JSONValue)] {
        [
            ("temp_c", .number(told(celsius))), ("temp_f", .number(fahrenheit(told(celsius)))), ("is_day", 1),
            ("condition", .object([("text", "Sunny"), ("code", 1000)])), ("humidity", 55),
        ]
    }

    // MARK: - OpenWeatherMap

    var openWeatherMap: JSONValue {
        .object([
            ("lat", .number(place.latitude)), ("lon", .number(place.longitude)),
            ("timezone", .text(view.sky.clock(at: place, now).zone)), ("timezone_offset", 0),
            ("current", moment(now)),
            ("hourly", .list((0..<48).map { moment(presentHour.advanced(by: .seconds(3600 * $0))) })),
        ])
    }

    private func moment(_ moment: UTCInstant) -> JSONValue {
        .object([
            ("dt", seconds(moment)), ("temp", .number(told(view.celsius(moment)))), ("pressure", 1014),
            ("humidity", 55), ("weather", [.object([("id", 803), ("main", "Clouds")])]),
        ])
    }

    // MARK: - NOAA

    /// A square is found again by its numbers: they are the cell's, counted from the south-west.
    var point: JSONValue {
        let cell = place.cell
        let (x, y) = (cell.longitude + 1800, cell.latitude + 900)
        let grid = "https://api.weather.gov/gridpoints/SIM/\(x),\(y)"
        return .object([
            ("id", .text("https://api.weather.gov/points/\(cell.text)")), ("type", "Feature"),
            (
                "properties",
                .object([
                    ("cwa", "SIM"), ("gridId", "SIM"), ("gridX", .number(Double(x))), ("gridY", .number(Double(y))),
                    ("forecast", .text("\(grid)/forecast")), ("forecastHourly", .text("\(grid)/forecast/hourly")),
                ])
            ),
        ])
    }

    static func place(ofSquare x: Int, _ y: Int) -> Place? {
        Place(latitude: (Double(y) - 900) / 10, longitude: (Double(x) - 1800) / 10)
    }

    var noaa: JSONValue {
        let issued = now.floor(toMilliseconds: Self.hour)
        return .object([
            ("type", "Feature"),
            (
                "properties",
                .object([
                    ("units", "us"), ("forecastGenerator", "HourlyForecastGenerator"),
                    ("generatedAt", .text(now.floor(toMilliseconds: 1000).iso8601)),
                    ("updateTime", .text(issued.iso8601)),
                    ("periods", .list((0..<156).map(period))),
                ])
            ),
        ])
    }

    /// Whole degrees Fahrenheit; the mistake is in the unit named.
    private func period(_ number: Int) -> JSONValue {
        let start = presentHour.advanced(by: .seconds(3600 * number))
        return .object([
            ("number", .number(Double(number + 1))), ("name", ""), ("startTime", .text(start.iso8601)),
            ("endTime", .text(start.advanced(by: .seconds(3600)).iso8601)),
            ("temperature", .number(fahrenheit(view.celsius(start)).rounded())),
            ("temperatureUnit", mistakesUnits ? "C" : "F"), ("windSpeed", "10 mph"), ("shortForecast", "Sunny"),
        ])
    }
}
