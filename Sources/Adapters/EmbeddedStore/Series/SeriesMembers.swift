import EnergyModel
import GRDB
import Ports

extension EmbeddedSeriesStore {
    /// Looks at the head of each chunk, where its facility stands; whole quarter hours. About 10 ms for an hour of 2,000
    /// meters.
    package func members(in range: TimeRange) async throws(PortError) -> [FacilityNumber: Set<MeterNumber>] {
        guard !range.isEmpty else { return [:] }
        return try await file.reader.read { database in
            var members: [FacilityNumber: Set<MeterNumber>] = [:]
            try chunkMembers(in: range, database, &members)
            var readings: [Reading] = []
            try ReadingQuery(database: database).eachSlice(in: range) { bytes in
                readings.removeAll(keepingCapacity: true)
                try ReadingChunk.decodeBlock(bytes, into: &readings)
                for reading in readings where range.contains(reading.time) {
                    members[reading.facility, default: []].insert(reading.meter)
                }
            }
            return members
        }
    }
}

private func chunkMembers(
    in range: TimeRange, _ database: Database, _ members: inout [FacilityNumber: Set<MeterNumber>]
) throws {
    let chunks = try RawStatement(
        database, "SELECT position, chunk FROM reading_chunks WHERE position >= ? AND position < ? ORDER BY position")
    chunks.bind(1, ChunkPosition.pack(window: ChunkPosition.window(range.start.milliseconds), meter: 0))
    chunks.bind(2, ChunkPosition.pack(window: ChunkPosition.window(range.end.milliseconds - 1) + 1, meter: 0))
    defer { chunks.reset() }
    var readings: [Reading] = []
    while try chunks.step() {
        let position = chunks.integer(0)
        let bytes = chunks.bytes(1)
        if bytes.first == ReadingChunk.version, bytes.count >= 5 {
            let facility = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 1, as: UInt32.self))
            members[FacilityNumber(rawValue: facility), default: []]
                .insert(MeterNumber(rawValue: ChunkPosition.meter(of: position)))
            continue
        }
        readings.removeAll(keepingCapacity: true)
        try ReadingChunk.decode(bytes, position: position, into: &readings)
        for reading in readings { members[reading.facility, default: []].insert(reading.meter) }
    }
}
