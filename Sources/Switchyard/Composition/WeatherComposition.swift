import CurlTransport
import EnergyModel
import Engine
import Foundation
import Ports
import WeatherFeeds

/// The weather providers as configured, over one transport that lives as long as the engine.
struct WeatherComposition: Sendable {
    /// Nil without a provider.
    let ports: WeatherPorts?

    /// Throws a sentence for a provider, a URL or a place that is none, and for a key that is missing.
    init(_ settings: Settings, records: any WeatherRecords, escalate: EscalationHook?) throws {
        let providers = try weatherProviders(settings)
        let canary = try weatherCanary(settings)
        ports =
            providers.isEmpty
            ? nil : WeatherPorts(providers: providers, records: records, canary: canary, escalate: escalate)
    }
}

/// In the order of `weather.providers`.
func weatherProviders(_ settings: Settings) throws -> [any WeatherProvider] {
    let names = settings.list("weather.providers")
    guard Set(names).count == names.count else {
        throw CommandFailure(.usage, "weather.providers: name each provider once")
    }
    let deadline = settings.span("weather.timeout")
    let transport = TransportOnDemand(
        CurlTransportConfiguration(
            deadline: deadline, concurrent: settings.integer("weather.concurrent") + names.count,
            addresses: try addressPolicy(settings, "weather.allow")), service: "weather")
    let send: HTTPSend = { (request) async throws(HTTPTransportError) in try await transport.send(request) }
    return try names.map { name -> any WeatherProvider in
        switch name {
        case "weatherapi":
            WeatherAPIProvider(
                base: try baseURL(settings, name), key: try key(settings, name), deadline: deadline, send: send)
        case "openweathermap":
            OpenWeatherMapProvider(
                base: try baseURL(settings, name), key: try key(settings, name), deadline: deadline, send: send)
        case "noaa":
            NOAAProvider(
                base: try baseURL(settings, name), contact: try contact(settings), deadline: deadline, send: send)
        default:
            throw CommandFailure(
                .usage, "weather.providers: \(name.debugDescription) is none of weatherapi, openweathermap, noaa")
        }
    }
}

private func key(_ settings: Settings, _ provider: String) throws -> String {
    guard let key = settings.optionalText("weather.\(provider)_key") else {
        throw CommandFailure(.usage, "weather.providers names \(provider): set weather.\(provider)_key to its key")
    }
    return key
}

/// Without the slash at its end.
private func baseURL(_ settings: Settings, _ provider: String) throws -> String {
    let text = settings.text("weather.\(provider)_url")
    guard let url = URL(string: text), ["http", "https"].contains(url.scheme ?? ""), url.host != nil, url.query == nil
    else {
        throw CommandFailure(
            .usage, "weather.\(provider)_url: \(text.debugDescription) is no http or https URL without a query")
    }
    return text.hasSuffix("/") ? String(text.dropLast()) : text
}

private func contact(_ settings: Settings) throws -> String? {
    guard let text = settings.optionalText("weather.contact") else { return nil }
    guard text.utf8.count <= 200, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x28 && $0 != 0x29 }) else {
        throw CommandFailure(.usage, "weather.contact: a mail address or URL in ASCII, without blanks and parentheses")
    }
    return text
}

private func weatherCanary(_ settings: Settings) throws -> Place {
    let text = settings.text("weather.canary_place")
    let numbers = text.split(separator: ",", omittingEmptySubsequences: false).map { part in
        Double(part.filter { $0 != " " })
    }
    guard numbers.count == 2, let latitude = numbers[0], let longitude = numbers[1],
        let place = Place(latitude: latitude, longitude: longitude)
    else {
        throw CommandFailure(
            .usage, "weather.canary_place: \(text.debugDescription) is no latitude,longitude in degrees, e.g. 38.9,-77")
    }
    return place
}

/// What the engine would refuse at its start.
func checkWeather(_ settings: Settings) throws {
    _ = try weatherProviders(settings)
    _ = try weatherCanary(settings)
}
