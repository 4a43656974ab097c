import EnergyModel
import GRDB
import Ports

extension ReadingQuery {
    /// Readings of all meters by time then meter. Works window by window and holds at most about twice the limit in memory.
    func readings(in range: TimeRange, after cursor: ReadingCursor?, limit: Int) throws -> ReadingSlice {
        var page: [Reading] = []
        var from = max(range.start, cursor?.time ?? range.start)
        while from < range.end, page.count <= limit {
            guard let window = try firstWindow(from: from, before: range.end) else { break }
            let start = UTCInstant(milliseconds: window * ChunkPosition.windowMilliseconds)
            let end = start.advanced(by: .milliseconds(ChunkPosition.windowMilliseconds))
            let part = TimeRange(start: max(from, start), end: min(range.end, end))
            var lowest = LowestReadings(keeping: limit + 1 - page.count, after: cursor)
            try collect(window, part, into: &lowest)
            page += lowest.sorted()
            from = end
        }
        guard page.count > limit else { return ReadingSlice(readings: page, next: nil) }
        page.removeLast(page.count - limit)
        let next = page.last.map { ReadingCursor(time: $0.time, meter: $0.meter) }
        return ReadingSlice(readings: page, next: next)
    }

    /// The first quarter hour at or after `time` that may hold a reading.
    private func firstWindow(from time: UTCInstant, before end: UTCInstant) throws -> Int64? {
        let window = ChunkPosition.window(time.milliseconds)
        var candidates: [Int64] = []
        let chunk = try RawStatement(
            database, "SELECT position FROM reading_chunks WHERE position >= ? ORDER BY position LIMIT 1")
        chunk.bind(1, ChunkPosition.pack(window: window, meter: 0))
        if try chunk.step() { candidates.append(ChunkPosition.window(of: chunk.integer(0))) }
        chunk.reset()
        let slice = try RawStatement(
            database, "SELECT min(max(min_time, ?1)) FROM reading_slices WHERE max_time >= ?1 AND min_time < ?2")
        slice.bind(1, time.milliseconds)
        slice.bind(2, end.milliseconds)
        if try slice.step(), !slice.isNull(0) { candidates.append(ChunkPosition.window(slice.integer(0))) }
        slice.reset()
        return candidates.min().flatMap { $0 * ChunkPosition.windowMilliseconds < end.milliseconds ? $0 : nil }
    }

    private func collect(_ window: Int64, _ range: TimeRange, into lowest: inout LowestReadings) throws {
        let chunks = try RawStatement(
            database, "SELECT position, chunk FROM reading_chunks WHERE position >= ? AND position < ?")
        chunks.bind(1, ChunkPosition.pack(window: window, meter: 0))
        chunks.bind(2, ChunkPosition.pack(window: window + 1, meter: 0))
        var readings: [Reading] = []
        while try chunks.step() {
            readings.removeAll(keepingCapacity: true)
            try ReadingChunk.decode(chunks.bytes(1), position: chunks.integer(0), into: &readings)
            for reading in readings where range.contains(reading.time) { lowest.add(reading) }
        }
        try eachSlice(in: range) { bytes in
            readings.removeAll(keepingCapacity: true)
            try ReadingChunk.decodeBlock(bytes, into: &readings)
            for reading in readings where range.contains(reading.time) { lowest.add(reading) }
        }
    }
}

/// The lowest readings by time then meter after a cursor, each key once, the last added winning. Bounded memory.
struct LowestReadings {
    private let limit: Int
    private let cursor: ReadingCursor?
    private var kept: [Reading] = []
    /// Nothing beyond this key can be among the lowest any more.
    private var bound: (UTCInstant, MeterNumber)?

    init(keeping limit: Int, after cursor: ReadingCursor?) {
        self.limit = limit
        self.cursor = cursor
    }

    mutating func add(_ reading: Reading) {
        let key = (reading.time, reading.meter)
        if let cursor, key <= (cursor.time, cursor.meter) { return }
        if let bound, key > bound { return }
        kept.append(reading)
        if kept.count > 2 * limit + 1024 { cut() }
    }

    mutating func sorted() -> [Reading] {
        cut()
        return kept
    }

    private mutating func cut() {
        kept.sort { ($0.time, $0.meter) < ($1.time, $1.meter) }  // stable
        var count = 0
        for index in kept.indices {
            if count > 0, kept[count - 1].time == kept[index].time, kept[count - 1].meter == kept[index].meter {
                count -= 1
            }
            kept[count] = kept[index]
            count += 1
        }
        kept.removeLast(kept.count - min(count, limit))
        if kept.count == limit, let last = kept.last { bound = (last.time, last.meter) }
    }
}
