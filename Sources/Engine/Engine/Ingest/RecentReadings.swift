import EnergyModel

/// Remembers the last few readings of each meter, so that a sender can be told what it sent twice. Which reading is stored is
/// decided by its key in the series store, not here. 8 times of 8 bytes a meter.
struct RecentReadings: Sendable {
    private static let depth = 8
    /// Numbers beyond are not remembered: those of one engine are dense.
    private static let mostMeters = 1 << 20

    private var times: [Int64] = []
    private var next: [UInt8] = []

    /// Takes readings that are durable; returns how many of them it knew. O(depth) a reading.
    mutating func add(_ readings: some Sequence<Reading>) -> Int {
        var known = 0
        for reading in readings {
            let meter = Int(reading.meter.rawValue)
            guard meter < Self.mostMeters else { continue }
            if meter >= next.count { grow(to: meter + 1) }
            let first = meter * Self.depth
            let time = reading.time.milliseconds
            if times[first..<first + Self.depth].contains(time) {
                known += 1
            } else {
                times[first + Int(next[meter])] = time
                next[meter] = (next[meter] + 1) % UInt8(Self.depth)
            }
        }
        return known
    }

    private mutating func grow(to meters: Int) {
        next.append(contentsOf: repeatElement(0, count: meters - next.count))
        times.append(contentsOf: repeatElement(.min, count: meters * Self.depth - times.count))
    }
}
