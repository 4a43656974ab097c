/// Out-of-sample errors of the forecasts that were live, one forecast every few hours, one horizon an hour. The band is made
/// of nothing else.
struct ErrorPool: Sendable {
    /// Errors kept per forecast: one an hour of its horizon.
    static let steps = 24

    let slotsPerHour: Int
    let capacity: Int
    /// First slot of each forecast, oldest first.
    private(set) var origins: [Int] = []
    /// `[forecast][step]`, flat: truth minus middle, NaN where the truth is not known.
    private(set) var errors: [Float] = []

    init(resolution: SeriesResolution, constants: RecipeConstants) {
        slotsPerHour = resolution.slotsPerHour
        capacity = max(8, constants.poolDays * 24 / constants.poolHours)
    }

    /// Which slot of its hour a forecast is judged on: they take turns.
    func horizon(origin: Int, step: Int) -> Int { step * slotsPerHour + (origin / slotsPerHour / 3) % slotsPerHour }

    mutating func append(origin: Int, errors new: [Float]) {
        origins.append(origin)
        errors += new
        if origins.count > capacity {
            origins.removeFirst()
            errors.removeFirst(ErrorPool.steps)
        }
    }
}

/// A forecast that waits for its truth.
struct PendingForecast: Sendable {
    let origin: Int
    /// What the model said, and what was made of it.
    let raw: [Float]
    var middle: [Float]
    var low: [Float]
    var high: [Float]
}

extension ErrorPool {
    func write(to archive: inout ArchiveWriter) {
        archive.add(origins)
        archive.add(errors)
    }

    /// What exceeds the capacity goes, the oldest first.
    init(
        from archive: inout ArchiveReader, resolution: SeriesResolution, constants: RecipeConstants
    ) throws(ForecastArchiveError) {
        self.init(resolution: resolution, constants: constants)
        origins = try archive.integers(0...100_000, in: 0...ArchiveReader.mostSlots, "origins")
        let count = origins.count * ErrorPool.steps
        errors = try archive.floats(count...count, "errors", allowsGaps: true)
        let excess = max(0, origins.count - capacity)
        origins.removeFirst(excess)
        errors.removeFirst(excess * ErrorPool.steps)
    }
}

extension PendingForecast {
    func write(to archive: inout ArchiveWriter) {
        archive.add(origin)
        for values in [raw, middle, low, high] { archive.add(values) }
    }

    init(from archive: inout ArchiveReader) throws(ForecastArchiveError) {
        let steps = ErrorPool.steps...ErrorPool.steps
        origin = try archive.integer(in: 0...ArchiveReader.mostSlots, "origin")
        raw = try archive.floats(steps, "forecast")
        middle = try archive.floats(steps, "forecast")
        low = try archive.floats(steps, "forecast")
        high = try archive.floats(steps, "forecast")
    }
}
