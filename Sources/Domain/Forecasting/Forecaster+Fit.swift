import EnergyModel

extension Forecaster {
    /// What a fit learned. Any forecaster of the same series and version may adopt it.
    package struct Fit: Sendable {
        package let version: ModelVersion
        let ridge: RidgeModel?
        let trees: BoostedTrees
        let direct: BoostedTrees
        /// Residuals about a year before the end of the history, for a forecaster that forgot them.
        let yearAgo: [Float]
        let yearAgoBase: Int
        /// Rows that were learned from; 0 when the history is too short or the model has nothing to learn.
        package let rows: Int
    }

    /// Learns from a history. Pure and deterministic; a fraction of a second of one core for a year, so: in the background,
    /// once a day. The plain models have nothing to learn and answer at once.
    package static func fit(
        _ history: LoadHistory, prior: LoadPrior, version: ModelVersion = .standard,
        constants: RecipeConstants = RecipeConstants()
    ) -> Fit {
        fit(CleanHistory(history), until: history.end, prior: prior, version: version, constants: constants)
    }

    static func fit(
        _ clean: CleanHistory, until end: Int, prior: LoadPrior, version: ModelVersion, constants: RecipeConstants
    ) -> Fit {
        guard version == .recipe, end - clean.history.start >= constants.firstFitDays * clean.slotsPerDay else {
            return Fit(
                version: version, ridge: nil, trees: BoostedTrees(), direct: BoostedTrees(), yearAgo: [],
                yearAgoBase: 0, rows: 0)
        }
        let blank = Forecaster(
            grid: clean.history.grid, calendar: clean.history.calendar, firstDay: clean.history.firstDay, prior: prior,
            version: version, constants: constants, network: nil)
        var rows = TrainingRows(clean, until: end, constants: constants, initial: blank.state)
        let learned = RidgeFit.model(from: &rows, constants: constants)
        let window = rows.state.yearAgoWindow()
        return Fit(
            version: version, ridge: learned?.ridge, trees: learned?.trees ?? BoostedTrees(),
            direct: learned?.direct ?? BoostedTrees(), yearAgo: window.values, yearAgoBase: window.base,
            rows: rows.count)
    }

    /// A forecaster that knows a history: fitted, and with a pool filled by replaying the last six weeks as if live, one fit a
    /// week. Takes some seven fits; for the start of an engine or of a scoring run.
    package static func replayed(
        _ history: LoadHistory, prior: LoadPrior, version: ModelVersion = .standard,
        constants: RecipeConstants = RecipeConstants(), network: LoadNetwork? = nil
    ) -> Forecaster {
        var forecaster = replayed(
            CleanHistory(history), until: history.end, prior: prior, version: version, constants: constants,
            network: network)
        forecaster.newest = history.newest
        return forecaster
    }

    static func replayed(
        _ clean: CleanHistory, until end: Int, prior: LoadPrior, version: ModelVersion, constants: RecipeConstants,
        network: LoadNetwork?
    ) -> Forecaster {
        var forecaster = Forecaster(
            grid: clean.history.grid, calendar: clean.history.calendar, firstDay: clean.history.firstDay, prior: prior,
            version: version, constants: constants, network: network)
        let week = constants.refitDays * clean.slotsPerDay
        let live = end - constants.poolDays * clean.slotsPerDay
        forecaster.expect(clean.history.temperature, from: clean.history.start)
        forecaster.isJudging = live <= forecaster.state.end
        while forecaster.state.end < end {
            if forecaster.state.end >= live, (end - forecaster.state.end) % week == 0 {
                forecaster.isJudging = true
                forecaster.adopt(
                    fit(clean, until: forecaster.state.end, prior: prior, version: version, constants: constants))
            }
            forecaster.advance(clean)
        }
        forecaster.adopt(fit(clean, until: end, prior: prior, version: version, constants: constants))
        return forecaster
    }

    /// One slot of a cleaned history, as if it had just arrived.
    mutating func advance(_ clean: CleanHistory) {
        let index = state.end - clean.history.start
        guard clean.load.indices.contains(index) else { return }
        step(clean.value(index), temperature: clean.history.temperature[index])
    }
}
