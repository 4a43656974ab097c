/// UTF-8 one byte at a time, for key input and hostile bytes: it says *which* bytes were wrong and never reads ahead.
struct UTF8ScalarDecoder: Sendable {
    enum Step {
        case needsMore
        case scalar(Unicode.Scalar)
        /// These bytes are not UTF-8. Unless ``tookLastByte`` the byte just pushed is not among them: push it again.
        case invalid([UInt8])
    }

    private var pending: [UInt8] = []
    private var needed = 0
    private(set) var tookLastByte = true

    var isIdle: Bool { pending.isEmpty }

    mutating func push(_ byte: UInt8) -> Step {
        tookLastByte = true
        if pending.isEmpty { return start(byte) }
        guard byte & 0xC0 == 0x80, isPlausible(second: byte) else {
            tookLastByte = false
            return finish()
        }
        pending.append(byte)
        guard pending.count == needed else { return .needsMore }
        defer { pending.removeAll(keepingCapacity: true) }
        var value = UInt32(pending[0]) & (0xFF >> UInt32(needed + 1))
        for byte in pending.dropFirst() { value = value << 6 | UInt32(byte & 0x3F) }
        guard let scalar = Unicode.Scalar(value) else { return .invalid(pending) }
        return .scalar(scalar)
    }

    /// The input ends here: what is pending will never be a character.
    mutating func finish() -> Step {
        guard !pending.isEmpty else { return .needsMore }
        defer { pending.removeAll(keepingCapacity: true) }
        return .invalid(pending)
    }

    private mutating func start(_ byte: UInt8) -> Step {
        switch byte {
        case 0x00...0x7F: return .scalar(Unicode.Scalar(byte))
        case 0xC2...0xDF: needed = 2
        case 0xE0...0xEF: needed = 3
        case 0xF0...0xF4: needed = 4
        default: return .invalid([byte])
        }
        pending.append(byte)
        return .needsMore
    }

    /// Refuses overlong forms, surrogates and values above U+10FFFF at the second byte, as Unicode table 3-7 does.
    private func isPlausible(second byte: UInt8) -> Bool {
        guard pending.count == 1 else { return true }
        switch pending[0] {
        case 0xE0: return byte >= 0xA0
        case 0xED: return byte <= 0x9F
        case 0xF0: return byte >= 0x90
        case 0xF4: return byte <= 0x8F
        default: return true
        }
    }
}
