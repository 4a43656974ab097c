import EnergyModel
import Ports
import Testing
import WeatherFeeds

@Suite("What must not pass for weather")
struct HostileTests {
    /// Each provider asked for weather whose answer to the hourly request is `answer`.
    private func errors(_ answer: ScriptedSend.Answer) async -> [WeatherError?] {
        var errors: [WeatherError?] = []
        let send = ScriptedSend([("/points/", ok(Answers.point)), ("", answer)])
        let providers: [any WeatherProvider] = [
            weatherAPI(send, key: "sesame"), openWeatherMap(send, key: "sesame"), noaa(send),
        ]
        for provider in providers {
            do throws(WeatherError) {
                _ = try await provider.weather(in: kansas, now: noon)
                errors.append(nil)
            } catch {
                errors.append(error)
            }
        }
        return errors
    }

    @Test(
        "bytes that are no weather are garbled, whoever sends them",
        arguments: [
            "", "<html>", "[]", "{}", "null", "\"\u{0}\"", "{\"hourly\": 5}", "\u{FEFF}{",
            "{\"error\": {\"code\": \"x\"}}",
            "{\"current\": null, \"hourly\": null, \"properties\": null}",
            String(repeating: "[", count: 100_000), String(repeating: "{\"a\":", count: 5_000),
        ])
    func noWeather(body: String) async {
        for error in await errors(ok(body)) {
            #expect(error?.code == .garbled, "\(body.prefix(40)): \(error?.sentence ?? "taken")")
        }
    }

    @Test("an answer cut off anywhere is garbled")
    func truncated() async {
        for share in 1..<10 {
            let body = Answers.weatherAPI.prefix(Answers.weatherAPI.count * share / 10)
            let error = await errors(ok(String(body)))[0]
            #expect(error?.code == .garbled)
        }
    }

    @Test(
        "a number that is none, or beyond everything, is garbled and traps nothing",
        arguments: ["1e999", "-1e999", "\"24\"", "null", "[24]", "NaN", "1e400", "true", "{}"])
    func badNumbers(value: String) async {
        let api = Answers.weatherAPI.replacing("\"temp_c\": 23.0", with: "\"temp_c\": \(value)")
        let open = Answers.openWeatherMap.replacing("\"temp\": 29.01", with: "\"temp\": \(value)")
        let gov = Answers.noaa.replacing("\"temperature\": 77", with: "\"temperature\": \(value)")
        #expect(await errors(ok(api))[0]?.code == .garbled)
        #expect(await errors(ok(open))[1]?.code == .garbled)
        #expect(await errors(ok(gov))[2]?.code == .garbled)
    }

    @Test(
        "a time beyond the century is garbled and traps nothing",
        arguments: ["9e18", "-1", "1e300", "9223372036854775807"])
    func badTimes(value: String) async {
        let api = Answers.weatherAPI.replacing("\"time_epoch\": 1784026800", with: "\"time_epoch\": \(value)")
        let open = Answers.openWeatherMap.replacing("\"dt\": 1784030400", with: "\"dt\": \(value)")
        #expect(await errors(ok(api))[0]?.code == .garbled)
        #expect(await errors(ok(open))[1]?.code == .garbled)
        for text in ["9999-99-99T00:00:00Z", "yesterday", "", String(repeating: "2", count: 70)] {
            let gov = Answers.noaa.replacing("2026-07-14T07:00:00-05:00", with: text)
            #expect(await errors(ok(gov))[2]?.code == .garbled)
        }
    }

    @Test("NOAA's unit is part of its number: one that is missing or unknown is garbled")
    func units() async {
        for unit in ["\"K\"", "null", "\"\"", "7"] {
            let body = Answers.noaa.replacing(
                "77, \"temperatureUnit\": \"F\"", with: "77, \"temperatureUnit\": \(unit)")
            #expect(await errors(ok(body))[2]?.code == .garbled)
        }
    }

    @Test("WeatherAPI.com's two units must agree")
    func twoUnits() async {
        let body = Answers.weatherAPI.replacing(
            "\"temp_c\": 24.3, \"temp_f\": 75.7, \"is_day\": 1}]",
            with: "\"temp_c\": 75.7, \"temp_f\": 75.7, \"is_day\": 1}]")
        #expect(await errors(ok(body))[0]?.code == .implausible)
    }

