/// Time for everything in this room: how long ago one arbitrary, fixed start was, on a clock that never goes back (for
/// example `start.duration(to: clock.now)` of a `ContinuousClock`). Callers that share a value here must share the start.
/// Parts below a nanosecond are ignored.
package typealias MonotonicTime = Duration

extension Duration {
    /// Whole nanoseconds, held within Int64 (292 years).
    var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        if overflow { return seconds < 0 ? .min : .max }
        let (sum, carried) = scaled.addingReportingOverflow(attoseconds / 1_000_000_000)
        return carried ? (seconds < 0 ? .min : .max) : sum
    }
}
