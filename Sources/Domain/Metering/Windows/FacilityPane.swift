import EnergyModel

/// One hour of one facility: the sums of the minutes its meters have closed.
struct FacilityHour: Sendable {
    let start: Int64
    private(set) var minutes = [FacilityMinute](repeating: FacilityMinute(), count: 60)
    /// Minutes that changed since they were last emitted, a bit each.
    private(set) var changed: UInt64 = 0

    init(start: Int64) { self.start = start }

    mutating func add(_ share: MinuteShare, isChange: Bool) {
        let index = Int((share.start - start) / minuteStep)
        minutes[index].add(share)
        if isChange { changed |= 1 << UInt64(index) }
    }

    mutating func remove(_ share: MinuteShare) {
        minutes[Int((share.start - start) / minuteStep)].remove(share)
    }

    mutating func markAllChanged() { changed = (1 << 60) - 1 }

    /// Emits the minutes that changed, and the quarters and the hour they lie in.
    mutating func emitChanged(of facility: FacilityNumber, into rollups: inout [Rollup]) {
        guard changed != 0 else { return }
        for index in 0..<60 where changed & (1 << UInt64(index)) != 0 {
            emit(.minute, index..<index + 1, facility, &rollups)
        }
        for quarter in 0..<4 where changed >> UInt64(quarter * 15) & 0x7FFF != 0 {
            emit(.quarterHour, quarter * 15..<quarter * 15 + 15, facility, &rollups)
        }
        emit(.hour, 0..<60, facility, &rollups)
        changed = 0
    }

    /// The window over these minutes: mean of the minutes' means, lowest and highest of theirs, the rest added up. None for
    /// a window without readings.
    private func emit(
        _ granularity: Granularity, _ range: Range<Int>, _ facility: FacilityNumber, _ rollups: inout [Rollup]
    ) {
        var (mean, energy, powered) = (Int64(0), Int64(0), 0)
        var (lowest, highest) = (Int64.max, Int64.min)
        var (count, goodCount) = (UInt32(0), UInt32(0))
        for minute in minutes[range] where minute.count > 0 {
            energy &+= minute.energy
            count &+= minute.count
            goodCount &+= minute.goodCount
            guard minute.poweredMeters > 0 else { continue }
            mean &+= minute.mean
            powered += 1
            let (low, high) = minute.range
            (lowest, highest) = (min(lowest, low), max(highest, high))
        }
        guard count > 0 else { return }
        let hasPower = powered > 0
        let start = UTCInstant(milliseconds: start + Int64(range.lowerBound) * minuteStep)
        rollups.append(
            Rollup(
                series: .facility(facility), granularity: granularity, start: start,
                meanKilowatts: hasPower ? FixedPoint.kilowatts(mean) / Double(powered) : .nan,
                minKilowatts: hasPower ? FixedPoint.kilowatts(lowest) : .nan,
                maxKilowatts: hasPower ? FixedPoint.kilowatts(highest) : .nan,
                kilowattHours: FixedPoint.kilowattHours(energy), count: count, goodCount: goodCount))
    }
}

/// The hours of one facility held in memory: those within `facilityMemory` of its newest minute.
struct FacilityPane: Sendable {
    let number: FacilityNumber
    /// Hours before this one are in the store only.
    private(set) var floor: Int64
    private var hours: [FacilityHour] = []

    init(number: FacilityNumber, floor: Int64) {
        self.number = number
        self.floor = floor
    }

    func holds(_ hour: Int64) -> Bool { hour >= floor }

    /// Adds a closed minute; false when its hour is in the store only. Hours that thereby fall behind `memory` are emitted
    /// and dropped.
    mutating func close(_ share: MinuteShare, memory: Int64, evicted rollups: inout [Rollup]) -> Bool {
        let hour = windowStart(share.start, hourStep)
        guard holds(hour) else { return false }
        evict(before: windowStart(hour - memory, hourStep), into: &rollups)
        hours[index(of: hour)].add(share, isChange: true)
        return true
    }

    /// Adds the share of a minute that is still open, until `removeOpen`.
    mutating func addOpen(_ share: MinuteShare, isChange: Bool) {
        let hour = windowStart(share.start, hourStep)
        guard holds(hour) else { return }
        hours[index(of: hour)].add(share, isChange: isChange)
    }

    mutating func removeOpen(_ share: MinuteShare) {
        let hour = windowStart(share.start, hourStep)
        guard holds(hour) else { return }
        hours[index(of: hour)].remove(share)
    }

    /// Puts a recomputed hour in the place of the one held.
    mutating func replace(_ hour: FacilityHour) {
        hours[index(of: hour.start)] = hour
    }

    mutating func emitChanged(into rollups: inout [Rollup]) {
        for index in hours.indices { hours[index].emitChanged(of: number, into: &rollups) }
    }

    private mutating func index(of hour: Int64) -> Int {
        if let index = hours.lastIndex(where: { $0.start == hour }) { return index }
        hours.append(FacilityHour(start: hour))
        return hours.count - 1
    }

    private mutating func evict(before hour: Int64, into rollups: inout [Rollup]) {
        guard hour > floor else { return }
        for index in hours.indices where hours[index].start < hour {
            hours[index].emitChanged(of: number, into: &rollups)
        }
        hours.removeAll { $0.start < hour }
        floor = hour
    }
}
