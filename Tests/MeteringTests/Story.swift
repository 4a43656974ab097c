import EnergyModel

/// Hours of seeded readings of a few meters, delivered out of order, late, twice, changed.
struct Story {
    /// How one meter sends.
    private struct Habit {
        var step = 15.0
        /// Seconds its clock may be off the step.
        var jitter = 0.0
        var register = Double.nan
        var limit: Double?
        /// What it really uses, as a share of what its power says; keeps small registers from racing.
        var use = 1.0
        var registerShare = 1.0
        var powerShare = 0.98
        var facility: UInt32 = 0
    }

    private var random: Seeded
    private let hours: Double
    let start: UTCInstant
    private(set) var limits: [MeterNumber: Double] = [:]
    var deliveries: [Reading] = []

    /// Five meters of two facilities, each with a habit of its own.
    init(seed: UInt64) {
        random = Seeded(seed)
        (hours, start) = (3.2, noon)
        tell([
            Habit(register: 5e6), Habit(register: 990, limit: 1000, use: 0.02), Habit(step: 20),
            Habit(step: 60, facility: 1), Habit(step: 7, register: 5e6, registerShare: 0.7, facility: 1),
        ])
    }

    /// Meters drawn at random; the story may run over midnight or over the epoch, and a meter be silent for days.
    init(odd seed: UInt64) {
        random = Seeded(seed)
        let starts = [noon, at(-5000, after: .distantPast), at(11.6 * 3600), at(-1.3)]
        start = starts.randomElement(using: &random) ?? noon
        hours = .random(in: 0.5...2.6, using: &random)
        var habits: [Habit] = []
        for _ in 0..<Int.random(in: 2...6, using: &random) { habits.append(oddHabit()) }
        tell(habits)
    }

    private mutating func oddHabit() -> Habit {
        var habit = Habit()
        habit.step = [3, 5, 15, 15, 15, 15.5, 20, 60, 600].randomElement(using: &random) ?? 15
        habit.jitter = random.chance(0.5) ? 0 : .random(in: 0...habit.step / 2, using: &random)
        // Beyond 2^32 kWh a double's own steps are coarser than the machine's unit.
        habit.register = [.nan, 0, 990, 5e6, 6e9].randomElement(using: &random) ?? .nan
        if habit.register == 990 { (habit.limit, habit.use) = (random.chance(0.7) ? 1000 : nil, 0.02) }
        habit.registerShare = random.chance(0.5) ? 1 : .random(in: 0.1...1, using: &random)
        habit.powerShare = random.chance(0.2) ? 0 : .random(in: 0.7...1, using: &random)
        habit.facility = .random(in: 0...2, using: &random)
        return habit
    }

    private mutating func tell(_ habits: [Habit]) {
        var timed: [(arrival: Double, reading: Reading)] = []
        for (number, habit) in habits.enumerated() {
            if let limit = habit.limit { limits[meter(UInt32(number))] = limit }
            for reading in readings(of: UInt32(number), habit) {
                let seconds = Double(reading.time.milliseconds - start.milliseconds) / 1000
                timed.append((seconds + delay(), reading))
                if random.chance(0.03) { timed.append((seconds + delay() + 1, reading)) }
                if random.chance(0.02) {
                    var changed = reading
                    changed.kilowatts += 1
                    timed.append((seconds + delay() + 1, changed))
                }
            }
        }
        deliveries = timed.sorted { $0.arrival < $1.arrival }.map(\.reading)
    }

    private mutating func delay() -> Double {
        if random.chance(0.01) { return .random(in: 60...12_000, using: &random) }
        return random.chance(0.1) ? .random(in: 0...70, using: &random) : 0
    }

    private mutating func readings(of number: UInt32, _ habit: Habit) -> [Reading] {
        var register = habit.register
        var result: [Reading] = []
        var seconds = Double.random(in: 0...30, using: &random).rounded()
        // The second way out is for those that fell silent for days.
        while seconds < hours * 3600 || (seconds > 86_400 && seconds < 9 * 86_400 && result.count < 2000) {
            if random.chance(0.002) { seconds += .random(in: 60...5000, using: &random).rounded() }
            if random.chance(0.0002) { seconds += .random(in: 6.9...7.1, using: &random) * 86_400 }
            let kilowatts = Double.random(in: -20...400, using: &random)
            register += max(0, kilowatts) * habit.step / 3600 * habit.use
            if let limit = habit.limit, register > limit { register -= limit }
            if random.chance(0.001) { register *= [0, 0.5, 3].randomElement(using: &random) ?? 0 }
            let late = Double.random(in: 0...1, using: &random) * habit.jitter
            var reading = reading(
                0, random.chance(habit.powerShare) ? kilowatts : .nan,
                register: random.chance(habit.registerShare) ? register : .nan, meter: number, facility: habit.facility,
                quality: random.chance(0.05) ? .questionable : .raw)
            reading.time = at(seconds + late, after: start)
            result.append(reading)
            seconds += habit.step
        }
        return result
    }

    /// The distinct readings, the last delivered of each (meter, timestamp).
    var truth: [Reading] {
        var newest: [[Int64]: Reading] = [:]
        for reading in deliveries { newest[[Int64(reading.meter.rawValue), reading.time.milliseconds]] = reading }
        return Array(newest.values)
    }
}
