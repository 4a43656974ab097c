/// The keys a JSON reading may use: the plain form and the canonical form of DOMAIN.md §5.1. Others are skipped.
enum ReadingKey: Int, CaseIterable {
    case meterID, facilityID, ts, kw, kwh, voltage, quality
    case channel, start, duration, instant, value, unit, kind, flow, source, seq, messageID, receivedAt

    var text: StaticString {
        switch self {
        case .meterID: "meter_id"
        case .facilityID: "facility_id"
        case .ts: "ts"
        case .kw: "kw"
        case .kwh: "kwh"
        case .voltage: "voltage"
        case .quality: "quality"
        case .channel: "channel"
        case .start: "start"
        case .duration: "duration_s"
        case .instant: "instant"
        case .value: "value"
        case .unit: "unit"
        case .kind: "kind"
        case .flow: "flow"
        case .source: "source"
        case .seq: "seq"
        case .messageID: "message_id"
        case .receivedAt: "received_at"
        }
    }

    /// The key spelt by these bytes; nil for one that is not ours. Told by the length and the first eight bytes as a
    /// little-endian word, which differ for all keys; longer ones are then compared whole.
    init?(_ bytes: UnsafeRawBufferPointer) {
        switch (bytes.firstWord, bytes.count) {
        case (0x6469_5F72_6574_656D, 8): self = .meterID
        case (0x7974_696C_6963_6166, 11): self = .facilityID
        case (0x0000_0000_0000_7374, 2): self = .ts
        case (0x0000_0000_0000_776B, 2): self = .kw
        case (0x0000_0000_0068_776B, 3): self = .kwh
        case (0x0065_6761_746C_6F76, 7): self = .voltage
        case (0x0079_7469_6C61_7571, 7): self = .quality
        case (0x006C_656E_6E61_6863, 7): self = .channel
        case (0x0000_0074_7261_7473, 5): self = .start
        case (0x6E6F_6974_6172_7564, 10): self = .duration
        case (0x0074_6E61_7473_6E69, 7): self = .instant
        case (0x0000_0065_756C_6176, 5): self = .value
        case (0x0000_0000_7469_6E75, 4): self = .unit
        case (0x0000_0000_646E_696B, 4): self = .kind
        case (0x0000_0000_776F_6C66, 4): self = .flow
        case (0x0000_6563_7275_6F73, 6): self = .source
        case (0x0000_0000_0071_6573, 3): self = .seq
        case (0x5F65_6761_7373_656D, 10): self = .messageID
        case (0x6465_7669_6563_6572, 11): self = .receivedAt
        default: return nil
        }
        if bytes.count > 8, !bytes.spells(text) { return nil }
    }
}

extension UnsafeRawBufferPointer {
    /// The first eight bytes, or all with zeros after them, as a little-endian number.
    @inline(__always)
    var firstWord: UInt64 {
        if count >= 8 { return UInt64(littleEndian: loadUnaligned(as: UInt64.self)) }
        if count >= 4 {
            // Two overlapping halves; the upper is shifted to where it belongs.
            let low = UInt64(UInt32(littleEndian: loadUnaligned(as: UInt32.self)))
            let high = UInt64(UInt32(littleEndian: loadUnaligned(fromByteOffset: count - 4, as: UInt32.self)))
            return low | high << UInt64((count - 4) * 8)
        }
        var word: UInt64 = 0
        for index in 0..<count { word |= UInt64(self[index]) << UInt64(index * 8) }
        return word
    }

    /// True when the bytes are those of `word`.
    @inline(__always)
    func spells(_ word: StaticString) -> Bool {
        guard count == word.utf8CodeUnitCount else { return false }
        let other = word.utf8Start
        for index in 0..<count where self[index] != other[index] { return false }
        return true
    }

    @inline(__always)
    func equals(_ other: UnsafeRawBufferPointer) -> Bool {
        guard count == other.count else { return false }
        guard count >= 8 else { return firstWord == other.firstWord }
        var index = 0
        while index + 8 < count {
            guard
                loadUnaligned(fromByteOffset: index, as: UInt64.self)
                    == other.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            else { return false }
            index += 8
        }
        // The last word may overlap the one before.
        return loadUnaligned(fromByteOffset: count - 8, as: UInt64.self)
            == other.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self)
    }
}
