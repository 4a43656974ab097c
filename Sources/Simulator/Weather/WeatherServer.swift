import EnergyModel
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import ServiceLifecycle

/// One HTTP server for the three simulated weather providers:
/// - `GET /v1/forecast.json`: WeatherAPI.com; `GET /data/3.0/onecall`: OpenWeatherMap;
///   `GET /points/{lat},{lon}` and `GET /gridpoints/{office}/{x},{y}/forecast/hourly`: NOAA, which has the United States only;
/// - `POST /faults`, and `GET /faults` for what was asked and what befell: for whoever tests. See `WeatherFaultBody`.
package struct WeatherServer: Service {
    private let listener: HTTPListener

    /// - Parameters:
    ///   - port: 0 takes a free one.
    ///   - onListening: called once with the bound port.
    package init(
        _ providers: SimulatedProviders, host: String = "127.0.0.1", port: Int, logger: Logger,
        onListening: @escaping @Sendable (Int) async -> Void = { _ in }
    ) {
        let door = WeatherDoor(providers: providers)
        listener = HTTPListener(host: host, port: port, logger: logger, onListening: onListening) { exchange in
            try await door.answer(exchange)
        }
    }

    /// Until graceful shutdown. Throws a `SimulationError` when it cannot listen.
    package func run() async throws { try await listener.run() }
}

struct WeatherDoor: Sendable {
    let providers: SimulatedProviders

    /// The contiguous United States, roughly.
    private static let noaaLatitudes = 24.0...50.0
    private static let noaaLongitudes = -125.0...(-66.0)

    func answer(_ exchange: HTTPExchange) async throws -> Response {
        switch (exchange.method, exchange.path.first) {
        case (.post, "faults"?): return setFaults(exchange)
        case (.get, "faults"?): return counts
        case (.get, "v1"?): return try await weatherAPI(exchange)
        case (.get, "data"?): return try await openWeatherMap(exchange)
        case (.get, "points"?), (.get, "gridpoints"?): return try await noaa(exchange)
        default: return .text("no such path\n", .notFound)
        }
    }

    private func setFaults(_ exchange: HTTPExchange) -> Response {
        do throws(SimulationError) {
            providers.set(try WeatherFaultBody.rules(exchange.body))
            return .text("set\n")
        } catch {
            return .text("\(error)\n", .badRequest)
        }
    }

    private var counts: Response {
        let requests = providers.requests.sorted { $0.key.rawValue < $1.key.rawValue }
        let befallen = providers.befallen.sorted { $0.key.rawValue < $1.key.rawValue }
        return .json(
            JSONValue.object([
                ("requests", .object(requests.map { ($0.key.rawValue, .number(Double($0.value))) })),
                ("befallen", .object(befallen.map { ($0.key.rawValue, .number(Double($0.value))) })),
            ]).bytes)
    }

    // MARK: - Providers

    private func weatherAPI(_ exchange: HTTPExchange) async throws -> Response {
        func refusal(_ code: Int, _ message: String) -> [UInt8] {
            JSONValue.object([("error", .object([("code", .number(Double(code))), ("message", .text(message))]))]).bytes
        }
        guard exchange.path == ["v1", "forecast.json"] else { return .text("no such path\n", .notFound) }
        let fields = queryFields(exchange.query)
        guard let key = fields["key"], !key.isEmpty else {
            return .json(refusal(1002, "API key is invalid or not provided."), .unauthorized)
        }
        guard let place = fields["q"].flatMap(place) else {
            return .json(refusal(1006, "No matching location found."), .badRequest)
        }
        return try await befall(
            exchange, .weatherAPI, unauthorised: refusal(2006, "API key is invalid."),
            quota: refusal(2007, "API key has exceeded calls per month quota.")
        ) { providers.shapes(of: .weatherAPI, at: place, $0).weatherAPI }
    }

