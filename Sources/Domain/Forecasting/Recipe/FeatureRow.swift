/// What a part of a forecast is owed to.
package enum ForecastCause: String, Sendable, Codable, CaseIterable {
    case calendar, recent, weather
}

/// The columns of one (origin, target) pair, FORECASTING.md §4. All are known at the origin; all but the first are in units of
/// the load or of degrees, so that the fit does not care how large a building is.
enum FeatureRow {
    static let levels = 48
    static let columns = levels + WeatherHinges.columns

    static func cause(_ column: Int) -> ForecastCause {
        switch column {
        case 0...2, 36...44: .calendar
        case levels...: .weather
        default: .recent
        }
    }

    /// Fills `columns` (or only `levels`, without weather) values. `target` is a slot at or after the origin.
    @inline(__always)
    static func fill(
        _ row: UnsafeMutablePointer<Float>, state: SeriesState, at known: OriginLevels, target: Int,
        decays: HorizonDecays.At, weather: WeatherTrack?
    ) {
        let s = state.slotsPerDay
        let day = target / s
        let slot = target - day * s
        let dayClass = state.calendar.dayClass(day)
        let isWork: Float = dayClass == .workday ? 1 : 0
        let profiles = state.profiles
        let fast = profiles.fast[dayClass.rawValue * s + slot]
        let off = profiles.fast[2 * s + slot]
        let work = profiles.fast[slot]
        let weekday = state.calendar.likeWeekday(day)
        // The newest day that is known at the target's time of day.
        let lag = target - s < known.origin ? target - s : target - 2 * s

        row[0] = 1
        row[1] = profiles.slow[dayClass.rawValue * s + slot] - fast
        row[2] = profiles.byWeekday[weekday * s + slot] - fast

        let lagged = state.restAt(lag)
        row[3] = lagged
        row[4] = state.restAt(target - 2 * s)
        row[5] = state.restAt(target - 3 * s)
        row[6] = state.restAt(target - 7 * s)
        row[7] = (state.loadAt(target - 7 * s) ?? fast) - fast
        row[8] = (state.loadAt(target - 14 * s) ?? fast) - fast
        row[9] = state.meanRest(
            lag - state.slotsPerHour, min(lag + state.slotsPerHour + 1, known.origin))

        row[10] = known.last * decays.tau1
        row[11] = known.hour * decays.tau2
        row[12] = known.threeHours * decays.tau5
        row[13] = known.threeHours * decays.tau14
        row[14] = known.halfDay * decays.tau10
        row[15] = known.halfDay
        row[16] = known.wholeDay
        row[17] = known.wholeDay * decays.tau12
        row[18] = known.week
        row[19] = known.dayBefore

        row[20] = weeklyMean(state, target) - fast
        row[21] = dailyMean(state, target, lag) - fast
        row[22] = known.threeAgainstWeek * decays.tau5
        row[23] = known.threeAgainstWeek * decays.tau14
        row[24] = known.dayAgainstWeek * decays.tau12
        row[25] = known.threeAgainstMonth * decays.tau5
        row[26] = known.threeAgainstMonth * decays.tau14
        row[27] = known.dayAgainstMonth * decays.tau12

        let clipped = min(1, max(0, known.closure))
        row[28] = isWork * known.closure * (off - work)
        row[29] = isWork * clipped * clipped * (off - work)
        let laggedLoad = (state.loadAt(lag) ?? fast) - fast
        row[30] = laggedLoad
        row[31] = isWork * laggedLoad
        row[32] = (state.loadAt(target - 2 * s) ?? fast) - fast
        let isSame: Float = known.dayClass == dayClass ? 1 : 0
        row[33] = isSame * known.threeHours * decays.tau14
        row[34] = isSame * known.wholeDay
        row[35] = state.calendar.dayClass(lag / s) == dayClass ? lagged : 0

        let isHoliday: Float = state.calendar.isHoliday(day) ? 1 : 0
        let isAfter: Float = state.calendar.isHoliday(day - 1) ? 1 : 0
        row[36] = isHoliday * known.spread
        row[37] = isAfter * known.spread
        row[38] = state.calendar.isHoliday(day + 1) ? known.spread : 0
        row[39] = weekday == 0 ? known.spread : 0
        row[40] = weekday == 4 ? known.spread : 0
        row[41] = weekday == 5 ? known.spread : 0
        row[42] = weekday == 6 ? known.spread : 0
        row[43] = isHoliday * (fast - work)
        row[44] = isAfter * lagged

        let yearAgo = target - 364 * s
        row[45] = state.restYearAgo(yearAgo)
        row[46] = state.meanRestYearAgo(day: yearAgo / s)
        row[47] = 0
        if let weather { fillWeather(row + levels, profiles, weather, target, lag, dayClass, slot, isWork) }
    }

    /// The same slot 1-4 weeks ago.
    private static func weeklyMean(_ state: SeriesState, _ target: Int) -> Float {
        var (sum, count) = (Float(0), Float(0))
        for weeks in 1...4 {
            guard let value = state.loadAt(target - weeks * 7 * state.slotsPerDay) else { break }
            sum += value
            count += 1
        }
        return count > 0 ? sum / count : state.profiles.fast[index(state, target)]
    }

    /// The same slot on the last 6 days that are known.
    private static func dailyMean(_ state: SeriesState, _ target: Int, _ lag: Int) -> Float {
        var (sum, count) = (Float(0), Float(0))
        for days in 0..<6 {
            guard let value = state.loadAt(lag - days * state.slotsPerDay) else { break }
            sum += value
            count += 1
        }
        return count > 0 ? sum / count : state.profiles.fast[index(state, target)]
    }

    private static func index(_ state: SeriesState, _ target: Int) -> Int {
        let day = target / state.slotsPerDay
        return state.calendar.dayClass(day).rawValue * state.slotsPerDay + target - day * state.slotsPerDay
    }

    @inline(__always)
    private static func fillWeather(
        _ row: UnsafeMutablePointer<Float>, _ profiles: DayProfiles, _ weather: WeatherTrack, _ target: Int,
        _ lag: Int, _ dayClass: DayClass, _ slot: Int, _ isWork: Float
    ) {
        let index = target - weather.base
        let width = WeatherHinges.count
        guard index >= 0, index < weather.now.count, !profiles.hinges.isEmpty else {
            for column in 0..<WeatherHinges.columns { row[column] = 0 }
            return
        }
        WeatherHinges.fill(
            row, now: weather.now[index], day: weather.day[index], quarter: weather.quarter[index])
        let usual = (dayClass.rawValue * profiles.slotsPerDay + slot) * width
        for hinge in 0..<width { row[hinge] -= profiles.hinges[usual + hinge] }
        for (column, hinge) in WeatherHinges.onWorkdays.enumerated() { row[width + column] = isWork * row[hinge] }
        let lagged = lag - weather.base
        row[WeatherHinges.columns - 1] = lagged >= 0 ? weather.now[index] - weather.now[lagged] : 0
    }
}
