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

extension RidgeModel {
    func write(to archive: inout ArchiveWriter) {
        archive.add(blocks)
        archive.add(columns)
        archive.add(weights)
    }

    init(from archive: inout ArchiveReader) throws(ForecastArchiveError) {
        blocks = try archive.integer(in: 1...96, "count of blocks")
        columns = try archive.integer(in: FeatureRow.levels...FeatureRow.columns, "count of columns")
        guard columns == FeatureRow.levels || columns == FeatureRow.columns else {
            throw .impossible("count of columns")
        }
        weights = try archive.floats(blocks * columns...blocks * columns, "weights")
    }
}
