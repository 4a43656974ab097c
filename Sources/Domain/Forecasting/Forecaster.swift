import EnergyModel

/// One facility's forecaster: takes one interval after another, forecasts from any of them, and judges itself by what came.
/// A value: copy it to try something. Learning weights is `fit`, pure and slow (a fraction of a second), for a background
/// task once a day; everything here takes microseconds.
package struct Forecaster: Sendable {
    /// What became of a sample.
    package enum Intake: Hashable, Sendable {
        case taken
        /// Its slot is known already: late data reach the model with the next fit.
        case late
        /// More than 400 days ahead of what is known.
        case farAhead
    }

    package let grid: LocalGrid
    package let calendar: DayCalendar
    package let version: ModelVersion
    package let constants: RecipeConstants
    package let prior: LoadPrior
    var state: SeriesState
    private var cleaning: LoadCleaning
    var model: any PointModel
    private(set) var judgement: Judgement
    /// Temperatures from `outlookBase` on, as the weather forecast has them; NaN where unknown.
    private var outlook: [Float] = []
    private var outlookBase = 0
    private var lowest: Float = .infinity
    var isJudging = true

    /// Knows nothing yet but on which local day it begins.
    package init(
        grid: LocalGrid, calendar: DayCalendar, beginning: UTCInstant, prior: LoadPrior,
        version: ModelVersion = .standard, constants: RecipeConstants = RecipeConstants()
    ) {
        let slot = grid.slot(of: beginning)
        let day = UTCInstant(milliseconds: Int64(slot)).floor(toMilliseconds: Int64(grid.resolution.slotsPerDay))
        self.init(
            grid: grid, calendar: calendar, firstDay: Int(day.milliseconds) / grid.resolution.slotsPerDay, prior: prior,
            version: version, constants: constants)
    }

    init(
        grid: LocalGrid, calendar: DayCalendar, firstDay: Int, prior: LoadPrior, version: ModelVersion,
        constants: RecipeConstants
    ) {
        self.grid = grid
        self.calendar = calendar
        self.version = version
        self.constants = constants
        self.prior = prior
        state = SeriesState(firstDay: firstDay, resolution: grid.resolution, calendar: calendar)
        state.suppose { prior.load($0, hour: $1 / grid.resolution.slotsPerHour) ?? 0 }
        cleaning = LoadCleaning(grid.resolution)
        switch version {
        case .seasonalNaive: model = SeasonalNaiveModel()
        case .weekdayMean: model = WeekdayMeanModel()
        case .recipe: model = RecipeModel()
        }
        judgement = Judgement(state, constants: constants, supposedLoad: prior.scale)
    }

    /// Days of the series so far, with or without values.
    package var daysKnown: Int { state.slotCount / state.slotsPerDay }
    /// How it did lately.
    package var record: ForecastRecord { judgement.record }

    /// Takes the next interval; skipped ones become gaps. O(1), microseconds; a thousandth of a second every third hour, when
    /// a forecast has become truth.
    @discardableResult
    package mutating func observe(_ sample: LoadSample) -> Intake {
        let slot = grid.slot(of: sample.start)
        guard slot >= state.end else { return .late }
        guard slot - state.end <= 400 * state.slotsPerDay else { return .farAhead }
        let raw = sample.load.map { Float($0) } ?? .nan
        if state.load.isEmpty, raw.isFinite { cleaning.opening = raw }
        while state.end < slot { clean(.nan, isMeasured: true, temperature: .nan) }
        clean(raw, isMeasured: sample.origin == .measured, temperature: sample.temperature.map { Float($0) } ?? .nan)
        return .taken
    }

    private mutating func clean(_ raw: Float, isMeasured: Bool, temperature: Float) {
        let value = cleaning.next(raw: raw, isMeasured: isMeasured, past: state.load)
        step(value, temperature: temperature)
    }

    mutating func step(_ value: LoadCleaning.Value, temperature: Float) {
        state.append(value, temperature: temperature)
        if value.isValid { lowest = min(lowest, value.load) }
        if state.profiles.isEmpty { supposeFromSeen() }
        if state.isAtDayEnd { state.closeDay() }
        guard isJudging else { return }
        judgement.mature(state)
        if state.end % (constants.poolHours * state.slotsPerHour) == 0 {
            judgement.expect(middles(judgement.horizons(origin: state.end)), origin: state.end, state: state)
        }
    }

    /// On the first day: the shape of the building's kind through what was seen.
    private mutating func supposeFromSeen() {
        guard state.validCount > 0 else { return }
        let perHour = state.slotsPerHour
        let dayClass = calendar.dayClass(state.end / state.slotsPerDay)
        var (seen, shape) = (Float(0), Float(0))
        for index in state.load.indices where state.isValid[index] {
            seen += state.load[index]
            shape += prior.shape(dayClass, hour: index % state.slotsPerDay / perHour)
        }
        // Four hours of values weigh as much as the contract demand.
        if let supposed = prior.meanLoad {
            let weight = Float(4 * perHour)
            seen += weight * Float(supposed)
            shape += weight * prior.meanShape
        }
        let size = seen / max(shape, 1e-6)
        let kind = self.prior
        state.suppose { size * kind.shape($0, hour: $1 / perHour) }
    }

    /// Temperatures in °C by slot from the interval that starts at `start`, in order; nil where the weather is unknown. Serves
    /// every forecast until the next call.
    package mutating func expect(temperatures: [Double?], from start: UTCInstant) {
        let first = grid.slot(of: start)
        var bySlot = [Float](repeating: .nan, count: temperatures.count + grid.resolution.slotsPerHour)
        for (index, degrees) in temperatures.enumerated() {
            let moment = start.milliseconds + Int64(index) * grid.resolution.milliseconds
            let slot = grid.slot(of: UTCInstant(milliseconds: moment)) - first
            if let degrees, bySlot.indices.contains(slot), !bySlot[slot].isFinite { bySlot[slot] = Float(degrees) }
        }
        expect(bySlot, from: first)
    }

    mutating func expect(_ temperatures: [Float], from slot: Int) {
        outlook = temperatures
        outlookBase = slot
    }

    /// Takes over what a fit learned; a fit of another model version changes nothing.
    package mutating func adopt(_ fit: Fit) {
        guard fit.version == version, version == .recipe else { return }
        model = RecipeModel(ridge: fit.ridge, trees: fit.trees)
        state.adopt(yearAgo: fit.yearAgo, base: fit.yearAgoBase)
    }

    /// Forgets what forecasts no longer ask for, down to some 190 KB at 15 minutes.
    package mutating func compact() { state.keepOnly(days: 31) }
}

