/// Exponentially weighted mean days: by day class fast and slow, by day of the week, and of what the weather did on days of
/// the class. They change once a day, when the day is over.
struct DayProfiles: Sendable {
    private static let fastRates: [Float] = [0.3, 0.45, 0.45]
    private static let slowRates: [Float] = [0.08, 0.2, 0.2]
    private static let weekdayRate: Float = 0.3
    /// Workdays after which a closed building is the rule: longer than a Christmas break.
    private static let longestClosure = 10

    let slotsPerDay: Int
    /// `[class][slot]`, flat.
    private(set) var fast: [Float]
    private(set) var slow: [Float]
    /// `[weekday][slot]`, flat.
    private(set) var byWeekday: [Float]
    /// `[class][slot][hinge]`, flat; empty without weather.
    private(set) var hinges: [Float] = []
    private(set) var classDays = [Int](repeating: 0, count: 3)
    private(set) var weekdayDays = [Int](repeating: 0, count: 7)
    /// Recent size of what a profile leaves unexplained, in units of the load.
    private(set) var spread: Float = 0
    /// Mean square of closed minus workday profile.
    private(set) var contrast: Float = 0
    private(set) var daysSeen = 0
    /// Workdays on end that looked like closed ones.
    private var closedRun = 0

    init(slotsPerDay: Int) {
        self.slotsPerDay = slotsPerDay
        fast = [Float](repeating: 0, count: 3 * slotsPerDay)
        slow = fast
        byWeekday = [Float](repeating: 0, count: 7 * slotsPerDay)
    }

    var isEmpty: Bool { daysSeen == 0 }

    /// A day from elsewhere to start with: the building kind's, or what little was seen. It counts as no day.
    mutating func suppose(_ shape: (DayClass, Int) -> Float) {
        for dayClass in DayClass.allCases {
            for slot in 0..<slotsPerDay {
                let value = shape(dayClass, slot)
                fast[dayClass.rawValue * slotsPerDay + slot] = value
                slow[dayClass.rawValue * slotsPerDay + slot] = value
            }
        }
        for weekday in 0..<7 {
            let dayClass = weekday < 5 ? DayClass.workday : weekday == 5 ? .saturday : .closed
            for slot in 0..<slotsPerDay { byWeekday[weekday * slotsPerDay + slot] = shape(dayClass, slot) }
        }
    }

    /// Learns from a whole day. `load` has a value for every slot; `weekday` is the one the day behaves like.
    mutating func learn(load: ArraySlice<Float>, dayClass: DayClass, weekday: Int, weather: ArraySlice<Float>?) {
        let start = load.startIndex
        let row = dayClass.rawValue * slotsPerDay
        var (sum, square) = (Float(0), Float(0))
        for slot in 0..<slotsPerDay {
            let rest = load[start + slot] - fast[row + slot]
            sum += abs(rest)
            square += rest * rest
        }
        let looksClosed = dayClass == .workday && classDays[2] > 0 && classDays[0] > 2 && isLikeClosed(load)
        if daysSeen > 0, !looksClosed {
            let size = (square / Float(slotsPerDay)).squareRoot()
            spread = spread == 0 ? size : spread + 0.1 * (size - spread)
        }
        daysSeen += 1
        // A workday on which nobody came teaches nothing about workdays; two weeks of them do.
        closedRun = looksClosed ? closedRun + 1 : dayClass == .workday ? 0 : closedRun
        guard !looksClosed || closedRun > DayProfiles.longestClosure else { return }
        classDays[dayClass.rawValue] += 1
        let classRate = 1 / Float(classDays[dayClass.rawValue])
        DayProfiles.blend(&fast, row, load, max(DayProfiles.fastRates[dayClass.rawValue], classRate))
        DayProfiles.blend(&slow, row, load, max(DayProfiles.slowRates[dayClass.rawValue], classRate))
        weekdayDays[weekday] += 1
        let weekdayRate = max(DayProfiles.weekdayRate, 1 / Float(weekdayDays[weekday]))
        DayProfiles.blend(&byWeekday, weekday * slotsPerDay, load, weekdayRate)
        if let weather {
            learn(weather: weather, row: row, rate: max(DayProfiles.fastRates[dayClass.rawValue], classRate))
        }
        fillUnseen(like: dayClass)
        updateContrast()
    }

