import EnergyModel

/// The 16 slots of a commandable point, BACnet's way: the lowest number that holds a value wins; when none does, the
/// relinquish default stands.
struct PriorityArray: Hashable, Sendable {
    struct Holding: Hashable, Sendable {
        var value: Double
        /// Idempotency key of the write that put it here.
        var key: String
        var since: UTCInstant
        /// The slot empties itself then, whether its writer is alive or not.
        var expiresAt: UTCInstant?
    }

    let relinquishDefault: Double
    private var slots: [Holding?] = Array(repeating: nil, count: 16)

    init(relinquishDefault: Double) { self.relinquishDefault = relinquishDefault }

    /// Nil while no slot holds anything.
    var active: PrioritySlot? {
        slots.firstIndex { $0 != nil }.flatMap { PrioritySlot(rawValue: $0 + 1) }
    }
    var present: Double { slots.lazy.compactMap { $0?.value }.first ?? relinquishDefault }

    subscript(slot: PrioritySlot) -> Holding? { slots[slot.rawValue - 1] }

    /// Ascending by slot.
    var holdings: [(slot: PrioritySlot, holding: Holding)] {
        slots.enumerated().compactMap { index, holding in
            guard let holding, let slot = PrioritySlot(rawValue: index + 1) else { return nil }
            return (slot, holding)
        }
    }

    mutating func write(_ holding: Holding, at slot: PrioritySlot) { slots[slot.rawValue - 1] = holding }

    /// NULL. Returns what the slot held.
    mutating func relinquish(_ slot: PrioritySlot) -> Holding? {
        defer { slots[slot.rawValue - 1] = nil }
        return slots[slot.rawValue - 1]
    }

    var nextExpiry: UTCInstant? { slots.lazy.compactMap { $0?.expiresAt }.min() }

    /// Empties the slots whose time is over, and returns them.
    mutating func expire(now: UTCInstant) -> [(slot: PrioritySlot, holding: Holding)] {
        let over = holdings.filter { $0.holding.expiresAt.map { $0 <= now } ?? false }
        for (slot, _) in over { slots[slot.rawValue - 1] = nil }
        return over
    }
}