    private func openWeatherMap(_ exchange: HTTPExchange) async throws -> Response {
        func refusal(_ code: Int, _ message: String) -> [UInt8] {
            JSONValue.object([("cod", .number(Double(code))), ("message", .text(message))]).bytes
        }
        guard exchange.path == ["data", "3.0", "onecall"] else { return .text("no such path\n", .notFound) }
        let fields = queryFields(exchange.query)
        let unauthorised = refusal(
            401, "Invalid API key. Please see https://openweathermap.org/faq#error401 for more info.")
        guard let key = fields["appid"], !key.isEmpty else { return .json(unauthorised, .unauthorized) }
        guard fields["units"] == "metric", let place = place("\(fields["lat"] ?? ""),\(fields["lon"] ?? "")") else {
            return .json(refusal(400, "wrong latitude"), .badRequest)
        }
        return try await befall(
            exchange, .openWeatherMap, unauthorised: unauthorised,
            quota: refusal(429, "Your account is temporary blocked due to exceeding of requests limitation.")
        ) { providers.shapes(of: .openWeatherMap, at: place, $0).openWeatherMap }
    }

    private func noaa(_ exchange: HTTPExchange) async throws -> Response {
        func problem(_ status: Int, _ title: String) -> [UInt8] {
            JSONValue.object([
                ("type", "https://api.weather.gov/problems/Simulated"), ("title", .text(title)),
                ("status", .number(Double(status))),
            ]).bytes
        }
        guard exchange.header("User-Agent") != nil else {
            return .json(problem(403, "Access Denied"), .forbidden)
        }
        let path = exchange.path
        let isPoint = path.count == 2 && path[0] == "points"
        let isHourly = path.count == 5 && path[0] == "gridpoints" && Array(path[3...]) == ["forecast", "hourly"]
        let numbers = isHourly ? path[2].split(separator: ",").compactMap { Int($0) } : []
        let asked =
            isPoint ? place(path[1]) : numbers.count == 2 ? WeatherShapes.place(ofSquare: numbers[0], numbers[1]) : nil
        guard let asked, Self.noaaLatitudes.contains(asked.latitude), Self.noaaLongitudes.contains(asked.longitude)
        else { return .json(problem(404, "Data Unavailable For Requested Point"), .notFound) }
        return try await befall(
            exchange, .noaa, unauthorised: problem(403, "Access Denied"), quota: problem(429, "Too Many Requests")
        ) { fault in
            let shapes = providers.shapes(of: .noaa, at: asked, fault)
            return isPoint ? shapes.point : shapes.noaa
        }
    }

    // MARK: - Faults

    private func befall(
        _ exchange: HTTPExchange, _ provider: WeatherProviderKind, unauthorised: [UInt8], quota: [UInt8],
        sound: (WeatherFault?) -> JSONValue
    ) async throws -> Response {
        guard let rule = providers.befalls(provider) else { return .json(sound(nil).bytes) }
        switch rule.fault {
        case .timeout:
            try await Task.sleep(for: rule.span)
            await exchange.resetConnection()
            return .text("", .internalServerError)
        case .unauthorised: return .json(unauthorised, .unauthorized)
        case .quota:
            var response = Response.json(quota, .tooManyRequests)
            response.headers[.retryAfter] = String(rule.span.milliseconds / 1000)
            return response
        case .failure: return .text("out of order\n", .internalServerError)
        case .garbage: return .json([0x3C, 0x68, 0x74, 0x6D, 0x6C, 0x3E, 0xFF, 0x00, 0xC3, 0x28])
        case .truncated:
            let bytes = sound(nil).bytes
            return .json(Array(bytes.prefix(bytes.count / 2)))
        case .stale, .unitMistake: return .json(sound(rule.fault).bytes)
        case .slow:
            try await Task.sleep(for: rule.span)
            return .json(sound(nil).bytes)
        }
    }

    /// `52.5,13.4`.
    private func place(_ text: String) -> Place? {
        let numbers = text.split(separator: ",").compactMap { Double($0) }
        return numbers.count == 2 ? Place(latitude: numbers[0], longitude: numbers[1]) : nil
    }

    /// The last of a name counts.
    private func queryFields(_ query: String) -> [String: String] {
        var fields: [String: String] = [:]
        for part in query.split(separator: "&") {
            let pair = part.split(separator: "=", maxSplits: 1).map { $0.removingPercentEncoding ?? String($0) }
            if let name = pair.first { fields[name] = pair.count == 2 ? pair[1] : "" }
        }
        return fields
    }
}
