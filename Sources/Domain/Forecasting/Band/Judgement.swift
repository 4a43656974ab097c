/// Turns a forecaster's own past forecasts into its band: keeps them until the truth is known, pools the errors, adapts the
/// share that the band leaves out so that nine of ten truths lie inside (adaptive conformal inference: Gibbs and Candès, 2021).
struct Judgement: Sendable {
    /// Share of truths aimed to lie outside the band: a little less than the tenth that may, because every tomorrow differs
    /// somewhat from the six weeks the errors come from.
    static let target: Float = 0.09

    let constants: RecipeConstants
    let supposedLoad: Float
    /// Share of the pool's median error by which the middles are put right: it may not last.
    let lean: Float
    private(set) var pool: ErrorPool
    private(set) var band: BandTable
    var record = ForecastRecord()
    private var pending: [PendingForecast] = []
    private var miss = Judgement.target

    /// The plain models say what their names promise, and are not put right.
    init(_ state: SeriesState, version: ModelVersion, constants: RecipeConstants, supposedLoad: Float) {
        self.constants = constants
        lean = version == .recipe || version == .lstm ? constants.lean : 0
        self.supposedLoad = supposedLoad
        pool = ErrorPool(resolution: state.resolution, constants: constants)
        band = BandTable(
            pool, state: state, miss: miss, supposed: 0.3 * supposedLoad, halfLife: constants.bandHalfLife)
    }

    func horizons(origin: Int) -> [Int] { (0..<ErrorPool.steps).map { pool.horizon(origin: origin, step: $0) } }

    /// Expected absolute error over the mean load of the last week.
    func expectedRelativeError(_ state: SeriesState) -> Double {
        let level = abs(state.meanLoad(max(state.base, state.end - 7 * state.slotsPerDay), state.end) ?? supposedLoad)
        guard level > 0 else { return 1 }
        return Double(band.meanError / level)
    }

    func edges(
        middle: Float, slot: Int, horizon: Int, state: SeriesState
    ) -> (low: Float, middle: Float, high: Float) {
        let day = slot / state.slotsPerDay
        return band.edges(
            middle: middle, hour: (slot - day * state.slotsPerDay) / state.slotsPerHour,
            isWork: state.calendar.dayClass(day) == .workday, hoursAhead: Float(horizon) / Float(state.slotsPerHour),
            lean: lean)
    }

    mutating func expect(_ middles: [Float], origin: Int, state: SeriesState) {
        var forecast = PendingForecast(origin: origin, raw: middles, middle: middles, low: middles, high: middles)
        for (step, horizon) in horizons(origin: origin).enumerated() {
            let edge = edges(middle: middles[step], slot: origin + horizon, horizon: horizon, state: state)
            forecast.low[step] = edge.low
            forecast.middle[step] = edge.middle
            forecast.high[step] = edge.high
        }
        pending.append(forecast)
    }

    /// Moves forecasts whose day is over into the pool.
    mutating func mature(_ state: SeriesState) {
        guard let oldest = pending.first, state.end >= oldest.origin + state.slotsPerDay else { return }
        pending.removeFirst()
        judge(oldest, state)
        band = BandTable(
            pool, state: state, miss: miss, supposed: supposedError(state), halfLife: constants.bandHalfLife)
    }

    private func supposedError(_ state: SeriesState) -> Float {
        let level = abs(state.meanLoad(max(state.base, state.end - state.slotsPerDay), state.end) ?? supposedLoad)
        return state.profiles.spread > 0 ? 0.8 * state.profiles.spread : 0.3 * level
    }

    private mutating func judge(_ forecast: PendingForecast, _ state: SeriesState) {
        var errors = [Float](repeating: .nan, count: ErrorPool.steps)
        var (outside, known) = (0, 0)
        record.beginForecast()
        for (step, horizon) in horizons(origin: forecast.origin).enumerated() {
            let slot = forecast.origin + horizon
            guard slot >= state.base, slot < state.end, state.isValid[slot - state.base] else { continue }
            let truth = state.load[slot - state.base]
            errors[step] = truth - forecast.raw[step]
            let isInside = truth >= forecast.low[step] && truth <= forecast.high[step]
            known += 1
            if !isInside { outside += 1 }
            record.add(
                error: truth - forecast.middle[step], load: truth, isInside: isInside,
                claimed: (forecast.high[step] - forecast.low[step]) / 4.6,
                reference: state.loadAt(slot - 7 * state.slotsPerDay).map { truth - $0 })
        }
        pool.append(origin: forecast.origin, errors: errors)
        guard known > 0 else { return }
        let share = Float(known) / Float(ErrorPool.steps)
        let missed = Float(outside) / Float(known)
        miss = min(0.25, max(0.02, miss + 0.05 * share * (Judgement.target - missed)))
    }
}

extension Judgement {
    func write(to archive: inout ArchiveWriter) {
        pool.write(to: &archive)
        band.write(to: &archive)
        record.write(to: &archive)
        archive.add(pending.count)
        for forecast in pending { forecast.write(to: &archive) }
        archive.add(miss)
    }

    init(
        from archive: inout ArchiveReader, state: SeriesState, version: ModelVersion, constants: RecipeConstants,
        supposedLoad: Float
    ) throws(ForecastArchiveError) {
        self.init(state, version: version, constants: constants, supposedLoad: supposedLoad)
        pool = try ErrorPool(from: &archive, resolution: state.resolution, constants: constants)
        band = try BandTable(from: &archive)
        record = try ForecastRecord(from: &archive)
        let waiting = try archive.integer(in: 0...48, "count of forecasts that wait")
        for _ in 0..<waiting { pending.append(try PendingForecast(from: &archive)) }
        miss = try archive.finite("share outside the band")
    }
}
