/// How wide the band is, by hour of day, kind of day and horizon, learned from a pool of errors.
struct BandTable: Sendable {
    /// Upper ends of the horizon buckets in hours.
    static let buckets = [1, 3, 6, 12, 25]
    /// Errors an hour of the day must show before it stands on its own.
    private static let shrinkage: Float = 30

    /// `[work, off][hour]`, flat: expected absolute error.
    private(set) var scales = [Float](repeating: 0, count: 48)
    private(set) var ratios = [Float](repeating: 1, count: buckets.count)
    /// Quantiles of error / scale, for horizons up to 6 h and beyond.
    private(set) var low: [Float] = [-2.4, -2.4]
    private(set) var high: [Float] = [2.4, 2.4]
    /// Median of error / scale: how far the middles are off in the mean of the pool.
    private(set) var middle: [Float] = [0, 0]
    /// Decayed mean absolute error over all.
    private(set) var meanError: Float = 0

    static func bucket(hours: Int) -> Int { buckets.firstIndex { hours < $0 } ?? buckets.count - 1 }

    /// Band around a middle. Between the horizon buckets, and between short and long reach, it goes over smoothly.
    /// `lean` says by how much of the pool's median error the middle is put right, 0...1.
    func edges(
        middle: Float, hour: Int, isWork: Bool, hoursAhead: Float, lean: Float = 0
    ) -> (low: Float, middle: Float, high: Float) {
        let scale = scales[(isWork ? 0 : 24) + hour] * ratio(hoursAhead)
        let long = min(1, max(0, (hoursAhead - 4) / 4))
        func line(_ quantile: [Float]) -> Float { scale * ((1 - long) * quantile[0] + long * quantile[1]) }
        return (middle + line(low), middle + lean * line(self.middle), middle + line(high))
    }

    private func ratio(_ hoursAhead: Float) -> Float {
        let centres: [Float] = [0.5, 2, 4.5, 9, 18]
        guard let next = centres.firstIndex(where: { hoursAhead < $0 }) else { return ratios[ratios.count - 1] }
        guard next > 0 else { return ratios[0] }
        let part = (hoursAhead - centres[next - 1]) / (centres[next] - centres[next - 1])
        return (1 - part) * ratios[next - 1] + part * ratios[next]
    }

    /// `supposed` is the expected absolute error before anything was seen; it counts as much as `supposedWeight` errors.
    /// `miss` is the share that may lie outside the band; in `halfLife` days an error loses half its say.
    init(
        _ pool: ErrorPool, state: SeriesState, miss: Float, supposed: Float, supposedWeight: Float = 60,
        halfLife: Double
    ) {
        let entries = BandTable.entries(pool, state, halfLife)
        setScales(entries, supposed, supposedWeight)
        setRatios(entries)
        setQuantiles(entries, miss)
    }

    private struct Entry {
        var error: Float
        var weight: Float
        var cell: Int
        var bucket: Int
    }

    private static func entries(_ pool: ErrorPool, _ state: SeriesState, _ halfLife: Double) -> [Entry] {
        var entries: [Entry] = []
        entries.reserveCapacity(pool.errors.count)
        let perDay = state.slotsPerDay
        for (index, origin) in pool.origins.enumerated() {
            let age = Double(max(0, state.end - origin)) / Double(perDay)
            let weight = Float(halved(age, halfLife: halfLife))
            for step in 0..<ErrorPool.steps {
                let error = pool.errors[index * ErrorPool.steps + step]
                guard error.isFinite else { continue }
                let target = origin + pool.horizon(origin: origin, step: step)
                let day = target / perDay
                let hour = (target - day * perDay) / pool.slotsPerHour
                let isWork = state.calendar.dayClass(day) == .workday
                entries.append(
                    Entry(error: error, weight: weight, cell: (isWork ? 0 : 24) + hour, bucket: bucket(hours: step)))
            }
        }
        return entries
    }

