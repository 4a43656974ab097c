/// The same slot a week ago; while there is no week, the newest day that is known.
struct SeasonalNaiveModel: PointModel {
    var version: ModelVersion { .seasonalNaive }

    func parts(_ state: SeriesState, origin: Int, count: Int, weather: WeatherTrack?) -> [ForecastParts] {
        (origin..<origin + count).map { target in
            let value = state.loadAt(target - 7 * state.slotsPerDay) ?? newestDay(state, target, origin)
            return ForecastParts(calendar: value, recent: 0, weather: 0)
        }
    }

    private func newestDay(_ state: SeriesState, _ target: Int, _ origin: Int) -> Float {
        let lag = target - state.slotsPerDay < origin ? target - state.slotsPerDay : target - 2 * state.slotsPerDay
        return state.loadAt(lag) ?? state.usual(target)
    }
}

/// Mean of the same weekday of the last 4 weeks, as many as there are; a holiday is a Sunday, and takes the last four days
/// that were.
struct WeekdayMeanModel: PointModel {
    var version: ModelVersion { .weekdayMean }

    func parts(_ state: SeriesState, origin: Int, count: Int, weather: WeatherTrack?) -> [ForecastParts] {
        let perDay = state.slotsPerDay
        return (origin..<origin + count).map { target in
            let kind = state.calendar.likeWeekday(target / perDay)
            var (sum, found, day) = (Float(0), 0, 1)
            while found < 4, day <= 35, target - day * perDay >= state.base {
                // A slot of today may lie ahead of the origin.
                if let value = state.loadAt(target - day * perDay),
                    state.calendar.likeWeekday(target / perDay - day) == kind
                {
                    sum += value
                    found += 1
                }
                day += 1
            }
            let value = found > 0 ? sum / Float(found) : state.usual(target)
            return ForecastParts(calendar: value, recent: 0, weather: 0)
        }
    }
}
