import EnergyModel

/// One facility's forecaster: takes one interval after another, forecasts from any of them, and judges itself by what came.
/// A value: copy it to try something. Learning weights is `fit`, pure and slow (a fraction of a second), for a background
/// task once a day; everything here takes microseconds.
package struct Forecaster: Sendable {
    /// What became of a sample.
    package enum Intake: Hashable, Sendable {
        case taken
        /// It comes after its successor: late data reach the model with the next fit.
        case late
        /// More than 400 days ahead of what is known.
        case farAhead
    }

    package let grid: LocalGrid
    package let calendar: DayCalendar
    package let version: ModelVersion
    package let constants: RecipeConstants
    package let prior: LoadPrior
    /// Which model speaks at present.
    package internal(set) var standing: ModelStanding
    var state: SeriesState
    var cleaning: LoadCleaning
    let network: LoadNetwork?
    /// The model that was chosen, judged whether it speaks or not.
    var model: any PointModel
    var judgement: Judgement
    /// How `weekday-mean` would have done; nil where it is the chosen model.
    var fallback: Judgement?
    /// Start of the newest sample; nil where only slots are known.
    var newest: UTCInstant?
    /// Temperatures from `outlookBase` on, as the weather forecast has them; NaN where unknown.
    var outlook: [Float] = []
    var outlookBase = 0
    var lowest: Float = .infinity
    var isJudging = true

    /// Knows nothing yet but on which local day it begins; none before 1970. `lstm` asks for `network`;
    /// without one `weekday-mean` stands in and `standing` says so. The recipe mixes in what a network says where it has one.
    package init(
        grid: LocalGrid, calendar: DayCalendar, beginning: UTCInstant, prior: LoadPrior,
        version: ModelVersion = .standard, constants: RecipeConstants = RecipeConstants(),
        network: LoadNetwork? = nil
    ) {
        self.init(
            grid: grid, calendar: calendar, firstDay: grid.slot(of: beginning) / grid.resolution.slotsPerDay,
            prior: prior, version: version, constants: constants, network: network)
    }

    init(
        grid: LocalGrid, calendar: DayCalendar, firstDay: Int, prior: LoadPrior, version: ModelVersion,
        constants: RecipeConstants, network: LoadNetwork?
    ) {
        self.grid = grid
        self.calendar = calendar
        self.version = version
        self.constants = constants
        self.prior = prior
        self.network = network
        state = SeriesState(firstDay: max(0, firstDay), resolution: grid.resolution, calendar: calendar)
        state.suppose { prior.load($0, hour: $1 / grid.resolution.slotsPerHour) ?? 0 }
        cleaning = LoadCleaning(grid.resolution)
        (model, standing) = Forecaster.model(version, network)
        judgement = Judgement(state, version: version, constants: constants, supposedLoad: prior.scale)
        fallback = Forecaster.fallback(version, state, constants, prior)
    }

    /// Days of the series so far, with or without values.
    package var daysKnown: Int { state.slotCount / state.slotsPerDay }
    /// How it did lately.
    package var record: ForecastRecord { judgement.record }

    /// Takes the next interval; skipped ones become gaps. Of the hour that autumn repeats both passes count, half each. O(1),
    /// microseconds; a thousandth of a second every third hour, when a forecast has become truth.
    @discardableResult
    package mutating func observe(_ sample: LoadSample) -> Intake {
        let slot = grid.slot(of: sample.start)
        let raw = sample.load.map { Float($0) } ?? .nan
        guard slot >= state.end else {
            guard let newest, sample.start > newest else { return .late }
            self.newest = sample.start
            if sample.origin == .measured, raw.isFinite { state.average(raw, into: slot) }
            return .taken
        }
        guard slot - state.end <= 400 * state.slotsPerDay else { return .farAhead }
        if state.load.isEmpty, raw.isFinite { cleaning.opening = raw }
        while state.end < slot { clean(.nan, isMeasured: true, temperature: .nan) }
        clean(raw, isMeasured: sample.origin == .measured, temperature: sample.temperature.map { Float($0) } ?? .nan)
        newest = sample.start
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
        fallback?.mature(state)
        guard state.end % (constants.poolHours * state.slotsPerHour) == 0 else { return }
        let horizons = judgement.horizons(origin: state.end)
        judgement.expect(middles(model, horizons), origin: state.end, state: state)
        if let judgement = fallback {
            let plain = middles(WeekdayMeanModel(), judgement.horizons(origin: state.end))
            fallback?.expect(plain, origin: state.end, state: state)
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
        model = RecipeModel(
            ridge: fit.ridge, trees: fit.trees, direct: fit.direct, directShare: constants.directShare,
            network: network, networkShare: constants.networkShare)
        state.adopt(yearAgo: fit.yearAgo, base: fit.yearAgoBase)
    }

    /// Forgets what forecasts no longer ask for, down to some 170 KB at 15 minutes. To be called once a day, so that the
    /// memory stays there; a fit that is adopted brings the year-ago values for its next ten days.
    package mutating func compact() {
        state.keepOnly(days: 31)
        let past = min(outlook.count, max(0, state.end - outlookBase))
        outlook = Array(outlook[past...])
        outlookBase += past
    }
}
