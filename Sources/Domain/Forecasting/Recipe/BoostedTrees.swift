/// What the ridge leaves and straight lines cannot say: a sum of small regression trees over the same row and a few plain facts.
struct BoostedTrees: Sendable {
    /// Facts beside the feature row: slot as a share of the day, hours ahead, day of the week, class, usual load, day of the
    /// year, temperature.
    static let facts = 7
    static let depth = 4
    static let splits = 15
    static let leaves = 16

    /// Per tree `splits` columns and thresholds, in the order of a heap, and `leaves` values, flat.
    private(set) var columns: [UInt8] = []
    private(set) var thresholds: [Float] = []
    private(set) var values: [Float] = []

    var count: Int { columns.count / BoostedTrees.splits }

    mutating func append(columns: [UInt8], thresholds: [Float], values: [Float]) {
        self.columns += columns
        self.thresholds += thresholds
        self.values += values
    }

    mutating func append(_ other: BoostedTrees) {
        append(columns: other.columns, thresholds: other.thresholds, values: other.values)
    }

    /// `row` holds `FeatureRow.columns` values (weather may be zero), then the facts.
    func value(_ row: UnsafePointer<Float>) -> Float {
        var sum: Float = 0
        columns.withUnsafeBufferPointer { columns in
            thresholds.withUnsafeBufferPointer { thresholds in
                for tree in 0..<count {
                    let start = tree * BoostedTrees.splits
                    var node = 0
                    for _ in 0..<BoostedTrees.depth {
                        let right = row[Int(columns[start + node])] > thresholds[start + node]
                        node = 2 * node + (right ? 2 : 1)
                    }
                    sum += values[tree * BoostedTrees.leaves + node - BoostedTrees.splits]
                }
            }
        }
        return sum
    }

    /// The facts of a target.
    static func fillFacts(
        _ facts: UnsafeMutablePointer<Float>, state: SeriesState, origin: Int, target: Int, weather: WeatherTrack?
    ) {
        let day = target / state.slotsPerDay
        let slot = target - day * state.slotsPerDay
        facts[0] = Float(slot) / Float(state.slotsPerDay)
        facts[1] = Float(target - origin) / Float(state.slotsPerHour)
        facts[2] = Float(state.calendar.likeWeekday(day))
        facts[3] = Float(state.calendar.dayClass(day).rawValue)
        facts[4] = state.usual(target)
        let year = Float(day) / 365.2425
        facts[5] = year - year.rounded(.down)
        facts[6] = 0
        guard let weather, target - weather.base < weather.now.count else { return }
        facts[6] = weather.now[target - weather.base]
    }
}

extension BoostedTrees {
    /// Most trees an archive may hold.
    private static let most = 1000

    func write(to archive: inout ArchiveWriter) {
        archive.add(columns)
        archive.add(thresholds)
        archive.add(values)
    }

    init(from archive: inout ArchiveReader) throws(ForecastArchiveError) {
        columns = try archive.bytes(0...BoostedTrees.most * BoostedTrees.splits, "trees")
        guard columns.count % BoostedTrees.splits == 0,
            columns.allSatisfy({ $0 < FeatureRow.columns + BoostedTrees.facts })
        else { throw .impossible("trees") }
        thresholds = try archive.floats(columns.count...columns.count, "trees", allowsGaps: true)
        values = try archive.floats(count * BoostedTrees.leaves...count * BoostedTrees.leaves, "trees")
    }
}
