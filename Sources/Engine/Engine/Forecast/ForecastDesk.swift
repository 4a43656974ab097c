import EnergyModel
import Forecasting
import Ports
import Synchronization

/// What people ask about forecasts, and the profiles they enter.
struct ForecastDesk: Sendable {
    /// How far back it is said what was forecast a day ahead.
    static let mostDays = 14

    let records: any ForecastRecords
    let board: ForecastBoard
    let crew: ForecastCrew
    let settings: EngineSettings
    let time: Timekeeper
    /// Nil away from the running engine.
    var service: ForecastService?
    private let turn = BacktestTurn()

    init(
        records: any ForecastRecords, board: ForecastBoard, crew: ForecastCrew, settings: EngineSettings,
        time: Timekeeper
    ) {
        self.records = records
        self.board = board
        self.crew = crew
        self.settings = settings
        self.time = time
    }

    func answer(_ query: ForecastQuery) async throws(PortError) -> ForecastAnswer {
        _ = try facility(query.facility)
        let now = time.now()
        let moment = min(query.at ?? now, now)
        var forecast: FacilityForecast?
        if query.at == nil { forecast = board[query.facility] }
        if forecast == nil { forecast = try await stored(query.facility, at: moment) }
        let isLive = query.at == nil && service != nil
        return ForecastAnswer(
            forecast: forecast, dayAhead: try await dayAhead(query, until: moment),
            profile: try await profile(of: query.facility, at: moment),
            standing: isLive ? board.standing(of: query.facility) : nil, answeredAt: now)
    }

    private func facility(_ id: FacilityID) throws(PortError) -> Facility {
        guard let facility = crew.history.directory.current.facilities.first(where: { $0.id == id }) else {
            throw PortError(.notFound, "there is no facility \(id); `facilities` lists those that are known")
        }
        return facility
    }

    private func stored(_ id: FacilityID, at moment: UTCInstant) async throws(PortError) -> FacilityForecast? {
        try await bounded(by: settings.series.queryTimeout, "the record store", time: time) {
            [records] () throws(PortError) in try await records.forecast(of: id, at: moment)
        }
    }

    private func profile(of id: FacilityID, at moment: UTCInstant) async throws(PortError) -> LoadProfile? {
        if service != nil { return board.profile(of: id, at: moment) }
        let all = try await bounded(by: settings.series.queryTimeout, "the record store", time: time) {
            [records] () throws(PortError) in try await records.loadProfiles()
        }
        return all.first { $0.facility == id && $0.until > moment }
    }

    /// Day by day, from the forecast of 24 hours before the day's end; where none is as old, from the oldest of that day.
    private func dayAhead(
        _ query: ForecastQuery, until end: UTCInstant
    ) async throws(PortError) -> [ForecastAnswer.PastStep] {
        guard let from = query.dayAheadFrom, from < end else { return [] }
        let earliest = max(from, end.advanced(by: .seconds(-86_400 * Self.mostDays)))
        var steps: [ForecastAnswer.PastStep] = []
        var dayEnd = Granularity.quarterHour.windowStart(of: end)
        while dayEnd > earliest {
            let dayStart = dayEnd.advanced(by: .seconds(-86_400))
            var found: [ForecastAnswer.PastStep] = []
            for hours in [0, 4, 8, 12, 16, 20, 22, 23] where found.isEmpty {
                let moment = dayStart.advanced(by: .seconds(3600 * hours))
                guard let forecast = try await stored(query.facility, at: moment) else { continue }
                found = Self.steps(of: forecast, in: TimeRange(start: max(dayStart, earliest), end: dayEnd))
            }
            steps = found + steps
            dayEnd = dayStart
        }
        return steps
    }

    private static func steps(of forecast: FacilityForecast, in range: TimeRange) -> [ForecastAnswer.PastStep] {
        forecast.steps.enumerated().compactMap { index, step in
            let start = forecast.start(ofStep: index)
            guard range.contains(start) else { return nil }
            return ForecastAnswer.PastStep(start: start, low: step.low, middle: step.middle, high: step.high)
        }
    }

    // MARK: - Backtests

