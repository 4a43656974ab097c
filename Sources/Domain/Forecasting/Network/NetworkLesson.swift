import EnergyModel

/// What one origin of one series has to teach: inputs, and what came.
struct NetworkLesson: Sendable {
    let past: [Float]
    let ahead: [Float]
    /// In units of the series' spread, `aheadHours` of them; NaN where the hour is not known whole.
    let truth: [Float]
    /// Share of its series' say: older days say less.
    let weight: Float

    /// One lesson a day of the last `days` before `end`, each at another hour; nothing at or after `end` is looked at.
    static func lessons(
        _ history: LoadHistory, until end: UTCInstant, days: Int, prior: LoadPrior = LoadPrior(kind: .other)
    ) -> [NetworkLesson] {
        let clean = CleanHistory(history)
        let perDay = clean.slotsPerDay
        let count = min(history.end, history.grid.slot(of: end)) - history.start
        guard count > 0 else { return [] }
        var weather = WeatherTrack(base: history.start, resolution: history.grid.resolution)
        for index in 0..<count { weather.append(history.temperature[index]) }
        var state = Forecaster(
            grid: history.grid, calendar: history.calendar, firstDay: history.firstDay, prior: prior,
            version: .weekdayMean, constants: RecipeConstants(), network: nil
        ).state
        var lessons: [NetworkLesson] = []
        let wholeDays = count / perDay
        for day in 0..<wholeDays {
            for index in day * perDay..<(day + 1) * perDay {
                state.append(clean.value(index), temperature: history.temperature[index])
            }
            if day >= 21, day >= wholeDays - days {
                let turn = Double(day) * 0.618_033_988_749_894_9
                let slot = Int((turn - turn.rounded(.down)) * 24) * state.slotsPerHour
                let age = Double(wholeDays - day) / 365
                lessons.append(
                    NetworkLesson(
                        state, clean, at: day * perDay + slot, count: count,
                        weather: weather.hasWeather ? weather : nil, weight: Float(exponential(-0.5 * age))))
            }
            state.closeDay()
        }
        return lessons
    }

    private init(
        _ state: SeriesState, _ clean: CleanHistory, at index: Int, count: Int, weather: WeatherTrack?, weight: Float
    ) {
        let origin = state.base + index
        let inputs = NetworkInputs(state, origin: origin, weather: weather)
        past = inputs.past
        ahead = inputs.ahead
        self.weight = weight
        truth = (0..<LoadNetwork.aheadHours).map { hour in
            let first = index + hour * state.slotsPerHour
            guard first + state.slotsPerHour <= count else { return .nan }
            var sum: Float = 0
            for at in first..<first + state.slotsPerHour {
                guard clean.isValid[at] else { return .nan }
                sum += clean.load[at] - state.usual(state.base + at)
            }
            let value = sum / Float(state.slotsPerHour) / inputs.scale
            return min(10, max(-10, value))
        }
    }
}
