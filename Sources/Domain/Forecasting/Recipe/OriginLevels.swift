/// What an origin knows, the same for all its horizons.
struct OriginLevels {
    let origin: Int
    let day: Int
    let dayClass: DayClass
    let last: Float
    let hour: Float
    let threeHours: Float
    let halfDay: Float
    let wholeDay: Float
    let week: Float
    let dayBefore: Float
    /// The last 3 and 24 hours against the same hours a week ago, and against the mean of 4 weeks.
    let threeAgainstWeek: Float
    let dayAgainstWeek: Float
    let threeAgainstMonth: Float
    let dayAgainstMonth: Float
    let closure: Float
    let spread: Float

    /// Reads slots before `origin` only.
    init(_ state: SeriesState, origin: Int) {
        let (s, q) = (state.slotsPerDay, state.slotsPerHour)
        self.origin = origin
        day = origin / s
        dayClass = state.calendar.dayClass(origin / s)
        last = state.meanRest(origin - 1, origin)
        hour = state.meanRest(origin - q, origin)
        threeHours = state.meanRest(origin - 3 * q, origin)
        halfDay = state.meanRest(origin - 12 * q, origin)
        wholeDay = state.meanRest(origin - s, origin)
        week = state.meanRest(origin - 7 * s, origin)
        dayBefore = state.meanRest((origin / s - 1) * s, origin / s * s)
        (threeAgainstWeek, threeAgainstMonth) = OriginLevels.againstWeeks(state, origin, span: 3 * q)
        (dayAgainstWeek, dayAgainstMonth) = OriginLevels.againstWeeks(state, origin, span: s)
        closure = state.closure(before: origin)
        spread = state.profiles.spread
    }

    private static func againstWeeks(_ state: SeriesState, _ origin: Int, span: Int) -> (Float, Float) {
        guard let here = state.meanLoad(origin - span, origin) else { return (0, 0) }
        var (sum, count, week) = (Float(0), Float(0), here)
        for weeks in 1...4 {
            let end = origin - weeks * 7 * state.slotsPerDay
            guard let there = state.meanLoad(end - span, end) else { break }
            if weeks == 1 { week = there }
            sum += there
            count += 1
        }
        return (here - week, count > 0 ? here - sum / count : 0)
    }
}
