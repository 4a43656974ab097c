/// All that a series' past says to its next 24 hours: cleaned values, what the profiles left of them, the weather, the
/// profiles. Grows slot by slot; profiles change when a day is closed, which whoever drives it does after the day's last slot.
struct SeriesState: Sendable {
    let resolution: SeriesResolution
    let calendar: DayCalendar
    let slotsPerDay: Int
    let slotsPerHour: Int

    /// Slot number of the first element of the arrays, a multiple of `slotsPerDay`.
    private(set) var base: Int
    private(set) var load: [Float] = []
    private(set) var isValid: [Bool] = []
    /// Load minus its class profile as that was at the start of the day.
    private(set) var rest: [Float] = []
    /// How far a workday went toward a closed one, lately: -0.5...1.3. Ends where `load` ends and may begin later.
    private var closures: [Float] = []
    /// Sums of all values before each whole hour of the arrays, the first before the first.
    private var loadSums: [Double] = [0]
    private var restSums: [Double] = [0]
    private(set) var weather: WeatherTrack
    private(set) var profiles: DayProfiles
    /// `rest` around a year before the end, kept when the arrays are cut.
    private(set) var yearAgo: [Float] = []
    private(set) var yearAgoBase = 0
    /// What a forecast needs at every horizon, worked out once.
    let decays: HorizonDecays
    private let closureDecay: Float
    private var closureTop: Float = 0
    private var closureBottom: Float = 0
    /// Valid slots ever, and all slots ever.
    private(set) var validCount = 0
    private(set) var slotCount = 0

    init(firstDay: Int, resolution: SeriesResolution, calendar: DayCalendar) {
        self.resolution = resolution
        self.calendar = calendar
        slotsPerDay = resolution.slotsPerDay
        slotsPerHour = resolution.slotsPerHour
        decays = HorizonDecays(resolution)
        closureDecay = Float(halved(1 / Double(slotsPerDay), halfLife: 0.35))
        base = firstDay * resolution.slotsPerDay
        weather = WeatherTrack(base: base, resolution: resolution)
        profiles = DayProfiles(slotsPerDay: resolution.slotsPerDay)
    }

    /// Slot number of the first slot that is not known yet.
    var end: Int { base + load.count }
    var isAtDayEnd: Bool { end % slotsPerDay == 0 && !load.isEmpty }

    mutating func suppose(_ shape: (DayClass, Int) -> Float) {
        guard profiles.isEmpty else { return }
        profiles.suppose(shape)
    }

    mutating func append(_ value: LoadCleaning.Value, temperature: Float) {
        let slot = end
        let day = slot / slotsPerDay
        let inDay = slot - day * slotsPerDay
        let dayClass = calendar.dayClass(day)
        let residual = profiles.isEmpty ? 0 : value.load - profiles.fast[dayClass.rawValue * slotsPerDay + inDay]
        load.append(value.load)
        isValid.append(value.isValid)
        rest.append(residual)
        closures.append(nextClosure(value.load, inDay: inDay, dayClass: dayClass))
        if load.count % slotsPerHour == 0 {
            loadSums.append(sum(load, loadSums, last: load.count))
            restSums.append(sum(rest, restSums, last: load.count))
        }
        weather.append(temperature)
        slotCount += 1
        if value.isValid { validCount += 1 }
    }

    /// A decayed regression of what is missing to the workday profile on the way to the closed one; half-life 0.35 days.
    private mutating func nextClosure(_ value: Float, inDay: Int, dayClass: DayClass) -> Float {
        guard !profiles.isEmpty, profiles.contrast > 0 else { return 0 }
        let decay = closureDecay
        closureTop *= decay
        closureBottom *= decay
        if dayClass == .workday {
            let difference = profiles.fast[2 * slotsPerDay + inDay] - profiles.fast[inDay]
            closureTop += (value - profiles.fast[inDay]) * difference
            closureBottom += difference * difference
        }
        let floor = 0.02 * profiles.contrast * Float(slotsPerDay)
        return min(1.3, max(-0.5, closureTop / (closureBottom + floor)))
    }