extension Forecaster {
    /// The next 24 hours from `origin`, one step per interval. Intervals between the newest sample and `origin` count as
    /// missing; an origin before the newest sample is answered with what is known.
    package func forecast(from origin: UTCInstant) -> LoadForecast {
        var state = state
        let first = grid.slot(of: origin)
        var cleaning = cleaning
        // An outage longer than a month forecasts from its start: the profiles are all there is anyway.
        while state.end < first, first - state.end < 31 * state.slotsPerDay {
            let filled = cleaning.next(raw: .nan, isMeasured: true, past: state.load)
            state.append(filled, temperature: outlookTemperature(state.end))
            if state.isAtDayEnd { state.closeDay() }
        }
        let starts = grid.starts(from: origin)
        let reach = max(1, (starts.last.map { grid.slot(of: $0) } ?? first) - state.end + 1)
        let count = min(reach, state.resolution.longestHorizon)
        let ahead = weatherAhead(state, count: count)
        let parts = bounded(model.parts(state, origin: state.end, count: count, weather: ahead.track), state)
        let steps = starts.map { start in
            step(start, slot: grid.slot(of: start), parts: parts, state: state)
        }
        return LoadForecast(
            origin: origin, version: version, steps: steps,
            quality: quality(state, gap: state.end - self.state.end, lacksWeather: ahead.isLacking),
            lacksWeather: ahead.isLacking)
    }

    private func step(_ start: UTCInstant, slot: Int, parts: [ForecastParts], state: SeriesState) -> ForecastStep {
        let horizon = slot - state.end
        guard horizon >= 0 else {
            let known = state.loadAt(slot) ?? 0
            let parts = ForecastParts(calendar: known, recent: 0, weather: 0)
            return ForecastStep(
                start: start, low: Double(known), middle: Double(known), high: Double(known), parts: parts)
        }
        let part = parts[min(horizon, parts.count - 1)]
        let edge = judgement.edges(middle: part.sum, slot: slot, horizon: horizon, state: state)
        // The parts add up to the middle but for their last bit, which must not carry it below zero.
        let floor: Float = lowest >= 0 ? 0 : -.infinity
        let middle = max(floor, part.sum)
        return ForecastStep(
            start: start, low: Double(max(floor, min(edge.low, middle))), middle: Double(middle),
            high: Double(max(edge.high, middle)), parts: part)
    }

    /// Middles at single horizons from the state's end, for the judgement.
    private func middles(_ horizons: [Int]) -> [Float] {
        let count = min((horizons.last ?? 0) + 1, state.resolution.longestHorizon)
        let parts = bounded(
            model.parts(
                state, origin: state.end, count: count, weather: weatherAhead(state, count: count).track), state)
        return horizons.map { parts[min($0, count - 1)].sum }
    }

    private func outlookTemperature(_ slot: Int) -> Float {
        slot >= outlookBase && slot - outlookBase < outlook.count ? outlook[slot - outlookBase] : .nan
    }

    private func weatherAhead(_ state: SeriesState, count: Int) -> (track: WeatherTrack?, isLacking: Bool) {
        guard state.weather.hasWeather else { return (nil, false) }
        let ahead = (0..<count).map { outlookTemperature(state.end + $0) }
        let missing = ahead.reduce(0) { $1.isFinite ? $0 : $0 + 1 }
        return (state.weather.continued(from: state.end, with: ahead), missing * 4 > count)
    }

    /// No forecast far outside what the last four weeks showed, none below zero where there never was, none that is no number.
    private func bounded(_ parts: [ForecastParts], _ state: SeriesState) -> [ForecastParts] {
        let recent = state.load.suffix(28 * state.slotsPerDay)
        let (least, most) = (recent.min() ?? 0, recent.max() ?? 0)
        let isJustStarted = state.profiles.isEmpty
        let slack = 0.5 * (most - least)
        let bottom = lowest >= 0 ? max(0, least - slack) : least - slack
        return parts.map { part in
            guard part.sum.isFinite else { return ForecastParts(calendar: recent.last ?? 0, recent: 0, weather: 0) }
            guard !isJustStarted else { return part }
            let kept = min(most + slack, max(bottom, part.sum))
            var part = part
            part.recent += kept - part.sum
            return part
        }
    }

    private func quality(_ state: SeriesState, gap: Int, lacksWeather: Bool) -> Double {
        QualityScore(
            expectedError: judgement.expectedRelativeError(state), days: self.state.validCount / state.slotsPerDay,
            validShare: state.recentValidShare, hoursOld: gap / state.slotsPerHour, lacksWeather: lacksWeather,
            realisedOverClaimed: record.realisedOverClaimed ?? 1
        ).value
    }
}
