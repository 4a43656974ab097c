import EnergyModel
import Ports

/// WeatherAPI.com, `GET /v1/forecast.json`: today, from local midnight on, and the days after, by the hour.
///
/// Three days are asked for: two end at the next local midnight but one, late in the evening not 26 hours away. The key is part
/// of the query, as the provider wants it.
package struct WeatherAPIProvider: WeatherProvider {
    package let name = "weatherapi"
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
        let url = "\(base)/v1/forecast.json?key=\(percentEncoded(key))&q=\(cell.text)&days=3&aqi=no&alerts=no"
        let response = try await exchange.get(url)
        guard response.status == 200 else { throw refusal(response) }
        return try report(response.body)
    }

    func report(_ body: [UInt8]) throws(WeatherError) -> WeatherReport {
        let answer = try reading.value(Answer.self, from: body)
        var samples: [FeedSample] = []
        for day in answer.forecast.days {
            for hour in day.hours {
                // It tells both units: they must agree, else one of them is in the other's place.
                if let fahrenheit = hour.fahrenheit, abs((fahrenheit - 32) / 1.8 - hour.celsius) > 1 {
                    throw WeatherError(
                        .implausible, "\(name) tells °C and °F that do not agree; another provider is asked")
                }
                samples.append(
                    FeedSample(at: try reading.moment(seconds: hour.time), celsius: hour.celsius))
            }
        }
        let issued = try reading.moment(seconds: answer.current.updated)
        return WeatherReport(hours: try reading.hours(of: samples), issuedAt: issued)
    }

    /// Its own codes say more than the status: 403 is a disabled key, but 2007 in it a used-up quota.
    private func refusal(_ response: HTTPResponse) -> WeatherError {
        let code: Int
        do throws(WeatherError) {
            code = try reading.value(Refusal.self, from: response.body).error.code
        } catch {
            // A gateway before it may answer in its place: the status is all there is.
            return exchange.refusal(response)
        }
        switch code {
        case 1006:
            return WeatherError(.notServed, "\(name) knows no place there; have the facility's coordinates checked")
        case 2007:
            return WeatherError(
                .quota, "\(name) says that the month's calls are used up; raise the plan or weather.interval",
                retryAfter: exchange.retryAfter(response))
        default: return exchange.refusal(response)
        }
    }

    /// As far as it is read.
    private struct Answer: Decodable {
        struct Current: Decodable {
            var updated: Double
            enum CodingKeys: String, CodingKey { case updated = "last_updated_epoch" }
        }
        struct Forecast: Decodable {
            var days: [Day]
            enum CodingKeys: String, CodingKey { case days = "forecastday" }
        }
        struct Day: Decodable {
            var hours: [Hour]
            enum CodingKeys: String, CodingKey { case hours = "hour" }
        }
        struct Hour: Decodable {
            var time: Double
            var celsius: Double
            var fahrenheit: Double?
            enum CodingKeys: String, CodingKey { case time = "time_epoch", celsius = "temp_c", fahrenheit = "temp_f" }
        }
        var current: Current
        var forecast: Forecast
    }

    private struct Refusal: Decodable {
        struct Detail: Decodable { var code: Int }
        var error: Detail
    }
}
