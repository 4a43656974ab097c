import EnergyModel

/// A reading as the windows hold it: 24 bytes.
struct HeldReading: Sendable {
    /// Milliseconds shifted by three bits, the quality's code in them; so it also orders by time.
    private let timeAndQuality: Int64
    let kilowatts: Double
    let register: Double

    init(_ reading: Reading) {
        timeAndQuality = reading.time.milliseconds << 3 | Int64(reading.quality.rawValue)
        kilowatts = reading.kilowatts
        register = reading.registerKilowattHours
    }

    var time: Int64 { timeAndQuality >> 3 }
    var isGood: Bool { ReadingQuality(rawValue: UInt8(timeAndQuality & 7))?.isGood ?? false }
}

/// What a reading's energy depends on besides itself: the reading just before it in event time.
struct Predecessor: Sendable {
    /// `Int64.min` when there is none.
    var time = Int64.min
    /// NaN when it carried none.
    var register = Double.nan

    init() {}
    init(_ reading: HeldReading) { (time, register) = (reading.time, reading.register) }
    init(_ reading: Reading) { (time, register) = (reading.time.milliseconds, reading.registerKilowattHours) }
}

/// The energy a reading adds to the window it lies in. A function of the reading and its predecessor alone, so that it
/// depends on the set of readings and not on their arrival:
/// - both carry the cumulative register: the difference, which telescopes over any span;
/// - otherwise: its power, for the time since the predecessor, at most 15 s (15 s when it is the first). Looking back and
///   not ahead means that a closed window never waits for the next reading.
///
/// A falling register is a rollover where the limit is known and the step over it is below a tenth of the register, else a
/// reset: energy 0, and the reading does not count as good. So is a rise faster than `maximumPower`.
struct EnergyStep {
    enum Kind { case ordinary, rollover, reset }
    var units: Int64
    var kind: Kind

    @inline(__always)
    init(from predecessor: Predecessor, to reading: HeldReading, registerLimit: Double, rules: EnergyRules) {
        let isKnown = predecessor.time != .min && reading.time - predecessor.time <= rules.reach
        let span = isKnown ? reading.time - predecessor.time : Reading.intervalMilliseconds
        if isKnown, !predecessor.register.isNaN, !reading.register.isNaN {
            self = Self.registered(predecessor.register, reading.register, span, registerLimit, rules)
        } else if !reading.register.isNaN, !isKnown {
            self = EnergyStep(units: 0, kind: .ordinary)
        } else {
            let hours = Double(min(span, Reading.intervalMilliseconds)) / 3_600_000
            let units = FixedPoint.units(reading.kilowatts * hours, scale: FixedPoint.energyScale)
            self = EnergyStep(units: units, kind: .ordinary)
        }
    }

    private init(units: Int64, kind: Kind) {
        self.units = units
        self.kind = kind
    }

    @inline(__always)
    private static func registered(
        _ before: Double, _ after: Double, _ span: Int64, _ limit: Double, _ rules: EnergyRules
    ) -> EnergyStep {
        let rise = difference(before, after)
        let plausible = Double(max(span, Reading.intervalMilliseconds)) * rules.unitsPerMillisecond
        if rise >= 0 {
            return Double(rise) <= plausible ? Self(units: rise, kind: .ordinary) : Self(units: 0, kind: .reset)
        }
        return fallen(before, after, plausible, limit)
    }

    private static func fallen(_ before: Double, _ after: Double, _ plausible: Double, _ limit: Double) -> EnergyStep {
        let over = difference(before, limit) &+ difference(0, after)
        guard !limit.isNaN, before <= limit, over >= 0, Double(over) <= plausible,
            Double(over) <= limit / 10 * FixedPoint.energyScale
        else { return Self(units: 0, kind: .reset) }
        return Self(units: over, kind: .rollover)
    }

    /// Of two register values, each first cut to units so that differences telescope. Beyond 2^32 kWh a double's own steps
    /// are coarser than the unit, and the plain difference is exact.
    @inline(__always)
    private static func difference(_ before: Double, _ after: Double) -> Int64 {
        if before.magnitude < 0x1p32, after.magnitude < 0x1p32 {
            return FixedPoint.units(after, scale: FixedPoint.energyScale)
                - FixedPoint.units(before, scale: FixedPoint.energyScale)
        }
        return FixedPoint.units(after - before, scale: FixedPoint.energyScale)
    }
}

/// `WindowRules` in the units of the steps.
struct EnergyRules: Sendable {
    let reach: Int64
    let unitsPerMillisecond: Double

    init(_ rules: WindowRules) {
        reach = rules.predecessorReach.milliseconds
        unitsPerMillisecond = rules.maximumPower.kilowatts / 3_600_000 * FixedPoint.energyScale
    }
}
