import EnergyModel
import Ports
import Resilience
import ServiceLifecycle
import Synchronization

/// Keeps the desk filled: every place's weather within each interval, spread over it, by the ladder of providers.
final class WeatherService: Service {
    fileprivate struct State {
        var ladders: [WeatherCell: WeatherLadder] = [:]
        /// Provider that answered last.
        var origins: [WeatherCell: String] = [:]
        /// Cells of which no provider had weather in the last round.
        var without: Set<WeatherCell> = []
        var isOverLimit = false
        /// When places were last looked at.
        var metAt: Duration?
    }

    /// What became of one cell in one turn.
    private enum Outcome {
        case answered(WeatherCell, by: String, before: String?)
        case roundFailed(WeatherCell)
        case underWay
    }

    private let gate: WeatherGate
    private let desk: WeatherDesk
    private let archive: WeatherArchive
    private let places: @Sendable () -> [Place]
    private let settings: EngineSettings.Weather
    private let time: Timekeeper
    private let share: @Sendable () -> Double
    private let escalator: Escalator
    private let journal: Journal
    private let health: HealthService
    private let state = Mutex(State())

    init(
        gate: WeatherGate, desk: WeatherDesk, archive: WeatherArchive, places: @escaping @Sendable () -> [Place],
        settings: EngineSettings.Weather, time: Timekeeper, share: @escaping @Sendable () -> Double,
        escalator: Escalator, journal: Journal, health: HealthService
    ) {
        self.gate = gate
        self.desk = desk
        self.archive = archive
        self.places = places
        self.settings = settings
        self.time = time
        self.share = share
        self.escalator = escalator
        self.journal = journal
        self.health = health
    }

