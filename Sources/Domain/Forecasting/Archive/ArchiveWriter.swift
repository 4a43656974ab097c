/// Bytes of an archive: `magic`, format, fields in a fixed order, checksum; integers and floats little-endian.
struct ArchiveWriter {
    private(set) var bytes: [UInt8]

    init(magic: [UInt8], format: UInt16) {
        bytes = magic
        put(format)
    }

    private mutating func put(_ value: some FixedWidthInteger) {
        var value = value
        for _ in 0..<value.bitWidth / 8 {
            bytes.append(UInt8(truncatingIfNeeded: value))
            value >>= 8
        }
    }

    mutating func add(_ value: Int) { put(Int64(value)) }
    mutating func add(_ value: Bool) { put(UInt8(value ? 1 : 0)) }
    mutating func add(_ value: Float) { put(value.bitPattern) }
    mutating func add(_ value: Double) { put(value.bitPattern) }

    mutating func add(_ values: [UInt8]) {
        put(UInt32(values.count))
        bytes += values
    }

    mutating func add(_ values: some Collection<Float>) {
        put(UInt32(values.count))
        bytes.reserveCapacity(bytes.count + 4 * values.count)
        for value in values { put(value.bitPattern) }
    }

    mutating func add(_ values: [Int]) {
        put(UInt32(values.count))
        for value in values { put(Int64(value)) }
    }

    mutating func add(_ values: [Bool]) {
        put(UInt32(values.count))
        var byte: UInt8 = 0
        for (index, value) in values.enumerated() {
            if value { byte |= 1 << UInt8(index % 8) }
            if index % 8 == 7 || index == values.count - 1 {
                bytes.append(byte)
                byte = 0
            }
        }
    }

    /// All of it, with the checksum.
    func sealed() -> [UInt8] {
        var whole = self
        whole.put(ArchiveWriter.checksum(bytes[...]))
        return whole.bytes
    }

    /// FNV-1a, 64 bits, over words of eight bytes and then the rest: against damage, not against forgers.
    static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.withUnsafeBytes { buffer in
            var hash: UInt64 = 0xCBF2_9CE4_8422_2325
            var index = 0
            while index + 8 <= buffer.count {
                hash = (hash ^ UInt64(littleEndian: buffer.loadUnaligned(fromByteOffset: index, as: UInt64.self)))
                hash = (hash &* 0x100_0000_01B3) ^ (hash >> 47)
                index += 8
            }
            while index < buffer.count {
                hash = (hash ^ UInt64(buffer[index])) &* 0x100_0000_01B3
                index += 1
            }
            return hash
        }
    }
}
