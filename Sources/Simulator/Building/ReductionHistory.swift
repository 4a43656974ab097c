import EnergyModel

/// By how much a facility drew less than it would have, as a staircase over time, with the energy under it. Readings are
/// asked for late and twice, so the past must answer the same again.
struct ReductionHistory: Sendable {
    private struct Stair {
        var start: Int64
        var kilowatts: Double
        /// Not drawn before `start`, kWh.
        var energy: Double

        func energy(at moment: Int64) -> Double { energy + kilowatts * Double(moment - start) / 3_600_000 }
    }

    /// Oldest stairs go when there are more; the energy under them stays counted.
    static let limit = 16_384
    private var stairs: [Stair] = []

    var current: Double { stairs.last?.kilowatts ?? 0 }

    /// From `moment` on, which is not before any moment set earlier. Changes below 20 W are passed over.
    mutating func set(_ kilowatts: Double, from moment: UTCInstant) {
        let start = moment.milliseconds
        guard let last = stairs.last else {
            if kilowatts != 0 { stairs.append(Stair(start: start, kilowatts: kilowatts, energy: 0)) }
            return
        }
        guard abs(kilowatts - last.kilowatts) >= 0.02 || (kilowatts == 0 && last.kilowatts != 0) else { return }
        if start == last.start {
            stairs[stairs.count - 1].kilowatts = kilowatts
        } else {
            stairs.append(Stair(start: start, kilowatts: kilowatts, energy: last.energy(at: start)))
        }
        if stairs.count > Self.limit { stairs.removeFirst(Self.limit / 2) }
    }

    /// O(log stairs). Before the oldest stair kept: its energy, and no reduction.
    func value(at moment: UTCInstant) -> LoadDisturbance.Effect {
        let position = moment.milliseconds
        var low = 0
        var high = stairs.count
        while low < high {
            let middle = (low + high) / 2
            if stairs[middle].start <= position { low = middle + 1 } else { high = middle }
        }
        guard low > 0 else {
            return LoadDisturbance.Effect(kilowatts: 0, kilowattHours: stairs.first?.energy ?? 0)
        }
        let stair = stairs[low - 1]
        return LoadDisturbance.Effect(kilowatts: stair.kilowatts, kilowattHours: stair.energy(at: position))
    }
}
