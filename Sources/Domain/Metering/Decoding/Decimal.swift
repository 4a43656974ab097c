/// A decimal number as it stands in a text: `(-1)^negative × mantissa × 10^exponent`.
struct Decimal {
    var mantissa: UInt64
    var exponent: Int
    var isNegative: Bool
    /// False when the text had more digits than `mantissa` can hold; then only the text tells the value.
    var isExact: Bool

    /// The nearest double, ties to even; nil when that takes the text (`isExact` false, or a far exponent). No allocation.
    @inline(__always)
    var nearestDouble: Double? {
        guard isExact else { return nil }
        if mantissa <= 1 << 53, abs(exponent) <= 22 { return isNegative ? -fewDigits : fewDigits }
        return manyDigits.map { isNegative ? -$0 : $0 }
    }

    /// Both factors are doubles without error, so the one operation rounds once. Source: W. Clinger, "How to read floating
    /// point numbers accurately", 1990.
    @inline(__always)
    private var fewDigits: Double {
        // Signed: one instruction.
        let whole = Double(Int64(mantissa))
        return exponent < 0 ? whole / powersOfTen[-exponent] : whole * powersOfTen[exponent]
    }

    /// 5^27 still fits 64 bits: within that the 128-bit product or quotient is exact but for a sticky last bit, and the
    /// conversion from 64 bits rounds once. Powers of two are exact, as everything here is far from the ends of the range.
    private var manyDigits: Double? {
        guard mantissa != 0 else { return 0 }
        guard abs(exponent) <= 27 else { return nil }
        let shift = mantissa.leadingZeroBitCount
        let normalised = mantissa << UInt64(shift)
        if exponent >= 0 {
            let product = normalised.multipliedFullWidth(by: powersOfFive[exponent])
            guard product.high != 0 else { return scaled(product.low, by: exponent - shift) }
            let lead = product.high.leadingZeroBitCount
            let top = lead == 0 ? product.high : product.high << UInt64(lead) | product.low >> UInt64(64 - lead)
            let rest = lead == 0 ? product.low : product.low << UInt64(lead)
            return scaled(rest == 0 ? top : top | 1, by: exponent - shift + 64 - lead)
        }
        let five = powersOfFive[-exponent]
        let divisorShift = five.leadingZeroBitCount
        // The dividend's high word is below 2^63 and the divisor is not: the quotient fits and has at least 62 bits.
        let (quotient, remainder) = (five << UInt64(divisorShift))
            .dividingFullWidth((normalised >> 1, normalised << 63))
        return scaled(remainder == 0 ? quotient : quotient | 1, by: exponent - shift + divisorShift - 63)
    }

    private func scaled(_ significand: UInt64, by power: Int) -> Double {
        Double(significand) * Double(bitPattern: UInt64(1023 + power) << 52)
    }
}

private let powersOfTen: [Double] = [
    1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
]

private let powersOfFive: [UInt64] = [
    1, 5, 25, 125, 625, 3125, 15_625, 78_125, 390_625, 1_953_125, 9_765_625, 48_828_125, 244_140_625, 1_220_703_125,
    6_103_515_625, 30_517_578_125, 152_587_890_625, 762_939_453_125, 3_814_697_265_625, 19_073_486_328_125,
    95_367_431_640_625, 476_837_158_203_125, 2_384_185_791_015_625, 11_920_928_955_078_125, 59_604_644_775_390_625,
    298_023_223_876_953_125, 1_490_116_119_384_765_625, 7_450_580_596_923_828_125,
]
