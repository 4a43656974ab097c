import EnergyModel

/// What one window of one meter has taken in so far. 48 bytes.
struct WindowSum: Sendable {
    /// Sum of the readings' power, in power units.
    var power: Int64 = 0
    var lowest = Double.infinity
    var highest = -Double.infinity
    /// In energy units.
    var energy: Int64 = 0
    var count: UInt32 = 0
    var goodCount: UInt32 = 0
    /// Readings that carried power.
    var poweredCount: UInt32 = 0

    @inline(__always)
    mutating func add(_ reading: HeldReading, _ step: EnergyStep) {
        count &+= 1
        if reading.isGood, step.kind != .reset { goodCount &+= 1 }
        energy &+= step.units
        guard !reading.kilowatts.isNaN else { return }
        poweredCount &+= 1
        power &+= FixedPoint.units(reading.kilowatts, scale: FixedPoint.powerScale)
        lowest = min(lowest, reading.kilowatts)
        highest = max(highest, reading.kilowatts)
    }

    @inline(__always)
    mutating func add(_ other: WindowSum) {
        power &+= other.power
        lowest = min(lowest, other.lowest)
        highest = max(highest, other.highest)
        energy &+= other.energy
        count &+= other.count
        goodCount &+= other.goodCount
        poweredCount &+= other.poweredCount
    }

    /// NaN without power. Kept between lowest and highest, which the units' rounding may leave.
    var mean: Double {
        guard poweredCount > 0 else { return .nan }
        return max(lowest, min(highest, FixedPoint.kilowatts(power) / Double(poweredCount)))
    }

    func rollup(of meter: MeterNumber, _ granularity: Granularity, start: Int64) -> Rollup {
        let hasPower = poweredCount > 0
        return Rollup(
            series: .meter(meter), granularity: granularity, start: UTCInstant(milliseconds: start),
            meanKilowatts: mean,
            minKilowatts: hasPower ? lowest : .nan, maxKilowatts: hasPower ? highest : .nan,
            kilowattHours: FixedPoint.kilowattHours(energy), count: count, goodCount: goodCount)
    }
}
