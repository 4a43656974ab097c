import EnergyModel
import Logging
import Ports
import Resilience
import ServiceLifecycle
import Synchronization

/// Keeps the desk filled: every place's weather within each interval, spread over it, by the ladder of providers.
final class WeatherService: Service {
    fileprivate struct State {
        var ladders: [WeatherCell: WeatherLadder] = [:]
        /// Cells whose stored weather has not been read yet.
        var unread: Set<WeatherCell> = []
        /// The newest answer of a cell that could not be stored: at most one a cell.
        var unsaved: [WeatherCell: [WeatherObservation]] = [:]
        /// Provider that answered last.
        var origins: [WeatherCell: String] = [:]
        /// Cells of which no provider had weather in the last round.
        var without: Set<WeatherCell> = []
        var isOverLimit = false
        var tidiedAt: Duration?
    }

    /// What became of one cell in one turn.
    private enum Outcome {
        case answered(WeatherCell, by: String, before: String?)
        case roundFailed(WeatherCell)
        case underWay
    }

    private let gate: WeatherGate
    private let desk: WeatherDesk
    private let records: any WeatherRecords
    private let places: @Sendable () -> [Place]
    private let settings: EngineSettings.Weather
    private let time: Timekeeper
    private let share: @Sendable () -> Double
    private let escalator: Escalator
    private let journal: Journal
    private let health: HealthService
    private let logger: Logger
    private let state = Mutex(State())

    init(
        gate: WeatherGate, desk: WeatherDesk, records: any WeatherRecords, places: @escaping @Sendable () -> [Place],
        settings: EngineSettings.Weather, time: Timekeeper, share: @escaping @Sendable () -> Double,
        escalator: Escalator, journal: Journal, health: HealthService, logger: Logger
    ) {
        self.gate = gate
        self.desk = desk
        self.records = records
        self.places = places
        self.settings = settings
        self.time = time
        self.share = share
        self.escalator = escalator
        self.journal = journal
        self.health = health
        self.logger = logger
    }

