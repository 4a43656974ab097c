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
    var middle: [Float]
    var low: [Float]
    var high: [Float]
}
