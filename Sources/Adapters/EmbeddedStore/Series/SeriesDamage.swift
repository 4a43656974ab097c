import EnergyModel
import GRDB
import Ports

extension EmbeddedSeriesStore {
    /// Chunks looked at in one read: about 100 ms.
    private static let chunksInRead = 5_000

    /// Slices first, by compacting them, then the range's chunks.
    package func setAsideDamage(in range: TimeRange) async throws(PortError) -> Int {
        guard !range.isEmpty else { return 0 }
        var moved = try await compactSettingAside()
        var cursor = ChunkPosition.pack(window: ChunkPosition.window(max(0, range.start.milliseconds)), meter: 0)
        let end = ChunkPosition.pack(window: ChunkPosition.window(range.end.milliseconds - 1) + 1, meter: 0)
        while cursor < end {
            let from = cursor
            let (damaged, next) = try await file.reader.read { database in
                try SeriesDamage(database: database).chunks(from: from, to: end, limit: Self.chunksInRead)
            }
            if !damaged.isEmpty {
                try await file.writer.write { database in
                    for position in damaged { try SeriesDamage(database: database).setAside(chunk: position) }
                }
                add(setAside: damaged.count)
                moved += damaged.count
            }
            cursor = next
        }
        return moved
    }
}

/// Finds and moves chunks that cannot be decoded.
private struct SeriesDamage {
    let database: Database

    /// Positions of damaged chunks among the first `limit` from `start` on, and where to go on; `end` when that was all.
    func chunks(from start: Int64, to end: Int64, limit: Int) throws -> (damaged: [Int64], next: Int64) {
        let rows = try RawStatement(
            database,
            "SELECT position, chunk FROM reading_chunks WHERE position >= ? AND position < ? ORDER BY position LIMIT ?")
        rows.bind(1, start)
        rows.bind(2, end)
        rows.bind(3, Int64(limit))
        defer { rows.reset() }
        var damaged: [Int64] = []
        var readings: [Reading] = []
        var (count, last) = (0, start)
        while try rows.step() {
            (count, last) = (count + 1, rows.integer(0))
            readings.removeAll(keepingCapacity: true)
            do throws(PortError) {
                try ReadingChunk.decode(rows.bytes(1), position: last, into: &readings)
            } catch {
                damaged.append(last)
            }
        }
        return (damaged, count < limit ? end : last + 1)
    }

    func setAside(chunk position: Int64) throws {
        try database.execute(
            sql: """
                INSERT INTO damaged_blocks (source, key, block)
                    SELECT 'reading_chunks', position, chunk FROM reading_chunks WHERE position = ?1;
                """, arguments: [position])
        try database.execute(sql: "DELETE FROM reading_chunks WHERE position = ?", arguments: [position])
    }
}