    private mutating func setScales(_ entries: [Entry], _ supposed: Float, _ supposedWeight: Float) {
        var sums = [Float](repeating: 0, count: 48)
        var weights = sums
        for entry in entries {
            sums[entry.cell] += entry.weight * abs(entry.error)
            weights[entry.cell] += entry.weight
        }
        let allSum = sums.reduce(0, +) + supposed * supposedWeight
        let allWeight = weights.reduce(0, +) + supposedWeight
        meanError = allSum / allWeight
        for kind in 0..<2 {
            let cells = kind * 24..<kind * 24 + 24
            // A kind of day that was hardly seen borrows from all days.
            let kindMean =
                (sums[cells].reduce(0, +) + meanError * supposedWeight)
                / (weights[cells].reduce(0, +) + supposedWeight)
            for hour in 0..<24 {
                var (sum, weight) = (kindMean * BandTable.shrinkage, BandTable.shrinkage)
                for (offset, share) in [(-2, Float(0.25)), (-1, 0.6), (0, 1), (1, 0.6), (2, 0.25)] {
                    let cell = kind * 24 + (hour + offset + 24) % 24
                    sum += share * sums[cell]
                    weight += share * weights[cell]
                }
                scales[kind * 24 + hour] = sum / weight
            }
        }
    }

    private mutating func setRatios(_ entries: [Entry]) {
        var top = [Float](repeating: 0, count: ratios.count)
        var bottom = top
        for entry in entries {
            top[entry.bucket] += entry.weight * abs(entry.error)
            bottom[entry.bucket] += entry.weight * scales[entry.cell]
        }
        for bucket in ratios.indices {
            let prior = 20 * max(meanError, 1e-6)
            ratios[bucket] = (top[bucket] + prior) / (bottom[bucket] + prior)
        }
    }

    private mutating func setQuantiles(_ entries: [Entry], _ miss: Float) {
        for reach in 0..<2 {
            var ratiosOfErrors: [UInt64] = []
            ratiosOfErrors.reserveCapacity(entries.count)
            var weight: Float = 0
            for entry in entries where (entry.bucket <= 2) == (reach == 0) {
                let scale = scales[entry.cell] * ratios[entry.bucket]
                guard scale > 0 else { continue }
                ratiosOfErrors.append(BandTable.packed(entry.error / scale, entry.weight))
                weight += entry.weight
            }
            // What a double exponential would show stands for errors not yet seen.
            let trust = weight / (weight + 40)
            ratiosOfErrors.sort()
            let plain: Float = 2.3
            middle[reach] = trust * BandTable.quantile(ratiosOfErrors, weight, 0.5)
            low[reach] = (1 - trust) * -plain + trust * BandTable.quantile(ratiosOfErrors, weight, miss / 2)
            high[reach] = (1 - trust) * plain + trust * BandTable.quantile(ratiosOfErrors, weight, 1 - miss / 2)
        }
    }

    /// A value and its weight in one number that sorts like the value.
    private static func packed(_ value: Float, _ weight: Float) -> UInt64 {
        let bits = value.bitPattern
        let order = bits >> 31 == 1 ? ~bits : bits | 1 << 31
        return UInt64(order) << 32 | UInt64(weight.bitPattern)
    }

    private static func unpacked(_ packed: UInt64) -> (value: Float, weight: Float) {
        let order = UInt32(truncatingIfNeeded: packed >> 32)
        let bits = order >> 31 == 1 ? order & ~(1 << 31) : ~order
        return (Float(bitPattern: bits), Float(bitPattern: UInt32(truncatingIfNeeded: packed)))
    }

    /// Weighted quantile of sorted values, by the middle of each value's share.
    private static func quantile(_ sorted: [UInt64], _ total: Float, _ share: Float) -> Float {
        guard let first = sorted.first, let last = sorted.last else { return 0 }
        let wanted = share * total
        var (seen, before) = (Float(0), unpacked(first))
        for packed in sorted {
            let entry = unpacked(packed)
            let middle = seen + entry.weight / 2
            if middle >= wanted {
                let start = seen - before.weight / 2
                guard middle > start, seen > 0 else { return entry.value }
                let part = min(1, max(0, (wanted - start) / (middle - start)))
                return before.value + part * (entry.value - before.value)
            }
            seen += entry.weight
            before = entry
        }
        return unpacked(last).value
    }
}

extension BandTable {
    func write(to archive: inout ArchiveWriter) {
        for values in [scales, ratios, low, middle, high] { archive.add(values) }
        archive.add(meanError)
    }

    init(from archive: inout ArchiveReader) throws(ForecastArchiveError) {
        scales = try archive.floats(scales.count...scales.count, "band")
        ratios = try archive.floats(ratios.count...ratios.count, "band")
        low = try archive.floats(low.count...low.count, "band")
        middle = try archive.floats(middle.count...middle.count, "band")
        high = try archive.floats(high.count...high.count, "band")
        meanError = try archive.finite("mean error")
    }
}
