import EnergyModel

/// The load of one facility as a pure function of time, and the energy that has flowed since a fixed start.
struct FacilityLoad: Sendable {
    enum Source: Sendable {
        case model(LoadProfile, SimulatedWeather, LocalCalendar)
        /// File time passes `speed` times as fast as real time; both begin together at the anchor.
        case file(LoadFile, speed: Double)
    }

    let source: Source
    /// Kilowatts at share 1.
    let size: Double
    /// The energy register counts from here; no earlier moment may be asked for its energy.
    let anchor: Int64
    private let slow: SmoothNoise
    private let fast: SmoothNoise
    /// Energy in kWh from the anchor to the start of each quarter-hour; grown as far as asked for.
    private var energyAtQuarter: [Double] = [0]

    private static let quarter: Int64 = 900_000

    init(source: Source, size: Double, anchor: Int64, seed: UInt64) {
        self.source = source
        self.size = size
        self.anchor = anchor
        slow = SmoothNoise(seed: mixed(seed, 11), periodMilliseconds: 45 * 60_000)
        fast = SmoothNoise(seed: mixed(seed, 12), periodMilliseconds: 3 * 60_000)
    }

    func kilowatts(at milliseconds: Int64) -> Double {
        switch source {
        case .model(let profile, let weather, let calendar):
            let local = calendar.moment(at: milliseconds)
            let celsius = weather.celsius(at: milliseconds, local: local)
            let noise = profile.noise * (0.7 * slow.value(at: milliseconds) + 0.3 * fast.value(at: milliseconds))
            return size * profile.share(local: local, celsius: celsius) * (1 + noise)
        case .file(let file, let speed):
            let passed = Double(milliseconds - anchor) * speed
            return size * file.kilowatts(at: file.span.start.milliseconds + Int64(passed))
        }
    }

    /// Outdoor temperature in °C; nil where a recorded load says none.
    func celsius(at milliseconds: Int64) -> Double? {
        switch source {
        case .model(_, let weather, let calendar):
            return weather.celsius(at: milliseconds, local: calendar.moment(at: milliseconds))
        case .file(let file, let speed):
            let passed = Double(milliseconds - anchor) * speed
            return file.celsius(at: file.span.start.milliseconds + Int64(passed))
        }
    }

    /// The least that meters show around a moment: the load itself, and the power that the register's straight line through
    /// the quarter-hour stands for. Whoever takes less than this away makes no register run backwards.
    func least(at milliseconds: Int64) -> Double {
        let quarter = (milliseconds - anchor).flooredQuotient(by: Self.quarter)
        return min(kilowatts(at: milliseconds), kilowatts(at: anchor + quarter * Self.quarter + Self.quarter / 2))
    }

    /// Never falls while the load is not negative. Between quarter-hours it runs straight.
    mutating func kilowattHours(at milliseconds: Int64) -> Double {
        let position = max(0, milliseconds - anchor)
        let index = Int(position / Self.quarter)
        while energyAtQuarter.count <= index + 1 {
            let middle = anchor + Int64(energyAtQuarter.count - 1) * Self.quarter + Self.quarter / 2
            energyAtQuarter.append(energyAtQuarter[energyAtQuarter.count - 1] + kilowatts(at: middle) / 4)
        }
        let share = Double(position % Self.quarter) / Double(Self.quarter)
        return energyAtQuarter[index] + (energyAtQuarter[index + 1] - energyAtQuarter[index]) * share
    }

    /// The median of the daily peaks of a year's working days, and the highest of all; in kW. Sampled every fifth day.
    func peaks() -> (typical: Double, highest: Double) {
        var peaks: [Double] = []
        for day in stride(from: Int64(0), to: 365, by: 5) {
            let start = anchor + day * 86_400_000
            peaks.append((0..<48).map { kilowatts(at: start + $0 * 1_800_000) }.max() ?? 0)
        }
        peaks.sort()
        // The lower two sevenths are weekends for most kinds.
        return (peaks[peaks.count * 9 / 14], peaks[peaks.count - 1])
    }
}
