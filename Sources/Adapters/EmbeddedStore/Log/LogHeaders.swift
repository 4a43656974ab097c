/// Headers as stored: for each, by name, two little-endian 32-bit lengths and the UTF-8 of name and value.
enum LogHeaders {
    /// Nil for no headers.
    static func encode(_ headers: [String: String]) -> [UInt8]? {
        guard !headers.isEmpty else { return nil }
        var bytes: [UInt8] = []
        for (name, value) in headers.sorted(by: { $0.key < $1.key }) {
            append(UInt32(name.utf8.count), to: &bytes)
            append(UInt32(value.utf8.count), to: &bytes)
            bytes += name.utf8
            bytes += value.utf8
        }
        return bytes
    }

    /// Nil when the bytes are not of this form.
    static func decode(_ bytes: UnsafeRawBufferPointer) -> [String: String]? {
        var headers: [String: String] = [:]
        var at = 0
        while at < bytes.count {
            guard at + 8 <= bytes.count else { return nil }
            let name = Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt32.self)))
            let value = Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: at + 4, as: UInt32.self)))
            at += 8
            guard name + value <= bytes.count - at else { return nil }
            let key = String(decoding: bytes[at..<at + name], as: UTF8.self)
            headers[key] = String(decoding: bytes[at + name..<at + name + value], as: UTF8.self)
            at += name + value
        }
        return headers
    }

    private static func append(_ number: UInt32, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: number.littleEndian) { bytes += $0 }
    }
}
