/// Ids by their bytes and by number: open addressing with linear probing, at most a quarter full. The ids' bytes lie one after
/// another in one array.
struct IdentifierTable: Sendable {
    private struct Slot: Sendable {
        var hash: UInt32 = 0
        /// `vacant` marks a free slot.
        var number: UInt32 = Self.vacant
        static let vacant = UInt32.max
    }

    private struct Entry: Sendable {
        /// The id's first eight bytes: shorter ids need no look at the arena.
        var head: UInt64 = 0
        var offset: UInt32 = 0
        /// Zero: no id has this number.
        var length: UInt8 = 0
    }

    private var slots = [Slot](repeating: Slot(), count: 16)
    private var entries: [Entry] = []
    private var arena: [UInt8] = []
    private(set) var count = 0

    /// The number of an id. O(1), no allocation.
    func number(of id: UnsafeRawBufferPointer) -> UInt32? {
        let hash = Self.hash(id)
        let mask = slots.count - 1
        var index = Int(hash) & mask
        while true {
            let slot = slots[index]
            if slot.number == Slot.vacant { return nil }
            if slot.hash == hash, isSpelt(slot.number, id) { return slot.number }
            index = (index + 1) & mask
        }
    }

    /// True when `number` has just this id.
    @inline(__always)
    func isSpelt(_ number: UInt32, _ id: UnsafeRawBufferPointer) -> Bool {
        guard number < entries.count else { return false }
        let entry = entries[Int(number)]
        guard Int(entry.length) == id.count, entry.head == id.firstWord else { return false }
        if id.count <= 8 { return true }
        return arena.withUnsafeBytes { bytes in
            id.equals(UnsafeRawBufferPointer(rebasing: bytes[Int(entry.offset)..<Int(entry.offset) + id.count]))
        }
    }

    /// Gives `number` this id in place of the one it had. `id` has 1 to 64 bytes; numbers are dense.
    mutating func insert(_ id: String, number: UInt32) {
        var id = id
        id.withUTF8 { insert(UnsafeRawBufferPointer($0), number: number) }
    }

    private mutating func insert(_ id: UnsafeRawBufferPointer, number: UInt32) {
        if isSpelt(number, id) { return }
        while entries.count <= Int(number) { entries.append(Entry()) }
        let isRenamed = entries[Int(number)].length > 0
        entries[Int(number)] = Entry(head: id.firstWord, offset: UInt32(arena.count), length: UInt8(id.count))
        arena.append(contentsOf: id)
        if isRenamed { return rebuild(slots.count) }
        count += 1
        if 4 * count > slots.count { rebuild(2 * slots.count) } else { place(number) }
    }

    private mutating func rebuild(_ size: Int) {
        slots = [Slot](repeating: Slot(), count: size)
        for (number, entry) in entries.enumerated() where entry.length > 0 { place(UInt32(number)) }
    }

    private mutating func place(_ number: UInt32) {
        let entry = entries[Int(number)]
        let hash = arena.withUnsafeBytes {
            Self.hash(UnsafeRawBufferPointer(rebasing: $0[Int(entry.offset)..<Int(entry.offset) + Int(entry.length)]))
        }
        let mask = slots.count - 1
        var index = Int(hash) & mask
        while slots[index].number != Slot.vacant { index = (index + 1) & mask }
        slots[index] = Slot(hash: hash, number: number)
    }

    /// Multiply-and-fold over words of 8 bytes, the last one overlapping. Ids come from the owner's registry, not from
    /// whoever wants collisions, so it has no secret.
    private static func hash(_ id: UnsafeRawBufferPointer) -> UInt32 {
        var state = UInt64(id.count) &* 0x9E37_79B9_7F4A_7C15
        if id.count >= 8 {
            var offset = 0
            while offset + 8 <= id.count {
                fold(&state, id.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
                offset += 8
            }
            if offset < id.count { fold(&state, id.loadUnaligned(fromByteOffset: id.count - 8, as: UInt64.self)) }
        } else {
            fold(&state, id.firstWord)
        }
        return UInt32(truncatingIfNeeded: state >> 32)
    }

    @inline(__always)
    private static func fold(_ state: inout UInt64, _ word: UInt64) {
        state = (state ^ word) &* 0xFF51_AFD7_ED55_8CCD
        state ^= state >> 32
    }
}
