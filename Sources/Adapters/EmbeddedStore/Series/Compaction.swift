import EnergyModel
import GRDB
import Ports

/// Moves the oldest slices into chunks, inside a transaction. What a chunk holds already is merged; the newest write wins.
struct Compaction {
    /// Readings a step takes at most (but one slice at least): about 40 MB of memory.
    static let maximumReadings = 1_000_000

    struct Outcome: Sendable {
        /// Slices that went; 0 when there are none.
        var slices = 0
        /// Slices and chunks that could not be read and went to `damaged_blocks` as they are.
        var setAside = 0
    }

    let database: Database

    func step() throws -> Outcome {
        var outcome = Outcome()
        var readings: [Reading] = []
        var unreadable: [Int64] = []
        let slices = try RawStatement(database, "SELECT id, readings, block FROM reading_slices ORDER BY id")
        var lastID: Int64?
        while try slices.step() {
            if lastID != nil, readings.count + Int(slices.integer(1)) > Self.maximumReadings { break }
            let whole = readings.count
            do throws(PortError) {
                try ReadingChunk.decodeBlock(slices.bytes(2), into: &readings)
            } catch {
                // One damaged slice must not keep the others from being compacted.
                readings.removeLast(readings.count - whole)
                unreadable.append(slices.integer(0))
            }
            lastID = slices.integer(0)
            outcome.slices += 1
        }
        slices.reset()
        guard let lastID else { return outcome }
        for id in unreadable { try setAside("reading_slices", "block", key: "id", id) }
        outcome.setAside = try unreadable.count + store(readings)
        let delete = try RawStatement(database, "DELETE FROM reading_slices WHERE id <= ?")
        delete.bind(1, lastID)
        try delete.run()
        return outcome
    }

    /// Returns how many chunks could not be read and were set aside.
    private func store(_ readings: [Reading]) throws -> Int {
        let select = try RawStatement(database, "SELECT chunk FROM reading_chunks WHERE position = ?")
        let replace = try RawStatement(
            database, "INSERT OR REPLACE INTO reading_chunks (position, chunk) VALUES (?, ?)")
        let groups = ChunkGroups(readings)
        var merged: [Reading] = []
        var damaged = 0
        for (position, head) in groups.byPosition {
            merged.removeAll(keepingCapacity: true)
            select.bind(1, position)
            if try select.step() {
                do throws(PortError) {
                    try ReadingChunk.decode(select.bytes(0), position: position, into: &merged)
                } catch {
                    merged.removeAll(keepingCapacity: true)
                    select.reset()
                    try setAside("reading_chunks", "chunk", key: "position", position)
                    damaged += 1
                }
            }
            select.reset()
            groups.append(from: head, of: readings, to: &merged)
            keepNewestByTime(&merged)
            try ReadingChunk.encode(merged, window: ChunkPosition.window(of: position)).withUnsafeBytes { bytes in
                replace.bind(1, position)
                replace.bind(2, borrowing: bytes)
                try replace.run()
            }
        }
        try MeterWindows(database: database).extend(by: groups.byPosition.lazy.map { $0.0 })
        return damaged
    }

    /// Copies a block nobody can decode to where nothing reads it and `doctor` finds it; the caller removes the original.
    private func setAside(_ table: String, _ column: String, key: String, _ value: Int64) throws {
        let copy = try RawStatement(
            database,
            "INSERT INTO damaged_blocks (source, key, block) SELECT ?, \(key), \(column) FROM \(table) WHERE \(key) = ?"
        )
        copy.bind(1, table)
        copy.bind(2, value)
        try copy.run()
    }
}

/// Sorts by time and keeps, of several readings of one time, the last in the order given. One meter's readings.
func keepNewestByTime(_ readings: inout [Reading]) {
    let isSorted = zip(readings, readings.dropFirst()).allSatisfy { $0.time < $1.time }
    if isSorted { return }
    readings.sort { $0.time < $1.time }  // stable
    var kept = 0
    for index in readings.indices {
        if kept > 0, readings[kept - 1].time == readings[index].time { kept -= 1 }
        readings[kept] = readings[index]
        kept += 1
    }
    readings.removeLast(readings.count - kept)
}

/// Readings by chunk, as chains of indices: no array a chunk, order of writing kept.
private struct ChunkGroups {
    struct Chain {
        var first: Int32
        var last: Int32
    }

    private let next: [Int32]
    /// By position: chunk rows are then written in key order.
    let byPosition: [(Int64, Chain)]

    init(_ readings: [Reading]) {
        var next = [Int32](repeating: -1, count: readings.count)
        var chains: [Int64: Chain] = [:]
        chains.reserveCapacity(readings.count / 16)
        for (index, reading) in readings.enumerated() {
            let position = ChunkPosition.pack(
                window: ChunkPosition.window(reading.time.milliseconds), meter: reading.meter.rawValue)
            let index = Int32(index)
            if let chain = chains[position] {
                next[Int(chain.last)] = index
                chains[position] = Chain(first: chain.first, last: index)
            } else {
                chains[position] = Chain(first: index, last: index)
            }
        }
        self.next = next
        byPosition = chains.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    func append(from chain: Chain, of readings: [Reading], to merged: inout [Reading]) {
        var index = chain.first
        while index >= 0 {
            merged.append(readings[Int(index)])
            index = next[Int(index)]
        }
    }
}