    private static func blend(_ profile: inout [Float], _ row: Int, _ load: ArraySlice<Float>, _ rate: Float) {
        let start = row - load.startIndex
        for index in load.indices { profile[start + index] += rate * (load[index] - profile[start + index]) }
    }

    private mutating func learn(weather: ArraySlice<Float>, row: Int, rate: Float) {
        let width = WeatherHinges.count
        if hinges.isEmpty { hinges = [Float](repeating: 0, count: 3 * slotsPerDay * width) }
        let start = weather.startIndex
        for index in 0..<slotsPerDay * width {
            hinges[row * width + index] += rate * (weather[start + index] - hinges[row * width + index])
        }
    }

    /// Classes and weekdays that were never seen stand in for by what is nearest to them.
    private mutating func fillUnseen(like dayClass: DayClass) {
        for other in DayClass.allCases where classDays[other.rawValue] == 0 {
            // A closed day says more about a Saturday than a workday does; a workday is the last resort.
            if dayClass == .workday, classDays.contains(where: { $0 > 0 }), classDays[1] + classDays[2] > 0 { continue }
            let (from, to) = (dayClass.rawValue * slotsPerDay, other.rawValue * slotsPerDay)
            for slot in 0..<slotsPerDay {
                fast[to + slot] = fast[from + slot]
                slow[to + slot] = slow[from + slot]
            }
            guard !hinges.isEmpty else { continue }
            let width = WeatherHinges.count
            for index in 0..<slotsPerDay * width { hinges[to * width + index] = hinges[from * width + index] }
        }
        for weekday in 0..<7 where weekdayDays[weekday] == 0 {
            let row = (weekday < 5 ? 0 : weekday - 4) * slotsPerDay
            for slot in 0..<slotsPerDay { byWeekday[weekday * slotsPerDay + slot] = fast[row + slot] }
        }
    }

    private mutating func updateContrast() {
        var sum: Float = 0
        for slot in 0..<slotsPerDay {
            let difference = fast[2 * slotsPerDay + slot] - fast[slot]
            sum += difference * difference
        }
        contrast = sum / Float(slotsPerDay)
    }

    /// More than 60 % of the way from the workday profile to the closed one, and nearer to it in absolute error.
    private func isLikeClosed(_ load: ArraySlice<Float>) -> Bool {
        let start = load.startIndex
        var (along, length, toWork, toClosed) = (Float(0), Float(0), Float(0), Float(0))
        for slot in 0..<slotsPerDay {
            let value = load[start + slot]
            let difference = fast[2 * slotsPerDay + slot] - fast[slot]
            along += (value - fast[slot]) * difference
            length += difference * difference
            toWork += abs(value - fast[slot])
            toClosed += abs(value - fast[2 * slotsPerDay + slot])
        }
        return length > 0 && along > 0.6 * length && toClosed < toWork
    }
}

extension DayProfiles {
    func write(to archive: inout ArchiveWriter) {
        for profile in [fast, slow, byWeekday, hinges] { archive.add(profile) }
        archive.add(classDays)
        archive.add(weekdayDays)
        archive.add(spread)
        archive.add(contrast)
        archive.add(daysSeen)
        archive.add(closedRun)
    }

    init(from archive: inout ArchiveReader, slotsPerDay: Int) throws(ForecastArchiveError) {
        self.init(slotsPerDay: slotsPerDay)
        let days = 0...ArchiveReader.mostSlots
        fast = try archive.floats(fast.count...fast.count, "profile")
        slow = try archive.floats(fast.count...fast.count, "profile")
        byWeekday = try archive.floats(byWeekday.count...byWeekday.count, "profile")
        hinges = try archive.floats(0...fast.count * WeatherHinges.count, "weather profile")
        guard hinges.isEmpty || hinges.count == fast.count * WeatherHinges.count else {
            throw .impossible("weather profile")
        }
        classDays = try archive.integers(3...3, in: days, "count of days")
        weekdayDays = try archive.integers(7...7, in: days, "count of days")
        spread = try archive.finite("spread")
        contrast = try archive.finite("contrast")
        daysSeen = try archive.integer(in: days, "count of days")
        closedRun = try archive.integer(in: days, "count of days")
    }
}
