import EnergyModel
import GRDB
import Ports

/// The newest reading of each meter in a range, gathered in short reads so that other readers have their turn in between.
/// Slices first, oldest first, then chunks meter by meter: a compaction in between moves readings from what was seen to
/// what is still to be seen, and hides none.
struct NewestReadings {
    /// Readings of slices decoded in one read (but one slice at least): about 20 ms.
    static let readingsInRead = 100_000
    /// Chunk look-ups in one read: about 50 ms.
    static let lookUpsInRead = 10_000

    let range: TimeRange
    private var found: [MeterNumber: Reading] = [:]

    init(range: TimeRange) { self.range = range }

    static func gather(in range: TimeRange, from reader: StoreConnection) async throws(PortError) -> [Reading] {
        var state = NewestReadings(range: range)
        var slice: Int64? = 0
        while let after = slice {
            let before = state
            (state, slice) = try await reader.read { database -> (NewestReadings, Int64?) in
                var state = before
                let next = try state.readSlices(after: after, database)
                return (state, next)
            }
        }
        var meter: Int64? = -1
        while let after = meter {
            let before = state
            (state, meter) = try await reader.read { database -> (NewestReadings, Int64?) in
                var state = before
                let next = try state.readChunks(after: after, database)
                return (state, next)
            }
        }
        return state.found.values.sorted { $0.meter < $1.meter }
    }

    /// Returns the slice to go on after; nil at the end.
    private mutating func readSlices(after id: Int64, _ database: Database) throws -> Int64? {
        let slices = try RawStatement(
            database,
            "SELECT id, block FROM reading_slices WHERE id > ? AND max_time >= ? AND min_time < ? ORDER BY id")
        slices.bind(1, id)
        slices.bind(2, range.start.milliseconds)
        slices.bind(3, range.end.milliseconds)
        defer { slices.reset() }
        var readings: [Reading] = []
        var count = 0
        while try slices.step() {
            readings.removeAll(keepingCapacity: true)
            try ReadingChunk.decodeBlock(slices.bytes(1), into: &readings)
            for reading in readings where range.contains(reading.time) {
                // At equal times the later slice wins.
                if let old = found[reading.meter], old.time > reading.time { continue }
                found[reading.meter] = reading
            }
            count += readings.count
            if count >= Self.readingsInRead { return slices.integer(0) }
        }
        return nil
    }

    /// Returns the meter to go on after; nil at the end.
    private mutating func readChunks(after meter: Int64, _ database: Database) throws -> Int64? {
        let meters = try RawStatement(
            database,
            """
            SELECT meter, first_window, last_window FROM meter_windows
            WHERE meter > ? AND last_window >= ? ORDER BY meter
            """)
        let first = ChunkPosition.window(range.start.milliseconds)
        let last = ChunkPosition.window(range.end.milliseconds - 1)
        meters.bind(1, meter)
        meters.bind(2, first)
        defer { meters.reset() }
        var search = try ChunkSearch(database: database, range: range)
        while try meters.step() {
            let number = MeterNumber(rawValue: UInt32(truncatingIfNeeded: meters.integer(0)))
            let waiting = found[number]
            // A chunk must be newer than what waits in a slice: at equal times the slice was written later.
            let oldest = max(
                first, meters.integer(1), waiting.map { ChunkPosition.window($0.time.milliseconds) } ?? first)
            let stored = try search.newest(of: number, from: min(last, meters.integer(2)), downTo: oldest)
            if let stored, waiting.map({ stored.time > $0.time }) ?? true { found[number] = stored }
            if search.lookUps >= Self.lookUpsInRead { return meters.integer(0) }
        }
        return nil
    }
}

/// Walks one meter's chunks from the newest down, jumping over quarter hours nobody wrote.
private struct ChunkSearch {
    private let range: TimeRange
    private let chunks: RawStatement
    private var readings: [Reading] = []
    private(set) var lookUps = 0

    init(database: Database, range: TimeRange) throws {
        self.range = range
        chunks = try RawStatement(
            database, "SELECT position, chunk FROM reading_chunks WHERE position <= ? ORDER BY position DESC LIMIT 1")
    }

    mutating func newest(of meter: MeterNumber, from: Int64, downTo oldest: Int64) throws -> Reading? {
        var window = from
        defer { chunks.reset() }
        while window >= oldest {
            let wanted = ChunkPosition.pack(window: window, meter: meter.rawValue)
            lookUps += 1
            chunks.reset()
            chunks.bind(1, wanted)
            guard try chunks.step() else { return nil }
            let position = chunks.integer(0)
            if position == wanted {
                readings.removeAll(keepingCapacity: true)
                try ReadingChunk.decode(chunks.bytes(1), position: position, into: &readings)
                if let last = readings.last(where: { range.contains($0.time) }) { return last }
                window -= 1
            } else {
                // The highest position below the wanted one: what lies between holds nothing of any meter.
                let reached = ChunkPosition.window(of: position)
                window = ChunkPosition.meter(of: position) >= meter.rawValue ? reached : reached - 1
            }
        }
        return nil
    }
}
