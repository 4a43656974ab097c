import Ports
import Testing

@testable import Switchyard

@Suite("Weather providers as configured")
struct WeatherSettingsTests {
    private static let keys = ["weather.weatherapi_key": "sesame", "weather.openweathermap_key": "sesame"]

    private func load(_ changes: [String: String]) throws -> Settings {
        var loader = SettingsLoader()
        // Secrets are refused on a command line.
        for (key, value) in Self.keys.merging(changes, uniquingKeysWith: { $1 }) {
            loader.environment[SettingTable.byKey[key]?.environmentName ?? key] = value
        }
        return try loader.load()
    }

    @Test("they are asked in the order given; none is asked unless named")
    func order() throws {
        #expect(try weatherProviders(try load([:])).isEmpty)
        let names = "noaa, weatherapi,openweathermap"
        let providers = try weatherProviders(try load(["weather.providers": names]))
        #expect(providers.map(\.name) == ["noaa", "weatherapi", "openweathermap"])
    }

    @Test(
        "what the engine could not start with is refused with a sentence that names the key, and never a secret",
        arguments: [
            (["weather.providers": "weatherapi", "weather.weatherapi_key": ""], "set weather.weatherapi_key"),
            (["weather.providers": "accuweather"], "is none of weatherapi, openweathermap, noaa"),
            (["weather.providers": "noaa,noaa"], "name each provider once"),
            (["weather.providers": "noaa", "weather.noaa_url": "ftp://weather.gov"], "weather.noaa_url:"),
            (["weather.providers": "noaa", "weather.noaa_url": "https://weather.gov?x"], "weather.noaa_url:"),
            (["weather.providers": "noaa", "weather.contact": "a b"], "weather.contact:"),
            (["weather.providers": "noaa", "weather.contact": "a)\r\nX: y"], "weather.contact:"),
            (["weather.providers": "noaa", "weather.allow": "banana"], "weather.allow:"),
            (["weather.canary_place": "91,0"], "weather.canary_place:"),
            (["weather.canary_place": "nan,0"], "weather.canary_place:"),
            (["weather.canary_place": "Berlin"], "weather.canary_place:"),
        ] as [([String: String], String)])
    func mistakes(changes: [String: String], sentence: String) throws {
        let settings = try load(changes)
        let error = #expect(throws: CommandFailure.self) { try checkWeather(settings) }
        #expect(error?.sentence.contains(sentence) == true, "\(error?.sentence ?? "")")
        #expect(error?.sentence.contains("sesame") == false)
    }
}
