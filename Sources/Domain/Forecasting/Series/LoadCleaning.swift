/// Fills gaps and drops spikes, looking at the past only, so that what was learned at an origin never changes later. What it
/// fills or drops is usable as a lag and never trains.
struct LoadCleaning: Sendable {
    struct Value: Hashable, Sendable {
        var load: Float
        /// Measured and plausible.
        var isValid: Bool
    }

    let slotsPerDay: Int
    let slotsPerHour: Int
    /// What stands for slots before the first value.
    var opening: Float = 0
    private var gap = 0
    private var doubtful = 0

    init(_ resolution: SeriesResolution) {
        slotsPerDay = resolution.slotsPerDay
        slotsPerHour = resolution.slotsPerHour
    }

    /// The next slot's value. `raw` is NaN when unknown; `past` holds cleaned values, the newest last, of at least 14 days if
    /// there are so many.
    mutating func next(raw: Float, isMeasured: Bool, past: [Float]) -> Value {
        guard raw.isFinite else {
            gap += 1
            return Value(load: filled(past), isValid: false)
        }
        gap = 0
        guard isMeasured else { return Value(load: raw, isValid: false) }
        // Whatever lasts longer than an hour is no spike but news.
        if doubtful < max(1, slotsPerHour), isSpike(raw, past) {
            doubtful += 1
            return Value(load: filled(past), isValid: false)
        }
        // Only a plausible value ends a run of doubt; after an hour of doubt everything is taken until things calm down.
        if doubtful > 0, !isSpike(raw, past) { doubtful = 0 }
        return Value(load: raw, isValid: true)
    }

    /// A gap up to an hour holds the last value; a longer one takes 7, else 14 days, else 1 day earlier.
    private func filled(_ past: [Float]) -> Float {
        guard let last = past.last else { return opening }
        if gap <= slotsPerHour { return last }
        for days in [7, 14, 1] where past.count >= days * slotsPerDay { return past[past.count - days * slotsPerDay] }
        return last
    }

    private func isSpike(_ value: Float, _ past: [Float]) -> Bool {
        let count = past.count
        guard count >= 7 * slotsPerDay else { return false }
        var (low, high) = (Float.infinity, -Float.infinity)
        for index in count - max(2, 2 * slotsPerHour)..<count {
            low = min(low, past[index])
            high = max(high, past[index])
        }
        if isWithin(value, low, high) { return false }
        var (weekLow, weekHigh) = (Float.infinity, -Float.infinity)
        for day in 1...7 {
            let there = past[count - day * slotsPerDay]
            weekLow = min(weekLow, there)
            weekHigh = max(weekHigh, there)
        }
        let fallsToNothing = abs(value) < 0.02 * abs(low) && abs(value) < 0.05 * abs(weekLow)
        return fallsToNothing || !isWithin(value, weekLow, weekHigh)
    }

    private func isWithin(_ value: Float, _ low: Float, _ high: Float) -> Bool {
        let slack = 1.5 * (high - low) + 0.25 * max(abs(low), abs(high))
        return value >= low - slack && value <= high + slack
            && !(abs(value) < 0.02 * abs(low) && abs(value) < 0.02 * abs(high))
    }
}

extension LoadCleaning {
    func write(to archive: inout ArchiveWriter) {
        archive.add(opening)
        archive.add(gap)
        archive.add(doubtful)
    }

    init(from archive: inout ArchiveReader, resolution: SeriesResolution) throws(ForecastArchiveError) {
        self.init(resolution)
        opening = try archive.finite("opening value")
        gap = try archive.integer(in: 0...ArchiveReader.mostSlots, "gap")
        doubtful = try archive.integer(in: 0...ArchiveReader.mostSlots, "run of doubt")
    }
}
