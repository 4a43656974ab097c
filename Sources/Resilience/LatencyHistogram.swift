/// Durations in logarithmic buckets, 8 to the octave from 1 µs to about 9 min: percentiles within 9 % at 1.9 kB.
/// Two halves of `span` each, so that percentiles speak of the last one to two spans and old trouble fades. O(1) to record.
package struct LatencyHistogram: Sendable {
    private static let perOctave = 8
    private static let octaves = 29
    private static let buckets = perOctave * octaves

    private struct Half: Sendable {
        var counts = [UInt32](repeating: 0, count: LatencyHistogram.buckets)
        var count: UInt64 = 0
        var maximum: Int64 = 0
    }

    private var current = Half()
    private var previous = Half()
    private var turnedAt: Duration
    private let span: Duration
    /// Since the start, not only of the two halves.
    package private(set) var total: UInt64 = 0

    package init(at uptime: Duration, span: Duration = .seconds(60)) {
        turnedAt = uptime
        self.span = span
    }

    package mutating func record(_ latency: Duration, at uptime: Duration) {
        turn(at: uptime)
        let microseconds = LatencyHistogram.microseconds(latency)
        current.counts[LatencyHistogram.bucket(microseconds)] += 1
        current.count += 1
        current.maximum = max(current.maximum, microseconds)
        total += 1
    }

    /// Milliseconds below which `share` (0...1) of the recent durations lie; 0 when there are none.
    package mutating func percentile(_ share: Double, at uptime: Duration) -> Double {
        turn(at: uptime)
        let count = current.count + previous.count
        guard count > 0 else { return 0 }
        var remaining = max(1, (Double(count) * share).rounded(.up))
        for bucket in 0..<LatencyHistogram.buckets {
            remaining -= Double(current.counts[bucket]) + Double(previous.counts[bucket])
            if remaining <= 0 { return min(LatencyHistogram.upperBound(bucket), Double(maximum)) / 1000 }
        }
        return Double(maximum) / 1000
    }

    package mutating func maximumMilliseconds(at uptime: Duration) -> Double {
        turn(at: uptime)
        return Double(maximum) / 1000
    }

    /// Durations of the last one to two spans.
    package var recent: UInt64 { current.count + previous.count }

    private var maximum: Int64 { max(current.maximum, previous.maximum) }

    private mutating func turn(at uptime: Duration) {
        let passed = uptime - turnedAt
        guard passed >= span else { return }
        previous = passed >= span * 2 ? Half() : current
        current = Half()
        turnedAt = uptime
    }

    private static func microseconds(_ latency: Duration) -> Int64 {
        let (seconds, attoseconds) = latency.components
        return max(0, seconds &* 1_000_000 &+ attoseconds / 1_000_000_000_000)
    }

    /// The octave from the leading bit, the place inside it from the three bits after.
    private static func bucket(_ microseconds: Int64) -> Int {
        let value = max(1, microseconds)
        let octave = 63 - value.leadingZeroBitCount
        let fraction = octave >= 3 ? Int((value >> (octave - 3)) & 7) : Int((value << (3 - octave)) & 7)
        return min(buckets - 1, octave * perOctave + fraction)
    }

    private static func upperBound(_ bucket: Int) -> Double {
        let octave = Double(Int64(1) << Int64(bucket / perOctave))
        return octave * (1 + Double(bucket % perOctave + 1) / Double(perOctave))
    }
}
