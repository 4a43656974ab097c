import EnergyModel

extension Forecaster {
    /// The next 24 hours from `origin`, one step per interval. Intervals between the newest sample and `origin` count as
    /// missing; an origin before the newest sample is answered with what is known.
    package func forecast(from origin: UTCInstant) -> LoadForecast {
        var state = state
        let first = grid.slot(of: origin)
        var cleaning = cleaning
        let (gap, week) = (max(0, first - state.end), 7 * state.slotsPerDay)
        // After an outage of more than a month the weeks that nobody saw are leapt over: the profiles are all there is anyway.
        let shift = gap < 31 * state.slotsPerDay ? 0 : gap / week * week
        while state.end < first - shift {
            let filled = cleaning.next(raw: .nan, isMeasured: true, past: state.load)
            state.append(filled, temperature: outlookTemperature(state.end + shift))
            if state.isAtDayEnd { state.closeDay() }
        }
        let starts = grid.starts(from: origin)
        let reach = max(1, (starts.last.map { grid.slot(of: $0) } ?? first) - shift - state.end + 1)
        let count = min(reach, state.resolution.longestHorizon)
        let ahead = weatherAhead(state, count: count, shift: shift)
        let (model, judgement) = speaker
        let parts = bounded(model.parts(state, origin: state.end, count: count, weather: ahead.track), state)
        let steps = starts.map { start in
            step(start, slot: grid.slot(of: start) - shift, parts: parts, state: state, judgement)
        }
        return LoadForecast(
            origin: origin, version: standing.inCharge, steps: steps,
            quality: quality(state, judgement, gap: gap, lacksWeather: ahead.isLacking),
            lacksWeather: ahead.isLacking)
    }

    private var speaker: (model: any PointModel, judgement: Judgement) {
        guard standing.inCharge != version, let fallback else { return (model, judgement) }
        return (WeekdayMeanModel(), fallback)
    }

    private func step(
        _ start: UTCInstant, slot: Int, parts: [ForecastParts], state: SeriesState, _ judgement: Judgement
    ) -> ForecastStep {
        let horizon = slot - state.end
        // Of the hour that autumn repeats the first pass is known, which is not yet this one.
        let isSecondPass = horizon < 0 && newest.map { start > $0 } ?? false
        guard horizon >= 0 || isSecondPass else {
            let known = state.loadAt(slot) ?? 0
            let parts = ForecastParts(calendar: known, recent: 0, weather: 0)
            return ForecastStep(
                start: start, low: Double(known), middle: Double(known), high: Double(known), parts: parts)
        }
        let part =
            isSecondPass
            ? ForecastParts(calendar: state.loadAt(slot) ?? 0, recent: 0, weather: 0)
            : parts[min(horizon, parts.count - 1)]
        let line = banded(part, slot: slot, horizon: max(0, horizon), state, judgement)
        var parts = part
        parts.recent += line.lean
        return ForecastStep(start: start, low: line.low, middle: line.middle, high: line.high, parts: parts)
    }

    /// A middle with its band. The parts add up to the middle but for their last bit, which must not carry it below zero.
    private func banded(
        _ part: ForecastParts, slot: Int, horizon: Int, _ state: SeriesState, _ judgement: Judgement
    ) -> (low: Double, middle: Double, high: Double, lean: Float) {
        let edge = judgement.edges(middle: part.sum, slot: slot, horizon: horizon, state: state)
        let floor: Float = lowest >= 0 ? 0 : -.infinity
        let middle = max(floor, edge.middle)
        return (
            Double(max(floor, min(edge.low, middle))), Double(middle), Double(max(edge.high, middle)),
            middle - part.sum
        )
    }

    /// The next day's slots from the newest value on, by the model in charge.
    func dayAhead() -> [(low: Double, middle: Double, high: Double, lean: Float)] {
        let (model, judgement) = speaker
        let count = state.slotsPerDay
        let weather = weatherAhead(state, count: count).track
        let parts = bounded(model.parts(state, origin: state.end, count: count, weather: weather), state)
        return parts.indices.map { banded(parts[$0], slot: state.end + $0, horizon: $0, state, judgement) }
    }

    /// Middles at single horizons from the state's end, for the judgement.
    func middles(_ model: any PointModel, _ horizons: [Int]) -> [Float] {
        let count = min((horizons.last ?? 0) + 1, state.resolution.longestHorizon)
        let parts = bounded(
            model.parts(
                state, origin: state.end, count: count, weather: weatherAhead(state, count: count).track), state)
        return horizons.map { parts[min($0, count - 1)].sum }
    }

    private func outlookTemperature(_ slot: Int) -> Float {
        slot >= outlookBase && slot - outlookBase < outlook.count ? outlook[slot - outlookBase] : .nan
    }

    private func weatherAhead(
        _ state: SeriesState, count: Int, shift: Int = 0
    ) -> (track: WeatherTrack?, isLacking: Bool) {
        guard state.weather.hasWeather else { return (nil, false) }
        let ahead = (0..<count).map { outlookTemperature(state.end + shift + $0) }
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

    private func quality(_ state: SeriesState, _ judgement: Judgement, gap: Int, lacksWeather: Bool) -> Double {
        QualityScore(
            expectedError: judgement.expectedRelativeError(state), days: self.state.validCount / state.slotsPerDay,
            validShare: gap >= 7 * state.slotsPerDay ? 0 : state.recentValidShare, hoursOld: gap / state.slotsPerHour,
            lacksWeather: lacksWeather,
            realisedOverClaimed: judgement.record.realisedOverClaimed ?? 1
        ).value
    }
}