    /// A second value for a slot that is known, of the hour that autumn repeats: the mean of both, or the one that is valid.
    /// O(slots since).
    mutating func average(_ value: Float, into slot: Int) {
        let index = slot - base
        guard load.indices.contains(index) else { return }
        let mean = isValid[index] ? (load[index] + value) / 2 : value
        if !isValid[index] { validCount += 1 }
        isValid[index] = true
        rest[index] += profiles.isEmpty ? 0 : mean - load[index]
        load[index] = mean
        for hour in index / slotsPerHour + 1..<max(index / slotsPerHour + 1, loadSums.count) {
            loadSums[hour] = sum(load, loadSums, last: hour * slotsPerHour)
            restSums[hour] = sum(rest, restSums, last: hour * slotsPerHour)
        }
    }

    /// To be called once when the last slot of a day is in. A day with more than a quarter missing updates no profile.
    mutating func closeDay() {
        let start = load.count - slotsPerDay
        guard start >= 0 else { return }
        var valid = 0
        for index in start..<load.count where isValid[index] { valid += 1 }
        guard valid * 4 >= slotsPerDay * 3 else { return }
        let day = end / slotsPerDay - 1
        profiles.learn(
            load: load[start...], dayClass: calendar.dayClass(day), weekday: calendar.likeWeekday(day),
            weather: weather.hasWeather ? hingesOfLastDay()[...] : nil)
    }

    private func hingesOfLastDay() -> [Float] {
        let width = WeatherHinges.count
        let start = weather.now.count - slotsPerDay
        return [Float](unsafeUninitializedCapacity: slotsPerDay * width) { buffer, count in
            guard let out = buffer.baseAddress else { return }
            for slot in 0..<slotsPerDay {
                WeatherHinges.fill(
                    out + slot * width, now: weather.now[start + slot], day: weather.day[start + slot],
                    quarter: weather.quarter[start + slot])
            }
            count = slotsPerDay * width
        }
    }

    /// Mean load of `[from, to)` by slot number; nil where the arrays do not reach.
    @inline(__always)
    func meanLoad(_ from: Int, _ to: Int) -> Float? {
        guard from >= base, to > from, to <= end else { return nil }
        return Float((sum(load, loadSums, to - base) - sum(load, loadSums, from - base)) / Double(to - from))
    }

    /// Mean rest of `[from, to)`, of the part the arrays have; 0 if there is none.
    @inline(__always)
    func meanRest(_ from: Int, _ to: Int) -> Float {
        let (from, to) = (max(from, base), min(to, end))
        guard to > from else { return 0 }
        return Float((sum(rest, restSums, to - base) - sum(rest, restSums, from - base)) / Double(to - from))
    }

    /// Sum of the first `count` values: those of whole hours and the few behind them.
    @inline(__always)
    private func sum(_ values: [Float], _ hours: [Double], _ count: Int) -> Double {
        let hour = count / slotsPerHour
        var sum = hours[hour]
        for index in hour * slotsPerHour..<count { sum += Double(values[index]) }
        return sum
    }

    /// The sum that belongs behind the hour whose last value is number `last`.
    private func sum(_ values: [Float], _ hours: [Double], last: Int) -> Double {
        var sum = hours[last / slotsPerHour - 1]
        for index in last - slotsPerHour..<last { sum += Double(values[index]) }
        return sum
    }

    /// What was known of it at `origin`; 0 where nothing was or it is forgotten.
    func closure(before origin: Int) -> Float {
        let index = origin - 1 - (end - closures.count)
        return index >= 0 && index < closures.count ? closures[index] : 0
    }

    @inline(__always)
    func restAt(_ slot: Int) -> Float { slot >= base ? rest[slot - base] : 0 }

    @inline(__always)
    func loadAt(_ slot: Int) -> Float? { slot >= base && slot < end ? load[slot - base] : nil }

    func restYearAgo(_ slot: Int) -> Float {
        if slot >= base { return rest[slot - base] }
        let index = slot - yearAgoBase
        return index >= 0 && index < yearAgo.count ? yearAgo[index] : 0
    }

    func meanRestYearAgo(day: Int) -> Float {
        let start = day * slotsPerDay
        if start >= base { return meanRest(start, start + slotsPerDay) }
        let index = start - yearAgoBase
        guard index >= 0, index + slotsPerDay <= yearAgo.count else { return 0 }
        var sum: Float = 0
        for offset in 0..<slotsPerDay { sum += yearAgo[index + offset] }
        return sum / Float(slotsPerDay)
    }
}

