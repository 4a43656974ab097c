import NIOCore

/// Reads the fields of one packet; running past its end is a typed error, never a trap.
struct MQTTReader {
    private var buffer: ByteBuffer

    init(_ buffer: ByteBuffer) { self.buffer = buffer }

    var isAtEnd: Bool { buffer.readableBytes == 0 }

    mutating func byte() throws(MQTTError) -> UInt8 {
        guard let value = buffer.readInteger(as: UInt8.self) else { throw Self.tooShort }
        return value
    }

    mutating func twoBytes() throws(MQTTError) -> UInt16 {
        guard let value = buffer.readInteger(as: UInt16.self) else { throw Self.tooShort }
        return value
    }

    mutating func fourBytes() throws(MQTTError) -> UInt32 {
        guard let value = buffer.readInteger(as: UInt32.self) else { throw Self.tooShort }
        return value
    }

    /// 0...268,435,455 in one to four bytes, in the shortest form.
    mutating func variableInteger() throws(MQTTError) -> Int {
        var value = 0
        for position in 0..<4 {
            let byte = try byte()
            value |= Int(byte & 0x7F) << (7 * position)
            if byte & 0x80 == 0 {
                guard position == 0 || byte != 0 else { break }
                return value
            }
        }
        throw MQTTError(.malformedPacket, "The broker sent a variable byte integer that is too long.")
    }

    /// UTF-8 without U+0000 (§1.5.4).
    mutating func string() throws(MQTTError) -> String {
        let length = Int(try twoBytes())
        guard let view = buffer.viewBytes(at: buffer.readerIndex, length: length), view.count == length else {
            throw Self.tooShort
        }
        guard let text = String(validating: view, as: UTF8.self), !text.utf8.contains(0) else {
            throw MQTTError(.malformedPacket, "The broker sent a string that is not valid UTF-8.")
        }
        buffer.moveReaderIndex(forwardBy: length)
        return text
    }

    mutating func binary() throws(MQTTError) -> [UInt8] {
        guard let bytes = buffer.readBytes(length: Int(try twoBytes())) else { throw Self.tooShort }
        return bytes
    }

    /// The next `length` bytes on their own.
    mutating func nested(_ length: Int) throws(MQTTError) -> MQTTReader {
        guard let slice = buffer.readSlice(length: length) else { throw Self.tooShort }
        return MQTTReader(slice)
    }

    /// All that is left, `limit` bytes at most.
    mutating func rest(limit: Int = .max) -> [UInt8] {
        buffer.readBytes(length: min(limit, buffer.readableBytes)) ?? []
    }

    private static let tooShort = MQTTError(
        .malformedPacket, "The broker sent a packet that ends before its fields do.")
}
