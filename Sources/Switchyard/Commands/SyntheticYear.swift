import EnergyModel
import Forecasting
import Foundation

/// A building's year, the same from the same number: workdays, seasons, weather that wanders, noise that persists. Quarter-hours.
struct SyntheticYear: Sendable {
    static let start = UTCInstant(seconds: 1_704_067_200)
    static let days = 365
    /// Days after the year, for forecasts to be compared with.
    static let unseen = 7
    /// Facilities the peer gets, and whose forecasts are compared.
    static let exported = 3
    static let grid = LocalGrid(resolution: .quarterHour, zone: .utc)

    let number: Int

    static func end(ofDays days: Int) -> UTCInstant { start.advanced(by: .seconds(days * 86_400)) }

    var prior: LoadPrior { LoadPrior(kind: .office, contractDemand: Power(kilowatts: 300)) }

    /// The year and the unseen days.
    func samples() -> [LoadSample] {
        var random = SplitMix(state: UInt64(number) &* 7919 &+ 11)
        let size = 50 + 400 * random.next()
        let cooling = 0.01 + 0.03 * random.next()
        let opens = 6 + 3 * random.next()
        var (noise, wander) = (0.0, 0.0)
        return (0..<(SyntheticYear.days + SyntheticYear.unseen) * 96).map { index in
            let (day, hour) = (index / 96, Double(index % 96) / 4)
            noise = 0.97 * noise + 0.012 * random.bell()
            wander = 0.995 * wander + 0.25 * random.bell()
            let season = -cos(2 * .pi * (Double(day) - 20) / 365)
            let degrees = 12 + 10 * season + 4 * sin(2 * .pi * (hour - 9) / 24) + wander
            let isOpen = day % 7 < 5 && hour >= opens && hour < opens + 11
            let share = 0.3 + (isOpen ? 0.5 : 0) + (isOpen ? cooling : cooling / 3) * max(0, degrees - 17)
            let load = size * max(0.05, share + noise + 0.01 * random.bell())
            return LoadSample(
                start: SyntheticYear.start.advanced(by: .seconds(index * 900)), load: load, temperature: degrees)
        }
    }

    /// In the form `forecast score` reads.
    func csv() -> [UInt8] {
        var text = "utc,load,temp,holiday\n"
        for sample in samples() {
            text += "\(sample.start.iso8601),\(sample.load ?? 0),\(sample.temperature ?? 0),0\n"
        }
        return Array(text.utf8)
    }

    /// Source: Sebastiano Vigna, splitmix64.
    private struct SplitMix {
        var state: UInt64

        mutating func next() -> Double {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return Double((mixed ^ (mixed >> 31)) >> 11) / 9_007_199_254_740_992
        }

        /// Mean 0, deviation 1.
        mutating func bell() -> Double { (0..<12).reduce(-6) { sum, _ in sum + next() } }
    }
}
