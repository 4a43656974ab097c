/// Weights of the feature row by block of the local day.
struct RidgeModel: Sendable {
    let blocks: Int
    let columns: Int
    /// `[block][column]`, flat.
    let weights: [Float]

    func block(slot: Int, slotsPerDay: Int) -> Int { slot * blocks / slotsPerDay }

    @inline(__always)
    func value(_ row: UnsafePointer<Float>, block: Int) -> Float {
        weights.withUnsafeBufferPointer { weights in
            let start = block * columns
            var sum: Float = 0
            for column in 0..<columns { sum += weights[start + column] * row[column] }
            return sum
        }
    }

    /// The same, split by cause.
    func causes(_ row: UnsafePointer<Float>, block: Int) -> (calendar: Float, recent: Float, weather: Float) {
        var (calendar, recent, weather) = (Float(0), Float(0), Float(0))
        for column in 0..<columns {
            let part = weights[block * columns + column] * row[column]
            switch FeatureRow.cause(column) {
            case .calendar: calendar += part
            case .recent: recent += part
            case .weather: weather += part
            }
        }
        return (calendar, recent, weather)
    }
}
