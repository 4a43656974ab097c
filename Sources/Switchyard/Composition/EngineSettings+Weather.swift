import EnergyModel
import Engine

extension EngineSettings.Weather {
    /// The weather as configured. The loader has checked every value.
    init(_ settings: Settings) {
        self.init()
        takeLadder(settings)
        takeJudgement(settings)
        timeout = settings.span("weather.timeout")
        concurrent = settings.integer("weather.concurrent")
        cellLimit = settings.integer("weather.cells")
        canaryInterval = settings.span("weather.canary_interval")
        canaryFailures = settings.integer("weather.canary_failures")
    }

    private mutating func takeLadder(_ settings: Settings) {
        interval = settings.span("weather.interval")
        attempts = settings.integer("weather.attempts")
        retryFirst = settings.span("weather.retry_first")
        retryLimit = settings.span("weather.retry_limit")
        roundFirst = settings.span("weather.round_first")
        roundLimit = settings.span("weather.round_limit")
        rest = settings.span("weather.rest")
        quotaRest = settings.span("weather.quota_rest")
        quotaRestLimit = settings.span("weather.quota_rest_limit")
        breakerAfter = settings.span("weather.breaker_after")
        coolDown = settings.span("weather.breaker_cooldown")
        longestCoolDown = settings.span("weather.breaker_cooldown_limit")
    }

    private mutating func takeJudgement(_ settings: Settings) {
        liveFor = settings.span("weather.live_for")
        staleAfter = settings.span("weather.stale_after")
        hoursAhead = settings.integer("weather.hours_ahead")
        lowest = settings.number("weather.lowest")
        highest = settings.number("weather.highest")
        hourlyJump = settings.number("weather.hourly_jump")
        knownJump = settings.number("weather.known_jump")
        knownFor = settings.span("weather.known_for")
        keep = settings.span("weather.keep")
        history = settings.span("weather.history")
        keepCounts = settings.span("weather.keep_counts")
    }
}
