/// The newest `capacity` values of a numbered sequence; NaN where there is none. O(1), but O(passed) after a gap.
struct ValueRing: Sendable {
    private var values: [Float]
    private var newest = Int64.min

    init(capacity: Int) { values = [Float](repeating: .nan, count: capacity) }

    subscript(number: Int64) -> Float {
        guard newest != .min, number <= newest, newest - number < Int64(values.count) else { return .nan }
        return values[index(number)]
    }

    /// Numbers older than the ring remembers are dropped.
    mutating func set(_ value: Float, at number: Int64) {
        guard advance(to: number) else { return }
        values[index(number)] = value
    }

    /// Adds to what is there; a missing value counts as zero.
    mutating func add(_ value: Float, at number: Int64) {
        guard advance(to: number) else { return }
        let held = values[index(number)]
        values[index(number)] = held.isNaN ? value : held + value
    }

    private mutating func advance(to number: Int64) -> Bool {
        if newest == .min || number - newest >= Int64(values.count) {
            for index in values.indices { values[index] = .nan }
            newest = number
        } else if number > newest {
            for passed in (newest + 1)...number { values[index(passed)] = .nan }
            newest = number
        }
        return newest - number < Int64(values.count)
    }

    private func index(_ number: Int64) -> Int {
        let remainder = Int(number % Int64(values.count))
        return remainder < 0 ? remainder + values.count : remainder
    }
}
