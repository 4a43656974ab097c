/// Whole numbers of a small unit. Sums of them do not depend on order and can be taken apart again, so that rollups are a
/// function of the set of readings, and minutes add up to their hour to the last bit. Overflow wraps: it takes 10^11 kW or
/// 10^10 kWh in one window.
enum FixedPoint {
    /// 2^-26 kW, 15 µW.
    static let powerScale = 67_108_864.0
    /// 2^-30 kWh, about 1 µWh. Up to 8.4 GWh a double holds every multiple of it.
    static let energyScale = 1_073_741_824.0

    /// Nearest whole number of units, ties to even; 0 for NaN, cut where 63 bits end.
    @inline(__always)
    static func units(_ value: Double, scale: Double) -> Int64 {
        let scaled = value * scale
        // Adding and taking away 1.5·2^52 rounds without a call into the C library.
        if scaled.magnitude < 0x1p51 { return Int64((scaled + 0x1.8p52) - 0x1.8p52) }
        return distantUnits(scaled)
    }

    private static func distantUnits(_ scaled: Double) -> Int64 {
        guard scaled.magnitude < 0x1p62 else { return scaled.isNaN ? 0 : scaled > 0 ? 1 << 62 : -(1 << 62) }
        return Int64(scaled.rounded(.toNearestOrEven))
    }

    static func kilowatts(_ units: Int64) -> Double { Double(units) / powerScale }
    static func kilowattHours(_ units: Int64) -> Double { Double(units) / energyScale }
}

/// The start of the window of `step` that holds `time`; both in milliseconds.
@inline(__always)
func windowStart(_ time: Int64, _ step: Int64) -> Int64 {
    let remainder = time % step
    return time - (remainder < 0 ? remainder + step : remainder)
}

let minuteStep: Int64 = 60_000
let quarterStep: Int64 = 900_000
let hourStep: Int64 = 3_600_000
