/// The rows a fit learns from, gathered in one walk through the history: at every day the state is what it was that day.
struct TrainingRows {
    let columns: Int
    private(set) var x: [Float] = []
    private(set) var target: [Float] = []
    private(set) var weight: [Float] = []
    /// `BoostedTrees.facts` values a row, flat.
    private(set) var facts: [Float] = []
    /// Row numbers by block of the local day.
    private(set) var byBlock: [[Int32]]
    /// The state at the end of the walk.
    private(set) var state: SeriesState

    var count: Int { target.count }

    /// Walks `clean` up to slot `end` (not included) and knows nothing of what lies behind it.
    init(_ clean: CleanHistory, until end: Int, constants: RecipeConstants, initial: SeriesState) {
        let history = clean.history
        let perDay = history.grid.resolution.slotsPerDay
        let count = min(end, history.end) - history.start
        var weather = WeatherTrack(base: history.start, resolution: history.grid.resolution)
        for index in 0..<max(0, count) { weather.append(history.temperature[index]) }
        columns = weather.hasWeather ? FeatureRow.columns : FeatureRow.levels
        byBlock = Array(repeating: [], count: constants.blocks)
        state = initial
        let days = (count + perDay - 1) / perDay
        let firstTrained = max(1, days - constants.trainingDays)
        let perTrained = max(1, constants.rows / max(1, days - firstTrained))
        x.reserveCapacity((perTrained + 1) * (days - firstTrained + 1) * columns)
        var pair = 0
        for day in 0..<max(0, days) {
            for index in day * perDay..<min(count, (day + 1) * perDay) {
                state.append(clean.value(index), temperature: history.temperature[index])
            }
            if day >= firstTrained, !state.profiles.isEmpty {
                let age = Float(days - day) / constants.memoryDays
                let weightOfDay = Float(exponential(-Double(age)))
                for _ in 0..<perTrained {
                    pair += 1
                    gather(
                        pair, day: day, clean, count: count, weight: weightOfDay, weather: weather)
                }
            }
            if state.isAtDayEnd { state.closeDay() }
        }
    }

    /// Origin and horizon of the `pair`th row fill the day evenly. Source: Martin Roberts, "The unreasonable effectiveness of
    /// quasirandom sequences", 2018 (R2).
    private mutating func gather(
        _ pair: Int, day: Int, _ clean: CleanHistory, count: Int, weight: Float, weather: WeatherTrack
    ) {
        let (perDay, reach) = (state.slotsPerDay, state.resolution.longestHorizon)
        let first = Double(pair) * 0.754_877_666_246_692_8
        let second = Double(pair) * 0.569_840_290_998_053_3
        let slot = Int((first - first.rounded(.down)) * Double(perDay))
        let horizon = Int((second - second.rounded(.down)) * Double(reach))
        let index = day * perDay + slot
        let at = index + horizon
        guard at < count, clean.isValid[at], index >= perDay else { return }
        let origin = state.base + index
        let known = OriginLevels(state, origin: origin)
        appendFacts(origin: origin, target: origin + horizon, weather: weather)
        let start = x.count
        let (past, width) = (self.state, self.columns)
        for _ in 0..<width { x.append(0) }
        x.withUnsafeMutableBufferPointer { buffer in
            guard let row = buffer.baseAddress else { return }
            FeatureRow.fill(
                row + start, state: past, at: known, target: origin + horizon, decays: past.decays[horizon],
                weather: width > FeatureRow.levels ? weather : nil)
        }
        let targetDay = (origin + horizon) / perDay
        let inDay = origin + horizon - targetDay * perDay
        let dayClass = state.calendar.dayClass(targetDay)
        target.append(clean.load[at] - state.profiles.fast[dayClass.rawValue * perDay + inDay])
        self.weight.append(weight)
        byBlock[inDay * byBlock.count / perDay].append(Int32(target.count - 1))
    }

    private mutating func appendFacts(origin: Int, target: Int, weather: WeatherTrack) {
        let start = facts.count
        let (past, hasWeather) = (self.state, columns > FeatureRow.levels)
        for _ in 0..<BoostedTrees.facts { facts.append(0) }
        facts.withUnsafeMutableBufferPointer { buffer in
            guard let facts = buffer.baseAddress else { return }
            BoostedTrees.fillFacts(
                facts + start, state: past, origin: origin, target: target, weather: hasWeather ? weather : nil)
        }
    }

    /// Brings every column to unit weighted mean square and returns what each was divided by.
    mutating func scaleColumns() -> [Float] {
        var squares = [Double](repeating: 0, count: columns)
        var total = 0.0
        let (width, weights) = (self.columns, self.weight)
        x.withUnsafeMutableBufferPointer { x in
            for row in 0..<weights.count {
                let w = Double(weights[row])
                total += w
                for column in 0..<width {
                    let value = Double(x[row * width + column])
                    squares[column] += w * value * value
                }
            }
        }
        let scales = squares.map { square -> Float in
            let size = (square / max(total, 1e-9)).squareRoot()
            return size > 1e-9 ? Float(size) : 1
        }
        x.withUnsafeMutableBufferPointer { x in
            for row in 0..<weights.count {
                for column in 0..<width { x[row * width + column] /= scales[column] }
            }
        }
        return scales
    }
}
