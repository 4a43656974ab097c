/// The partition of a key: FNV-1a (64 bit) of its UTF-8 bytes modulo the number of partitions. Part of what is stored:
/// a change would scatter a facility's records over two partitions.
package func partitionIndex(ofKey key: String, partitions: Int) -> Int {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in key.utf8 {
        hash ^= UInt64(byte)
        hash &*= 0x0000_0100_0000_01B3
    }
    return Int(hash % UInt64(max(1, partitions)))
}

extension LogRecord {
    /// Bytes a record counts against byte caps: value, key, headers, and 32 for the row around them.
    package var storedBytes: Int64 {
        var bytes = 32 + value.count + key.utf8.count
        for (name, value) in headers { bytes += name.utf8.count + value.utf8.count + 2 }
        return Int64(bytes)
    }
}
