import EnergyModel

/// Which 15-s slots of about the last 80 minutes hold a reading, for every meter: 320 bits each in one flat array.
/// O(1) for a reading that follows its predecessor, O(slots passed) after a silence, at most 320.
struct SlotHistory: Sendable {
    static let capacity: Int64 = 320
    private static let words = 5
    private static let none = Int64.min

    private var bits: [UInt64] = []
    private var newest: [Int64] = []
    /// The earliest slot ever marked: before it a meter was not there to be missing.
    private var first: [Int64] = []

    mutating func grow(toMeters count: Int) {
        guard count > newest.count else { return }
        newest.append(contentsOf: repeatElement(SlotHistory.none, count: count - newest.count))
        first.append(contentsOf: repeatElement(Int64.max, count: count - first.count))
        bits.append(contentsOf: repeatElement(0, count: count * SlotHistory.words - bits.count))
    }

    static func slot(of time: UTCInstant) -> Int64 {
        time.floor(toMilliseconds: Reading.intervalMilliseconds).milliseconds / Reading.intervalMilliseconds
    }

    /// False when the slot was marked before, or is too old to be remembered.
    mutating func mark(_ slot: Int64, of meter: Int) -> Bool {
        first[meter] = min(first[meter], slot)
        if newest[meter] == SlotHistory.none || slot - newest[meter] >= SlotHistory.capacity {
            for word in 0..<SlotHistory.words { bits[meter * SlotHistory.words + word] = 0 }
            newest[meter] = slot
        } else if slot > newest[meter] {
            for passed in (newest[meter] + 1)...slot { clear(passed, of: meter) }
            newest[meter] = slot
        } else if newest[meter] - slot >= SlotHistory.capacity {
            return false
        }
        let (word, mask) = place(of: slot, meter: meter)
        guard bits[word] & mask == 0 else { return false }
        bits[word] |= mask
        return true
    }

    /// Slots of `range` without a reading. With `sinceFirst` only those after the meter's first reading count.
    func missing(in range: Range<Int64>, of meter: Int, sinceFirst: Bool = false) -> Int {
        let start = sinceFirst ? max(range.lowerBound, min(first[meter], range.upperBound)) : range.lowerBound
        var missing = 0
        for slot in start..<range.upperBound where !isMarked(slot, of: meter) { missing += 1 }
        return missing
    }

    /// The runs of missing slots in `range` after the meter's first reading, oldest first.
    func gaps(in range: Range<Int64>, of meter: Int) -> [Range<Int64>] {
        var gaps: [Range<Int64>] = []
        var start: Int64?
        for slot in max(range.lowerBound, min(first[meter], range.upperBound))..<range.upperBound {
            if isMarked(slot, of: meter) {
                if let begun = start { gaps.append(begun..<slot) }
                start = nil
            } else if start == nil {
                start = slot
            }
        }
        if let begun = start { gaps.append(begun..<range.upperBound) }
        return gaps
    }

    private func isMarked(_ slot: Int64, of meter: Int) -> Bool {
        guard newest[meter] != SlotHistory.none, slot <= newest[meter], newest[meter] - slot < SlotHistory.capacity
        else { return false }
        let (word, mask) = place(of: slot, meter: meter)
        return bits[word] & mask != 0
    }

    private mutating func clear(_ slot: Int64, of meter: Int) {
        let (word, mask) = place(of: slot, meter: meter)
        bits[word] &= ~mask
    }

    private func place(of slot: Int64, meter: Int) -> (word: Int, mask: UInt64) {
        let remainder = slot % SlotHistory.capacity
        let bit = Int(remainder < 0 ? remainder + SlotHistory.capacity : remainder)
        return (meter * SlotHistory.words + (bit >> 6), 1 << UInt64(bit & 63))
    }
}
