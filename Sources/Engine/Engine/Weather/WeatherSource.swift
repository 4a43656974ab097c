import EnergyModel
import Ports
import Synchronization

/// One provider as we know it: its breaker, whether it rests, and how it has kept its word.
final class WeatherSource: Sendable {
    fileprivate struct State {
        var restsUntil = Duration.zero
        /// Whose tries go on while it rests for the others.
        var restsExcept: WeatherCell?
        /// Its quota is used up; not even the canary asks.
        var quotaUntil = Duration.zero
        /// Cells it has no weather of, until it is asked again.
        var elsewhere: [WeatherCell: Duration] = [:]
        var lastAnswer: UTCInstant?
        var lastError: WeatherError?
        var missedChecks = 0
        /// The canary's place is not served: there is nothing to check.
        var isUnchecked = false
        /// By day; the newest `keptDays`.
        var days: [UTCInstant: ProviderDay] = [:]
        /// Counted and not stored yet.
        var unsaved: [UTCInstant: ProviderDay] = [:]
    }

    /// How long a cell counts as not served.
    private static let elsewhereFor = Duration.seconds(86_400)
    /// Days whose counts are in memory.
    static let keptDays = 30

    let provider: any WeatherProvider
    let breaker: DependencyBreaker
    private let state = Mutex(State())

    init(provider: any WeatherProvider, breaker: DependencyBreaker) {
        self.provider = provider
        self.breaker = breaker
    }

    var name: String { provider.name }

    /// Why it is not worth asking now; nil when it is.
    func hindrance(for cell: WeatherCell, now: Duration) -> String? {
        state.withLock { state in
            if state.quotaUntil > now { return "its quota is used up" }
            if state.restsUntil > now, state.restsExcept != cell { return "it rests" }
            if let until = state.elsewhere[cell], until > now { return "it does not serve the place" }
            return nil
        }
    }

    func isOverQuota(now: Duration) -> Bool { state.withLock { $0.quotaUntil > now } }
    /// What the last call met; nil when it was answered, or none was made.
    var lastError: WeatherError? { state.withLock(\.lastError) }

    /// Other cells pass it over until then; `trying` is the cell that goes on with its tries, if there is one.
    func rest(until moment: Duration, trying cell: WeatherCell?, now: Duration) {
        state.withLock { state in
            if cell != nil, state.restsUntil > now { return }
            state.restsUntil = moment
            state.restsExcept = cell
        }
    }

    func answered(at now: UTCInstant) {
        state.withLock { state in
            state.lastAnswer = now
            state.lastError = nil
            state.restsUntil = .zero
            state.quotaUntil = .zero
            state.count(ProviderDay(source: name, day: now.day, calls: 1))
        }
    }

    func failed(
        _ error: WeatherError, cell: WeatherCell, at now: UTCInstant, uptime: Duration,
        settings: EngineSettings.Weather
    ) {
        state.withLock { state in
            let isFailure = error.code != .notServed
            state.count(ProviderDay(source: name, day: now.day, calls: 1, failedCalls: isFailure ? 1 : 0))
            if isFailure { state.lastError = error }
            if error.code == .quota {
                let pause = min(settings.quotaRestLimit, max(settings.quotaRest, error.retryAfter ?? .zero))
                state.quotaUntil = uptime + pause
            }
            if error.code == .notServed {
                if state.elsewhere.count >= settings.cellLimit { state.elsewhere = [:] }
                state.elsewhere[cell] = uptime + WeatherSource.elsewhereFor
            }
        }
    }

    // MARK: - Checks

    /// Of the canary. Returns how many it has missed in a row, before and with this one.
    func checked(passed: Bool, at now: UTCInstant) -> (before: Int, after: Int) {
        state.withLock { state in
            let before = state.missedChecks
            state.missedChecks = passed ? 0 : before + 1
            state.isUnchecked = false
            state.count(ProviderDay(source: name, day: now.day, checks: 1, failedChecks: passed ? 0 : 1))
            return (before, state.missedChecks)
        }
    }

    func uncheckable() { state.withLock { $0.isUnchecked = true } }

    // MARK: - Counts

    /// What earlier runs have counted.
    func load(_ days: [ProviderDay]) {
        state.withLock { state in
            for day in days where day.source == name { state.days[day.day, default: .none(name, day.day)].add(day) }
        }
    }

    func takeUnsaved() -> [ProviderDay] {
        state.withLock { state in
            defer { state.unsaved = [:] }
            return state.unsaved.values.sorted { $0.day < $1.day }
        }
    }

    /// They could not be stored.
    func putBack(_ days: [ProviderDay]) {
        state.withLock { state in for day in days { state.unsaved[day.day, default: .none(name, day.day)].add(day) } }
    }

    /// Of the last 30 days.
    var days: [ProviderDay] { state.withLock { $0.days.values.sorted { $0.day < $1.day } } }

    func status(at now: UTCInstant, settings: EngineSettings.Weather) -> DependencyStatus {
        let (missed, lastAnswer, error, isUnchecked) = state.withLock {
            ($0.missedChecks, $0.lastAnswer, $0.lastError, $0.isUnchecked)
        }
        let isDown = !breaker.isClosed || missed >= settings.canaryFailures
        var words: [String] = []
        if let lastAnswer {
            words.append("answered \(lastAnswer.iso8601)")
        } else {
            words.append("has not answered yet")
        }
        if let availability = ProviderAvailability(days) { words.append(availability.sentence) }
        if isUnchecked { words.append("does not serve the canary's place") }
        if let error { words.append(error.sentence) }
        return DependencyStatus(
            name: "weather:\(name)", state: isDown ? .down : error == nil ? .up : .degraded,
            detail: words.joined(separator: "; "), checkedAt: now)
    }
}

extension WeatherSource.State {
    fileprivate mutating func count(_ more: ProviderDay) {
        days[more.day, default: .none(more.source, more.day)].add(more)
        unsaved[more.day, default: .none(more.source, more.day)].add(more)
        while days.count > WeatherSource.keptDays, let oldest = days.keys.min() { days[oldest] = nil }
        while unsaved.count > WeatherSource.keptDays, let oldest = unsaved.keys.min() { unsaved[oldest] = nil }
    }
}

extension ProviderDay {
    fileprivate static func none(_ source: String, _ day: UTCInstant) -> ProviderDay {
        ProviderDay(source: source, day: day)
    }

    fileprivate mutating func add(_ other: ProviderDay) {
        checks += other.checks
        failedChecks += other.failedChecks
        calls += other.calls
        failedCalls += other.failedCalls
    }
}

extension UTCInstant {
    /// Start of its UTC day.
    var day: UTCInstant { floor(toMilliseconds: 86_400_000) }
}
