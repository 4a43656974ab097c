import Foundation

/// Outdoor temperature of a region: season, time of day, and fronts that pass in days and hours.
struct SimulatedWeather: Sendable {
    /// °C: the year's mean, half the span between January and July, half the span of a day.
    let mean: Double
    let seasonal: Double
    let diurnal: Double
    private let fronts: SmoothNoise
    private let gusts: SmoothNoise

    init(mean: Double, seasonal: Double, diurnal: Double, seed: UInt64) {
        self.mean = mean
        self.seasonal = seasonal
        self.diurnal = diurnal
        fronts = SmoothNoise(seed: mixed(seed, 1), periodMilliseconds: 60 * 3_600_000)
        gusts = SmoothNoise(seed: mixed(seed, 2), periodMilliseconds: 5 * 3_600_000)
    }

    /// Coldest about 20 January and at 5 o'clock.
    func celsius(at milliseconds: Int64, local: LocalCalendar.Moment) -> Double {
        let season = -cos(2 * .pi * (local.dayOfYear - 20) / 365.2425)
        let day = -cos(2 * .pi * (local.hour - 5) / 24)
        return mean + seasonal * season + diurnal * day + 5 * fronts.value(at: milliseconds)
            + 1.5 * gusts.value(at: milliseconds)
    }
}
