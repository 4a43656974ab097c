import EnergyModel
import Ports

/// OpenWeatherMap, One Call 3.0, `GET /data/3.0/onecall`: 48 hours from the present one on.
///
/// Not the older `/data/2.5/forecast`: its steps of 3 hours begin with the next one, so the present hour would take a second
/// request, and a peak between two steps is cut off. One Call wants its own subscription ("One Call by Call", 1,000 calls a day
/// free); being second in line it is asked little besides the canary's 288 calls a day.
package struct OpenWeatherMapProvider: WeatherProvider {
    package let name = "openweathermap"
    private let exchange: FeedExchange
    private let reading: FeedReading
    private let base: String
    private let key: String

    /// `base` without a slash at its end.
    package init(
        base: String, key: String, deadline: Duration, send: @escaping HTTPSend
    ) {
        self.base = base
        self.key = key
        exchange = FeedExchange(provider: name, send: send, deadline: deadline, secrets: [key])
        reading = FeedReading(provider: name)
    }

    package func weather(in cell: WeatherCell, now: UTCInstant) async throws(WeatherError) -> WeatherReport {
        let place = "lat=\(cell.latitudeText)&lon=\(cell.longitudeText)"
        let url =
            "\(base)/data/3.0/onecall?\(place)&exclude=minutely,daily,alerts&units=metric&appid=\(percentEncoded(key))"
        let response = try await exchange.get(url)
        guard response.status == 200 else { throw exchange.refusal(response) }
        return try report(response.body)
    }

    func report(_ body: [UInt8]) throws(WeatherError) -> WeatherReport {
        let answer = try reading.value(Answer.self, from: body)
        var samples: [FeedSample] = []
        for hour in answer.hourly {
            samples.append(FeedSample(at: try reading.moment(seconds: hour.dt), celsius: hour.temp))
        }
        let issued = try reading.moment(seconds: answer.current.dt)
        return WeatherReport(hours: try reading.hours(of: samples), issuedAt: issued)
    }

    /// As far as it is read; names are the provider's.
    private struct Answer: Decodable {
        struct Hour: Decodable {
            var dt: Double
            var temp: Double
        }
        struct Current: Decodable { var dt: Double }
        var current: Current
        var hourly: [Hour]
    }
}
