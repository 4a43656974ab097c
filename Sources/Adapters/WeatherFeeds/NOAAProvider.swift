import EnergyModel
import Ports
import Synchronization

/// The United States' National Weather Service, api.weather.gov: `GET /points/{lat},{lon}` names the forecast office's grid
/// square, `GET /gridpoints/{office}/{x},{y}/forecast/hourly` its hours. No key, but a User-Agent that says who asks. Places
/// outside the United States are answered 404.
///
/// The square is asked for once a day; the link in the answer is not followed, only its office and numbers are used. More than
/// four decimals or idle zeros in a point are answered with a redirect: cells have neither.
package final class NOAAProvider: WeatherProvider, Sendable {
    private struct Square: Hashable, Sendable {
        var office: String
        var x: Int
        var y: Int
        var learntAt: UTCInstant
    }

    private static let mostSquares = 10_000
    private static let learnsAfter = Duration.seconds(86_400)

    package let name = "noaa"
    private let exchange: FeedExchange
    private let reading: FeedReading
    private let base: String
    private let headers: [HTTPHeader]
    private let squares = Mutex<[WeatherCell: Square]>([:])

    /// `base` without a slash at its end. `contact`: whom the service may write to, such as a mail address.
    package init(
        base: String, contact: String?, deadline: Duration, send: @escaping HTTPSend
    ) {
        self.base = base
        exchange = FeedExchange(provider: "noaa", send: send, deadline: deadline, secrets: [])
        reading = FeedReading(provider: "noaa")
        headers = [
            HTTPHeader("User-Agent", contact.map { "(switchyard, \($0))" } ?? "switchyard"),
            HTTPHeader("Accept", "application/geo+json"),
        ]
    }

    package func weather(in cell: WeatherCell, now: UTCInstant) async throws(WeatherError) -> WeatherReport {
        let square = try await square(of: cell, now: now)
        let url = "\(base)/gridpoints/\(square.office)/\(square.x),\(square.y)/forecast/hourly"
        let response = try await exchange.get(url, headers: headers)
        if response.status == 404 {
            squares.withLock { $0[cell] = nil }
            throw WeatherError(.unwell, "noaa no longer has its grid square \(square.office); it is looked up again")
        }
        guard response.status == 200 else { throw exchange.refusal(response) }
        return try report(response.body)
    }

    private func square(of cell: WeatherCell, now: UTCInstant) async throws(WeatherError) -> Square {
        if let known = squares.withLock({ $0[cell] }), now.since(known.learntAt) < NOAAProvider.learnsAfter {
            return known
        }
        let response = try await exchange.get("\(base)/points/\(cell.text)", headers: headers)
        if response.status == 404 {
            throw WeatherError(.notServed, "noaa has weather of the United States only")
        }
        guard response.status == 200 else { throw exchange.refusal(response) }
        let point = try reading.value(Point.self, from: response.body).properties
        // It goes into a path: an office is three letters, a square a small number.
        guard point.gridId.utf8.count == 3, point.gridId.utf8.allSatisfy({ (65...90).contains($0) }),
            (0...10_000).contains(point.gridX), (0...10_000).contains(point.gridY)
        else { throw reading.garbled("it names no grid square") }
        let square = Square(office: point.gridId, x: point.gridX, y: point.gridY, learntAt: now)
        squares.withLock { squares in
            if squares.count >= NOAAProvider.mostSquares { squares = [:] }
            squares[cell] = square
        }
        return square
    }

    func report(_ body: [UInt8]) throws(WeatherError) -> WeatherReport {
        let answer = try reading.value(Answer.self, from: body).properties
        var samples: [FeedSample] = []
        for period in answer.periods {
            samples.append(
                FeedSample(at: try reading.moment(iso8601: period.startTime), celsius: try temperature(period)))
        }
        let issued = try reading.moment(iso8601: answer.updateTime ?? answer.generatedAt)
        return WeatherReport(hours: try reading.hours(of: samples), issuedAt: issued)
    }

    private func temperature(_ period: Period) throws(WeatherError) -> Double {
        switch period.temperature {
        case .number(let value):
            switch period.temperatureUnit {
            case "F": return (value - 32) / 1.8
            case "C": return value
            default: throw reading.garbled("a temperature has no unit")
            }
        case .quantity(let value, "wmoUnit:degC"): return value
        case .quantity(let value, "wmoUnit:degF"): return (value - 32) / 1.8
        case .quantity: throw reading.garbled("a temperature has no unit")
        }
    }

    // MARK: - As far as it is read; names are the provider's

    private struct Point: Decodable {
        struct Properties: Decodable {
            var gridId: String
            var gridX: Int
            var gridY: Int
        }
        var properties: Properties
    }

    private struct Answer: Decodable {
        struct Properties: Decodable {
            /// When the answer was put together, and when the forecast in it was made.
            var generatedAt: String
            var updateTime: String?
            var periods: [Period]
        }
        var properties: Properties
    }

    private struct Period: Decodable {
        var startTime: String
        var temperature: Temperature
        /// Deprecated by the service together with the plain number, and what it still sends.
        var temperatureUnit: String?
    }

    /// A plain number of `temperatureUnit`, or what shall come after it.
    private enum Temperature: Decodable {
        case number(Double)
        case quantity(Double, String)

        private struct Quantity: Decodable {
            var unitCode: String
            var value: Double
        }

        init(from decoder: any Decoder) throws {
            do {
                self = .number(try decoder.singleValueContainer().decode(Double.self))
            } catch DecodingError.typeMismatch {
                let quantity = try Quantity(from: decoder)
                self = .quantity(quantity.value, quantity.unitCode)
            }
        }
    }
}
