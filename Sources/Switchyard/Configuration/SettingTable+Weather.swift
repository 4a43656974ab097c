/// Keys of the weather. Every field of `EngineSettings.Weather` has one here, and a test holds us to it.
extension SettingTable {
    static let weather: [Setting] = weatherProviders + weatherLadder + weatherJudgement

    private static let celsius = SettingKind.number(-100...100)

    private static let weatherProviders: [Setting] = [
        Setting(
            "weather.providers", .list, "",
            "providers in the order they are asked, of weatherapi, openweathermap and noaa; empty is no weather (FC-01)"
        ),
        Setting("weather.weatherapi_key", .secret, "", "key of WeatherAPI.com"),
        Setting("weather.openweathermap_key", .secret, "", "key of OpenWeatherMap with the One Call 3.0 subscription"),
        Setting("weather.contact", .text, "", "mail address that NOAA may write to; part of the User-Agent"),
        Setting("weather.weatherapi_url", .text, "https://api.weatherapi.com", "base URL of WeatherAPI.com"),
        Setting("weather.openweathermap_url", .text, "https://api.openweathermap.org", "base URL of OpenWeatherMap"),
        Setting("weather.noaa_url", .text, "https://api.weather.gov", "base URL of the National Weather Service"),
        Setting(
            "weather.allow", .list, "", "address blocks that providers may be at; empty is every public one (SEC-08)"),
        Setting(
            "weather.timeout", .duration(.milliseconds(100)...(.seconds(30))), "10s",
            "deadline of one call to a provider (RES-01)"),
        Setting("weather.concurrent", .integer(1...64), "4", "calls to providers at once"),
        Setting("weather.cells", .integer(1...100_000), "10000", "places, a tenth of a degree each, that get weather"),
        Setting(
            "weather.canary_place", .text, "38.9,-77", "latitude,longitude that each provider is asked for (FC-11)"),
        Setting("weather.canary_interval", shortTime, "5m", "how often each provider is checked (FC-11)"),
        Setting("weather.canary_failures", .integer(1...100), "2", "failed checks in a row that are told of (FC-11)"),
    ]

    private static let weatherLadder: [Setting] = [
        Setting(
            "weather.interval", .duration(.seconds(10)...(.seconds(86_400))), "15m",
            "from one fetch of a place to the next; also the window of its tries (FC-03)"),
        Setting("weather.attempts", .integer(1...20), "3", "tries of one provider in a row (FC-02)"),
        Setting("weather.retry_first", shortTime, "1s", "first wait between tries, doubled each time (FC-02)"),
        Setting("weather.retry_limit", shortTime, "4s", "longest wait between tries (FC-02)"),
        Setting("weather.round_first", shortTime, "30s", "first wait after all providers failed, doubled (FC-03)"),
        Setting("weather.round_limit", shortTime, "8m", "longest wait after all providers failed (FC-03)"),
        Setting("weather.rest", shortTime, "20s", "how long other places pass over a provider that failed"),
        Setting("weather.quota_rest", shortTime, "1m", "least rest of a provider whose quota is used up"),
        Setting("weather.quota_rest_limit", shortTime, "1h", "longest rest of a provider whose quota is used up"),
        Setting("weather.breaker_after", shortTime, "5m", "nothing but failures that opens a breaker (FC-04)"),
        Setting("weather.breaker_cooldown", shortTime, "1m", "first wait of the open breaker, doubled each time"),
        Setting("weather.breaker_cooldown_limit", shortTime, "15m", "longest wait of the open breaker"),
    ]

    private static let weatherJudgement: [Setting] = [
        Setting("weather.live_for", longTime, "30m", "age up to which fetched weather is live (CF-23)"),
        Setting("weather.stale_after", longTime, "6h", "age of an answer that is refused as stale"),
        Setting("weather.hours_ahead", .integer(1...96), "24", "hours that an answer must reach ahead"),
        Setting("weather.lowest", celsius, "-75", "°C below which an answer cannot be true"),
        Setting("weather.highest", celsius, "58", "°C above which an answer cannot be true"),
        Setting("weather.hourly_jump", .number(1...100), "15", "K from one hour to the next that cannot be true"),
        Setting("weather.known_jump", .number(1...100), "12", "K off what was told before that cannot be true"),
        Setting("weather.known_for", longTime, "12h", "how long what was told before speaks against an answer"),
        Setting("weather.keep", longTime, "7d", "age of the weather held in memory (FC-05)"),
        Setting("weather.history", longTime, "400d", "age of stored weather, which forecasters learn from"),
        Setting("weather.keep_counts", longTime, "400d", "age of what is counted of providers (FC-15)"),
    ]

    static let weatherOrders: [SettingOrder] = [
        SettingOrder("weather.retry_first", atMost: "weather.retry_limit"),
        SettingOrder("weather.round_first", atMost: "weather.round_limit"),
        SettingOrder("weather.quota_rest", atMost: "weather.quota_rest_limit"),
        SettingOrder("weather.breaker_cooldown", atMost: "weather.breaker_cooldown_limit"),
        SettingOrder("weather.timeout", below: "weather.interval"),
        SettingOrder("weather.lowest", below: "weather.highest"),
    ]
}
