import EnergyModel

/// One meter in the window machine: its fold, and the readings of its open minutes by time. About 170 bytes, and 24 a held
/// reading: at a reading every 15 s at most 8 are held.
struct MeterWindows: Sendable {
    enum Placement { case appended, inserted, replaced }

    var fold = MeterFold()
    private(set) var held: [HeldReading] = []
    var facility = FacilityNumber(rawValue: 0)
    /// When the last reading was processed, in milliseconds of the wall clock.
    var lastSeen = Int64.min
    /// Whether open windows changed since they were last emitted.
    var isChanged = false

    /// Takes a reading as nearly all are: it lies in an open minute, after every held one, less than `reach` after the oldest
    /// open minute's start, and that is not before `closedUntil`. False for any other, which then has yet to be placed.
    @inline(__always)
    mutating func append(_ reading: Reading, now: Int64, reach: Int64, closedUntil: Int64) -> Bool {
        facility = reading.facility
        lastSeen = now
        let (time, openFrom) = (reading.time.milliseconds, fold.openFrom)
        guard time >= openFrom, time < openFrom &+ reach, openFrom >= closedUntil else { return false }
        if let last = held.last, last.time >= time { return false }
        isChanged = true
        held.append(HeldReading(reading))
        return true
    }

    var isOpen: Bool { !held.isEmpty || fold.hasOpenSums }

    /// Keeps a reading of an open minute. The same time again: the newer reading counts.
    mutating func hold(_ reading: HeldReading) -> Placement {
        isChanged = true
        guard let last = held.last, last.time >= reading.time else {
            held.append(reading)
            return .appended
        }
        return place(reading)
    }

    private mutating func place(_ reading: HeldReading) -> Placement {
        var (low, high) = (0, held.count)
        while low < high {
            let middle = (low + high) / 2
            if held[middle].time < reading.time { low = middle + 1 } else { high = middle }
        }
        if held[low].time == reading.time {
            held[low] = reading
            return .replaced
        }
        held.insert(reading, at: low)
        return .inserted
    }

    /// Closes every window that ends at or before `minute`.
    mutating func close(until minute: Int64, of meter: MeterNumber, _ rules: EnergyRules, into sink: inout FoldSink) {
        var count = 0
        while count < held.count, held[count].time < minute { count += 1 }
        fold.fold(held[..<count], of: meter, until: minute, rules, into: &sink)
        held.removeSubrange(..<count)
        isChanged = isChanged || count > 0
    }

    /// Emits the open windows as they stand; closes none.
    func emitOpen(of meter: MeterNumber, _ rules: EnergyRules, into sink: inout FoldSink) {
        var ahead = fold
        ahead.fold(held[...], of: meter, until: fold.openFrom, rules, into: &sink)
        ahead.emitOpenSums(meter, &sink)
    }
}
