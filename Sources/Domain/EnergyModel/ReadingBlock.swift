/// The stored form of decoded readings: a one-byte version, then 38 little-endian bytes a reading. It is what an event-log
/// record of `sensor-readings` carries. Meters and facilities stand by number, so a block is read with the record store
/// that gave the numbers.
package enum ReadingBlock {
    package static let version: UInt8 = 1
    package static let bytesPerReading = 38

    package static func encode(_ readings: some Collection<Reading>) -> [UInt8] {
        let size = 1 + readings.count * bytesPerReading
        return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            let raw = UnsafeMutableRawBufferPointer(buffer)
            raw[0] = version
            var at = 1
            for reading in readings {
                raw.storeBytes(of: reading.time.milliseconds.littleEndian, toByteOffset: at, as: Int64.self)
                raw.storeBytes(of: reading.kilowatts.bitPattern.littleEndian, toByteOffset: at + 8, as: UInt64.self)
                raw.storeBytes(
                    of: reading.registerKilowattHours.bitPattern.littleEndian, toByteOffset: at + 16, as: UInt64.self)
                raw.storeBytes(of: reading.meter.rawValue.littleEndian, toByteOffset: at + 24, as: UInt32.self)
                raw.storeBytes(of: reading.facility.rawValue.littleEndian, toByteOffset: at + 28, as: UInt32.self)
                raw.storeBytes(of: reading.volts.bitPattern.littleEndian, toByteOffset: at + 32, as: UInt32.self)
                raw[at + 36] = reading.quality.rawValue
                raw[at + 37] = 0
                at += bytesPerReading
            }
            count = size
        }
    }

    /// Appends the block's readings to `readings`. Throws when the version is unknown, the length is not whole, or a
    /// quality is not one of ours; `readings` is then as it was.
    package static func decode(_ bytes: UnsafeRawBufferPointer, into readings: inout [Reading])
        throws(ReadingBlockError)
    {
        guard let first = bytes.first, first == version else { throw .unknownVersion(bytes.first) }
        guard (bytes.count - 1) % bytesPerReading == 0 else { throw .truncated(bytes: bytes.count) }
        let before = readings.count
        let count = (bytes.count - 1) / bytesPerReading
        // Reserving for each of many blocks would move what is there each time.
        if before == 0 { readings.reserveCapacity(count) }
        var at = 1
        for _ in 0..<count {
            guard let quality = ReadingQuality(rawValue: bytes[at + 36]) else {
                readings.removeLast(readings.count - before)
                throw .unknownQuality(bytes[at + 36])
            }
            readings.append(reading(bytes, at: at, quality: quality))
            at += bytesPerReading
        }
    }

    package static func decode(_ bytes: [UInt8]) throws(ReadingBlockError) -> [Reading] {
        var readings: [Reading] = []
        let outcome: Result<Void, ReadingBlockError> = bytes.withUnsafeBytes { buffer in
            do throws(ReadingBlockError) {
                return .success(try decode(buffer, into: &readings))
            } catch {
                return .failure(error)
            }
        }
        try outcome.get()
        return readings
    }

    private static func reading(_ bytes: UnsafeRawBufferPointer, at: Int, quality: ReadingQuality) -> Reading {
        Reading(
            time: UTCInstant(
                milliseconds: Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: Int64.self))),
            meter: MeterNumber(
                rawValue: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: at + 24, as: UInt32.self))),
            facility: FacilityNumber(
                rawValue: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: at + 28, as: UInt32.self))),
            kilowatts: Double(
                bitPattern: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: at + 8, as: UInt64.self))),
            registerKilowattHours: Double(
                bitPattern: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: at + 16, as: UInt64.self))),
            volts: Float(
                bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: at + 32, as: UInt32.self))),
            quality: quality)
    }
}

package enum ReadingBlockError: Error, Equatable, CustomStringConvertible {
    case unknownVersion(UInt8?)
    case truncated(bytes: Int)
    case unknownQuality(UInt8)

    package var description: String {
        switch self {
        case .unknownVersion(let version):
            "reading block of version \(version.map(String.init) ?? "none"), this build reads \(ReadingBlock.version)"
        case .truncated(let bytes): "reading block of \(bytes) bytes is cut short"
        case .unknownQuality(let code): "reading block with quality code \(code)"
        }
    }
}
