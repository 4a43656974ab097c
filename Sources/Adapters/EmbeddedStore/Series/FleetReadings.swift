import EnergyModel
import GRDB
import Ports

extension ReadingQuery {
    /// Readings of all meters by quarter hour, meter, time. Each slice goes on where the one before ended, so that reading all
    /// of a range costs one pass over its chunks; what is not compacted yet is looked through once a slice.
    func readings(in range: TimeRange, after cursor: ReadingCursor?, limit: Int) throws -> ReadingSlice {
        var page = FleetPage(range: range, limit: limit)
        var from = cursor?.quarter ?? range.start
        var meter = cursor.map { Int64($0.meter.rawValue) + 1 } ?? 0
        while from < range.end, let window = try firstWindow(from: from, before: range.end) {
            let start = UTCInstant(milliseconds: window * ChunkPosition.windowMilliseconds)
            // A quarter hour after the cursor's is read from its first meter on.
            if start > from { meter = 0 }
            let end = start.advanced(by: .milliseconds(ChunkPosition.windowMilliseconds))
            let part = TimeRange(start: max(range.start, start), end: min(range.end, end))
            guard try collect(window, part, from: meter, into: &page) else {
                let next = page.readings.last.map { ReadingCursor(of: $0) }
                return ReadingSlice(readings: page.readings, next: next)
            }
            (from, meter) = (end, 0)
        }
        return ReadingSlice(readings: page.readings, next: nil)
    }

    /// The first quarter hour at or after that of `time` which may hold a reading.
    private func firstWindow(from time: UTCInstant, before end: UTCInstant) throws -> Int64? {
        let window = ChunkPosition.window(time.milliseconds)
        let start = window * ChunkPosition.windowMilliseconds
        var candidates: [Int64] = []
        let chunk = try RawStatement(
            database, "SELECT position FROM reading_chunks WHERE position >= ? ORDER BY position LIMIT 1")
        chunk.bind(1, ChunkPosition.pack(window: window, meter: 0))
        if try chunk.step() { candidates.append(ChunkPosition.window(of: chunk.integer(0))) }
        chunk.reset()
        let slice = try RawStatement(
            database, "SELECT min(max(min_time, ?1)) FROM reading_slices WHERE max_time >= ?1 AND min_time < ?2")
        slice.bind(1, start)
        slice.bind(2, end.milliseconds)
        if try slice.step(), !slice.isNull(0) { candidates.append(ChunkPosition.window(slice.integer(0))) }
        slice.reset()
        return candidates.min().flatMap { $0 * ChunkPosition.windowMilliseconds < end.milliseconds ? $0 : nil }
    }

    /// False when the page was full before the window's last meter.
    private func collect(
        _ window: Int64, _ range: TimeRange, from meter: Int64, into page: inout FleetPage
    ) throws -> Bool {
        var waiting = try WaitingReadings(of: self, in: range, from: meter)
        let chunks = try RawStatement(
            database,
            "SELECT position, chunk FROM reading_chunks WHERE position >= ? AND position < ? ORDER BY position")
        defer { chunks.reset() }
        chunks.bind(1, (window << 32) + meter)
        chunks.bind(2, ChunkPosition.pack(window: window + 1, meter: 0))
        var readings: [Reading] = []
        while try chunks.step() {
            let position = chunks.integer(0)
            let number = ChunkPosition.meter(of: position)
            while let earlier = waiting.next(below: number) {
                guard page.takes(earlier) else { return false }
            }
            readings.removeAll(keepingCapacity: true)
            try ReadingChunk.decode(chunks.bytes(1), position: position, into: &readings)
            if let newer = waiting.next(below: number + 1) {
                readings += newer
                keepNewestByTime(&readings)
            }
            guard page.takes(readings[...]) else { return false }
        }
        while let rest = waiting.next(below: .max) {
            guard page.takes(rest) else { return false }
        }
        return true
    }
}

/// Readings of a range, until there are enough of them.
private struct FleetPage {
    let range: TimeRange
    let limit: Int
    private(set) var readings: [Reading] = []

    init(range: TimeRange, limit: Int) {
        self.range = range
        self.limit = limit
    }

    /// Takes one meter's quarter hour; false, and nothing taken, when the page is full.
    mutating func takes(_ part: ArraySlice<Reading>) -> Bool {
        guard readings.count < limit else { return false }
        for reading in part where range.contains(reading.time) { readings.append(reading) }
        return true
    }
}

/// What slices hold of one quarter hour, meter by meter.
private struct WaitingReadings {
    private var readings: [Reading] = []
    private var taken = 0

    init(of query: ReadingQuery, in range: TimeRange, from meter: Int64) throws {
        var block: [Reading] = []
        try query.eachSlice(in: range) { bytes in
            block.removeAll(keepingCapacity: true)
            try ReadingChunk.decodeBlock(bytes, into: &block)
            readings += block.lazy.filter { Int64($0.meter.rawValue) >= meter && range.contains($0.time) }
        }
        // Stable, so that of equal times the newest written stays last, and wins.
        readings.sort { ($0.meter.rawValue, $0.time.milliseconds) < ($1.meter.rawValue, $1.time.milliseconds) }
        keepNewestByMeterAndTime()
    }

    /// The next meter's readings by time if its number is below that; nil when the next meter's is not.
    mutating func next(below number: UInt32) -> ArraySlice<Reading>? {
        guard taken < readings.count, readings[taken].meter.rawValue < number else { return nil }
        let meter = readings[taken].meter
        let start = taken
        while taken < readings.count, readings[taken].meter == meter { taken += 1 }
        return readings[start..<taken]
    }

    private mutating func keepNewestByMeterAndTime() {
        var count = 0
        for index in readings.indices {
            if count > 0, readings[count - 1].meter == readings[index].meter,
                readings[count - 1].time == readings[index].time
            {
                count -= 1
            }
            readings[count] = readings[index]
            count += 1
        }
        readings.removeLast(readings.count - count)
    }
}
