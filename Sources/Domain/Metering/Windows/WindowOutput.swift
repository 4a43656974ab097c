import EnergyModel

/// What the window machine wants stored, and what it counted. Keep one, hand it to each step, store it, then `removeAll`:
/// its buffers are used again. Several steps may add to one output; where a rollup's key stands twice the later wins.
package struct WindowOutput: Sendable {
    package var rollups: [Rollup] = []
    /// Mark these in the same transaction that stores the readings. Each stands once per output.
    package var lateHours: [LateHour] = []
    /// Clear these in the same transaction that stores `rollups`. None of them is in `lateHours`, unless it has to be done
    /// once more (then mark after clearing).
    package var clearedLateHours: [LateHour] = []
    /// Readings that had a (meter, timestamp) already in an open window; the newer one's values count.
    package var duplicates = 0
    /// Readings that came after their minute had closed.
    package var late = 0
    /// Steps of a cumulative register that were neither use nor rollover; counted when the minute closes or is recomputed.
    package var resets = 0
    package var rollovers = 0
    /// Readings that no meter can have sent: a number beyond `maximumNumber`, a time beyond the calendar. Left out.
    package var refused = 0
    /// Every window that ends at or before this moment has its rollups stored, once this output is stored. It can move back
    /// when a meter delivers old data for the first time. Nil: as before.
    package var closedUntil: UTCInstant?

    private var known: Set<LateHour> = []

    package init() {}

    package var isEmpty: Bool {
        rollups.isEmpty && lateHours.isEmpty && clearedLateHours.isEmpty && duplicates == 0 && late == 0 && resets == 0
            && rollovers == 0 && refused == 0 && closedUntil == nil
    }

    /// Empties it and keeps the memory.
    package mutating func removeAll() {
        rollups.removeAll(keepingCapacity: true)
        lateHours.removeAll(keepingCapacity: true)
        clearedLateHours.removeAll(keepingCapacity: true)
        known.removeAll(keepingCapacity: true)
        (duplicates, late, resets, rollovers, refused) = (0, 0, 0, 0, 0)
        closedUntil = nil
    }

    mutating func addLate(_ hour: LateHour) {
        if known.insert(hour).inserted { lateHours.append(hour) }
    }
}
