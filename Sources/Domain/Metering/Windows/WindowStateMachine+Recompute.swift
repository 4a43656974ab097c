import EnergyModel

extension WindowStateMachine {
    /// Works a facility's hour anew after late readings: emits its windows, all granularities, of the late meters and of
    /// the facility; brings open windows in memory up to date; clears its late hours. When the change reaches into a later
    /// hour, that hour becomes a late hour in `output`.
    package mutating func recompute(_ late: LateFacilityHour, into output: inout WindowOutput) {
        let hour = late.hour.milliseconds
        let facility = Int(late.facility.rawValue)
        guard late.facility.rawValue < rules.maximumNumber else { return }
        makeRoom(facility: facility)
        let stored = StoredHour(late)
        let isHeld = facilities[facility].holds(hour)
        var sums = FacilityHour(start: hour)
        for meter in stored.meters where !late.lateMeters.contains(where: { $0.meter == meter }) {
            addStored(stored, meter, before: isHeld ? openFrom(meter) : .max, to: &sums)
        }
        for meter in late.lateMeters where meter.meter.rawValue < rules.maximumNumber {
            recompute(meter, late, stored, into: &output)
            let limit = isHeld ? openFrom(meter.meter) : .max
            for share in sink.shares where share.start < limit && late.range.contains(share.instant) {
                sums.add(share, isChange: true)
            }
            output.clearedLateHours.append(LateHour(meter: meter.meter, facility: late.facility, hour: late.hour))
        }
        sums.markAllChanged()
        guard isHeld else { return sums.emitChanged(of: late.facility, into: &output.rollups) }
        facilities[facility].replace(sums)
        emitFacility(facility, into: &output)
    }

    /// Recomputes one late meter, leaving its minutes' shares in `sink`, those of open minutes last.
    private mutating func recompute(
        _ late: LateFacilityHour.LateMeter, _ hour: LateFacilityHour, _ stored: StoredHour,
        into output: inout WindowOutput
    ) {
        let index = Int(late.meter.rawValue)
        makeRoom(meter: index)
        let start = hour.hour.milliseconds
        let limit = min(openFrom(late.meter), start + hourStep)
        let readings = stored.readings(of: late.meter)
        let closed = readings.prefix { $0.time < limit }
        var fold = MeterFold()
        fold.registerLimit = meters[index].fold.registerLimit
        fold.begin(at: start)
        if let predecessor = late.predecessor { fold.predecessor = Predecessor(predecessor) }
        sink.removeAll()
        fold.fold(closed, of: late.meter, until: max(limit, start), energyRules, into: &sink)
        if limit < start + hourStep {
            takeOver(fold, index, isBegun: limit >= start)
        } else if let next = late.successor, next.time.milliseconds < openFrom(late.meter),
            reachesFurther(late.meter, stored)
        {
            let later = Granularity.hour.windowStart(of: next.time)
            output.addLate(LateHour(meter: late.meter, facility: hour.facility, hour: later))
        }
        output.rollups.append(contentsOf: sink.rollups)
        output.resets += sink.resets
        output.rollovers += sink.rollovers
    }

    /// The hour is still open for this meter: the recomputed fold becomes its fold, and its open windows count as changed.
    private mutating func takeOver(_ fold: MeterFold, _ index: Int, isBegun: Bool) {
        if isBegun { meters[index].fold = fold }
        meters[index].isChanged = true
        var sums = FoldSink()
        meters[index].emitOpen(of: MeterNumber(rawValue: UInt32(index)), energyRules, into: &sums)
        sink.rollups.append(contentsOf: sums.rollups)
        sink.shares.append(contentsOf: sums.shares)
    }

    /// Whether the last reading of the hour, at which the next step begins, is another than before: its minute's rollup then
    /// differs from the stored one.
    private func reachesFurther(_ meter: MeterNumber, _ stored: StoredHour) -> Bool {
        guard let last = sink.rollups.last(where: { $0.granularity == .minute }) else { return false }
        return !stored.minutes(of: meter).contains { $0.isSame(as: last) }
    }

    private func addStored(_ stored: StoredHour, _ meter: MeterNumber, before limit: Int64, to sums: inout FacilityHour)
    {
        let readings = stored.readings(of: meter)
        for rollup in stored.minutes(of: meter) where rollup.start.milliseconds < limit {
            let start = rollup.start.milliseconds
            let minute = readings.drop { $0.time < start }.prefix { $0.time < start + minuteStep }
            sums.add(MinuteShare(stored: rollup, readings: minute), isChange: true)
        }
    }

    /// Start of the meter's oldest open minute; `Int64.max` for one that is only in the store.
    private func openFrom(_ meter: MeterNumber) -> Int64 {
        guard meter.rawValue < meters.count, meters[Int(meter.rawValue)].fold.hasBegun else { return .max }
        return meters[Int(meter.rawValue)].fold.openFrom
    }
}

/// A `LateFacilityHour` sorted by meter and time.
private struct StoredHour {
    private var readings: [MeterNumber: [HeldReading]] = [:]
    private var minutes: [MeterNumber: [Rollup]] = [:]

    init(_ late: LateFacilityHour) {
        for reading in late.readings where late.range.contains(reading.time) {
            readings[reading.meter, default: []].append(HeldReading(reading))
        }
        for (meter, unsorted) in readings { readings[meter] = unsorted.sorted { $0.time < $1.time } }
        for rollup in late.meterMinutes where rollup.granularity == .minute && late.range.contains(rollup.start) {
            if case .meter(let meter) = rollup.series { minutes[meter, default: []].append(rollup) }
        }
    }

    /// All meters with a stored minute, by number.
    var meters: [MeterNumber] { minutes.keys.sorted() }
    func readings(of meter: MeterNumber) -> ArraySlice<HeldReading> { readings[meter, default: []][...] }
    func minutes(of meter: MeterNumber) -> [Rollup] { minutes[meter, default: []] }
}

extension Rollup {
    /// Same key and, NaN included, same values.
    fileprivate func isSame(as other: Rollup) -> Bool {
        series == other.series && granularity == other.granularity && start == other.start && count == other.count
            && goodCount == other.goodCount && kilowattHours.bitPattern == other.kilowattHours.bitPattern
            && meanKilowatts.bitPattern == other.meanKilowatts.bitPattern
            && minKilowatts.bitPattern == other.minKilowatts.bitPattern
            && maxKilowatts.bitPattern == other.maxKilowatts.bitPattern
    }
}
