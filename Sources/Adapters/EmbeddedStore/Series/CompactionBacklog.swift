import EnergyModel
import GRDB

/// How many readings wait in slices, and when that is worth a compaction: about one quarter hour of the fleet, so that a chunk
/// is written once or twice. Bounded above so that merging slices into reads stays cheap.
struct CompactionBacklog {
    private static let least = 60_000
    private static let most = 1_000_000
    private static let readingsPerChunk = 60

    private var readings = 0
    /// Meter numbers are dense, so the highest tells how many there are.
    private var highestMeter: UInt32 = 0
    private var isRunning = false
    /// After a failed compaction: how many readings wait before the next is tried.
    private var retryAt = 0

    var isDue: Bool {
        readings >= retryAt
            && readings >= min(Self.most, max(Self.least, (Int(highestMeter) + 1) * Self.readingsPerChunk))
    }

    static func load(_ database: Database) throws -> CompactionBacklog {
        var backlog = CompactionBacklog()
        backlog.readings = try Int.fetchOne(database, sql: "SELECT coalesce(sum(readings), 0) FROM reading_slices") ?? 0
        return backlog
    }

    mutating func add(_ written: [Reading]) {
        readings += written.count
        for reading in written where reading.meter.rawValue > highestMeter { highestMeter = reading.meter.rawValue }
    }

    /// False when a compaction is on its way already.
    mutating func claim() -> Bool {
        defer { isRunning = true }
        return !isRunning
    }

    mutating func release() { isRunning = false }

    /// The compaction failed: the next waits for more readings, so that a lasting fault does not cost every write.
    mutating func postpone() {
        isRunning = false
        retryAt = readings + Self.least
    }

    mutating func clear() {
        readings = 0
        retryAt = 0
    }

    mutating func replace(by other: CompactionBacklog) {
        readings = other.readings
        isRunning = false
        retryAt = 0
    }
}
