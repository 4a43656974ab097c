import EnergyModel
import Ports
import Testing
import WeatherFeeds

/// 2026-07-14T12:00:00Z.
let noon = UTCInstant(seconds: 1_784_030_400)
let kansas = WeatherCell(latitude: 397, longitude: -970)

func hour(_ number: Int, _ celsius: Double) -> WeatherHour {
    WeatherHour(hour: noon.advanced(by: .seconds(3600 * number)), celsius: celsius)
}

func weatherAPI(_ send: ScriptedSend, key: String = "k/1&x") -> WeatherAPIProvider {
    WeatherAPIProvider(base: "https://weather.example", key: key, deadline: .seconds(7), send: send.send)
}

func openWeatherMap(_ send: ScriptedSend, key: String = "k/1&x") -> OpenWeatherMapProvider {
    OpenWeatherMapProvider(base: "https://weather.example", key: key, deadline: .seconds(7), send: send.send)
}

func noaa(_ send: ScriptedSend) -> NOAAProvider {
    NOAAProvider(base: "https://weather.example", contact: "ops@grid.example", deadline: .seconds(7), send: send.send)
}

@Suite("What providers answer")
struct GoldenTests {
    @Test("WeatherAPI.com: asked with its key in the query, three days, read by the hour")
    func weatherAPIAnswer() async throws {
        let send = ScriptedSend(Answers.weatherAPI)
        let report = try await weatherAPI(send).weather(in: kansas, now: noon)
        #expect(report == WeatherReport(hours: [hour(-1, 23), hour(0, 24.3), hour(1, -0.5)], issuedAt: noon))
        let request = try #require(send.requests.first)
        #expect(request.method == .get)
        #expect(request.deadline == .seconds(7))
        #expect(
            request.url
                == "https://weather.example/v1/forecast.json?key=k%2F1%26x&q=39.7,-97&days=3&aqi=no&alerts=no")
    }

    @Test("OpenWeatherMap: One Call 3.0 in metric units, read by the hour")
    func openWeatherMapAnswer() async throws {
        let send = ScriptedSend(Answers.openWeatherMap)
        let report = try await openWeatherMap(send).weather(in: kansas, now: noon)
        #expect(
            report
                == WeatherReport(hours: [hour(0, 29.01), hour(1, 30)], issuedAt: noon.advanced(by: .seconds(190))))
        #expect(
            send.requests.map(\.url) == [
                "https://weather.example/data/3.0/onecall?lat=39.7&lon=-97&exclude=minutely,daily,alerts"
                    + "&units=metric&appid=k%2F1%26x"
            ])
    }

    @Test("NOAA: the point names a grid square, asked for once a day; Fahrenheit becomes Celsius, in either form")
    func noaaAnswer() async throws {
        let send = ScriptedSend([("/points/39.7,-97", ok(Answers.point)), ("/gridpoints/TOP/31,80", ok(Answers.noaa))])
        let provider = noaa(send)
        let report = try await provider.weather(in: kansas, now: noon)
        #expect(report.hours.map(\.hour) == (0..<4).map { hour($0, 0).hour })
        #expect(report.hours.map { ($0.celsius * 100).rounded() / 100 } == [25, 25.5, 26.25, 0])
        #expect(report.issuedAt == noon.advanced(by: .seconds(-8340)))
        _ = try await provider.weather(in: kansas, now: noon.advanced(by: .seconds(3600)))
        _ = try await provider.weather(in: kansas, now: noon.advanced(by: .seconds(90_000)))
        let base = "https://weather.example"
        let (point, hourly) = ("\(base)/points/39.7,-97", "\(base)/gridpoints/TOP/31,80/forecast/hourly")
        #expect(send.requests.map(\.url) == [point, hourly, hourly, point, hourly])
        let agents = Set(send.requests.flatMap(\.headers).filter { $0.name == "User-Agent" }.map(\.value))
        #expect(agents == ["(switchyard, ops@grid.example)"])
    }

    @Test("NOAA says 404 outside the United States, which is no failure; a lost grid square is looked up again")
    func noaaElsewhere() async throws {
        let send = ScriptedSend([("/points/", .success(HTTPResponse(status: 404, headers: [], body: [])))])
        let provider = noaa(send)
        let error = await #expect(throws: WeatherError.self) { try await provider.weather(in: kansas, now: noon) }
        #expect(error?.code == .notServed)

        send.replace("/points/", ok(Answers.point))
        let lost = await #expect(throws: WeatherError.self) { try await provider.weather(in: kansas, now: noon) }
        #expect(lost?.code == .unwell && lost?.isTransient == true)
        send.replace("/gridpoints/", ok(Answers.noaa))
        _ = try await provider.weather(in: kansas, now: noon)
        #expect(send.requests.filter { $0.url.contains("/points/") }.count == 3)
    }

    @Test("where a zone is half an hour off, full UTC hours lie on the line between those told")
    func halfHours() async throws {
        let body = """
            {"current": {"last_updated_epoch": 1784030400}, "forecast": {"forecastday": [{"hour": [
              {"time_epoch": 1784028600, "temp_c": 20}, {"time_epoch": 1784032200, "temp_c": 24},
              {"time_epoch": 1784035800, "temp_c": 23}, {"time_epoch": 1784050200, "temp_c": 10}]}]}}
            """
        let report = try await weatherAPI(ScriptedSend(body)).weather(in: kansas, now: noon)
        // The gap of four hours stays open.
        #expect(report.hours == [hour(0, 22), hour(1, 23.5)])
    }

    @Test("cells ask without idle zeros, which NOAA would answer with a redirect")
    func cells() throws {
        let places: [(Double, Double, String)] = [
            (52.52, 13.4, "52.5,13.4"), (-33.8688, 151.2093, "-33.9,151.2"), (0.04, -0.04, "0,0"),
            (39.96, -97.04, "40,-97"), (-0.3, 179.98, "-0.3,-180"), (90, -180, "90,-180"),
        ]
        for (latitude, longitude, text) in places {
            let place = try #require(Place(latitude: latitude, longitude: longitude))
            #expect(place.cell.text == text)
        }
        #expect(Place(latitude: 90.1, longitude: 0) == nil)
        #expect(Place(latitude: 0, longitude: -180.1) == nil)
        #expect(Place(latitude: .nan, longitude: 0) == nil)
    }
}
