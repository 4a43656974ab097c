/// Randomness as a pure function of a seed and a key: any moment can be asked for in any order, and a restarted simulator
/// tells the same story again. The mixing is that of SplitMix64 (Steele, Lea, Flood 2014).
func mixed(_ seed: UInt64, _ key: UInt64) -> UInt64 {
    var value = seed &+ (key &+ 1) &* 0x9E37_79B9_7F4A_7C15
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
}

/// Uniform in 0..<1.
func unit(_ seed: UInt64, _ key: UInt64) -> Double { Double(mixed(seed, key) >> 11) * 0x1p-53 }

/// Uniform in a range.
func uniform(_ seed: UInt64, _ key: UInt64, in range: ClosedRange<Double>) -> Double {
    range.lowerBound + (range.upperBound - range.lowerBound) * unit(seed, key)
}

/// A smooth random curve of time between -1 and 1 with zero mean. Moments much closer than `period` are alike, moments
/// more than two periods apart are independent.
struct SmoothNoise: Sendable {
    let seed: UInt64
    let periodMilliseconds: Int64

    func value(at milliseconds: Int64) -> Double {
        let step = milliseconds.flooredQuotient(by: periodMilliseconds)
        let share = Double(milliseconds - step * periodMilliseconds) / Double(periodMilliseconds)
        let left = 2 * unit(seed, UInt64(bitPattern: step)) - 1
        let right = 2 * unit(seed, UInt64(bitPattern: step + 1)) - 1
        return left + (right - left) * share * share * (3 - 2 * share)
    }
}

extension Int64 {
    /// Rounds down, also below zero. `divisor` > 0.
    func flooredQuotient(by divisor: Int64) -> Int64 {
        let quotient = self / divisor
        return self % divisor < 0 ? quotient - 1 : quotient
    }
}
