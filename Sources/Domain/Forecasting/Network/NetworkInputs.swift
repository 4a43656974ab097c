/// What the network sees of a series at an origin: hours behind it, hours ahead. Loads are in units of the series' spread,
/// degrees in tens, so that all buildings speak one language.
struct NetworkInputs {
    static let pastWidth = 8
    /// The recipe's row, then the hour, the horizon and the class of day.
    static let aheadWidth = FeatureRow.columns + 8
    /// Beyond this many spreads an input says no more.
    private static let limit: Float = 6

    /// `[hour][input]`, flat, the oldest hour first.
    private(set) var past: [Float] = []
    private(set) var ahead: [Float] = []
    /// What an answer of 1 stands for, in units of the load.
    let scale: Float

    /// Reads of `state` what lies before `origin`; `weather` reaches over the horizon.
    init(_ state: SeriesState, origin: Int, weather: WeatherTrack?) {
        let level = abs(state.meanLoad(max(state.base, origin - 7 * state.slotsPerDay), origin) ?? 0)
        scale = max(state.profiles.spread, 0.01 * level, 1e-6)
        past.reserveCapacity(LoadNetwork.pastHours * NetworkInputs.pastWidth)
        for hour in -LoadNetwork.pastHours..<0 { appendPast(state, origin + hour * state.slotsPerHour) }
        ahead = [Float](repeating: 0, count: LoadNetwork.aheadHours * NetworkInputs.aheadWidth)
        let (known, size) = (OriginLevels(state, origin: origin), self.scale)
        ahead.withUnsafeMutableBufferPointer { buffer in
            guard let rows = buffer.baseAddress else { return }
            for hour in 0..<LoadNetwork.aheadHours {
                let row = rows + hour * NetworkInputs.aheadWidth
                let horizon = NetworkInputs.centre(hour, state.resolution)
                NetworkInputs.fill(row, state, known, horizon, weather, size)
            }
        }
    }

    /// The slot, counted from the origin, that stands for an hour ahead.
    static func centre(_ hour: Int, _ resolution: SeriesResolution) -> Int {
        min(hour * resolution.slotsPerHour + resolution.slotsPerHour / 2, resolution.longestHorizon - 1)
    }

    private mutating func appendPast(_ state: SeriesState, _ slot: Int) {
        guard slot >= state.base else {
            past += [Float](repeating: 0, count: NetworkInputs.pastWidth)
            return
        }
        let day = slot / state.slotsPerDay
        let dayClass = state.calendar.dayClass(day)
        let turn = Float(slot - day * state.slotsPerDay) / Float(state.slotsPerDay)
        let week = slot - 7 * state.slotsPerDay
        past += [
            clipped(state.meanRest(slot, slot + state.slotsPerHour) / scale),
            clipped(state.meanRest(week, week + state.slotsPerHour) / scale),
            NetworkInputs.wave(turn), NetworkInputs.wave(turn + 0.25), dayClass == .workday ? 1 : 0,
            dayClass == .closed ? 1 : 0, 0.5 * state.closure(before: slot + 1), 1,
        ]
    }

    /// `aheadWidth` inputs of one slot ahead; those of the weather must be zero before where there is none.
    static func fill(
        _ row: UnsafeMutablePointer<Float>, _ state: SeriesState, _ known: OriginLevels, _ horizon: Int,
        _ weather: WeatherTrack?, _ scale: Float
    ) {
        let target = known.origin + horizon
        FeatureRow.fill(row, state: state, at: known, target: target, decays: state.decays[horizon], weather: weather)
        for column in 1..<FeatureRow.levels { row[column] = min(limit, max(-limit, row[column] / scale)) }
        for column in FeatureRow.levels..<FeatureRow.columns { row[column] *= 0.1 }
        let day = target / state.slotsPerDay
        let turn = Float(target - day * state.slotsPerDay) / Float(state.slotsPerDay)
        let dayClass = state.calendar.dayClass(day)
        let facts = row + FeatureRow.columns
        facts[0] = wave(turn)
        facts[1] = wave(turn + 0.25)
        facts[2] = wave(2 * turn)
        facts[3] = wave(2 * turn + 0.25)
        facts[4] = Float(horizon) / Float(state.slotsPerDay)
        facts[5] = dayClass == .workday ? 1 : 0
        facts[6] = dayClass == .closed ? 1 : 0
        facts[7] = state.calendar.likeWeekday(day) == 0 ? 1 : 0
    }

    private func clipped(_ value: Float) -> Float {
        min(NetworkInputs.limit, max(-NetworkInputs.limit, value))
    }

    /// Parabolas that look like a sine, period 1.
    private static func wave(_ turns: Float) -> Float {
        let part = turns - turns.rounded(.down)
        return part < 0.5 ? 16 * part * (0.5 - part) : -16 * (part - 0.5) * (1 - part)
    }
}
