import EnergyModel

/// Where the fold emits to. Buffers of the machine, emptied by whoever takes from them.
struct FoldSink: Sendable {
    var rollups: [Rollup] = []
    var shares: [MinuteShare] = []
    var resets = 0
    var rollovers = 0

    mutating func removeAll() {
        rollups.removeAll(keepingCapacity: true)
        removeShares()
    }

    /// All but the rollups.
    mutating func removeShares() {
        // One by one: there are one or two, and that is faster than `removeAll(keepingCapacity:)`.
        while !shares.isEmpty { shares.removeLast() }
        (resets, rollovers) = (0, 0)
    }
}

/// One meter's place between its closed and its open windows. Folding readings in time order moves it on and emits each
/// window that it leaves behind. A value: work on a copy to look ahead without closing anything.
struct MeterFold: Sendable {
    /// Start of the oldest open minute; the open quarter and the open hour are the ones it lies in. `Int64.min`: no reading
    /// yet.
    private(set) var openFrom = Int64.min
    var predecessor = Predecessor()
    /// In kWh; NaN when unknown.
    var registerLimit = Double.nan
    /// Closed minutes of the open quarter and hour.
    private(set) var quarter = WindowSum()
    private(set) var hour = WindowSum()

    var hasBegun: Bool { openFrom != .min }
    var hasOpenSums: Bool { quarter.count > 0 || hour.count > 0 }

    mutating func begin(at minute: Int64) { openFrom = minute }

    /// Folds `readings`, by time and none before `openFrom`, and moves on to `limit`, a minute not before the end of the
    /// last reading's minute.
    mutating func fold(
        _ readings: ArraySlice<HeldReading>, of meter: MeterNumber, until limit: Int64, _ rules: EnergyRules,
        into sink: inout FoldSink
    ) {
        var index = readings.startIndex
        while index < readings.endIndex {
            let minute = windowStart(readings[index].time, minuteStep)
            move(to: minute, meter, &sink)
            let first = index
            var sum = WindowSum()
            while index < readings.endIndex, readings[index].time < minute + minuteStep {
                let reading = readings[index]
                let step = EnergyStep(from: predecessor, to: reading, registerLimit: registerLimit, rules: rules)
                if step.kind != .ordinary { step.kind == .reset ? (sink.resets += 1) : (sink.rollovers += 1) }
                sum.add(reading, step)
                predecessor = Predecessor(reading)
                index += 1
            }
            sink.rollups.append(sum.rollup(of: meter, .minute, start: minute))
            sink.shares.append(MinuteShare(start: minute, sum: sum, readings: readings[first..<index]))
            quarter.add(sum)
            hour.add(sum)
            move(to: minute + minuteStep, meter, &sink)
        }
        move(to: limit, meter, &sink)
    }

    /// Leaves behind every window that ends at or before `minute`.
    mutating func move(to minute: Int64, _ meter: MeterNumber, _ sink: inout FoldSink) {
        guard minute > openFrom else { return }
        let quarterStart = windowStart(openFrom, quarterStep)
        if minute >= quarterStart + quarterStep, quarter.count > 0 {
            sink.rollups.append(quarter.rollup(of: meter, .quarterHour, start: quarterStart))
            quarter = WindowSum()
        }
        let hourStart = windowStart(openFrom, hourStep)
        if minute >= hourStart + hourStep, hour.count > 0 {
            sink.rollups.append(hour.rollup(of: meter, .hour, start: hourStart))
            hour = WindowSum()
        }
        openFrom = minute
    }

    /// Emits the open quarter and hour as they stand.
    func emitOpenSums(_ meter: MeterNumber, _ sink: inout FoldSink) {
        if quarter.count > 0 {
            sink.rollups.append(quarter.rollup(of: meter, .quarterHour, start: windowStart(openFrom, quarterStep)))
        }
        if hour.count > 0 {
            sink.rollups.append(hour.rollup(of: meter, .hour, start: windowStart(openFrom, hourStep)))
        }
    }
}
