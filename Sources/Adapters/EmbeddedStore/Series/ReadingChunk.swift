import EnergyModel
import Ports

/// The stored form of one meter's readings in one quarter hour: a version byte, the facility, then 25 little-endian bytes a
/// reading (milliseconds into the window, kilowatts, register, volts, quality), by time, each time once. 1.5 kB for a full
/// window. Readings that name different facilities are kept as a `ReadingBlock` instead, told apart by the version.
enum ReadingChunk {
    static let version: UInt8 = 0x81
    private static let header = 5
    private static let stride = 25

    /// `readings` are of one meter and one window, by time.
    static func encode(_ readings: some RandomAccessCollection<Reading>, window: Int64) -> [UInt8] {
        guard let facility = readings.first?.facility, readings.allSatisfy({ $0.facility == facility }) else {
            return ReadingBlock.encode(readings)
        }
        let start = window * ChunkPosition.windowMilliseconds
        let size = header + readings.count * stride
        return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            let raw = UnsafeMutableRawBufferPointer(buffer)
            raw[0] = version
            raw.storeBytes(of: facility.rawValue.littleEndian, toByteOffset: 1, as: UInt32.self)
            var at = header
            for reading in readings {
                let delta = UInt32(truncatingIfNeeded: reading.time.milliseconds - start)
                raw.storeBytes(of: delta.littleEndian, toByteOffset: at, as: UInt32.self)
                raw.storeBytes(of: reading.kilowatts.bitPattern.littleEndian, toByteOffset: at + 4, as: UInt64.self)
                raw.storeBytes(
                    of: reading.registerKilowattHours.bitPattern.littleEndian, toByteOffset: at + 12, as: UInt64.self)
                raw.storeBytes(of: reading.volts.bitPattern.littleEndian, toByteOffset: at + 20, as: UInt32.self)
                raw[at + 24] = reading.quality.rawValue
                at += stride
            }
            count = size
        }
    }

    /// Appends the chunk's readings, by time.
    static func decode(
        _ bytes: UnsafeRawBufferPointer, position: Int64, into readings: inout [Reading]
    ) throws(PortError) {
        guard bytes.first == version else { return try decodeBlock(bytes, into: &readings) }
        guard bytes.count >= header, (bytes.count - header) % stride == 0 else { throw unreadable }
        let start = ChunkPosition.window(of: position) * ChunkPosition.windowMilliseconds
        let meter = MeterNumber(rawValue: ChunkPosition.meter(of: position))
        let facility = FacilityNumber(
            rawValue: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 1, as: UInt32.self)))
        for at in Swift.stride(from: header, to: bytes.count, by: stride) {
            guard let quality = ReadingQuality(rawValue: bytes[at + 24]) else { throw unreadable }
            let delta = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt32.self))
            readings.append(
                Reading(
                    time: UTCInstant(milliseconds: start + Int64(delta)), meter: meter, facility: facility,
                    kilowatts: double(bytes, at + 4), registerKilowattHours: double(bytes, at + 12),
                    volts: Float(
                        bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: at + 20, as: UInt32.self))),
                    quality: quality))
        }
    }

    /// Appends the readings of a slice, or of a chunk kept as a block.
    static func decodeBlock(_ bytes: UnsafeRawBufferPointer, into readings: inout [Reading]) throws(PortError) {
        do throws(ReadingBlockError) {
            try ReadingBlock.decode(bytes, into: &readings)
        } catch {
            throw unreadable
        }
    }

    private static func double(_ bytes: UnsafeRawBufferPointer, _ at: Int) -> Double {
        Double(bitPattern: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self)))
    }

    private static var unreadable: PortError {
        PortError(.corrupt, "series.sqlite holds readings that cannot be read: run doctor, restore a backup")
    }
}
