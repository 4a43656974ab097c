/// e to the power of `x`, exact to about 1e-15 of the value. Of our own, because the room imports no C library and a forecast
/// must be the same to the last bit on every machine.
func exponential(_ x: Double) -> Double {
    guard x > -700 else { return 0 }
    guard x < 700 else { return .greatestFiniteMagnitude }
    // x = n·ln 2 + rest with |rest| < 0.35; then a series, then a shift of the exponent.
    let whole = (x / 0.693_147_180_559_945_3).rounded()
    let rest = (x - whole * 0.693_147_180_369_123_8) - whole * 1.908_214_929_270_587_7e-10
    var (term, sum) = (1.0, 1.0)
    for n in 1...16 {
        term *= rest / Double(n)
        sum += term
    }
    return sum * Double(sign: .plus, exponent: Int(whole), significand: 1)
}

/// The natural logarithm of a positive number: Newton's method on the exponential.
func naturalLogarithm(_ x: Double) -> Double {
    guard x > 0, x.isFinite else { return x > 0 ? 710 : -745 }
    var guess = Double(x.exponent) * 0.693_147_180_559_945_3
    for _ in 0..<6 {
        let there = exponential(guess)
        guess += 2 * (x - there) / (x + there)
    }
    return guess
}

/// 0.5 to the power of `age / halfLife`.
func halved(_ age: Double, halfLife: Double) -> Double { exponential(-0.693_147_180_559_945_3 * age / halfLife) }