    func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            await readCounts()
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
        await readStored()
        let now = time.uptime()
        let due = state.withLock { state in
            state.ladders.keys.filter { cell in
                if case .ask? = state.ladders[cell]?.step(now: now) { true } else { false }
            }
        }.sorted()
        let outcomes = await work(due)
        await tell(outcomes)
        await save()
        await tidy()
    }

    // MARK: - Cells

    /// A ladder for every cell that has a facility, and none for others. The first fetches follow each other closely.
    private func meetCells() {
        let wanted = Set(places().map(\.cell))
        let chosen = wanted.count <= settings.cellLimit ? wanted : Set(wanted.sorted().prefix(settings.cellLimit))
        let now = time.uptime()
        let becameTooMany = state.withLock { state in
            for cell in state.ladders.keys where !chosen.contains(cell) { state.forget(cell) }
            let fresh = chosen.filter { state.ladders[$0] == nil }.sorted()
            let spread = min(WeatherService.firstSpread, .milliseconds(100 * fresh.count))
            for cell in fresh {
                state.ladders[cell] = WeatherLadder(configuration, firstDue: now + spread * share())
                state.unread.insert(cell)
            }
            defer { state.isOverLimit = wanted.count > chosen.count }
            return wanted.count > chosen.count && !state.isOverLimit
        }
        guard becameTooMany else { return }
        note(
            "\(wanted.count) places are more than weather.cells allows: \(settings.cellLimit) get weather; raise the limit"
        )
    }

    private static let firstSpread = Duration.seconds(30)

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
                health.beat("weather")
                group.addTask { await self.climb(cell) }
            }
            for await outcome in group { outcomes.append(outcome) }
            return outcomes
        }
    }

    /// Goes down the ladder as far as it goes without waiting.
    private func climb(_ cell: WeatherCell) async -> Outcome {
        while !Task.isCancelled, case .ask(let provider)? = step(cell) {
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
        let now = time.uptime()
        let isFirst = state.withLock { $0.origins[cell] == nil }
        // From the second fetch on cells keep their distance: the first one's is drawn over half the interval.
        let next = isFirst ? settings.interval * (0.5 + 0.5 * share()) : settings.interval
        return state.withLock { state in
            guard state.ladders[cell] != nil else { return .underWay }
            state.ladders[cell]?.answered(now: now, nextAfter: next)
            state.unsaved[cell] = observations
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

    // MARK: - Records

    /// What earlier runs fetched, some cells a turn.
    private func readStored() async {
        let cells = state.withLock { Array($0.unread.sorted().prefix(WeatherService.readsInTurn)) }
        let now = time.now()
        let range = TimeRange(
            start: now.advanced(by: .zero - settings.keep), end: now.advanced(by: WeatherService.furthestAhead))
        do throws(PortError) {
            for cell in cells {
                let stored = try await bounded(by: .seconds(5), "reading stored weather", time: time) {
                    [records] () throws(PortError) in try await records.weather(in: cell, range)
                }
                desk.take(stored)
                state.withLock { _ = $0.unread.remove(cell) }
            }
        } catch {
            logger.warning("stored weather not read, trying again", metadata: ["error": "\(error)"])
        }
    }

    private static let readsInTurn = 200
    private static let furthestAhead = Duration.seconds(16 * 86_400)

    private func readCounts() async {
        let now = time.now()
        let first = now.day.advanced(by: .seconds(-86_400 * (WeatherSource.keptDays - 1)))
        do throws(PortError) {
            let days = try await bounded(by: .seconds(5), "reading counts of weather providers", time: time) {
                [records] () throws(PortError) in
                try await records.providerDays(TimeRange(start: first, end: now.advanced(by: .milliseconds(1))))
            }
            for source in gate.sources { source.load(days) }
        } catch {
            logger.warning("counts of weather providers not read; they begin anew", metadata: ["error": "\(error)"])
        }
    }

    /// What could not be stored waits for the next turn; a newer answer of the cell takes its place.
    private func save() async {
        let unsaved = state.withLock { state in
            defer { state.unsaved = [:] }
            return state.unsaved
        }
        let counts = gate.sources.map { ($0, $0.takeUnsaved()) }
        do throws(PortError) {
            let observations = unsaved.values.flatMap { $0 }
            if !observations.isEmpty {
                try await bounded(by: .seconds(5), "storing weather", time: time) { [records] () throws(PortError) in
                    try await records.put(observations)
                }
            }
        } catch {
            state.withLock { state in state.unsaved.merge(unsaved) { newer, _ in newer } }
            logger.warning("weather not stored, trying again", metadata: ["error": "\(error)"])
        }
        do throws(PortError) {
            let days = counts.flatMap(\.1)
            guard !days.isEmpty else { return }
            try await bounded(by: .seconds(5), "storing counts of weather providers", time: time) {
                [records] () throws(PortError) in try await records.add(days)
            }
        } catch {
            for (source, days) in counts { source.putBack(days) }
            logger.warning("counts of weather providers not stored, trying again", metadata: ["error": "\(error)"])
        }
    }

    /// Drops what is older than 7 days (FC-05), once an hour.
    private func tidy() async {
        let uptime = time.uptime()
        guard state.withLock({ $0.tidiedAt.map { uptime - $0 >= .seconds(3600) } ?? true }) else { return }
        let cells = state.withLock { Set($0.ladders.keys) }
        let now = time.now()
        let (hours, days) = (now.advanced(by: .zero - settings.keep), now.advanced(by: .zero - settings.keepCounts))
        desk.keep(only: cells, from: hours)
        do throws(PortError) {
            while isRunning {
                let dropped = try await bounded(by: .seconds(5), "dropping old weather", time: time) {
                    [records] () throws(PortError) in
                    try await records.dropWeather(before: hours, days: days, batch: WeatherService.dropBatch)
                }
                guard dropped == WeatherService.dropBatch else { break }
            }
            state.withLock { $0.tidiedAt = uptime }
        } catch {
            logger.warning("old weather not dropped, trying again", metadata: ["error": "\(error)"])
        }
    }

    private static let dropBatch = 5_000
}

extension WeatherService.State {
    fileprivate mutating func forget(_ cell: WeatherCell) {
        ladders[cell] = nil
        unread.remove(cell)
        unsaved[cell] = nil
        origins[cell] = nil
        without.remove(cell)
    }
}