    @Test("more hours than weather has, and more bytes, are garbled")
    func tooMuch() async {
        let one = "{\"dt\": 1784030400, \"temp\": 20},"
        let many = "{\"current\": {\"dt\": 1784030400}, \"hourly\": [\(String(repeating: one, count: 500).dropLast())]}"
        #expect(await errors(ok(many))[1]?.code == .garbled)
        let huge = ok(String(repeating: " ", count: (1 << 20) + 1))
        for error in await errors(huge) { #expect(error?.code == .garbled) }
        let none = "{\"current\": {\"dt\": 1784030400}, \"hourly\": []}"
        #expect(await errors(ok(none))[1]?.code == .garbled)
    }

    @Test("a grid square that is no square never becomes a path")
    func squares() async {
        for (from, to) in [
            ("\"TOP\", \"gridX\"", "\"../\", \"gridX\""), ("\"TOP\", \"gridX\"", "\"TOPS\", \"gridX\""),
            ("\"gridX\": 31", "\"gridX\": -1"), ("\"gridY\": 80", "\"gridY\": 99999"),
            ("\"gridX\": 31", "\"gridX\": \"31\""),
        ] {
            let send = ScriptedSend([("/points/", ok(Answers.point.replacing(from, with: to))), ("", ok(Answers.noaa))])
            let error = await #expect(throws: WeatherError.self) { try await noaa(send).weather(in: kansas, now: noon) }
            #expect(error?.code == .garbled)
            #expect(send.requests.count == 1)
        }
    }

    @Test(
        "every status has its meaning",
        arguments: [
            (301, WeatherError.Code.refused), (400, .refused), (401, .unauthorised), (403, .unauthorised),
            (418, .refused), (429, .quota), (500, .unwell), (503, .unwell), (204, .refused), (599, .unwell),
        ])
    func statuses(status: Int, code: WeatherError.Code) async {
        let headers = [HTTPHeader("retry-after", "120")]
        for error in await errors(.success(HTTPResponse(status: status, headers: headers, body: Array("{".utf8)))) {
            #expect(error?.code == code)
            #expect(error?.retryAfter == (code == .quota ? .seconds(120) : nil))
            #expect(error?.sentence.contains("\(status)") == true)
        }
    }

    @Test("WeatherAPI.com's own codes say more than its status")
    func ownCodes() async {
        func code(_ status: Int, _ code: Int) async -> WeatherError.Code? {
            let body = "{\"error\": {\"code\": \(code), \"message\": \"sesame\"}}"
            return await errors(.success(HTTPResponse(status: status, headers: [], body: Array(body.utf8))))[0]?.code
        }
        #expect(await code(403, 2007) == .quota)
        #expect(await code(403, 2008) == .unauthorised)
        #expect(await code(401, 2006) == .unauthorised)
        #expect(await code(400, 1006) == .notServed)
    }

    @Test("a strange Retry-After is none", arguments: ["-5", "soon", "99999999999", "1e3", ""])
    func retryAfter(text: String) async {
        let answer = HTTPResponse(status: 429, headers: [HTTPHeader("Retry-After", text)], body: [])
        for error in await errors(.success(answer)) { #expect(error?.retryAfter == nil) }
    }

    @Test("the key is in no sentence, whatever goes wrong", arguments: HTTPTransportError.Code.allCases)
    func keys(code: HTTPTransportError.Code) async {
        let said = "GET https://weather.example/v1/forecast.json?key=sesame&appid=sesame failed"
        // NOAA has no key.
        for error in await errors(.failure(HTTPTransportError(code, said, cause: "sesame"))).prefix(2) {
            let error = error.map { "\($0)" } ?? ""
            #expect(!error.isEmpty && !error.contains("sesame"))
        }
    }

    @Test("what the transport says becomes what the ladder needs to know")
    func transport() async {
        let table: [(HTTPTransportError.Code, WeatherError.Code, Bool)] = [
            (.connect, .unreachable, true), (.timeoutBeforeSend, .timedOut, true), (.timeoutAfterSend, .timedOut, true),
            (.lostAfterSend, .unreachable, true), (.tooLarge, .garbled, false), (.refusedAddress, .refused, false),
            (.tls, .unreachable, true), (.invalidRequest, .refused, false), (.overloaded, .unreachable, true),
        ]
        for (code, meaning, isTransient) in table {
            for error in await errors(.failure(HTTPTransportError(code, "why"))) {
                #expect(error?.code == meaning && error?.isTransient == isTransient)
            }
        }
    }
}