extension SeriesState {
    /// Forgets all but the last `days` (at least 31) and the days around a year ago that the next ten days will ask for, so
    /// that a facility costs some 100 KB whatever its history.
    mutating func keepOnly(days: Int) {
        let days = max(31, days)
        let firstDay = end / slotsPerDay - days
        let cut = firstDay * slotsPerDay - base
        guard cut > 0 else { return }
        let window = yearAgoWindow()
        if !window.values.isEmpty { adopt(yearAgo: window.values, base: window.base) }
        let room = (days + 2) * slotsPerDay
        load.forget(cut, room: room)
        isValid.forget(cut, room: room)
        rest.forget(cut, room: room)
        loadSums.forget(cut / slotsPerHour, room: room / slotsPerHour)
        restSums.forget(cut / slotsPerHour, room: room / slotsPerHour)
        closures.forget(max(0, closures.count - slotsPerDay), room: 3 * slotsPerDay)
        weather.dropPrefix(max(0, weather.now.count - 4 * slotsPerDay), room: 6 * slotsPerDay)
        base += cut
    }

    /// `rest` of the days around a year ago that the next ten days will ask for; empty where it is not known.
    func yearAgoWindow() -> (values: [Float], base: Int) {
        let wanted = (end / slotsPerDay - 364) * slotsPerDay
        let (from, upTo) = (max(wanted, base), wanted + 10 * slotsPerDay)
        return from < upTo ? (Array(rest[from - base..<upTo - base]), from) : ([], 0)
    }

    mutating func adopt(yearAgo: [Float], base: Int) {
        self.yearAgo = yearAgo
        yearAgoBase = base
    }
}

extension SeriesState {
    func write(to archive: inout ArchiveWriter) {
        archive.add(base)
        archive.add(load)
        archive.add(isValid)
        archive.add(rest)
        archive.add(closures)
        archive.add(loadSums[0])
        archive.add(restSums[0])
        weather.write(to: &archive)
        profiles.write(to: &archive)
        archive.add(yearAgo)
        archive.add(yearAgoBase)
        archive.add(closureTop)
        archive.add(closureBottom)
        archive.add(validCount)
        archive.add(slotCount)
    }

    init(
        from archive: inout ArchiveReader, resolution: SeriesResolution, calendar: DayCalendar
    ) throws(ForecastArchiveError) {
        let perDay = resolution.slotsPerDay
        let slots = 0...ArchiveReader.mostSlots
        let base = try archive.integer(in: slots, "first slot")
        guard base % perDay == 0 else { throw .impossible("first slot") }
        self.init(firstDay: base / perDay, resolution: resolution, calendar: calendar)
        load = try archive.floats(0...32 * perDay, "load")
        isValid = try archive.bools(load.count...load.count, "marks of validity")
        rest = try archive.floats(load.count...load.count, "residuals")
        closures = try archive.floats(0...load.count, "closure")
        loadSums[0] = try archive.double("sum of loads")
        restSums[0] = try archive.double("sum of residuals")
        for hour in 0..<load.count / slotsPerHour {
            loadSums.append(sum(load, loadSums, last: (hour + 1) * slotsPerHour))
            restSums.append(sum(rest, restSums, last: (hour + 1) * slotsPerHour))
        }
        weather = try WeatherTrack(from: &archive, end: base + load.count, resolution: resolution)
        guard weather.now.count >= min(load.count, 2 * perDay) else { throw .impossible("count of temperatures") }
        profiles = try DayProfiles(from: &archive, slotsPerDay: perDay)
        yearAgo = try archive.floats(0...10 * perDay, "residuals of a year ago")
        yearAgoBase = try archive.integer(in: slots, "first slot of a year ago")
        closureTop = try archive.finite("closure")
        closureBottom = try archive.finite("closure")
        validCount = try archive.integer(in: slots, "count of valid slots")
        slotCount = try archive.integer(in: slots, "count of slots")
    }
}

extension Array {
    /// Drops the first `count` elements, and their memory too when it is far more than `room` elements need.
    mutating func forget(_ count: Int, room: Int) {
        guard capacity > 2 * room else { return removeFirst(count) }
        var kept: [Element] = []
        kept.reserveCapacity(room)
        kept += self[count...]
        self = kept
    }
}
