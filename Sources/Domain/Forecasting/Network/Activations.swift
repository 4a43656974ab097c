/// Sigmoid and hyperbolic tangent from multiplications and additions alone: the same bits on every machine, exact to 1e-6.
enum Activations {
    static func sigmoid(_ x: Float) -> Float { 1 / (1 + power(-x)) }

    static func tangent(_ x: Float) -> Float { 2 / (1 + power(-2 * x)) - 1 }

    /// e to the power of `x`, which is cut to ±30.
    @inline(__always)
    private static func power(_ x: Float) -> Float {
        let x = min(30, max(-30, x)) * 1.442_695
        let whole = x.rounded()
        let rest = (x - whole) * 0.693_147_18
        // Taylor's series of e^rest with |rest| < 0.35, then a shift of the exponent.
        let tail = 0.166_666_67 + rest * (0.041_666_67 + rest * (0.008_333_34 + rest * 0.001_388_9))
        let part = 1 + rest * (1 + rest * (0.5 + rest * tail))
        return part * Float(bitPattern: UInt32(Int32(whole) + 127) << 23)
    }
}
