import EnergyModel
import Ports
import Resilience

/// The way to every weather provider: a breaker each, a deadline on each call, and the judgement of what comes back.
final class WeatherGate: Sendable {
    /// Why an ask brought nothing.
    enum Miss: Error, Sendable {
        /// The provider was not asked.
        case passedOver(String)
        case failed(WeatherError)
    }

    let sources: [WeatherSource]
    private let settings: EngineSettings.Weather
    private let time: Timekeeper
    private let judge: WeatherJudge

    init(
        providers: [any WeatherProvider], settings: EngineSettings.Weather, time: Timekeeper, journal: Journal
    ) {
        self.settings = settings
        self.time = time
        judge = WeatherJudge(settings: settings)
        sources = providers.map { provider in
            WeatherSource(
                provider: provider,
                breaker: WeatherGate.breaker(of: provider.name, settings: settings, time: time, journal: journal))
        }
    }

    var breakers: [DependencyBreaker] { sources.map(\.breaker) }
    var statuses: [DependencyStatus] { sources.map { $0.status(at: time.now(), settings: settings) } }

    /// One call to the provider at this position, unless it is not worth one now. `known` is what the answer must fit.
    func ask(
        _ index: Int, about cell: WeatherCell, known: CellWeather?
    ) async throws(Miss) -> [WeatherObservation] {
        let source = sources[index]
        if let hindrance = source.hindrance(for: cell, now: time.uptime()) { throw .passedOver(hindrance) }
        return try await call(source, cell, known, isCanary: false)
    }

    /// One call of the canary, which passes an open breaker and closes it when it is answered: how the engine comes back to
    /// a provider.
    func check(_ index: Int, about cell: WeatherCell, known: CellWeather?) async throws(Miss) -> [WeatherObservation] {
        let source = sources[index]
        if source.isOverQuota(now: time.uptime()) {
            throw .failed(source.lastError ?? WeatherError(.quota, "its quota is used up"))
        }
        return try await call(source, cell, known, isCanary: true)
    }

    private func call(
        _ source: WeatherSource, _ cell: WeatherCell, _ known: CellWeather?, isCanary: Bool
    ) async throws(Miss) -> [WeatherObservation] {
        let ticket: CircuitBreakerTicket?
        do throws(PortError) {
            ticket = try source.breaker.admit(orForce: isCanary)
        } catch {
            throw .passedOver(error.sentence)
        }
        do throws(WeatherError) {
            let report = try await fetch(source.provider, cell)
            let now = time.now()
            let hours = try judge.judge(report, known: known, now: now)
            source.breaker.settle(.success, ticket)
            source.answered(at: now)
            return hours.map {
                WeatherObservation(
                    cell: cell, hour: $0.hour, source: source.name, celsius: $0.celsius, fetchedAt: now)
            }
        } catch {
            guard !Task.isCancelled else {
                source.breaker.settle(.abandoned, ticket)
                throw .failed(error)
            }
            source.breaker.settle(WeatherGate.outcome(of: error), ticket)
            source.failed(error, cell: cell, at: time.now(), uptime: time.uptime(), settings: settings)
            throw .failed(error)
        }
    }

    private func fetch(
        _ provider: any WeatherProvider, _ cell: WeatherCell
    ) async throws(WeatherError) -> WeatherReport {
        let now = time.now()
        let answer: Result<WeatherReport, WeatherError>
        do throws(PortError) {
            answer = try await bounded(by: settings.timeout, provider.name, time: time) { () throws(PortError) in
                do throws(WeatherError) {
                    return .success(try await provider.weather(in: cell, now: now))
                } catch {
                    return .failure(error)
                }
            }
        } catch {
            throw WeatherError(.timedOut, "\(provider.name) gave no answer within \(settings.timeout)")
        }
        return try answer.get()
    }

    /// What an error says about the provider as a dependency.
    private static func outcome(of error: WeatherError) -> CallOutcome {
        switch error.code {
        case .notServed: .success
        case .timedOut: .timedOut
        default: .failure
        }
    }

    /// Trips only after minutes of nothing but failures (FC-04): the providers behind it are asked meanwhile.
    private static func breaker(
        of provider: String, settings: EngineSettings.Weather, time: Timekeeper, journal: Journal
    ) -> DependencyBreaker {
        let configuration = CircuitBreakerConfiguration(
            consecutiveFailures: nil, failureShare: nil, consecutiveTimeouts: nil, failingFor: settings.breakerAfter,
            coolDown: settings.coolDown, longestCoolDown: settings.longestCoolDown)
        let name = "weather:\(provider)"
        return DependencyBreaker(name: name, configuration: configuration, time: time) { change in
            journal.note(
                "went from \(change.from.rawValue) to \(change.to.rawValue) (\(change.reason.rawValue))",
                of: "breaker:\(name)", by: "engine")
        }
    }
}