    /// On a thread of its own, one at a time.
    func backtest(_ request: BacktestRequest) async throws(PortError) -> BacktestAnswer {
        guard BacktestRequest.weeks.contains(request.weeks) else {
            throw PortError(
                .invalid,
                "a backtest covers \(BacktestRequest.weeks.lowerBound) to \(BacktestRequest.weeks.upperBound) weeks")
        }
        let facility = try facility(request.facility)
        guard turn.take() else {
            throw PortError(.unavailable, "another backtest is under way; try again when it is done")
        }
        let origin = Granularity.quarterHour.windowStart(of: time.now())
        let history: LoadHistory
        do throws(PortError) {
            history = try await crew.samples(of: facility, at: origin)
        } catch {
            turn.give()
            throw error
        }
        let prior = crew.prior(of: facility)
        let versions = ModelVersion.allCases
        let (constants, network) = (settings.forecast.constants, settings.forecast.network)
        let told = await BackgroundThread.run("forecast-backtest") { [turn] () -> BacktestResult? in
            // Who asked may have gone; the next may begin when this thread is done.
            defer { turn.give() }
            do {
                return try Backtest.run(
                    history: history, prior: prior, versions: versions, weeks: request.weeks, constants: constants,
                    network: network)
            } catch {
                // Only a task is cancelled, and a thread of its own runs in none.
                return nil
            }
        }
        guard let result = told ?? nil else { throw PortError(.unavailable, "the backtest was given up") }
        guard !result.scores.isEmpty else {
            throw PortError(
                .invalid,
                "\(facility.id) has \(history.days == 1 ? "1 day" : "\(history.days) days") of history; a backtest of one "
                    + "week wants three weeks of it")
        }
        return BacktestAnswer(
            request: BacktestRequest(facility: request.facility, weeks: result.weeks), daysKnown: history.days,
            models: result.scores.sorted { $0.relativeError < $1.relativeError }.map { $0.model },
            answeredAt: time.now())
    }

    // MARK: - Profiles

    func carryOut(_ command: OperatorCommand) async throws(PortError) -> CommandOutcome? {
        switch command.action {
        case .enterProfile(let request): try await enter(request, command)
        case .removeProfile(let id): try await remove(id)
        default: nil
        }
    }

    private func enter(
        _ request: LoadProfileRequest, _ command: OperatorCommand
    ) async throws(PortError) -> CommandOutcome {
        let facility = try facility(request.facility)
        let profile = LoadProfile(
            facility: request.facility, kilowatts: request.kilowatts, bandShare: request.bandShare,
            until: request.until, enteredAt: time.now(), author: command.author, reason: command.reason)
        if let refusal = profile.refusal(at: time.now()) { return .refused(sentence: refusal) }
        try await bounded(by: settings.series.queryTimeout, "the record store", time: time) {
            [records] () throws(PortError) in try await records.put(profile)
        }
        board.put(profile)
        await service?.reissue(facility)
        return .done(
            sentence: "\(facility.id) is forecast from this profile until \(profile.until.iso8601)", affected: 1)
    }

    private func remove(_ id: FacilityID) async throws(PortError) -> CommandOutcome {
        let facility = try facility(id)
        let was = try await bounded(by: settings.series.queryTimeout, "the record store", time: time) {
            [records] () throws(PortError) in try await records.removeLoadProfile(of: id)
        }
        board.removeProfile(of: id)
        guard was else { return .refused(sentence: "\(id) has no profile entered by hand") }
        await service?.reissue(facility)
        return .done(sentence: "\(id) is forecast by its model again", affected: 1)
    }
}

private final class BacktestTurn: Sendable {
    private let isTaken = Mutex(false)

    func take() -> Bool {
        isTaken.withLock { taken in
            defer { taken = true }
            return !taken
        }
    }

    func give() { isTaken.withLock { $0 = false } }
}

extension LoadHistory {
    fileprivate var days: Int { end / grid.resolution.slotsPerDay - firstDay }
}

extension BacktestScore {
    fileprivate var model: BacktestAnswer.Model {
        BacktestAnswer.Model(
            version: version.rawValue, origins: origins, relativeError: relativeError, quantileScore: quantileScore,
            bias: bias, bandWidth: width, coverage: coverage, againstNaive: againstWeekly,
            horizons: reaches.map {
                BacktestAnswer.Horizon(
                    from: $0.hours.lowerBound, to: $0.hours.upperBound, relativeError: $0.relativeError,
                    coverage: $0.coverage)
            })
    }
}
