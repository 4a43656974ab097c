import EnergyModel

@testable import Forecasting

/// The same seed gives the same noise on every machine (splitmix64).
struct Noise {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    /// 0..<1
    mutating func uniform() -> Double {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return Double((mixed ^ (mixed >> 31)) >> 11) / 9_007_199_254_740_992
    }

    /// Mean 0, deviation about 1.
    mutating func bell() -> Double { (0..<12).reduce(-6) { sum, _ in sum + uniform() } }
}

/// An office that is open on workdays from 8 to 18, cools above 18 °C and wavers a little.
struct SyntheticBuilding {
    var grid = LocalGrid(resolution: .hour, zone: .utc)
    var calendar = DayCalendar()
    var noise = 4.0
    var cooling = 0.0
    var seed: UInt64 = 7
    /// A Monday.
    var start = UTCInstant(seconds: 1_704_067_200)

    func samples(days: Int) -> [LoadSample] {
        var source = Noise(seed: seed)
        var level = 0.0
        let perDay = grid.resolution.slotsPerDay
        return (0..<days * perDay).map { index in
            let moment = UTCInstant(milliseconds: start.milliseconds + Int64(index) * grid.resolution.milliseconds)
            let slot = grid.slot(of: moment)
            let hour = Double(slot % perDay) / Double(grid.resolution.slotsPerHour)
            level = 0.9 * level + 0.3 * source.bell()
            let temperature = 16 + 8 * SyntheticBuilding.wave((hour - 9) / 24) + 3 * level
            let isOpen = calendar.dayClass(slot / perDay) == .workday && hour >= 8 && hour < 18
            let load =
                60 + (isOpen ? 90 : 0) + noise * level + noise * 0.3 * source.bell()
                + cooling * max(0, temperature - 18)
            return LoadSample(start: moment, load: load, temperature: cooling > 0 ? temperature : nil)
        }
    }

    func end(ofDays days: Int) -> UTCInstant {
        UTCInstant(milliseconds: start.milliseconds + Int64(days) * 86_400_000)
    }

    func history(days: Int) -> LoadHistory { LoadHistory(grid: grid, calendar: calendar, samples: samples(days: days)) }

    /// A parabola that looks like a sine: -1...1 with period 1.
    private static func wave(_ turns: Double) -> Double {
        let part = turns - turns.rounded(.down)
        return part < 0.5 ? 16 * part * (0.5 - part) : -16 * (part - 0.5) * (1 - part)
    }
}

extension RecipeConstants {
    /// Small enough for a debug build: what is tested is the way, not the accuracy.
    static let small: RecipeConstants = {
        var constants = RecipeConstants()
        constants.rows = 400
        constants.blocks = 2
        constants.reweightings = 1
        constants.trees = 0
        constants.poolDays = 14
        constants.poolHours = 24
        constants.refitDays = 14
        return constants
    }()

    /// The same with a few trees.
    static let wooded: RecipeConstants = {
        var constants = RecipeConstants.small
        constants.trees = 2
        constants.treeSets = 2
        constants.directTrees = 2
        return constants
    }()
}

let office = LoadPrior(kind: .office, contractDemand: Power(kilowatts: 200))

/// What every forecast owes, whatever it was fed.
func isSane(_ forecast: LoadForecast, within limit: Double = 1000) -> Bool {
    (0...1).contains(forecast.quality)
        && forecast.steps.allSatisfy { step in
            step.low <= step.middle && step.middle <= step.high && step.high < limit && step.low > -limit
                && step.low.isFinite && step.high.isFinite
        }
}
