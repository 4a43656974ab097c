import EnergyModel
import GRDB
import Ports

/// Reads raw readings from chunks and slices, inside a read transaction. Where both hold a time, or two slices do, the newest
/// write wins: chunks come first, then slices in order.
struct ReadingQuery {
    /// How far back `lastReading` looks.
    static let lookback = Duration.seconds(7 * 86_400)

    let database: Database

    func readings(of meter: MeterNumber, in range: TimeRange, limit: Int) throws -> [Reading] {
        let waiting = try sliceReadings(of: meter, in: range)
        var readings: [Reading] = []
        var chunk: [Reading] = []
        try eachChunk(of: meter, in: range) { position, bytes in
            chunk.removeAll(keepingCapacity: true)
            try ReadingChunk.decode(bytes, position: position, into: &chunk)
            readings += chunk.lazy.filter { range.contains($0.time) }
            // Slices add readings and replace some, they never remove one.
            return readings.count < limit
        }
        readings += waiting
        keepNewestByTime(&readings)
        return Array(readings.prefix(limit))
    }

    func lastReading(of meter: MeterNumber, before time: UTCInstant) throws -> Reading? {
        let range = TimeRange(start: time.advanced(by: .zero - Self.lookback), end: time)
        let newest = try sliceReadings(of: meter, in: range).reduce(nil as Reading?, newer)
        let chunks = try RawStatement(
            database, "SELECT position, chunk FROM reading_chunks WHERE position <= ? ORDER BY position DESC LIMIT 1")
        var window = ChunkPosition.window(time.milliseconds - 1)
        let oldest = ChunkPosition.window((newest?.time ?? range.start).milliseconds)
        while window >= oldest {
            chunks.bind(1, ChunkPosition.pack(window: window, meter: meter.rawValue))
            guard try chunks.step() else { break }
            let position = chunks.integer(0)
            if position == ChunkPosition.pack(window: window, meter: meter.rawValue) {
                var readings: [Reading] = []
                try ReadingChunk.decode(chunks.bytes(1), position: position, into: &readings)
                let found = readings.filter { range.contains($0.time) }.reduce(nil as Reading?, newer)
                if let found {
                    chunks.reset()
                    return newest.map { $0.time >= found.time ? $0 : found } ?? found
                }
                window -= 1
            } else {
                // The highest position below the wanted one: what lies between holds nothing of any meter.
                let reached = ChunkPosition.window(of: position)
                window = ChunkPosition.meter(of: position) >= meter.rawValue ? reached : reached - 1
            }
            chunks.reset()
        }
        return newest
    }

    /// Chunks of one meter by time, jumping over quarter hours nobody wrote. `body` returns false to stop.
    private func eachChunk(
        of meter: MeterNumber, in range: TimeRange, _ body: (Int64, UnsafeRawBufferPointer) throws -> Bool
    ) throws {
        let statement = try RawStatement(
            database, "SELECT position, chunk FROM reading_chunks WHERE position >= ? ORDER BY position LIMIT 1")
        defer { statement.reset() }
        var window = ChunkPosition.window(range.start.milliseconds)
        let last = ChunkPosition.window(range.end.milliseconds - 1)
        while window <= last {
            let wanted = ChunkPosition.pack(window: window, meter: meter.rawValue)
            statement.bind(1, wanted)
            guard try statement.step() else { return }
            let found = statement.integer(0)
            if found == wanted, try !body(found, statement.bytes(1)) { return }
            window = max(window + 1, found > wanted ? ChunkPosition.windowToTry(after: found, meter: meter) : 0)
            statement.reset()
        }
    }

    private func sliceReadings(of meter: MeterNumber, in range: TimeRange) throws -> [Reading] {
        var found: [Reading] = []
        var readings: [Reading] = []
        try eachSlice(in: range) { bytes in
            guard ReadingSlices.contains(bytes, meter: meter.rawValue) else { return }
            readings.removeAll(keepingCapacity: true)
            try ReadingChunk.decodeBlock(bytes, into: &readings)
            found += readings.lazy.filter { $0.meter == meter && range.contains($0.time) }
        }
        return found
    }

    func eachSlice(in range: TimeRange, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        let slices = try RawStatement(
            database, "SELECT block FROM reading_slices WHERE max_time >= ? AND min_time < ? ORDER BY id")
        slices.bind(1, range.start.milliseconds)
        slices.bind(2, range.end.milliseconds)
        defer { slices.reset() }
        while try slices.step() { try body(slices.bytes(0)) }
    }
}

extension ChunkPosition {
    /// The next window in which a meter can have a chunk, given the first position found after the wanted one.
    static func windowToTry(after found: Int64, meter: MeterNumber) -> Int64 {
        self.meter(of: found) <= meter.rawValue ? window(of: found) : window(of: found) + 1
    }
}

/// The newer of two readings of a meter; the second of equal times, which was written later.
private func newer(_ old: Reading?, _ new: Reading) -> Reading {
    guard let old else { return new }
    return new.time >= old.time ? new : old
}

/// Looks into slices without decoding them.
enum ReadingSlices {
    /// Where the meter's number lies in a `ReadingBlock`'s reading.
    private static let meterOffset = 24

    static func contains(_ block: UnsafeRawBufferPointer, meter: UInt32) -> Bool {
        var at = 1 + meterOffset
        while at + 4 <= block.count {
            if UInt32(littleEndian: block.loadUnaligned(fromByteOffset: at, as: UInt32.self)) == meter { return true }
            at += ReadingBlock.bytesPerReading
        }
        return false
    }
}