    func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            await archive.readCounts()
            repeat {
                health.beat("weather")
                await turn()
            } while await time.pause(WeatherService.tick)
            health.rest("weather")
        }
    }

    private static let tick = Duration.seconds(1)

    /// One look at every cell: what is due is asked, a few at a time.
    func turn() async {
        meetCells()
        await archive.readStored()
        let now = time.uptime()
        let due = state.withLock { state in
            state.ladders.keys.filter { cell in
                if case .ask? = state.ladders[cell]?.step(now: now) { true } else { false }
            }
        }.sorted()
        let outcomes = await work(due)
        await tell(outcomes)
        await archive.save()
        await archive.tidy(keeping: state.withLock { Set($0.ladders.keys) })
    }

    // MARK: - Cells

    /// A ladder for every cell that has a facility, and none for others. The first fetches follow each other closely.
    private func meetCells() {
        let now = time.uptime()
        guard state.withLock({ $0.metAt.map { now - $0 >= WeatherService.meetInterval } ?? true }) else { return }
        let wanted = Set(places().map(\.cell))
        let chosen = wanted.count <= settings.cellLimit ? wanted : Set(wanted.sorted().prefix(settings.cellLimit))
        let becameTooMany = state.withLock { state in
            state.metAt = now
            for cell in state.ladders.keys where !chosen.contains(cell) { state.forget(cell) }
            let fresh = chosen.filter { state.ladders[$0] == nil }.sorted()
            let spread = min(WeatherService.firstSpread, .milliseconds(100 * fresh.count))
            for cell in fresh {
                state.ladders[cell] = WeatherLadder(configuration, firstDue: now + spread * share())
            }
            defer { state.isOverLimit = wanted.count > chosen.count }
            return wanted.count > chosen.count && !state.isOverLimit
        }
        archive.meet(chosen)
        guard becameTooMany else { return }
        note(
            "\(wanted.count) places are more than weather.cells allows: \(settings.cellLimit) get weather; raise the limit"
        )
    }

    private static let firstSpread = Duration.seconds(30)
    private static let meetInterval = Duration.seconds(5)

    private var configuration: WeatherLadder.Configuration {
        WeatherLadder.Configuration(
            providers: gate.sources.count, interval: settings.interval,
            tries: .init(
                first: settings.retryFirst, cap: settings.retryLimit, jitter: .proportional(0.1),
                attempts: settings.attempts),
            rounds: .init(
                first: settings.roundFirst, cap: settings.roundLimit, jitter: .proportional(0.1), attempts: nil,
                budget: settings.interval))
    }

    // MARK: - Fetching

    private func work(_ cells: [WeatherCell]) async -> [Outcome] {
        await withTaskGroup(of: Outcome.self) { group in
            var outcomes: [Outcome] = []
            for (index, cell) in cells.enumerated() {
                if index >= settings.concurrent, let outcome = await group.next() { outcomes.append(outcome) }
                group.addTask { await self.climb(cell) }
            }
            for await outcome in group { outcomes.append(outcome) }
            return outcomes
        }
    }

    /// Goes down the ladder as far as it goes without waiting.
    private func climb(_ cell: WeatherCell) async -> Outcome {
        while !Task.isCancelled, case .ask(let provider)? = step(cell) {
            health.beat("weather")
            do throws(WeatherGate.Miss) {
                let observations = try await gate.ask(provider, about: cell, known: desk.weather(in: cell))
                return take(observations, of: cell, from: gate.sources[provider].name)
            } catch {
                if fail(cell, error, provider) { return .roundFailed(cell) }
            }
        }
        return .underWay
    }

    private func step(_ cell: WeatherCell) -> WeatherLadder.Step? {
        let now = time.uptime()
        return state.withLock { $0.ladders[cell]?.step(now: now) }
    }

    private func take(_ observations: [WeatherObservation], of cell: WeatherCell, from source: String) -> Outcome {
        desk.take(observations)
        archive.keep(observations, of: cell)
        let now = time.uptime()
        let isFirst = state.withLock { $0.origins[cell] == nil }
        // From the second fetch on cells keep their distance: the first one's is drawn over half the interval.
        let next = isFirst ? settings.interval * (0.5 + 0.5 * share()) : settings.interval
        return state.withLock { state in
            guard state.ladders[cell] != nil else { return .underWay }
            state.ladders[cell]?.answered(now: now, nextAfter: next)
            return .answered(cell, by: source, before: state.origins.updateValue(source, forKey: cell))
        }
    }

    /// True when no provider is left in this round.
    private func fail(_ cell: WeatherCell, _ miss: WeatherGate.Miss, _ provider: Int) -> Bool {
        let now = time.uptime()
        let kind: WeatherLadder.Failure
        switch miss {
        case .passedOver: kind = .passedOver
        case .failed(let error): kind = error.isTransient ? .passing : error.code == .notServed ? .passedOver : .lasting
        }
        let random = share()
        let (before, after) = state.withLock { state in
            let before = state.ladders[cell]?.provider
            state.ladders[cell]?.failed(kind, now: now, random: random)
            return (before, state.ladders[cell]?.provider)
        }
        // Other cells need not find out for themselves.
        if kind != .passedOver {
            gate.sources[provider].rest(until: now + settings.rest, trying: before == after ? cell : nil, now: now)
        }
        return after == nil
    }

    // MARK: - Telling

    private func tell(_ outcomes: [Outcome]) async {
        var moves: [String: Int] = [:]
        let (lost, isBack) = state.withLock { state -> (Int, Bool) in
            let before = state.without.count
            for outcome in outcomes {
                switch outcome {
                case .answered(let cell, let source, let earlier):
                    state.without.remove(cell)
                    if let earlier, earlier != source {
                        moves["from \(source) and no longer from \(earlier)", default: 0] += 1
                    }
                case .roundFailed(let cell): state.without.insert(cell)
                case .underWay: break
                }
            }
            return (before == 0 ? state.without.count : 0, before > 0 && state.without.isEmpty)
        }
        for (move, count) in moves.sorted(by: { $0.key < $1.key }) {
            note("the weather of \(count) places comes \(move)")
        }
        if isBack { note("every place has weather again") }
        guard lost > 0 else { return }
        await escalator.escalate(
            subject: "weather",
            "no provider has weather of \(lost) places: forecasts go on with what was told before, then with the day "
                + "before; look at the weather rows in Health", facility: nil)
    }

    private func note(_ text: String) { journal.note(text, of: "weather", by: "service:weather") }
}

extension WeatherService.State {
    fileprivate mutating func forget(_ cell: WeatherCell) {
        ladders[cell] = nil
        origins[cell] = nil
        without.remove(cell)
    }
}
