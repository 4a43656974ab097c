import EnergyModel

/// What one meter's minute adds to its facility's. All in whole units: it can be added and taken away without a trace.
struct MinuteShare: Sendable {
    var start: Int64
    /// The meter's mean, and its mean in each 15-s slot; a slot without a reading has the minute's mean, so that a meter
    /// that is a second late does not look like a dip of the facility.
    var mean: Int64
    var slots: SIMD4<Int64>
    var energy: Int64
    var count: UInt32
    var goodCount: UInt32
    var hasPower: Bool

    var instant: UTCInstant { UTCInstant(milliseconds: start) }

    /// From a minute's sum and its readings.
    @inline(__always)
    init(start: Int64, sum: WindowSum, readings: ArraySlice<HeldReading>) {
        let mean = sum.mean
        self.start = start
        self.mean = FixedPoint.units(mean, scale: FixedPoint.powerScale)
        slots = Self.slots(start: start, mean: mean, readings: readings)
        energy = sum.energy
        count = sum.count
        goodCount = sum.goodCount
        hasPower = sum.poweredCount > 0
    }

    /// From a stored rollup and whatever of its readings is at hand.
    init(stored rollup: Rollup, readings: ArraySlice<HeldReading>) {
        start = rollup.start.milliseconds
        mean = FixedPoint.units(rollup.meanKilowatts, scale: FixedPoint.powerScale)
        slots = Self.slots(start: start, mean: rollup.meanKilowatts, readings: readings)
        energy = FixedPoint.units(rollup.kilowattHours, scale: FixedPoint.energyScale)
        count = rollup.count
        goodCount = rollup.goodCount
        hasPower = !rollup.meanKilowatts.isNaN
    }

    @inline(__always)
    private static func slots(start: Int64, mean: Double, readings: ArraySlice<HeldReading>) -> SIMD4<Int64> {
        onePerSlot(start, readings) ?? meanPerSlot(start: start, mean: mean, readings: readings)
    }

    /// The usual minute: four readings with power, one in each slot. Nil for any other.
    @inline(__always)
    private static func onePerSlot(_ start: Int64, _ readings: ArraySlice<HeldReading>) -> SIMD4<Int64>? {
        guard readings.count == 4 else { return nil }
        let first = readings.startIndex
        let step = Reading.intervalMilliseconds
        guard let one = units(readings[first], from: start), let two = units(readings[first + 1], from: start + step),
            let three = units(readings[first + 2], from: start + 2 * step),
            let four = units(readings[first + 3], from: start + 3 * step)
        else { return nil }
        return SIMD4(one, two, three, four)
    }

    /// The reading's power; nil when it has none or does not lie in the slot from `start`.
    @inline(__always)
    private static func units(_ reading: HeldReading, from start: Int64) -> Int64? {
        let time = reading.time
        guard time >= start, time < start + Reading.intervalMilliseconds, !reading.kilowatts.isNaN else { return nil }
        return FixedPoint.units(reading.kilowatts, scale: FixedPoint.powerScale)
    }

    private static func meanPerSlot(start: Int64, mean: Double, readings: ArraySlice<HeldReading>) -> SIMD4<Int64> {
        var sums = SIMD4<Int64>(repeating: 0)
        var counts = SIMD4<Int64>(repeating: 0)
        for reading in readings where !reading.kilowatts.isNaN {
            let slot = Int(reading.time - start) / Int(Reading.intervalMilliseconds)
            sums[slot & 3] &+= FixedPoint.units(reading.kilowatts, scale: FixedPoint.powerScale)
            counts[slot & 3] &+= 1
        }
        let fallback = FixedPoint.units(mean, scale: FixedPoint.powerScale)
        for slot in 0..<4 where counts[slot] != 1 {
            sums[slot] = counts[slot] == 0 ? fallback : sums[slot] / counts[slot]
        }
        return sums
    }
}

/// A facility's minute: the sum of its meters' shares. 64 bytes.
struct FacilityMinute: Sendable {
    private(set) var mean: Int64 = 0
    private(set) var slots = SIMD4<Int64>(repeating: 0)
    private(set) var energy: Int64 = 0
    private(set) var count: UInt32 = 0
    private(set) var goodCount: UInt32 = 0
    /// Meters with power in this minute.
    private(set) var poweredMeters: UInt32 = 0

    mutating func add(_ share: MinuteShare) {
        energy &+= share.energy
        count &+= share.count
        goodCount &+= share.goodCount
        guard share.hasPower else { return }
        mean &+= share.mean
        slots &+= share.slots
        poweredMeters &+= 1
    }

    mutating func remove(_ share: MinuteShare) {
        energy &-= share.energy
        count &-= share.count
        goodCount &-= share.goodCount
        guard share.hasPower else { return }
        mean &-= share.mean
        slots &-= share.slots
        poweredMeters &-= 1
    }

    /// Lowest and highest slot total, in power units, widened to hold the mean.
    var range: (lowest: Int64, highest: Int64) { (min(mean, slots.min()), max(mean, slots.max())) }
}
